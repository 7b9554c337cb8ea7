"""Recordings are kept once, small, and purged in time; hash and row remain."""

import asyncio
import io
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import soundfile
import sqlalchemy as sa
from moto.server import ThreadedMotoServer

from intake.phone import recordings, schema, transcripts
from intake.phone import vault as vaults
from intake.phone.recordings import Kind, Left, Recordings
from intake.phone.vault import FolderVault, Lost, S3Vault, Vault, VaultFault
from routing.database import Database
from tests.clock import Clock

CALL = "0190a1b2-0000-7000-8000-000000000001"


def at(endpoint: str) -> dict[str, str]:
    """How a store behind this address is reached."""
    keys = {"access_key_id": "test", "secret_access_key": "test"}
    return {"endpoint": endpoint, "region": "us-east-1", **keys}


@pytest.fixture
def kept(tmp_path: Path, database: Database, clock: Clock) -> Recordings:
    vault = FolderVault(tmp_path / "vault")
    return Recordings(vault=vault, database=database, runtime=clock.runtime(), days=180)


async def test_a_recording_is_kept_once_and_small(
    kept: Recordings, record: Callable[..., Path], clock: Clock
) -> None:
    path = record("a.wav", 10)
    first = await kept.keep(CALL, Kind.CALL, path, clock.at)
    again = await kept.keep(CALL, Kind.CALL, path, clock.at)
    assert first is not None and first == again
    assert first.seconds == pytest.approx(10)
    found = await kept.sound(first.id)
    assert found is not None and found[1] == "audio/ogg"
    assert len(found[0]) < path.stat().st_size / 3
    samples, rate_hz = soundfile.read(io.BytesIO(found[0]))
    assert len(samples) / rate_hz == pytest.approx(10, abs=0.1)


async def test_conversation_note_and_what_he_alone_said_are_three(
    kept: Recordings, record: Callable[..., Path], clock: Clock, database: Database
) -> None:
    for kind in Kind:
        await kept.keep(CALL, kind, record(f"{kind}.wav"), clock.at)
    found = await database.read(lambda c: recordings.of_call(c, CALL))
    assert [each.kind for each in found] == [Kind.CALL, Kind.CALLER, Kind.MISSED]


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a sound" * 4])
async def test_what_holds_nothing_is_not_kept(
    kept: Recordings, tmp_path: Path, clock: Clock, content: bytes
) -> None:
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    assert recordings.look(path) is Left.NOTHING
    assert await kept.keep(CALL, Kind.MISSED, path, clock.at) is None


async def test_what_cannot_be_opened_is_kept_as_it_is_and_purged_like_the_others(
    kept: Recordings, tmp_path: Path, clock: Clock
) -> None:
    path = tmp_path / "broken.wav"
    path.write_bytes(b"not a sound at all" * 100)
    assert recordings.look(path) is Left.UNREADABLE
    made = await kept.keep(CALL, Kind.MISSED, path, clock.at)
    assert made is not None and not made.readable
    assert made.id == recordings.id_of(CALL, Kind.MISSED)
    found = await kept.sound(made.id)
    assert found is not None and found[0] == path.read_bytes()
    clock.at += timedelta(days=181)
    assert await kept.step()
    assert await kept.sound(made.id) is None


async def test_what_may_not_be_read_stays_where_it_is(
    kept: Recordings, tmp_path: Path, clock: Clock
) -> None:
    path = tmp_path / "forbidden.wav"
    path.mkdir()  # as root, nothing else is forbidden
    assert recordings.look(path) is Left.UNREADABLE
    with pytest.raises(OSError):
        await kept.keep(CALL, Kind.MISSED, path, clock.at)


async def test_one_that_cannot_be_deleted_keeps_no_other_from_its_purge(
    kept: Recordings, record: Callable[..., Path], tmp_path: Path, clock: Clock
) -> None:
    class Stubborn(FolderVault):
        async def delete(self, name: str) -> None:
            if f"-{Kind.CALL}." in name:
                raise VaultFault("not now")
            await super().delete(name)

    stubborn = replace(kept, vault=Stubborn(tmp_path / "vault"))
    made = {kind: await kept.keep(CALL, kind, record(f"{kind}.wav"), clock.at) for kind in Kind}
    clock.at += timedelta(days=181)
    assert await stubborn.step()
    first, second = made[Kind.CALL], made[Kind.MISSED]
    assert first is not None and await kept.sound(first.id) is not None
    assert second is not None and await kept.sound(second.id) is None


async def test_a_click_is_not_kept(
    kept: Recordings, record: Callable[..., Path], clock: Clock
) -> None:
    assert await kept.keep(CALL, Kind.MISSED, record("a.wav", 0.2), clock.at) is None


async def test_it_is_purged_in_time_and_the_row_remains(
    kept: Recordings, record: Callable[..., Path], clock: Clock, database: Database
) -> None:
    made = await kept.keep(CALL, Kind.CALL, record("a.wav"), clock.at)
    assert made is not None
    assert not await kept.step()
    clock.at += timedelta(days=181)
    assert await kept.step()
    assert not await kept.step()
    assert await kept.sound(made.id) is None
    row = await database.read(lambda c: recordings.by_id(c, made.id))
    assert row is not None and row.purged


@pytest.fixture(scope="session")
def s3_port() -> AsyncIterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    yield port
    server.stop()


@pytest.fixture(params=["folder", "s3"])
async def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Vault:
    """Each kind of vault must do the same."""
    if request.param == "folder":
        return FolderVault(tmp_path / "vault")
    import aiohttp

    endpoint = f"http://127.0.0.1:{request.getfixturevalue('s3_port')}"
    async with aiohttp.ClientSession() as http, http.put(f"{endpoint}/recordings") as answer:
        assert answer.status == 200
    return S3Vault("s3://recordings/calls", at(endpoint))


async def test_what_is_put_is_had_until_it_is_deleted(vault: Vault) -> None:
    await vault.put("2026/11/a.ogg", b"sound")
    await vault.put("2026/11/a.ogg", b"sound")
    assert await vault.get("2026/11/a.ogg") == b"sound"
    await vault.delete("2026/11/a.ogg")
    await vault.delete("2026/11/a.ogg")
    with pytest.raises(Lost):
        await vault.get("2026/11/a.ogg")


async def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path / "vault")
    with pytest.raises(VaultFault):
        await vault.put("../outside", b"x")


async def test_storage_that_is_away_is_told() -> None:
    options = at("http://127.0.0.1:9")
    with pytest.raises(VaultFault):
        await S3Vault("s3://recordings", options).put("a", b"x")


async def test_storage_that_hangs_keeps_nobody_waiting_to_hear(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[asyncio.StreamWriter] = []

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(writer)

    monkeypatch.setattr(vaults, "HAD_WITHIN_S", 0.2)
    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        options = at(f"http://127.0.0.1:{port}")
        with pytest.raises(VaultFault) as fault:
            await S3Vault("s3://recordings", options).get("a")
        for writer in opened:
            writer.close()
            await writer.wait_closed()
    assert opened and not isinstance(fault.value, Lost)


async def test_what_the_store_has_lost_is_told_from_a_store_that_is_away(
    kept: Recordings, record: Callable[..., Path], tmp_path: Path, clock: Clock
) -> None:
    made = await kept.keep(CALL, Kind.CALL, record("a.wav"), clock.at)
    assert made is not None
    mounted, unmounted = tmp_path / "vault", tmp_path / "disk"
    mounted.rename(unmounted)
    mounted.mkdir()
    for folder in (mounted, tmp_path / "never"):
        with pytest.raises(VaultFault) as fault:
            await replace(kept, vault=FolderVault(folder)).sound(made.id)
        assert not isinstance(fault.value, Lost)
    mounted.rmdir()
    unmounted.rename(mounted)
    assert await kept.sound(made.id) is not None
    (mounted / made.reference).unlink()
    with pytest.raises(Lost):
        await kept.sound(made.id)


async def test_on_a_disk_that_is_not_mounted_nothing_counts_as_deleted(
    kept: Recordings, record: Callable[..., Path], tmp_path: Path, clock: Clock
) -> None:
    await kept.keep(CALL, Kind.CALL, record("a.wav"), clock.at)
    (tmp_path / "vault").rename(tmp_path / "disk")
    clock.at += timedelta(days=181)
    assert not await kept.step()
    (tmp_path / "disk").rename(tmp_path / "vault")
    assert await kept.step()


async def test_a_bucket_that_is_not_there_has_lost_nothing(s3_port: int) -> None:
    options = at(f"http://127.0.0.1:{s3_port}")
    with pytest.raises(VaultFault) as fault:
        await S3Vault("s3://no-such-bucket/calls", options).get("a.ogg")
    assert not isinstance(fault.value, Lost)


@pytest.mark.parametrize("kind", list(Kind))
async def test_what_an_older_program_kept_and_did_not_make_text_is_in_line(
    kept: Recordings,
    record: Callable[..., Path],
    clock: Clock,
    database: Database,
    kind: Kind,
) -> None:
    path = record("a.wav")
    await kept.keep(CALL, kind, path, clock.at)
    await database.write(lambda c: c.execute(sa.delete(schema.transcription)) and None)
    for _ in range(2):
        await kept.keep(CALL, kind, path, clock.at)
    jobs = await database.read(lambda c: transcripts.of_calls(c, [CALL]))
    assert [job.kind for job in jobs] == ([] if kind is Kind.CALL else [kind])

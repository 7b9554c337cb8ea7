"""Logging in to the console: slow for guessers, a password of one's own, sessions that really end."""

import errno
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.settings import Settings
from intake import passwords, staffing
from intake.accounts import AccountFault, Role
from intake.services import Services
from intake.staffing import Order, Task
from tests.clock import Clock
from tests.intake.console import COOKIE, PASSWORD, Desk, everything, hire

OWN = "zi-ji-de-77-hao"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Behind a proxy that says who asks."""
    return settings.model_copy(update={"trusted_proxies": ("127.0.0.1",)})


@pytest.fixture
async def desk(services: Services) -> AsyncIterator[Desk]:
    await hire(services, "ma", Role.OPERATOR)
    made = await Desk.opened(services)
    yield made
    await made.client.close()


@pytest.fixture
async def other(services: Services, desk: Desk) -> AsyncIterator[Desk]:
    """Another window of the same person."""
    made = await Desk.opened(services)
    yield made
    await made.client.close()


async def manage(services: Services, task: Task) -> str:
    order = Order(task=task, name="ma")
    return await staffing.manage(services.database, order, services.runtime.now())


async def logged_in(desk: Desk) -> bool:
    status, _ = await desk.get("/console")
    return status == 200


async def test_full_disk_keeps_nobody_from_a_page(
    services: Services, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("jinja2.bccache.tempfile.NamedTemporaryFile", full)
    elsewhere = services.settings.model_copy(update={"state": tmp_path / "other"})
    made = await Desk.opened(replace(services, settings=elsewhere))  # nothing is compiled there
    assert (await made.get("/console/login"))[0] == 200
    await made.client.close()


async def test_right_password_opens_the_queue(desk: Desk) -> None:
    assert not await logged_in(desk)
    assert await desk.log_in("ma") == 303
    assert await logged_in(desk)


async def test_wrong_name_and_wrong_password_sound_the_same(desk: Desk) -> None:
    wrong = await desk.post("/console/login", {"name": "ma", "password": "wrong"})
    nobody = await desk.post("/console/login", {"name": "nobody", "password": PASSWORD})
    assert wrong[0] == nobody[0] == 401
    assert wrong[1].replace('value="ma"', "") == nobody[1].replace('value="nobody"', "")
    assert not await logged_in(desk)


async def test_after_too_many_tries_even_the_right_password_waits(desk: Desk) -> None:
    tries = [await desk.log_in("ma", f"wrong {number}") for number in range(8)]
    assert tries[:6] == [401] * 6 and tries[-1] == 429
    assert await desk.log_in("ma") in (303, 429)  # the sliding count may have rounded one away
    assert (await desk.log_in("nobody", "wrong")) == 401


async def tried(desk: Desk, address: str, name: str, password: str, browser: str = "") -> int:
    """The status of a login that comes from an address, in a browser with that cookie."""
    desk.client.session.cookie_jar.clear()
    answer = await desk.client.post(
        "/console/login",
        data={"name": name, "password": password},
        headers={"X-Forwarded-For": address, "Cookie": f"hotline_browser={browser}"},
        allow_redirects=False,
    )
    return answer.status


async def guess(desk: Desk) -> None:
    """Guess at a name more often than it may be tried, from fifteen addresses."""
    for number in range(90):
        await tried(desk, f"198.51.100.{number // 6}", "ma", "wrong")
    assert await tried(desk, "203.0.113.1", "ma", PASSWORD) == 429


async def test_prankster_with_many_addresses_locks_nobody_out_of_his_own_browser(
    desk: Desk, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hire(services, "李", Role.OPERATOR)
    monkeypatch.setattr(
        passwords, "matches", lambda known, given: bool(known) and given == PASSWORD
    )
    assert await desk.log_in("ma") == 303
    own = desk.cookie("hotline_browser")
    await guess(desk)
    assert await tried(desk, "192.0.2.2", "ma", PASSWORD, own) == 303
    assert await tried(desk, "192.0.2.2", "李", PASSWORD, own) == 303  # the next shift
    tries = [await tried(desk, "192.0.2.2", "ma", "wrong", own) for _ in range(8)]
    assert tries[-1] == 429  # a known browser does not guess for ever either


async def test_browser_is_known_only_as_long_as_its_password_holds(
    desk: Desk, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.log_in("ma")
    old = desk.cookie("hotline_browser")
    await manage(services, Task.RESET)
    monkeypatch.setattr(passwords, "matches", lambda known, given: False)
    await guess(desk)
    for browser in (old, "", "ma.", "ma." + "0" * 64, ".x", "%00.x", "%ff.x", "é.é"):
        assert await tried(desk, "203.0.113.7", "ma", "x", browser) == 429, browser


async def test_cookie_is_kept_from_scripts_and_from_other_sites(desk: Desk) -> None:
    answer = await desk.client.post(
        "/console/login", data={"name": "ma", "password": PASSWORD}, allow_redirects=False
    )
    cookie = answer.cookies[COOKIE]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"], cookie["max-age"]) == (
        "Strict",
        "/console",
        "36000",
    )


async def test_database_does_not_hold_what_the_browser_holds(
    desk: Desk, services: Services
) -> None:
    await desk.log_in("ma")
    assert PASSWORD not in str(await everything(services))
    assert len(desk.cookie()) >= 43


async def test_other_sites_log_nobody_in(desk: Desk) -> None:
    fields = {"name": "ma", "password": PASSWORD}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        answer = await desk.client.post("/console/login", data=fields, headers=headers)
        assert answer.status == 403


async def test_one_time_password_opens_nothing_but_the_page_that_replaces_it(
    desk: Desk, services: Services
) -> None:
    once = await hire(services, "li", Role.ADMIN, own_password=False)
    assert await desk.log_in("li", once) == 303
    names = {"number": "20261123-0001", "id": "0", "call": "0", "recording": "0", "inbox": "0"}
    before, token = await everything(services), await desk.token()
    for path in desk.paths("GET", names):
        if path not in ("/console/login", "/console/password"):
            assert await desk.get(path) == (303, "/console/password"), path
    for path in desk.paths("POST", names):
        if path not in ("/console/login", "/console/password", "/console/logout"):
            answer = await desk.post(path, {"csrf": token, "reason": "r", "note": "n"})
            assert answer == (303, "/console/password"), path
    assert await everything(services) == before

    fields = {"csrf": token, "old": once, "new": OWN, "again": OWN}
    assert await desk.post("/console/password", fields) == (303, "/console")
    assert await logged_in(desk)
    assert await desk.log_in("li", once) == 401


WILL_NOT_DO = [
    ("wrong", OWN, OWN, "原来的密码不对"),
    ("wrong", "short", "other", "原来的密码不对；密码太短"),
    (PASSWORD, "short", "short", "至少 10 位"),
    (PASSWORD, "1111111111", "1111111111", "太容易猜到"),
    (PASSWORD, "password-of-ma", "password-of-ma", "太容易猜到"),
    (PASSWORD, PASSWORD, PASSWORD, "和原来的一样"),
    (PASSWORD, OWN, OWN + "x", "不一样"),
    (PASSWORD, "", "", "至少 10 位"),
]


async def test_new_password_that_will_not_do_is_refused_with_its_reason(desk: Desk) -> None:
    await desk.log_in("ma")
    token = await desk.token()
    for old, new, again, told in WILL_NOT_DO:
        fields = {"csrf": token, "old": old, "new": new, "again": again}
        status, page = await desk.post("/console/password", fields)
        assert status == 400 and told in page, told
    assert await desk.log_in("ma") == 303


async def test_changing_the_password_ends_the_other_sessions(desk: Desk, other: Desk) -> None:
    await desk.log_in("ma")
    await other.log_in("ma")
    fields = {"csrf": await desk.token(), "old": PASSWORD, "new": OWN, "again": OWN}
    await desk.post("/console/password", fields)
    assert await logged_in(desk)
    assert not await logged_in(other)


async def test_logging_out_ends_the_session_and_not_only_the_cookie(
    desk: Desk, other: Desk
) -> None:
    await desk.log_in("ma")
    await other.log_in("ma")
    cookie = desk.cookie()
    assert await desk.post("/console/logout", {"csrf": await desk.token()}) == (
        303,
        "/console/login",
    )
    stolen = {"Cookie": f"{COOKIE}={cookie}"}
    answer = await desk.client.get("/console", headers=stolen, allow_redirects=False)
    assert answer.status == 303
    assert await logged_in(other)


@pytest.mark.parametrize("task", [Task.DISABLE, Task.RESET])
async def test_disabled_or_reset_account_is_out_at_once(
    desk: Desk, services: Services, task: Task
) -> None:
    await desk.log_in("ma")
    await manage(services, task)
    assert not await logged_in(desk)
    assert await desk.log_in("ma") == 401


async def test_disabled_account_comes_back_only_where_that_is_said(
    desk: Desk, services: Services
) -> None:
    with pytest.raises(AccountFault, match="没有停用过"):
        await manage(services, Task.ENABLE)
    await manage(services, Task.DISABLE)
    with pytest.raises(AccountFault, match="请恢复这个账号"):
        await manage(services, Task.RESET)
    assert await desk.log_in("ma") == 401
    said = await manage(services, Task.ENABLE)
    once = re.search("一次性密码：(.+?)（", said)
    assert once and await desk.log_in("ma") == 401
    assert await desk.log_in("ma", once.group(1)) == 303
    assert await desk.get("/console") == (303, "/console/password")


async def test_session_ends_after_a_shift(desk: Desk, clock: Clock) -> None:
    await desk.log_in("ma")
    clock.forward(hours=9.9)
    assert await logged_in(desk)
    clock.forward(hours=0.2)
    assert not await logged_in(desk)


def test_passwords_are_hashed_as_is_recommended_today() -> None:
    """RFC 9106, second choice: argon2id of 64 MiB and three rounds; tests use a lighter one."""
    kept = "import intake.passwords as p; print(p.new_hash('nan-he-4569899-ok'))"
    hashed = subprocess.run([sys.executable, "-c", kept], capture_output=True, text=True).stdout
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")

"""Where recordings lie: a folder, or S3-compatible storage by obstore (the `s3` extra)."""

import asyncio
from pathlib import Path
from typing import Any, Protocol

from intake import durable

WITHIN_S = 60.0
HAD_WITHIN_S = 10.0  # somebody waits to hear it


class VaultFault(Exception):
    """A recording can't be kept or had; the message says why."""


class Lost(VaultFault):
    """The store itself is there, which its mark proves, and has no such recording."""


NOT_THERE = "the store itself is not there, or has never been written to: it has no {mark}"
MARK = ".hotline-recordings"  # at the root of a store, from the first recording on
_MARKED = b"Recordings of the hotline lie here. Leave this file: it says that the store is there.\n"


class Vault(Protocol):
    """Keeps bytes under names that we make; a name is written once."""

    async def put(self, name: str, content: bytes) -> None:
        """Durable when it returns; the same again changes nothing. VaultFault."""

    async def get(self, name: str) -> bytes:
        """The bytes; Lost where there are none, VaultFault where nobody knows."""

    async def delete(self, name: str) -> None:
        """Gone when it returns; harmless where it is gone already. VaultFault."""


class FolderVault:
    """Files of our own, readable by nobody else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mark = folder / MARK

    async def put(self, name: str, content: bytes) -> None:
        """See `Vault`."""
        try:
            await asyncio.to_thread(self._put, self._path(name), content)
        except OSError as error:
            raise VaultFault(f"cannot write {name}: {error}") from error

    async def get(self, name: str) -> bytes:
        """See `Vault`."""
        try:
            return await asyncio.to_thread(self._path(name).read_bytes)
        except FileNotFoundError as error:
            self._prove()
            raise Lost(f"there is no {name}") from error
        except OSError as error:
            raise VaultFault(f"cannot read {name}: {error}") from error

    async def delete(self, name: str) -> None:
        """See `Vault`."""
        try:
            await asyncio.to_thread(self._path(name).unlink)
        except FileNotFoundError:
            self._prove()
        except OSError as error:
            raise VaultFault(f"cannot delete {name}: {error}") from error

    def _put(self, path: Path, content: bytes) -> None:
        durable.write(path, content)
        if not self._mark.exists():
            durable.write(self._mark, _MARKED)

    def _prove(self) -> None:
        if not self._mark.exists():
            raise VaultFault(NOT_THERE.format(mark=self._mark))

    def _path(self, name: str) -> Path:
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder.resolve()):
            raise VaultFault(f"{name} lies outside of the folder")
        return path


class S3Vault:
    """A bucket; `url` is as `s3://bucket/prefix`, `options` are obstore's (endpoint, keys)."""

    def __init__(self, url: str, options: dict[str, str]) -> None:
        try:
            import obstore
            from obstore.exceptions import NotFoundError
            from obstore.store import S3Store
        except ImportError as error:
            raise VaultFault("录音要存到 S3，请先安装 nanhe-hotline[s3]") from error
        self._obstore: Any = obstore
        self._not_there = (FileNotFoundError, NotFoundError)
        allow_http = options.get("endpoint", "").startswith("http://")
        config: Any = options
        self._store: Any = S3Store.from_url(
            url, config=config, client_options={"allow_http": allow_http}
        )
        self._marked = False

    async def put(self, name: str, content: bytes) -> None:
        """See `Vault`."""
        await self._do(self._obstore.put_async(self._store, name, content), name)
        if not self._marked:
            await self._do(self._obstore.put_async(self._store, MARK, _MARKED), MARK)
            self._marked = True

    async def get(self, name: str) -> bytes:
        """See `Vault`."""
        try:
            return bytes(await self._do(self._got(name), name, within_s=HAD_WITHIN_S))
        except Lost:
            await self._prove()
            raise

    async def delete(self, name: str) -> None:
        """See `Vault`."""
        await self._do(self._obstore.delete_async(self._store, name), name)

    async def _prove(self) -> None:
        """A bucket, or a folder in it, that is not there has no recordings either."""
        try:
            await self._do(self._got(MARK), MARK, within_s=HAD_WITHIN_S)
        except Lost:
            raise VaultFault(NOT_THERE.format(mark=MARK)) from None

    async def _got(self, name: str) -> Any:
        found = await self._obstore.get_async(self._store, name)
        return await found.bytes_async()

    async def _do(self, work: Any, name: str, *, within_s: float = WITHIN_S) -> Any:
        try:
            async with asyncio.timeout(within_s):
                return await work
        except TimeoutError as error:
            raise VaultFault(f"{name}: no answer in {within_s:.0f} s") from error
        except self._not_there as error:
            raise Lost(f"there is no {name}") from error
        except Exception as error:  # obstore has a family of its own, all told by their words
            raise VaultFault(f"{name}: {type(error).__name__}") from error

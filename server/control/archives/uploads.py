"""Archives that were sent and are waited for by an operation, and copies of tenants that are being sent."""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import Final

from tenancy.disk import sync_file
from tenancy.errors import OutOfSpace

_PREFIX: Final = "archive-"


class Uploads:
    """A folder for what lives as long as one piece of work."""

    def __init__(self, folder: Path) -> None:
        """Use this folder, which is made when it is missing. Blocking."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def receive(self, content: AsyncIterator[bytes]) -> str:
        """Keep an archive durably; its name.

        Raises:
            OutOfSpace: the disk is full.
            TooLarge: as the content says.
        """
        name = _PREFIX + secrets.token_hex(12)
        file = await asyncio.to_thread(self.path(name).open, "xb")
        try:
            async for piece in content:
                await asyncio.to_thread(file.write, piece)
            await asyncio.to_thread(sync_file, file)
        except BaseException as error:
            await asyncio.to_thread(file.close)
            await self.remove(name)
            if isinstance(error, OSError):
                raise OutOfSpace from error
            raise
        await asyncio.to_thread(file.close)
        return name

    def path(self, name: str) -> Path:
        """Where it is."""
        return self._folder / name

    def folder(self) -> Path:
        """A new folder for a copy."""
        return self._folder / f"copy-{secrets.token_hex(12)}"

    async def remove(self, name: str) -> None:
        """Forget one; nothing happens when it is not there."""
        await asyncio.to_thread(self.path(name).unlink, missing_ok=True)

    async def sweep(self, needed: Collection[str]) -> None:
        """Remove what a process before has left, but for what an operation needs."""
        await asyncio.to_thread(self._sweep, needed)

    def _sweep(self, needed: Collection[str]) -> None:
        for path in self._folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name.startswith(_PREFIX) and path.name not in needed:
                path.unlink()

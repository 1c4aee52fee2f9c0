"""Templates: archives that tenants are made from. Three come with the server; others are made of tenants.

board   cards that users share, live, with confirmed addresses
chat    rooms, messages and who is there
shop    products, carts and orders, with a catalogue that everybody reads
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path
from typing import IO, Final

from server.control.archives.read import opened_archive
from tenancy.errors import AlreadyExists, Conflict, Invalid, Place, TemplateNotFound
from tenancy.model.json import JsonObject

BUILT_IN: Final = ("board", "chat", "shop")
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")
_ENDING: Final = ".backpack"


class Templates:
    """The templates of this server."""

    def __init__(self, folder: Path, most: int) -> None:
        """Keep those of tenants in this folder, which is made with the first. `most`: bytes that one may unpack to."""
        self._folder = folder
        self._most = most

    async def all(self) -> list[JsonObject]:
        """All of them by name, with what is in each."""
        return await asyncio.to_thread(self._all)

    def _all(self) -> list[JsonObject]:
        own = sorted(path.stem for path in self._folder.glob(f"*{_ENDING}")) if self._folder.exists() else []
        return [self._shown(name) for name in [*BUILT_IN, *own] if self._path(name).exists()]

    def _shown(self, name: str) -> JsonObject:
        path = self._path(name)
        with opened_archive(path, self._most) as archive:
            manifest = archive.manifest
        public = {one: count for one, count in manifest.collections.items() if not one.startswith("_")}
        return {
            "name": name, "builtIn": name in BUILT_IN, "collections": dict(sorted(public.items())),
            "files": manifest.files, "siteFiles": manifest.site_files, "size": path.stat().st_size,
            "createdAt": manifest.created_at,
        }  # fmt: skip

    async def path(self, name: str) -> Path:
        """Where one is.

        Raises:
            TemplateNotFound: there is none.
        """
        path = self._path(name)
        if not _NAME.match(name) or not await asyncio.to_thread(path.exists):
            raise TemplateNotFound(f"There is no template {name[:40]}.")
        return path

    def _path(self, name: str) -> Path:
        if name in BUILT_IN:
            return Path(str(files("server.assets"))) / "templates" / f"{name}{_ENDING}"
        return self._folder / f"{name}{_ENDING}"

    async def put(self, name: str, pieces: AsyncIterator[bytes]) -> None:
        """Keep an archive as a template, in place of the one of this name.

        Raises:
            Invalid: not a name.
            AlreadyExists: one that comes with the server is called so.
        """
        if not _NAME.match(name):
            message = "must be lower case letters, digits and -, at most 40, a letter first"
            raise Invalid("The name cannot be a template's.", places=[Place("/name", message)])
        if name in BUILT_IN:
            place = Place("/name", "is taken")
            raise AlreadyExists("A template that comes with the server is called so.", places=[place])
        temporary = self._folder / f"{name}.new"
        await asyncio.to_thread(self._folder.mkdir, exist_ok=True)
        file = await asyncio.to_thread(temporary.open, "wb")
        try:
            async for piece in pieces:
                await asyncio.to_thread(file.write, piece)
            await asyncio.to_thread(_settle, file, self._folder / f"{name}{_ENDING}")
        finally:
            await asyncio.to_thread(file.close)
            await asyncio.to_thread(temporary.unlink, missing_ok=True)

    async def delete(self, name: str) -> None:
        """Forget one.

        Raises:
            TemplateNotFound: there is none.
            Conflict: it comes with the server.
        """
        path = await self.path(name)
        if name in BUILT_IN:
            raise Conflict(
                "The template comes with the server.", hint="Leave it; it is used only when it is asked for."
            )
        await asyncio.to_thread(path.unlink)


def _settle(file: IO[bytes], target: Path) -> None:
    file.flush()
    os.fsync(file.fileno())
    Path(file.name).rename(target)

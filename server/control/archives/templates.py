"""Templates: archives that tenants are made from. Three come with the server; others are made of tenants.

board   cards that users share, live, with confirmed addresses
chat    rooms, messages and who is there
shop    products, carts and orders, with a catalogue that everybody reads
"""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Collection
from importlib.resources import files
from pathlib import Path
from typing import IO, Final

import structlog

from server.control.archives.read import opened_archive
from tenancy.disk import sync_file
from tenancy.errors import AlreadyExists, BackpackError, Conflict, Invalid, Place, TemplateNotFound
from tenancy.model.json import JsonObject

BUILT_IN: Final = ("board", "chat", "shop")
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")
_ENDING: Final = ".backpack"
_UNFINISHED: Final = ".new"
log = structlog.get_logger("server.templates")


class Templates:
    """The templates of this server."""

    def __init__(self, folder: Path, most: int) -> None:
        """Keep those of tenants in this folder, which is made with the first. `most`: bytes that one may unpack to."""
        self._folder = folder
        self._most = most
        self._unfinished: set[Path] = set()

    async def all(self) -> list[JsonObject]:
        """All of them by name, with what is in each."""
        return await asyncio.to_thread(self._all)

    def _all(self) -> list[JsonObject]:
        own = sorted(path.stem for path in self._folder.glob(f"*{_ENDING}")) if self._folder.exists() else []
        shown = [self._readable(name) for name in [*BUILT_IN, *own] if self._path(name).exists()]
        return [one for one in shown if one is not None]

    def _readable(self, name: str) -> JsonObject | None:
        """What is in one; None when it cannot be read, so that one bad file does not hide the others."""
        try:
            return self._shown(name)
        except (BackpackError, OSError) as error:
            log.warning("template.unreadable", template=name, error=str(error) or repr(error))
            return None

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
        # Its own name: two that make the same template at once must not write into one file.
        temporary = self._folder / f"{name}-{secrets.token_hex(8)}{_UNFINISHED}"
        self._unfinished.add(temporary)
        try:
            await asyncio.to_thread(self._tidy, frozenset(self._unfinished))
            await _write(temporary, pieces, self._folder / f"{name}{_ENDING}")
        finally:
            await asyncio.to_thread(temporary.unlink, missing_ok=True)
            self._unfinished.discard(temporary)

    def _tidy(self, unfinished: Collection[Path]) -> None:
        """Have the folder, without what a process left that was killed while it wrote."""
        self._folder.mkdir(exist_ok=True)
        for left in self._folder.glob(f"*{_UNFINISHED}"):
            if left not in unfinished:
                left.unlink(missing_ok=True)

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


async def _write(temporary: Path, pieces: AsyncIterator[bytes], target: Path) -> None:
    file = await asyncio.to_thread(temporary.open, "xb")
    try:
        async for piece in pieces:
            await asyncio.to_thread(file.write, piece)
        await asyncio.to_thread(_settle, file, target)
    finally:
        await asyncio.to_thread(file.close)


def _settle(file: IO[bytes], target: Path) -> None:
    sync_file(file)
    Path(file.name).rename(target)

"""A tenant's site: one pack file and a manifest per release, switched by one document."""

import asyncio
import re
import tempfile
from collections import OrderedDict
from collections.abc import AsyncIterator
from functools import partial
from typing import IO, Final, NamedTuple

import msgspec

from server.hosting.archives import Entry, Packed, pack
from tenancy.context import TenantContext
from tenancy.errors import DocumentNotFound, SiteNotFound, TooLarge
from tenancy.model.ids import new_id
from tenancy.model.json import JsonObject, trusted
from tenancy.model.system import SITE
from tenancy.writes import Create, Delete, Update

_CURRENT: Final = "current"
_PIECE: Final = 256 * 1024
_SMALL: Final = 256 * 1024
_CACHE: Final = 4 * 1024 * 1024
_HASHED = re.compile(r".*[-._](?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{8,}\.[a-z0-9]+\Z")


class Found(NamedTuple):
    """A file of the live release. `status` is 404 for the site's own 404 page."""

    key: str
    entry: Entry
    immutable: bool
    status: int


class Site:
    """A tenant's live release in memory: its manifest, and the small files that were asked for last."""

    def __init__(self) -> None:
        """Nothing is loaded yet."""
        self._release = ""
        self._entries: dict[str, Entry] = {}
        self._cache: OrderedDict[str, bytes] = OrderedDict()
        self._cached = 0
        self.changing = asyncio.Lock()
        """Held while another release takes over, or none does: of two at once each has to know the other."""

    async def aclose(self) -> None:
        """Nothing to close."""

    async def find(self, context: TenantContext, path: str) -> Found:
        """The file that answers a path (without its first slash).

        A folder answers its index.html, a path without extension that has no file the site's index.html.

        Raises:
            SiteNotFound: no site, or no such file.
        """
        text = await context.documents.get(SITE, _CURRENT)
        if text is None:
            raise SiteNotFound("The tenant has no site yet.")
        release = str(trusted(text)["release"])
        if release != self._release:
            await self._load(context, release)
        for candidate in (path, f"{path}.html", f"{path.rstrip('/')}/index.html".lstrip("/")):
            entry = self._entries.get(candidate)
            if entry is not None:
                return Found(_pack_key(release), entry, _HASHED.match(candidate) is not None, 200)
        if "." not in path.rpartition("/")[2]:
            return Found(_pack_key(release), self._entries["index.html"], False, 200)
        if "404.html" in self._entries:
            return Found(_pack_key(release), self._entries["404.html"], False, 404)
        raise SiteNotFound(f"The site has no file {path}.", hint="Check the path; the site's files are case-sensitive.")

    async def _load(self, context: TenantContext, release: str) -> None:
        data = b"".join([piece async for piece in context.files.read(_manifest_key(release))])
        self._entries = msgspec.json.decode(data, type=dict[str, Entry])
        self._cache.clear()
        self._cached = 0
        self._release = release

    async def small(self, context: TenantContext, found: Found) -> bytes | None:
        """The bytes of a file of at most 256 KiB, kept in memory up to 4 MiB per tenant; None for a larger one."""
        entry = found.entry
        if entry.size > _SMALL:
            return None
        name = f"{found.key}:{entry.offset}"
        data = self._cache.get(name)
        if data is not None:
            self._cache.move_to_end(name)
            return data
        pieces = context.files.read(found.key, entry.offset, entry.offset + entry.size)
        data = b"".join([piece async for piece in pieces])
        self._cache[name] = data
        self._cached += len(data)
        while self._cached > _CACHE:
            self._cached -= len(self._cache.popitem(last=False)[1])
        return data


def site_of(context: TenantContext) -> Site:
    """The open tenant's site."""
    return context.attachments.get(Site, Site)


def _pack_key(release: str) -> str:
    return f"site/{release}.pack"


def _manifest_key(release: str) -> str:
    return f"site/{release}.json"


async def publish(context: TenantContext, archive: AsyncIterator[bytes]) -> JsonObject:
    """Make a zip's content the site: files first, then one document that switches to them.

    Raises:
        Invalid, TooLarge: the archive is not accepted; the old site stays.
    """
    with tempfile.TemporaryFile() as packed, tempfile.TemporaryFile() as zipped:
        await _collect(archive, zipped, context.limits.max_site)
        result = await context.work.do("archive", partial(pack, zipped, packed))
        await asyncio.to_thread(packed.seek, 0)
        async with site_of(context).changing:
            return await _publish(context, packed, result)


async def _publish(context: TenantContext, packed: IO[bytes], result: Packed) -> JsonObject:
    release = new_id()
    text = await context.documents.get(SITE, _CURRENT)
    before = trusted(text) if text is not None else {}
    fields: JsonObject = {
        "release": release, "files": len(result.entries), "size": result.size, "previous": before.get("release"),
    }  # fmt: skip
    create = Create(SITE, _CURRENT, fields)
    await _store(context, release, packed, result)
    try:
        (live,) = await context.documents.commit([Update(SITE, _CURRENT, fields, overwrite=True, otherwise=create)])
    except Exception:  # who is cut off does not know yet whether it comes through
        await _remove_unless_live(context, release)
        raise
    if before.get("previous"):
        # The release before stays for requests that have just looked it up.
        await _remove(context, str(before["previous"]))
    published = trusted(live.text or b"{}")["updatedAt"]
    return {"release": release, "files": fields["files"], "size": result.size, "publishedAt": published}


async def _remove_unless_live(context: TenantContext, release: str) -> None:
    """A commit whose answer was lost may have come through all the same."""
    text = await context.documents.get(SITE, _CURRENT)
    if text is None or trusted(text)["release"] != release:
        await _remove(context, release)


async def unpublish(context: TenantContext) -> None:
    """Take the site down, and remove whatever releases have left.

    Raises:
        SiteNotFound: there is none.
    """
    async with site_of(context).changing:
        try:
            await context.documents.commit([Delete(SITE, _CURRENT)])
        except DocumentNotFound:
            raise SiteNotFound("The tenant has no site.") from None
        finally:
            if await context.documents.get(SITE, _CURRENT) is None:
                await context.files.delete("site/")


async def _store(context: TenantContext, release: str, packed: IO[bytes], result: Packed) -> None:
    """Both files of a release, or none."""
    manifest = msgspec.json.encode(result.entries)
    try:
        await context.files.put(_pack_key(release), _pieces(packed), limit=result.size)
        await context.files.put(_manifest_key(release), _once(manifest), limit=len(manifest))
    except BaseException:
        await _remove(context, release)
        raise


async def _remove(context: TenantContext, release: str) -> None:
    await context.files.delete(_pack_key(release))
    await context.files.delete(_manifest_key(release))


async def _collect(archive: AsyncIterator[bytes], into: IO[bytes], limit: int) -> None:
    size = 0
    async for piece in archive:
        size += len(piece)
        if size > limit:
            raise TooLarge(f"The archive has more than {limit} bytes.")
        await asyncio.to_thread(into.write, piece)


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(file.read, _PIECE):
        yield piece


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data

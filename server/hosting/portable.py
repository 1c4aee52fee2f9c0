"""A site's files out of a tenant's folder, and into one. Blocking."""

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from server.hosting.archives import Entry, check_members, pack_members
from tenancy.disk import sync_file
from tenancy.errors import Invalid
from tenancy.model.json import JsonObject

_PIECE: Final = 256 * 1024


class SiteFile(NamedTuple):
    """One file of a site: its path, and where its bytes are in the pack."""

    path: str
    offset: int
    size: int


def site_files(blobs: Path, release: str) -> list[SiteFile]:
    """The files of a release; none when it is not there any more."""
    try:
        manifest = (blobs / "site" / f"{release}.json").read_bytes()
    except FileNotFoundError:
        return []
    entries = msgspec.json.decode(manifest, type=dict[str, Entry])
    return [SiteFile(path, entry.offset, entry.size) for path, entry in sorted(entries.items())]


def site_bytes(blobs: Path, release: str, file: SiteFile) -> Iterator[bytes]:
    """The bytes of one of them."""
    with (blobs / "site" / f"{release}.pack").open("rb") as pack:
        pack.seek(file.offset)
        left = file.size
        while left and (piece := pack.read(min(_PIECE, left))):
            left -= len(piece)
            yield piece


def put_site(opened: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], blobs: Path, release: str) -> JsonObject:
    """Make members of a stranger's zip the files of a release, durably; what `_site` keeps of it.

    Raises:
        Invalid, TooLarge: they cannot be a site.
    """
    check_members(members)
    folder = blobs / "site"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{release}.pack").open("wb") as pack:
        packed = pack_members(opened, members, pack)
        sync_file(pack)
    if "index.html" not in packed.entries:
        raise Invalid("The archive's site has no index.html.")
    with (folder / f"{release}.json").open("wb") as manifest:
        manifest.write(msgspec.json.encode(packed.entries))
        sync_file(manifest)
    return {"release": release, "files": len(packed.entries), "size": packed.size, "previous": None}

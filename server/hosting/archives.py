"""A stranger's zip, turned into one pack file and a manifest. Blocking: runs in a thread.

Nothing is ever extracted to a name from the archive. `zipfile` is lenient (names that climb, doubled names, entries
that share their bytes to declare gigabytes), so every name is checked and every byte that comes out is counted.
"""

import hashlib
import mimetypes
import stat
import zipfile
from collections.abc import Mapping
from typing import IO, Final, NamedTuple

import msgspec

from tenancy.errors import Invalid, Place, TooLarge

MAX_ENTRIES: Final = 10_000
MAX_UNPACKED: Final = 500 * 1024 * 1024
_MAX_NAME: Final = 500
_PIECE: Final = 256 * 1024
_IGNORED: Final = ("__MACOSX/", ".DS_Store", "Thumbs.db")
_TYPES = mimetypes.MimeTypes()
for _ending, _type in {
    ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json", ".map": "application/json", ".avif": "image/avif",
    ".webp": "image/webp", ".md": "text/markdown", ".ico": "image/x-icon",
}.items():  # fmt: skip
    _TYPES.add_type(_type, _ending)


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """A file of a site: where it lies in the pack, in bytes, its type and the hash of its content."""

    offset: int
    size: int
    type: str
    etag: str


class Packed(NamedTuple):
    """What came out of an archive."""

    entries: dict[str, Entry]
    size: int


def pack(archive: IO[bytes], into: IO[bytes]) -> Packed:
    """Write the archive's files one after the other.

    Raises:
        Invalid: not a zip, or with names or entries that are not accepted, or without index.html.
        TooLarge: too many entries or bytes.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = _members(opened)
            top = _top_folder(members)
            packed = pack_members(opened, {name.removeprefix(top): one for name, one in members.items()}, into)
    except (
        zipfile.BadZipFile,
        EOFError,
        NotImplementedError,
        RuntimeError,
        UnicodeError,
        ValueError,
        OSError,
    ) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise Invalid("The archive cannot be read.", hint="Send a zip file.") from None
    if "index.html" not in packed.entries:
        hint = "Zip the built folder, the one that holds index.html (often dist, build or out)."
        raise Invalid("The archive has no index.html.", hint=hint)
    return packed


def pack_members(opened: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], into: IO[bytes]) -> Packed:
    """Write members one after the other, under these names.

    Raises:
        TooLarge: more comes out than may.
    """
    entries: dict[str, Entry] = {}
    offset = 0
    for name, member in members.items():
        entries[name] = entry = _copy(opened, member, into, offset)
        offset += entry.size
    return Packed(entries, offset)


def check_members(members: Mapping[str, zipfile.ZipInfo]) -> None:
    """Accept the members of a zip as files of a site, under these names.

    Raises:
        Invalid: a name or an entry is not accepted.
        TooLarge: they are too many, or too large.
    """
    if len(members) > MAX_ENTRIES:
        raise TooLarge(f"The archive has {len(members)} entries; at most {MAX_ENTRIES} are allowed.")
    found = [(name, _problem(name, info)) for name, info in members.items()]
    problems = [Place(name[:100], problem) for name, problem in found if problem is not None]
    if problems:
        raise Invalid("The archive has entries that are not accepted.", places=problems[:10])
    if sum(info.file_size for info in members.values()) > MAX_UNPACKED:
        raise TooLarge(f"The archive unpacks to more than {MAX_UNPACKED} bytes.")


def _members(opened: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    doubled: list[Place] = []
    for info in opened.infolist():
        name = info.orig_filename
        if info.is_dir() or any(part in name for part in _IGNORED):
            continue
        if name in members:
            doubled.append(Place(name[:100], "is there twice"))
        members[name] = info
    if doubled:
        raise Invalid("The archive has entries that are not accepted.", places=doubled[:10])
    check_members(members)
    return members


def _problem(name: str, info: zipfile.ZipInfo) -> str | None:
    """What is wrong with an entry."""
    parts = name.split("/")
    if not name or len(name) > _MAX_NAME or any(ord(character) < 32 or character == "\x7f" for character in name):
        return "is not a file's name"
    if "\\" in name or ":" in parts[0] or any(part in {"", ".", ".."} for part in parts):
        return "must be a relative path with forward slashes"
    if stat.S_IFMT(info.external_attr >> 16) not in {0, stat.S_IFREG}:
        return "is a link or device; only files are accepted"
    if info.flag_bits & 0x1:
        return "is encrypted"
    return None


def _top_folder(members: dict[str, zipfile.ZipInfo]) -> str:
    """The one folder around everything, when somebody zipped the folder itself."""
    tops = {name.partition("/")[0] for name in members}
    top = next(iter(tops)) + "/" if len(tops) == 1 else ""
    return top if "index.html" not in members and f"{top}index.html" in members else ""


def _copy(opened: zipfile.ZipFile, member: zipfile.ZipInfo, into: IO[bytes], offset: int) -> Entry:
    size, digest = 0, hashlib.sha256()
    with opened.open(member) as content:
        while piece := content.read(_PIECE):
            size += len(piece)
            if offset + size > MAX_UNPACKED:
                raise TooLarge(f"The archive unpacks to more than {MAX_UNPACKED} bytes.")
            digest.update(piece)
            into.write(piece)
    return Entry(offset, size, _content_type(member.filename), f'"{digest.hexdigest()[:32]}"')


def _content_type(name: str) -> str:
    kind = _TYPES.guess_type(name, strict=False)[0] or "application/octet-stream"
    textual = kind.startswith("text/") or kind in {"application/json", "application/manifest+json", "image/svg+xml"}
    return f"{kind}; charset=utf-8" if textual else kind

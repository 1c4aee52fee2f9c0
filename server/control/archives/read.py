"""A stranger's archive, read so that nothing in it is believed. Blocking: runs in a thread.

It is never unpacked to a name of its own, and nothing in it is opened as a database. Every entry is one of those that
there are, is counted and held against its checksum; every row is checked as a request that made it would be.
"""

import hashlib
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from server.control.archives.checks import CHECKS, check_head, normal, parsed, written
from server.control.archives.directory import check_directory
from server.control.archives.layout import (
    MANIFEST,
    collection_at,
    documents_path,
    file_at,
    most_of_manifest,
    read_manifest,
    site_file_at,
)
from tenancy.errors import BackpackError, Invalid, Place, TooLarge
from tenancy.model.document import client_part
from tenancy.model.json import JsonObject

MAX_LINE: Final = 1024 * 1024 + 1024
_PIECE: Final = 256 * 1024
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


class Archive:
    """One archive; everything that it says about itself fits together."""

    def __init__(self, opened: zipfile.ZipFile, size: int, most: int) -> None:
        """Look at the directory and the manifest; nothing else is read.

        Args:
            opened: the zip.
            size: its bytes.
            most: bytes that may come out of it.

        Raises:
            Invalid: something does not fit.
            TooLarge: more would come out.
        """
        self.zip = opened
        self.members = _members(opened, size, most)
        with opened.open(self.members[MANIFEST]) as file:
            self.manifest = read_manifest(file.read(), self.members)
        self._compare()

    def _compare(self) -> None:
        """Hold the manifest against what is there."""
        there, said = set(self.members) - {MANIFEST}, set(self.manifest.entries)
        odd = sorted(there ^ said)[:10]
        if odd:
            raise Invalid("The archive is not whole.", places=[Place(path[:100], _odd(path in said)) for path in odd])
        wrong = [path for path in said if self.members[path].file_size != self.manifest.entries[path].size]
        if wrong:
            places = [Place(path[:100], "has another size than the manifest says") for path in sorted(wrong)[:10]]
            raise Invalid("The archive is damaged.", places=places)

    @property
    def collections(self) -> list[str]:
        """The collections whose documents it has."""
        return [name for path in self.members if (name := collection_at(path)) is not None]

    @property
    def files(self) -> list[str]:
        """The ids of the files whose bytes it has."""
        return [id for path in self.members if (id := file_at(path)) is not None]

    @property
    def site(self) -> Mapping[str, zipfile.ZipInfo]:
        """The site's files by their paths."""
        return {path: info for name, info in self.members.items() if (path := site_file_at(name)) is not None}

    def pieces(self, path: str) -> Iterator[bytes]:
        """The bytes of an entry.

        Raises:
            Invalid: they are not those that the manifest names, known after the last.
        """
        fact, digest = self.manifest.entries[path], hashlib.sha256()
        with self.zip.open(self.members[path]) as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                yield piece
        if digest.hexdigest() != fact.sha256:
            raise Invalid("The archive is damaged.", places=[Place(path[:100], "is not what its checksum says")])

    def check_pieces(self, path: str) -> None:
        """Hold an entry against its checksum. Raises what `pieces` raises."""
        for _ in self.pieces(path):
            pass

    def lines(self, path: str) -> Iterator[tuple[int, bytes]]:
        """The lines of an entry, numbered from 1.

        Raises:
            Invalid: as `pieces`; TooLarge: one is longer than a document can be.
        """
        number, rest = 0, b""
        for piece in self.pieces(path):
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                number += 1
                yield number, line
            if len(rest) > MAX_LINE:
                raise TooLarge(f"{path}, line {number + 1}: a document has at most {MAX_LINE - 1024} bytes.")
        if rest:
            yield number + 1, rest

    def rows(self, collection: str, look: Callable[[JsonObject], object] | None = None) -> Iterator[bytes]:
        """The documents of a collection, checked, as they are kept, by id. `look` is shown what clients have put there.

        Raises:
            Invalid: with the line that is none.
        """
        path, before, count = documents_path(collection), "", 0
        said = self.manifest.collections.get(collection, 0)
        for number, line in self.lines(path):
            with at_place(f"{path}, line {number}"):
                kept = _kept(line, collection, before)
                before = str(kept["id"])
                if look is not None:
                    look(client_part(kept))
                text = written(kept)
            count += 1
            if count > said:
                break  # what was allowed was allowed for the number that the manifest says
            yield text
        if count != said:
            raise Invalid(f"{path} has {count} documents or more; the manifest says {said}.")


def _kept(line: bytes, collection: str, before: str) -> JsonObject:
    """A document as it is kept, which comes after the one before."""
    if len(line) > MAX_LINE:
        raise TooLarge(f"A document has at most {MAX_LINE - 1024} bytes.")
    # The server's own collections have other names in them, such as filters, and what clients say of files.
    own = collection.startswith("_")
    row = parsed(line, collection)
    check_head(row, own=own)
    if str(row["id"]) <= before:
        raise Invalid(
            "The documents are not in the order of their ids.", places=[Place("/id", "is doubled or out of order")]
        )
    kept = normal(row, own=own)
    if collection in CHECKS:
        CHECKS[collection](kept)
    return kept


@contextmanager
def at_place(place: str) -> Iterator[None]:
    """Say where in the archive something is wrong."""
    try:
        yield
    except BackpackError as error:
        error.places = tuple(Place(f"{place}{one.path}", one.message) for one in error.places) or (
            Place(place, error.detail),
        )
        error.detail = f"{place}: {error.detail}"
        raise


def _odd(said: bool) -> str:
    return "is missing" if said else "is not in the manifest"


def _members(opened: zipfile.ZipFile, size: int, most: int) -> dict[str, zipfile.ZipInfo]:
    infos = opened.infolist()
    members: dict[str, zipfile.ZipInfo] = {}
    problems: list[Place] = []
    for info in infos:
        name = info.orig_filename
        problem = "is there twice" if name in members else _problem(name, info)
        if problem is not None:
            problems.append(Place(name[:100], problem))
        members[name] = info
    if MANIFEST not in members:
        problems.append(Place(MANIFEST, "is missing: this is no archive of a tenant, or it was cut off"))
    if problems:
        raise Invalid("The archive has entries that are not accepted.", places=problems[:10])
    if sum(info.file_size for info in infos) > most:
        raise TooLarge(f"More than {most} bytes would come out of the archive.")
    _check_manifest(members)
    if sum(info.compress_size for info in infos) > size:
        # Entries that share their bytes: a small file would give many times what is in it.
        raise Invalid("The archive's entries lie on top of each other.")
    return members


def _check_manifest(members: Mapping[str, zipfile.ZipInfo]) -> None:
    """Before it is read: it is held as a whole, so a few bytes must not become many."""
    said, most = members[MANIFEST].file_size, most_of_manifest(members)
    if said > most:
        raise TooLarge(f"The archive's backpack.json has {said} bytes; for its entries it can have {most}.")


def _problem(name: str, info: zipfile.ZipInfo) -> str | None:
    """What is wrong with an entry."""
    if info.flag_bits & 0x1:
        return "is encrypted"
    if stat.S_IFMT(info.external_attr >> 16) not in {0, stat.S_IFREG} or info.is_dir():
        return "is a link, folder or device; only files are accepted"
    if info.compress_type not in _METHODS:
        return "is compressed in a way that is not accepted; store or deflate"
    if name == MANIFEST or collection_at(name) or file_at(name) or site_file_at(name):
        return None
    return "is none of an archive's entries"


@contextmanager
def opened_archive(path: Path, most: int) -> Iterator[Archive]:
    """Read an archive.

    Raises:
        Invalid, TooLarge: it cannot be one; whatever is wrong with the zip is told as that.
    """
    try:
        with path.open("rb") as file:
            check_directory(file)
            with zipfile.ZipFile(file) as opened:
                yield Archive(opened, path.stat().st_size, most)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, UnicodeError) as error:
        raise Invalid("The archive cannot be read: it is damaged, or no zip.") from error
    except (RuntimeError, ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise Invalid("The archive cannot be read: it is damaged, or no zip.") from error

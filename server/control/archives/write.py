"""An archive of a copy of a tenant, piece by piece: no more is kept than the piece that is being sent. Blocking."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from server.control.archives.layout import (
    FORMAT,
    MANIFEST,
    MAX_ENTRIES,
    OWN,
    RULED,
    EntryFact,
    Manifest,
    documents_path,
)
from server.hosting.portable import site_bytes, site_files
from tenancy.errors import Conflict
from tenancy.model.clock import now_text
from tenancy.model.json import trusted
from tenancy.model.system import DEFINITIONS, FILE_BLOBS, SITE
from tenancy.registry.spots import BLOBS, DATABASE
from tenancy.stores.embedded.offline import Offline, offline

_PIECE: Final = 256 * 1024
_DATE: Final = (1980, 1, 1, 0, 0, 0)
"""Of every entry: the same tenant gives the same archive, but for the manifest's time."""


class About(NamedTuple):
    """What an archive says of where it comes from."""

    tenant: str
    version: str


def archive_of(folder: Path, about: About) -> Iterator[bytes]:
    """The archive of a copy: a folder with a database that nobody has open, and blobs.

    Raises:
        Conflict: no server would take it in; before anything comes.
    """
    writer = _Writer()
    with offline(folder / DATABASE) as documents, writer.zip:
        collections = dict.fromkeys(sorted(name for name in documents.counts() if is_portable(name)), 0)
        files, release = sorted((folder / BLOBS / FILE_BLOBS).glob("*")), _release(documents)
        sites = site_files(folder / BLOBS, release)
        _check_entries(len(collections) + len(files) + len(sites) + 1)
        for name in collections:
            yield from writer.entry(documents_path(name), _lines(documents, name, collections), deflate=True)
        for path in files:
            yield from writer.entry(f"{FILE_BLOBS}{path.name}", _bytes(path), deflate=False)
        for file in sites:
            yield from writer.entry(f"site/{file.path}", site_bytes(folder / BLOBS, release, file), deflate=True)
        manifest = Manifest(
            FORMAT, about.version, about.tenant, now_text(), collections, len(files), len(sites), writer.facts
        )  # fmt: skip
        yield from writer.entry(
            MANIFEST, iter([msgspec.json.format(msgspec.json.encode(manifest), indent=1)]), deflate=True
        )
    yield writer.rest()


def _check_entries(count: int) -> None:
    if count > MAX_ENTRIES:
        raise Conflict(
            f"The archive would have {count} entries, a file each; servers take in at most {MAX_ENTRIES}.",
            hint="Remove files that are not needed, or keep the tenant as a snapshot or a backup of the data folder.",
        )


def is_portable(collection: str) -> bool:
    """Whether an archive has a collection's documents."""
    return not collection.startswith("_") or collection in OWN


def _lines(documents: Offline, collection: str, counts: dict[str, int]) -> Iterator[bytes]:
    """The documents of a collection, which are counted."""
    for batch in documents.texts(collection):
        kept = batch if collection != DEFINITIONS else [text for text in batch if _is_told(text)]
        counts[collection] += len(kept)
        yield b"".join(text + b"\n" for text in kept)


def _is_told(text: bytes) -> bool:
    """Whether a definition says something that not every tenant has."""
    name = str(trusted(text)["id"])
    return not name.startswith("_") or name in RULED


def _bytes(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _release(documents: Offline) -> str:
    """The live release, "" without a site."""
    for batch in documents.texts(SITE):
        for text in batch:
            return str(trusted(text)["release"])
    return ""


class _Sink(io.RawIOBase):
    """Where the zip is written: it can be told what came, and nothing more."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []
        self.size = 0
        self._at = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.waiting.append(bytes(data))
        self.size += len(data)
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at

    def taken(self) -> bytes:
        data, self.waiting, self.size = b"".join(self.waiting), [], 0
        return data


class _Writer:
    """Writes entries, and remembers what they were."""

    def __init__(self) -> None:
        self.facts: dict[str, EntryFact] = {}
        self._sink = _Sink()
        self.zip = zipfile.ZipFile(self._sink, "w")

    def entry(self, path: str, pieces: Iterator[bytes], *, deflate: bool) -> Iterator[bytes]:
        """Write one; what came of it so far, in pieces of some size."""
        info = zipfile.ZipInfo(path, _DATE)
        info.compress_type = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
        info.external_attr = 0o100644 << 16
        digest, size = hashlib.sha256(), 0
        with self.zip.open(info, "w", force_zip64=True) as target:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                target.write(piece)
                if self._sink.size >= _PIECE:
                    yield self._sink.taken()
        self.facts[path] = EntryFact(size, digest.hexdigest())

    def rest(self) -> bytes:
        """What is left, the directory of the zip."""
        return self._sink.taken()

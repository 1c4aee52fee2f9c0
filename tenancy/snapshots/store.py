"""The snapshots of one tenant, in its folder. Blocking: called in threads.

    ID.json         the summary; there is a snapshot when this is there
    ID.map          the pieces of its database and its blobs
    packs/ID        the pieces that were new with this snapshot, one after the other
    blobs/ab/…      each content once, by its SHA-256: a hard link to the file of the tenant where that can be

A piece or blob that another snapshot has is not written again, so an unchanged gigabyte costs its map alone. Everything
is checked by its hash when it is put together again.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
import structlog

from tenancy.disk import Gently, link, sync, sync_file, sync_tree
from tenancy.errors import SnapshotNotFound, Unavailable
from tenancy.model.system import FILE_BLOBS
from tenancy.snapshots.manifest import KeptBlob, Map, Piece, Proof, Summary, write_json

log = structlog.get_logger("tenancy.snapshots")
_PIECE: Final = 64 * 1024
"""A document that changes touches some pages, spread over the file: small pieces keep what is new small."""
_ID: Final = re.compile(r"[0-9a-f]{24}\Z")
Advance = Callable[[float], None]


class SnapshotDamagedError(Unavailable):
    """What a snapshot needs is not there, or is not what it was."""


class SnapshotStore:
    """What one tenant can be restored from."""

    def __init__(self, folder: Path) -> None:
        """In this folder, which is made with the first one."""
        self._folder = folder

    def all(self) -> list[Summary]:
        """All of them, the newest first."""
        paths = sorted(self._folder.glob("*.json"), reverse=True) if self._folder.exists() else []
        found = (_summary(path) for path in paths)
        return [summary for summary in found if summary is not None]

    def get(self, id: str) -> Summary:
        """One of them.

        Raises:
            SnapshotNotFound: there is none.
        """
        path = self._folder / f"{id}.json"
        if not _ID.match(id) or not path.exists():
            raise SnapshotNotFound
        summary = _summary(path)
        if summary is None:
            raise SnapshotDamagedError("The snapshot cannot be read: its summary is damaged.")
        return summary

    def map_of(self, id: str) -> Map:
        """From what one is put together."""
        try:
            return msgspec.json.decode((self._folder / f"{id}.map").read_bytes(), type=Map)
        except (OSError, msgspec.DecodeError) as error:
            raise SnapshotDamagedError("The snapshot cannot be read: its map is damaged.") from error

    def has_blobs(self, id: str, blobs: Path) -> bool:
        """Whether a folder's blobs are those of a snapshot."""
        kept = [(blob.key, blob.size, blob.inode, blob.changed_ns) for blob in self.map_of(id).blobs]
        now = ((str(path.relative_to(blobs)), path.stat()) for path in blobs_in(blobs))
        return kept == [(key, status.st_size, status.st_ino, status.st_mtime_ns) for key, status in now]

    def again(self, summary: Summary) -> None:
        """Keep the state of the newest snapshot as a snapshot of its own too; nothing is written twice."""
        newest = self.all()[0]
        write_json(self._folder / f"{summary.id}.map", self.map_of(newest.id))
        write_json(self._folder / f"{summary.id}.json", summary)

    def put(self, summary: Summary, database: Path, blobs: Path, advance: Advance) -> Summary:
        """Keep a state: a database that nobody writes to, and the blobs of a folder that do not change.

        Done again with the same id it comes to the same.
        """
        known = self._base()
        (self._folder / "packs").mkdir(parents=True, exist_ok=True)
        pieces, added = self._put_database(summary.id, database, known.pieces, advance)
        kept, more = self._put_blobs(blobs, known.blobs, advance)
        write_json(self._folder / f"{summary.id}.map", Map(pieces, kept))
        done = msgspec.structs.replace(
            summary, files=sum(blob.key.startswith(FILE_BLOBS) for blob in kept), added=added + more,
            size=sum(piece.size for piece in pieces) + sum(blob.size for blob in kept),
        )  # fmt: skip
        write_json(self._folder / f"{summary.id}.json", done)
        return done

    def _base(self) -> Map:
        """What the next snapshot need not keep again: the newest one's, unless that is damaged."""
        newest = self.all()[:1]
        if not newest or newest[0].damaged:
            return Map([], [])
        try:
            base = self.map_of(newest[0].id)
        except SnapshotDamagedError:
            return Map([], [])
        sizes = {pack: self._size_of(pack) for pack in {piece.pack for piece in base.pieces}}
        return Map([one for one in base.pieces if one.offset + one.size <= sizes[one.pack]], base.blobs)

    def _size_of(self, pack: str) -> int:
        try:
            return (self._folder / "packs" / pack).stat().st_size
        except FileNotFoundError:
            return 0

    def _put_database(
        self, id: str, database: Path, known: Sequence[Piece], advance: Advance
    ) -> tuple[list[Piece], int]:
        """Write the pieces that are new into one pack; all of them, and the bytes of the new."""
        places = {piece.sha256: piece for piece in known if piece.pack != id}
        pieces: list[Piece] = []
        temporary, size, total = self._folder / "packs" / f"{id}.new", 0, max(database.stat().st_size, 1)
        with database.open("rb") as source, temporary.open("wb") as pack:
            gently = Gently(pack.fileno())
            while data := source.read(_PIECE):
                digest = hashlib.sha256(data).hexdigest()
                piece = places.get(digest)
                if piece is None:
                    piece = places[digest] = Piece(digest, id, size, len(data))
                    pack.write(data)
                    size += len(data)
                    gently.wrote(len(data))
                pieces.append(piece)
                advance(source.tell() / total * 0.5)
            sync_file(pack)
        if size:
            temporary.rename(temporary.with_name(id))
        else:
            temporary.unlink()
        sync(temporary.parent)
        return pieces, size

    def _put_blobs(self, blobs: Path, known: Sequence[KeptBlob], advance: Advance) -> tuple[list[KeptBlob], int]:
        """Keep each content that is not kept yet; all blobs, and the bytes of the new."""
        before = {blob.key: blob for blob in known}
        kept: list[KeptBlob] = []
        touched: set[Path] = set()
        added, found = 0, list(blobs_in(blobs))
        for number, path in enumerate(found):
            blob = _kept(path, blobs, before)
            target = self._blob(blob.sha256)
            if not _holds(target, blob, sure=bool(known)):
                target.parent.mkdir(parents=True, exist_ok=True)
                link(path, target)
                touched.update((target.parent, target.parent.parent, self._folder))
                added += blob.size
            kept.append(blob)
            advance(0.5 + number / len(found) * 0.5)
        for folder in touched:
            sync(folder)
        return kept, added

    def _blob(self, sha256: str) -> Path:
        return self._folder / "blobs" / sha256[:2] / sha256

    def assemble(self, id: str, folder: Path, database: str, blobs: str, advance: Advance) -> None:
        """Put a state together in a folder of its own, and check all of it.

        Raises:
            SnapshotNotFound: there is none.
            SnapshotDamagedError: something is not what it was.
        """
        self.get(id)
        map = self.map_of(id)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / database).open("wb") as file:
            gently = Gently(file.fileno())
            for number, data in enumerate(self._pieces(map.pieces)):
                file.write(data)
                gently.wrote(len(data))
                advance(number / len(map.pieces) * 0.5)
            sync_file(file)
        for number, blob in enumerate(map.blobs):
            source, target = self._blob(blob.sha256), folder / blobs / blob.key
            if not source.exists() or source.stat().st_size != blob.size or _sha256(source) != blob.sha256:
                raise SnapshotDamagedError(f"The snapshot is damaged: the content of {blob.key} is not what it was.")
            target.parent.mkdir(parents=True, exist_ok=True)
            link(source, target)
            advance(0.5 + number / len(map.blobs) * 0.5)
        sync_tree(folder)

    def _pieces(self, pieces: Sequence[Piece]) -> Iterator[bytes]:
        opened: dict[str, BinaryIO] = {}
        try:
            for piece in pieces:
                try:
                    if piece.pack not in opened:
                        opened[piece.pack] = (self._folder / "packs" / piece.pack).open("rb")
                    opened[piece.pack].seek(piece.offset)
                    data = opened[piece.pack].read(piece.size)
                except OSError as error:
                    raise SnapshotDamagedError("The snapshot is damaged: a part of its database is gone.") from error
                if hashlib.sha256(data).hexdigest() != piece.sha256:
                    raise SnapshotDamagedError("The snapshot is damaged: its database is not what it was.")
                yield data
        finally:
            for file in opened.values():
                file.close()

    def mark_damaged(self, id: str) -> None:
        """Note that one cannot be restored: the next one keeps everything again."""
        write_json(self._folder / f"{id}.json", msgspec.structs.replace(self.get(id), damaged=True))

    def prove(self, id: str, proof: Proof) -> None:
        """Note that one was restored for trial."""
        write_json(self._folder / f"{id}.json", msgspec.structs.replace(self.get(id), proof=proof))

    def delete(self, ids: Sequence[str]) -> None:
        """Forget some, and what no other needs. Nothing happens to those that are not there."""
        for id in ids:
            if _ID.match(id):
                (self._folder / f"{id}.json").unlink(missing_ok=True)
        self.sweep()

    def sweep(self) -> int:
        """Remove what no snapshot needs: of those that were deleted, or never became whole; how many files.

        Where a list of pieces cannot be read, nobody knows what it needs, and all pieces stay.
        """
        if not self._folder.exists():
            return 0
        ids = {path.stem for path in self._folder.glob("*.json")}
        left = [path for path in self._folder.glob("*.*") if path.stem not in ids or path.suffix == ".new"]
        left += list(self._folder.glob("packs/*.new"))
        try:
            left += self._unneeded([self.map_of(id) for id in ids])
        except SnapshotDamagedError as error:
            log.error("snapshots.damaged", folder=str(self._folder), error=error.detail)
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def _unneeded(self, maps: Sequence[Map]) -> list[Path]:
        packs = {piece.pack for map in maps for piece in map.pieces}
        contents = {blob.sha256 for map in maps for blob in map.blobs}
        found = [path for path in self._folder.glob("packs/*") if path.name not in packs and path.suffix != ".new"]
        return found + [path for path in self._folder.glob("blobs/*/*") if path.name not in contents]

    def bytes_held(self) -> int:
        """Bytes of the packs. Blobs that the tenant still has cost nothing."""
        return sum(path.stat().st_size for path in self._folder.glob("packs/*"))


def _summary(path: Path) -> Summary | None:
    """The summary in a file, None when it is damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Summary)
    except msgspec.DecodeError:
        log.error("snapshots.damaged", file=str(path))
        return None


def _holds(target: Path, blob: KeptBlob, *, sure: bool) -> bool:
    """Whether a content is kept already; when nothing is `sure`, by its hash."""
    if not target.exists() or target.stat().st_size != blob.size:
        return False
    return sure or _sha256(target) == blob.sha256


def blobs_in(folder: Path) -> Iterator[Path]:
    """The blobs of a folder, without uploads that are under way; sorted by key."""
    for path in sorted(folder.rglob("*")):
        if path.parent.name != "partial" and path.is_file():
            yield path


def _kept(path: Path, root: Path, before: dict[str, KeptBlob]) -> KeptBlob:
    key, status = str(path.relative_to(root)), path.stat()
    known = before.get(key)
    if known is not None and known[3:] == (status.st_ino, status.st_mtime_ns) and known.size == status.st_size:
        return known
    return KeptBlob(key, status.st_size, _sha256(path), status.st_ino, status.st_mtime_ns)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

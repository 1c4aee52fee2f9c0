"""What is written down of one snapshot: a summary for people, and a map from which the state is put together."""

from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from tenancy.disk import sync, sync_file
from tenancy.model.json import JsonObject

REASONS: Final = ("manual", "scheduled", "before")
"""Why there is one; `before`: something was about to change the whole tenant."""


class Piece(NamedTuple):
    """A part of the database: its SHA-256 in hex, the pack that has it, where in it, and how long it is in bytes."""

    sha256: str
    pack: str
    offset: int
    size: int


class KeptBlob(NamedTuple):
    """A file's bytes: its key, length and SHA-256, and what told that it had not changed: inode and time."""

    key: str
    size: int
    sha256: str
    inode: int
    changed_ns: int


class Map(msgspec.Struct, frozen=True):
    """From what a snapshot is put together."""

    pieces: list[Piece]
    blobs: list[KeptBlob]


class Proof(msgspec.Struct, frozen=True, rename="camel"):
    """A snapshot was restored for trial: when, how many documents and files were found, how long it took, and by which
    operation."""

    at: str
    documents: int
    files: int
    seconds: float
    operation: str = ""


class Summary(msgspec.Struct, frozen=True, rename="camel"):
    """One snapshot.

    `epoch`, `seq`: the database and the position in its change log that it is of. `at`: when it was taken.
    `collections`: how many documents each has. `size`: bytes of what can be restored; `added`: bytes that it needed
    beyond what other snapshots had already. `begun`: just before `at`; what the tenant was at some moment between the
    two. `damaged`: a trial has found that it cannot be restored. `log_from`: the oldest position that its change log
    still has.
    """

    id: str
    at: str
    reason: str
    note: str
    epoch: str
    seq: int
    collections: dict[str, int]
    files: int
    size: int
    added: int
    log_from: int = 0
    begun: str = ""
    damaged: bool = False
    proof: Proof | None = None
    format: int = 1

    @property
    def documents(self) -> int:
        """Documents of clients."""
        return sum(count for name, count in self.collections.items() if not name.startswith("_"))

    def shown(self) -> JsonObject:
        """As the API shows it."""
        proof: JsonObject | None = msgspec.to_builtins(self.proof) if self.proof is not None else None
        return {
            "id": self.id, "createdAt": self.at, "reason": self.reason, "note": self.note, "documents": self.documents,
            "files": self.files, "size": self.size, "added": self.added, "position": self.seq,
            "damaged": self.damaged, "proven": proof,
        }  # fmt: skip


def write_json(path: Path, value: Any) -> None:
    """Write a file whole or not at all, durably. Blocking."""
    temporary = path.with_name(path.name + ".new")
    try:
        with temporary.open("wb") as file:
            file.write(msgspec.json.encode(value))
            sync_file(file)
        temporary.rename(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)

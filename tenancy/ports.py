"""Every port on one page: what a store must do, whoever implements it.

All of them belong to one tenant. None takes a tenant's name: whoever holds a port can reach nothing else. An
implementation is checked by the contract suite of its port in tests/contract.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

from tenancy.model.change import Change, Seq
from tenancy.model.collection import Collection
from tenancy.model.json import JsonObject
from tenancy.query.tree import EVERYTHING, Filter, Query


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list: the documents' texts in order, the cursor of the next page, and what the query asked for more."""

    items: Sequence[bytes]
    next: str | None = None
    total: int | None = None
    seq: Seq | None = None


@dataclass(frozen=True, slots=True)
class Create:
    """Make a document. `check`: what it must look like, `AlreadyExists` when the id is taken."""

    collection: str
    id: str
    fields: JsonObject
    owner: str | None = None
    check: Filter = EVERYTHING


@dataclass(frozen=True, slots=True)
class Update:
    """Change a document.

    `fields` is merged (RFC 7396), or takes the place of all the client's fields when `overwrite` is set. `where`: what
    the document must look like before (else it counts as absent), `check`: and after (else `Forbidden`). `otherwise`
    is done instead when there is no such document at all; without it `DocumentNotFound`.
    """

    collection: str
    id: str
    fields: JsonObject
    overwrite: bool = False
    where: Filter = EVERYTHING
    check: Filter = EVERYTHING
    otherwise: Create | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a document. `where` as in `Update`."""

    collection: str
    id: str
    where: Filter = EVERYTHING


Write: TypeAlias = Create | Update | Delete


class DocumentStore(Protocol):
    """One tenant's documents, in collections. Documents come as the JSON text that is answered.

    Collections whose names begin with `_` are the server's own. A document of `_collections` is the definition of the
    collection in its field `name`: writing it makes the collection and its indexes, deleting it removes all documents.
    """

    def collections(self) -> Mapping[str, Collection]:
        """The definitions by name, as last committed; in memory, free of cost."""
        ...

    async def get(self, collection: str, id: str) -> bytes | None:
        """One document, None when there is none."""
        ...

    async def find(self, collection: str, query: Query) -> Page:
        """A page; empty when there is no such collection.

        Raises:
            BadCursor: `query.after` is of another query.
            QueryTooExpensive: too many documents would be examined.
        """
        ...

    async def commit(self, writes: Sequence[Write]) -> Sequence[Change | None]:
        """Do all the writes or none; durable when it returns. None stands for an update that changed nothing.

        A collection is made by the first write to it. Cancelling the caller does not undo what was begun.

        Raises:
            DocumentNotFound: an update or delete found no document, or none that fits `where`.
            AlreadyExists: an id or a unique value is taken.
            Forbidden: the new document does not fit `check`.
            Invalid: the result would not be a valid document.
            OutOfSpace: the disk is full.
        """
        ...

    async def usage(self) -> tuple[int, int]:
        """How many documents clients keep here, and the bytes of the whole database."""
        ...

    async def aclose(self) -> None:
        """Finish what was begun and close. Called once."""
        ...


class CursorGoneError(Exception):
    """The change log no longer reaches back that far, or the cursor is of another database."""


class ChangeLog(Protocol):
    """What happened to one tenant's documents, in order."""

    @property
    def epoch(self) -> str:
        """Names this database: a cursor of another epoch (a restored or new database) is meaningless here."""
        ...

    def head(self) -> Seq:
        """The last change that was made known; 0 when there was none."""
        ...

    async def read(self, after: Seq, limit: int) -> Sequence[Change]:
        """The next changes in order, empty at the head.

        Raises:
            CursorGoneError: changes after this position were dropped, or it lies in the future.
        """
        ...

    async def wait(self, after: Seq) -> None:
        """Return when the head is beyond this position, or when the log is closed."""
        ...


@dataclass(frozen=True, slots=True)
class Blob:
    """Stored bytes: `size` in bytes, `sha256` in hex."""

    key: str
    size: int
    sha256: str


class FileStore(Protocol):
    """One tenant's bytes by key. Keys are ours (`[a-z0-9/_-]`), never a user's text."""

    async def put(self, key: str, content: AsyncIterator[bytes], *, limit: int) -> Blob:
        """Store atomically and durably: visible whole or not at all.

        Raises:
            TooLarge: more than `limit` bytes came.
            OutOfSpace: the disk is full.
        """
        ...

    def read(self, key: str, start: int = 0, stop: int | None = None) -> AsyncGenerator[bytes, None]:
        """The bytes from `start` up to `stop`, in pieces.

        Raises:
            FileNotFoundError: at the first piece, when there is no such key.
        """
        ...

    async def delete(self, key: str) -> None:
        """Remove; nothing happens when there is no such key. A key that ends with `/` removes all below it."""
        ...

    async def usage(self) -> tuple[int, int]:
        """How many blobs there are, and their bytes in all."""
        ...


@runtime_checkable
class LocalPaths(Protocol):
    """A file store whose blobs are files on this machine."""

    def path(self, key: str) -> Path:
        """Where the blob is."""
        ...


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in user: `id` is the token's hash in hex, times are Unix seconds."""

    id: str
    user: str
    expires_at: float


class SessionStore(Protocol):
    """One tenant's sessions, by the hash of their token."""

    async def add(self, session: Session) -> None:
        """Remember durably."""
        ...

    async def find(self, id: str) -> Session | None:
        """The session that is not over, None otherwise. Cheap: asked by every request."""
        ...

    async def remove(self, id: str) -> None:
        """End it, at once and everywhere; nothing happens when there is none."""
        ...

    async def remove_user(self, user: str) -> int:
        """End all sessions of a user; how many there were."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What one tenant may use; sizes in bytes, times in seconds."""

    max_body: int = 1024 * 1024
    max_file: int = 100 * 1024 * 1024
    max_site: int = 100 * 1024 * 1024
    max_examined: int = 100_000
    max_sockets: int = 1000
    session_lifetime_s: int = 30 * 24 * 3600
    changes_kept: int = 10_000


@dataclass(frozen=True, slots=True)
class Usage:
    """What one tenant uses now: `documents` of clients, uploaded `files`, `file_bytes` of files and site together."""

    database_bytes: int
    file_bytes: int
    documents: int
    files: int


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores of one tenant, together."""

    documents: DocumentStore
    changes: ChangeLog
    files: FileStore
    sessions: SessionStore
    limits: Limits = field(default_factory=Limits)

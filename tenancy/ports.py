"""Every port on one page: what a store must do, whoever implements it.

All of them belong to one tenant. None takes a tenant's name: whoever holds a port can reach nothing else. An
implementation is checked by the contract suite of its port in tests/contract.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tenancy.answers import Explanation, IndexStatus, Page, Verdict
from tenancy.model.change import Change, Seq
from tenancy.model.collection import Collections
from tenancy.model.json import JsonObject
from tenancy.query.aggregate.tree import Stage
from tenancy.query.tree import Filter, Query
from tenancy.writes import Receipt, Write, Written


class DocumentStore(Protocol):
    """One tenant's documents, in collections. Documents come as the JSON text that is answered.

    Collections whose names begin with `_` are the server's own. A document of `_collections` is the definition of the
    collection in its field `name`: writing it makes the collection and begins to build its indexes, deleting it
    removes all documents.
    """

    def collections(self) -> Collections:
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

    async def explain(self, collection: str, query: Query) -> Explanation:
        """Answer the query as `find` does, and tell how. Raises what `find` raises."""
        ...

    async def aggregate(self, collection: str, stages: Sequence[Stage]) -> Sequence[bytes]:
        """What comes out of a pipeline that begins with all documents of the collection.

        Raises:
            BadPipeline: a value has the wrong type for an operator.
            QueryTooExpensive: too many documents would be examined, or held.
        """
        ...

    def scan(self, collection: str, filter: Filter) -> AsyncGenerator[Sequence[bytes], None]:
        """All documents that fit, by id, in batches, as they were at one moment. Close it when it is not read to
        its end. Memory: one batch."""
        ...

    async def judge(self, collection: str, schema: JsonObject, most: int) -> Verdict:
        """Hold every document against a schema; with the first `most` that it rejects.

        Raises:
            Invalid: not a schema.
        """
        ...

    async def commit(self, writes: Sequence[Write], receipt: Receipt | None = None) -> Sequence[Written]:
        """Do all the writes or none; durable when it returns.

        A collection is made by the first write to it. Cancelling the caller does not undo what was begun. With the
        receipt of a commit that was done already nothing is done, and that one's result is answered again.

        Raises:
            DocumentNotFound: an update or delete found no document, or none that fits `where`.
            PreconditionFailed: the document's tag is not among `etags`.
            Conflict: a collection that must be empty is not.
            AlreadyExists: an id or a unique value is taken.
            Forbidden: the new document does not fit `check`.
            BadUpdate: an operation does not fit the document.
            SchemaViolated: the result does not fit the collection's schema.
            Invalid: the result would not be a valid document.
            KeyReused: the receipt's key was used with another mark.
            OutOfSpace: the disk is full, or the tenant has as much as it may.
        """
        ...

    def indexes(self, collection: str) -> Sequence[IndexStatus]:
        """The declared indexes of a collection and how far they are; in memory."""
        ...

    async def settle(self, collection: str) -> None:
        """Return when the collection's indexes are built.

        Raises:
            AlreadyExists: a unique one found a value twice; it was given up, and the definition no longer has it.
            Invalid: a document has too many entries in one; likewise.
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

    async def history(self, collection: str, id: str, limit: int) -> Sequence[Change]:
        """What happened to one document, as far as the log reaches back; the newest first, at most `limit`."""
        ...

    async def as_of(self, collection: str, id: str, moment: int, *, by_seq: bool) -> Change | None:
        """The first change of a document after a moment: its `before` is what the document was then.

        `moment`: milliseconds since 1970, or with `by_seq` a position in the log. None: it has not changed since.

        Raises:
            CursorGoneError: the log does not reach back that far.
        """
        ...


@dataclass(frozen=True, slots=True)
class Blob:
    """Stored bytes: `size` in bytes, `sha256` in hex. `replaced`: bytes of what had the key before, None: nothing."""

    key: str
    size: int
    sha256: str
    replaced: int | None = None


class FileStore(Protocol):
    """One tenant's bytes by key. Keys are ours (`[a-z0-9/_-]`), never a user's text."""

    async def put(self, key: str, content: AsyncIterator[bytes], *, limit: int) -> Blob:
        """Store atomically and durably: visible whole or not at all.

        Raises:
            TooLarge: more than `limit` bytes came.
            OverQuota: more than the tenant may have.
            OutOfSpace: the disk is full.
        """
        ...

    def read(self, key: str, start: int = 0, stop: int | None = None) -> AsyncGenerator[bytes, None]:
        """The bytes from `start` up to `stop`, in pieces.

        Raises:
            FileNotFoundError: at the first piece, when there is no such key.
        """
        ...

    async def delete(self, key: str) -> tuple[int, int]:
        """Remove; nothing happens when there is no such key. A key that ends with `/` removes all below it.

        Gives how many blobs are gone, and their bytes in all.
        """
        ...

    async def usage(self) -> tuple[int, int]:
        """How many blobs there are, and their bytes in all."""
        ...


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in user: `id` is the token's hash in hex, times are Unix seconds. `agent`: what the browser calls
    itself. `by`: the administrator who acts as the user, "" for the user."""

    id: str
    user: str
    expires_at: float
    created_at: float = 0.0
    agent: str = ""
    by: str = ""


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

    async def of(self, user: str) -> Sequence[Session]:
        """The sessions of a user that are not over."""
        ...

    async def remove_user(self, user: str, but: str | None = None) -> int:
        """End all sessions of a user, but for one; how many there were."""
        ...

    def watch(self, told: Callable[[str | None], None]) -> None:
        """Call `told` with each session that ends where the change log does not tell it; with None when some may have
        ended unheard."""
        ...

    async def aclose(self) -> None:
        """The tenant is being closed."""
        ...


class Post(Protocol):
    """Takes one tenant's mails from its outbox to their readers."""

    @property
    def sends(self) -> bool:
        """Whether there is a mail server; without one mails are kept for developers to read."""
        ...

    async def announce(self) -> None:
        """Note durably that the tenant has mail; before the mail is committed."""
        ...

    def collect(self) -> None:
        """The mail is committed: send it."""
        ...


@dataclass(frozen=True, slots=True)
class Usage:
    """What one tenant uses now: `documents` of clients, uploaded `files`, `file_bytes` of files and site together."""

    database_bytes: int
    file_bytes: int
    documents: int
    files: int

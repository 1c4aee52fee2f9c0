"""The embedded engine's change log: a window in memory over the table."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import apsw

from tenancy.model.change import Change, Seq
from tenancy.ports import ChangeLog, CursorGoneError
from tenancy.stores.embedded.layout import rows

_WINDOW = 1024
_WINDOW_BYTES = 8 * 1024 * 1024
_READ_BYTES = 1024 * 1024
_HISTORY_BYTES = 16 * 1024 * 1024
CHANGE = "SELECT seq, op, collection, id, version, before, after, at FROM changes"
_OLDEST = "SELECT seq, at FROM changes ORDER BY seq LIMIT 1"
Slowly = Callable[[Callable[[apsw.Connection], list[Change]]], Awaitable[list[Change]]]


class EmbeddedChanges:
    """Told by the writer what was committed; answers from memory, and from the table for what is older."""

    def __init__(self, connection: apsw.Connection, epoch: str, slowly: Slowly) -> None:
        """Share the reading connection, which the engine closes; `slowly` reads through another one in a thread."""
        self._db = connection
        self._epoch = epoch
        self._slowly = slowly
        self._head = Seq(int(connection.execute("SELECT coalesce(max(seq), 0) FROM changes").get))
        self._recent: deque[Change] = deque()
        self._held = 0
        self._waiting: set[asyncio.Future[None]] = set()
        self._closed = False

    @property
    def epoch(self) -> str:
        """Names this database."""
        return self._epoch

    def head(self) -> Seq:
        """The last change that was made known."""
        return self._head

    def publish(self, changes: Sequence[Change]) -> None:
        """Make committed changes known and wake who waits."""
        if changes:
            for change in changes:
                self._recent.append(change)
                self._held += _size(change)
            while len(self._recent) > _WINDOW or self._held > _WINDOW_BYTES:
                self._held -= _size(self._recent.popleft())
            self._head = changes[-1].seq
            self._wake()

    def close(self) -> None:
        """Wake everybody for the last time."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def wait(self, after: Seq) -> None:
        """Return when the head is beyond this position, or when the log is closed."""
        if self._head <= after and not self._closed:
            future = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            try:
                await future
            finally:
                self._waiting.discard(future)

    async def read(self, after: Seq, limit: int) -> Sequence[Change]:
        """The next changes, from memory where they are."""
        if after > self._head:
            raise CursorGoneError
        if after == self._head:
            return []
        if self._recent and self._recent[0].seq <= after + 1:
            start = next(n for n, change in enumerate(self._recent) if change.seq > after)
            return [self._recent[n] for n in range(start, min(start + limit, len(self._recent)))]
        return self._from_table(after, limit)

    def _from_table(self, after: Seq, limit: int) -> Sequence[Change]:
        first = int(self._db.execute("SELECT coalesce(min(seq), 0) FROM changes").get)
        if first > after + 1:
            raise CursorGoneError
        sql = f"{CHANGE} WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
        return _first_ones(self._db, sql, (after, self._head, limit), _READ_BYTES)

    async def history(self, collection: str, id: str, limit: int) -> Sequence[Change]:
        """What happened to one document. Reads the whole table, in a thread."""
        sql = f"{CHANGE} WHERE collection = ? AND id = ? AND seq <= ? ORDER BY seq DESC LIMIT ?"
        head = self._head
        return await self._slowly(
            lambda connection: _first_ones(connection, sql, (collection, id, head, limit), _HISTORY_BYTES)
        )

    async def as_of(self, collection: str, id: str, moment: int, *, by_seq: bool) -> Change | None:
        """The first change of a document after a moment."""
        column, head = ("seq" if by_seq else "at"), self._head
        sql = f"{CHANGE} WHERE {column} > ? AND collection = ? AND id = ? AND seq <= ? ORDER BY seq LIMIT 1"

        def first_after(connection: apsw.Connection) -> list[Change]:
            oldest = connection.execute(_OLDEST).fetchone()
            if oldest is not None and (oldest[0] > moment + 1 if by_seq else oldest[0] > 1 and oldest[1] > moment):
                raise CursorGoneError
            return [Change(*row) for row in rows(connection, sql, (moment, collection, id, head))]

        found = await self._slowly(first_after)
        return found[0] if found else None


def _size(change: Change) -> int:
    return len(change.before or b"") + len(change.after or b"")


def _first_ones(connection: apsw.Connection, sql: str, bindings: tuple[object, ...], most: int) -> list[Change]:
    """The first changes that a statement gives, one at least, until they have so many bytes."""
    found: list[Change] = []
    for row in connection.execute(sql, bindings):
        found.append(Change(*row))
        most -= _size(found[-1])
        if most <= 0:
            break
    return found


def _is_a_change_log(log: EmbeddedChanges) -> ChangeLog:
    return log

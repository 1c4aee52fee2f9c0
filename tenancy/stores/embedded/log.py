"""The embedded engine's change log: a window in memory over the table."""

from collections.abc import Awaitable, Callable, Sequence

import apsw

from tenancy.model.change import Change, Seq
from tenancy.ports import ChangeLog, CursorGoneError
from tenancy.stores.common.window import LogWindow, size_of
from tenancy.stores.embedded.layout import rows

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
        self._window = LogWindow(Seq(int(connection.execute("SELECT coalesce(max(seq), 0) FROM changes").get)))
        self.publish = self._window.publish
        self.close = self._window.close

    @property
    def epoch(self) -> str:
        """Names this database."""
        return self._epoch

    def head(self) -> Seq:
        """The last change that was made known."""
        return self._window.head

    async def wait(self, after: Seq) -> None:
        """Return when the head is beyond this position, or when the log is closed."""
        while not self._window.has_news(after):
            await self._window.news()

    async def read(self, after: Seq, limit: int) -> Sequence[Change]:
        """The next changes, from memory where they are."""
        found = self._window.read(after, limit)
        return self._from_table(after, limit) if found is None else found

    def _from_table(self, after: Seq, limit: int) -> Sequence[Change]:
        first = int(self._db.execute("SELECT coalesce(min(seq), 0) FROM changes").get)
        if first > after + 1:
            raise CursorGoneError
        sql = f"{CHANGE} WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
        return _first_ones(self._db, sql, (after, self._window.head, limit), _READ_BYTES)

    async def history(self, collection: str, id: str, limit: int) -> Sequence[Change]:
        """What happened to one document. Reads the whole table, in a thread."""
        sql = f"{CHANGE} WHERE collection = ? AND id = ? AND seq <= ? ORDER BY seq DESC LIMIT ?"
        head = self._window.head
        return await self._slowly(
            lambda connection: _first_ones(connection, sql, (collection, id, head, limit), _HISTORY_BYTES)
        )

    async def as_of(self, collection: str, id: str, moment: int, *, by_seq: bool) -> Change | None:
        """The first change of a document after a moment."""
        column, head = ("seq" if by_seq else "at"), self._window.head
        sql = f"{CHANGE} WHERE {column} > ? AND collection = ? AND id = ? AND seq <= ? ORDER BY seq LIMIT 1"

        def first_after(connection: apsw.Connection) -> list[Change]:
            oldest = connection.execute(_OLDEST).fetchone()
            if oldest is not None and (oldest[0] > moment + 1 if by_seq else oldest[0] > 1 and oldest[1] > moment):
                raise CursorGoneError
            return [Change(*row) for row in rows(connection, sql, (moment, collection, id, head))]

        found = await self._slowly(first_after)
        return found[0] if found else None


def _first_ones(connection: apsw.Connection, sql: str, bindings: tuple[object, ...], most: int) -> list[Change]:
    """The first changes that a statement gives, one at least, until they have so many bytes."""
    found: list[Change] = []
    for row in connection.execute(sql, bindings):
        found.append(Change(*row))
        most -= size_of(found[-1])
        if most <= 0:
            break
    return found


def _is_a_change_log(log: EmbeddedChanges) -> ChangeLog:
    return log

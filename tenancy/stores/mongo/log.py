"""The change log of a tenant in MongoDB: a window in memory over the collection `changes`."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from tenancy.errors import BackpackError
from tenancy.model.change import Change, Seq
from tenancy.ports import ChangeLog, CursorGoneError
from tenancy.stores.common.window import LogWindow
from tenancy.stores.mongo.driver import Database
from tenancy.stores.mongo.persist import change_from
from tenancy.stores.mongo.state import CHANGES

_POLL_S: Final = 1.0


class MongoChanges:
    """Told by the writer what this process committed; what others commit is asked for while somebody waits."""

    def __init__(self, database: Database, epoch: str, head: Seq, refresh: Callable[[], Awaitable[None]]) -> None:
        """`refresh` looks whether another process has written, and publishes it."""
        self._db = database
        self._epoch = epoch
        self._refresh = refresh
        self._window = LogWindow(head)
        self.publish = self._window.publish
        self.close = self._window.close

    @property
    def epoch(self) -> str:
        """Names this database."""
        return self._epoch

    def head(self) -> Seq:
        """The last change that was made known."""
        return self._window.head

    async def catch_up(self, head: Seq) -> None:
        """Make known what others committed up to a position."""
        if head <= self._window.head:
            return
        changes: list[Change] = []
        between = {"_id": {"$gt": self._window.head, "$lte": head}}
        async for rows in self._db.find(CHANGES, between, sort={"_id": 1}):
            changes += map(change_from, rows)
        if changes and changes[0].seq > self._window.head + 1:
            self._window.clear()  # others have dropped some already
        self.publish(changes)

    async def wait(self, after: Seq) -> None:
        """Return when the head is beyond this position, or when the log is closed."""
        while not self._window.has_news(after):
            try:
                async with asyncio.timeout(_POLL_S):
                    await self._window.news()
            except TimeoutError:
                # While the server does not answer there is nothing new; it is asked again.
                with contextlib.suppress(BackpackError):
                    await self._refresh()

    async def read(self, after: Seq, limit: int) -> Sequence[Change]:
        """The next changes, from memory where they are."""
        head, found = self._window.head, self._window.read(after, limit)
        if found is not None:
            return found
        oldest = await self._db.first(CHANGES, {}, {"_id": 1})
        if oldest is None or oldest["_id"] > after + 1:
            raise CursorGoneError
        return await self._read({"_id": {"$gt": after, "$lte": head}}, 1, limit)

    async def history(self, collection: str, id: str, limit: int) -> Sequence[Change]:
        """What happened to one document. Reads the whole collection, on the server."""
        return await self._read({"collection": collection, "id": id, "_id": {"$lte": self._window.head}}, -1, limit)

    async def as_of(self, collection: str, id: str, moment: int, *, by_seq: bool) -> Change | None:
        """The first change of a document after a moment."""
        head = self._window.head
        oldest = await self._db.first(CHANGES, {}, {"_id": 1})
        if oldest is not None:
            seq, at = int(oldest["_id"]), int(oldest["at"])
            if seq > moment + 1 if by_seq else seq > 1 and at > moment:
                raise CursorGoneError
        beyond = {"_id": {"$gt": moment, "$lte": head}} if by_seq else {"_id": {"$lte": head}, "at": {"$gt": moment}}
        found = await self._read({**beyond, "collection": collection, "id": id}, 1, 1)
        return found[0] if found else None

    async def _read(self, filter: dict[str, object], direction: int, limit: int) -> list[Change]:
        changes: list[Change] = []
        async for rows in self._db.find(CHANGES, filter, sort={"_id": direction}, limit=limit):
            changes += map(change_from, rows)
        return changes


def _is_a_change_log(log: MongoChanges) -> ChangeLog:
    return log

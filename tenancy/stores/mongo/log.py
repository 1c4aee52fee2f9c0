"""The change log of a tenant in MongoDB: a window in memory over the collection `changes`."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from tenancy.errors import BackpackError
from tenancy.model.change import Change, Seq
from tenancy.ports import ChangeLog, CursorGoneError
from tenancy.stores.mongo.driver import Database
from tenancy.stores.mongo.persist import change_from
from tenancy.stores.mongo.state import CHANGES

_WINDOW: Final = 1024
_POLL_S: Final = 1.0


class MongoChanges:
    """Told by the writer what this process committed; what others commit is asked for while somebody waits."""

    def __init__(self, database: Database, epoch: str, head: Seq, refresh: Callable[[], Awaitable[None]]) -> None:
        """`refresh` looks whether another process has written, and publishes it."""
        self._db = database
        self._epoch = epoch
        self._head = head
        self._refresh = refresh
        self._recent: deque[Change] = deque(maxlen=_WINDOW)
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
            self._recent.extend(changes)
            self._head = changes[-1].seq
            self._wake()

    async def catch_up(self, head: Seq) -> None:
        """Make known what others committed up to a position."""
        if head <= self._head:
            return
        changes: list[Change] = []
        between = {"_id": {"$gt": self._head, "$lte": head}}
        async for rows in self._db.find(CHANGES, between, sort={"_id": 1}):
            changes += map(change_from, rows)
        if changes and changes[0].seq > self._head + 1:
            self._recent.clear()  # others have dropped some already
        self.publish(changes)

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
        while self._head <= after and not self._closed:
            future = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            try:
                await asyncio.wait_for(future, _POLL_S)
            except TimeoutError:
                # While the server does not answer there is nothing new; it is asked again.
                with contextlib.suppress(BackpackError):
                    await self._refresh()
            finally:
                self._waiting.discard(future)

    async def read(self, after: Seq, limit: int) -> Sequence[Change]:
        """The next changes, from memory where they are."""
        head = self._head
        if after > head:
            raise CursorGoneError
        if after == head:
            return []
        if self._recent and self._recent[0].seq <= after + 1:
            start = next(n for n, change in enumerate(self._recent) if change.seq > after)
            return [self._recent[n] for n in range(start, min(start + limit, len(self._recent)))]
        oldest = await self._db.first(CHANGES, {}, {"_id": 1})
        if oldest is None or oldest["_id"] > after + 1:
            raise CursorGoneError
        return await self._read({"_id": {"$gt": after, "$lte": head}}, 1, limit)

    async def history(self, collection: str, id: str, limit: int) -> Sequence[Change]:
        """What happened to one document. Reads the whole collection, on the server."""
        return await self._read({"collection": collection, "id": id, "_id": {"$lte": self._head}}, -1, limit)

    async def as_of(self, collection: str, id: str, moment: int, *, by_seq: bool) -> Change | None:
        """The first change of a document after a moment."""
        head = self._head
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

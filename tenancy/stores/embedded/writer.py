"""The one writer of a database: concurrent commits share a transaction, and so one fsync.

The statements of a small group run on the event loop (they touch memory), the COMMIT, which waits for the disk, runs
in a thread; meanwhile the next group gathers. A commit that is refused is undone by its savepoint and harms no other.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import apsw
import structlog

from tenancy.errors import BackpackError, OutOfSpace, Unavailable
from tenancy.model.change import Change
from tenancy.model.system import DEFINITIONS
from tenancy.ports import Write
from tenancy.stores.embedded.apply import Applier, Draft
from tenancy.stores.embedded.layout import open_file
from tenancy.stores.embedded.log import EmbeddedChanges

_MAX_GROUP = 256
_INLINE_WRITES = 64
log = structlog.get_logger("tenancy.writer")


class _Request(NamedTuple):
    writes: Sequence[Write]
    answer: "asyncio.Future[Sequence[Change | None]]"


class _Outcome(NamedTuple):
    request: _Request
    changes: Sequence[Change | None]
    error: BaseException | None


class Writer:
    """Takes commits from any task of the loop and does them in order."""

    def __init__(
        self, connection: apsw.Connection, draft: Draft, changes: EmbeddedChanges, executor: Executor, kept: int
    ) -> None:
        """Take over the connection; `kept`: how many changes the log keeps."""
        self._db = connection
        self.committed = draft
        self._changes = changes
        self._executor = executor
        self._kept = kept
        self._oldest = int(connection.execute("SELECT coalesce(min(seq), 0) FROM changes").get)
        self._waiting: list[_Request] = []
        self._more = asyncio.Event()
        self._closing = False
        self._doubtful = False
        self._task = asyncio.create_task(self._run(), name="writer")

    async def commit(self, writes: Sequence[Write]) -> Sequence[Change | None]:
        """Have the writes done; returns when they are durable."""
        if self._closing:
            raise Unavailable("The tenant is closing.")
        answer: asyncio.Future[Sequence[Change | None]] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Request(writes, answer))
        self._more.set()
        return await answer

    async def finish(self) -> None:
        """Do what was asked for; nothing more is accepted."""
        self._closing = True
        self._more.set()
        await self._task

    async def aclose(self) -> None:
        """Close the connection, after `finish`."""
        await asyncio.get_running_loop().run_in_executor(self._executor, self._db.close)

    async def _run(self) -> None:
        while True:
            await self._more.wait()
            group, self._waiting = self._waiting[:_MAX_GROUP], self._waiting[_MAX_GROUP:]
            if not self._waiting and not self._closing:
                self._more.clear()
            if not group:
                if self._closing:
                    return
                continue
            await self._write(group)

    async def _write(self, group: Sequence[_Request]) -> None:
        """One transaction, and the answers to everybody in it."""
        run = asyncio.get_running_loop().run_in_executor
        draft = replace(self.committed, changes=[])
        try:
            if self._doubtful:
                await self._renew()
            if _is_small(group):
                outcomes = self._apply(group, draft)
                await run(self._executor, self._db.execute, "COMMIT")
            else:
                outcomes = await run(self._executor, self._apply_and_commit, group, draft)
        except Exception as error:  # noqa: BLE001 - whatever it was, everybody in the group has to hear of it
            self._fail(group, error)
            return
        self.committed = draft
        self._changes.publish(draft.changes)
        for outcome in outcomes:
            _answer(outcome)

    async def _renew(self) -> None:
        """Go on with a new connection.

        When a file cannot be opened for writing at some moment (too many are open, say), SQLite opens it for reading
        and never tries again: the connection would refuse every commit until the server is restarted.
        """
        run = asyncio.get_running_loop().run_in_executor
        old = self._db
        self._db = await run(self._executor, partial(open_file, Path(old.filename), write=True))
        self._doubtful = False
        await run(self._executor, old.close)

    def _apply_and_commit(self, group: Sequence[_Request], draft: Draft) -> list[_Outcome]:
        outcomes = self._apply(group, draft)
        self._db.execute("COMMIT")
        return outcomes

    def _apply(self, group: Sequence[_Request], draft: Draft) -> list[_Outcome]:
        self._db.execute("BEGIN IMMEDIATE")
        outcomes = [self._attempt(request, draft) for request in group]
        for cid, count in draft.counts.items():
            if self.committed.counts.get(cid) != count:
                self._db.execute("UPDATE collections SET documents = ? WHERE cid = ?", (count, cid))
        self._trim(draft)
        return outcomes

    def _attempt(self, request: _Request, draft: Draft) -> _Outcome:
        """One commit under a savepoint; the draft is as before when it is refused."""
        catalog, counts, seq, length = draft.catalog, draft.counts, draft.seq, len(draft.changes)
        applier = Applier(self._db, draft)
        self._db.execute("SAVEPOINT one")
        try:
            changes = [applier.apply(write) for write in request.writes]
        except apsw.Error:
            raise
        except Exception as error:  # noqa: BLE001 - handed to the caller; the others in the group go on
            self._db.execute("ROLLBACK TO one")
            self._db.execute("RELEASE one")
            draft.catalog, draft.counts, draft.seq = catalog, counts, seq
            del draft.changes[length:]
            return _Outcome(request, (), error)
        self._db.execute("RELEASE one")
        return _Outcome(request, changes, None)

    def _trim(self, draft: Draft) -> None:
        """Drop the oldest changes, a few with each group so that no group pays for many."""
        if not self._oldest and draft.changes:
            self._oldest = draft.changes[0].seq
        last = min(draft.seq - self._kept, self._oldest + 2 * len(draft.changes))
        if last >= self._oldest > 0:
            self._db.execute("DELETE FROM changes WHERE seq <= ?", (last,))
            self._oldest = last + 1

    def _fail(self, group: Sequence[_Request], error: Exception) -> None:
        log.error("commit.failed", error=repr(error))
        self._doubtful = self._doubtful or isinstance(error, apsw.Error)
        try:
            if not self._db.get_autocommit():
                self._db.execute("ROLLBACK")
        except apsw.Error as worse:
            # The next group's BEGIN fails too, and says so to its callers; the writer itself has to live on.
            log.error("rollback.failed", error=repr(worse))
        told = error if isinstance(error, BackpackError) else _told(error)
        for request in group:
            _answer(_Outcome(request, (), told))


def _is_small(group: Sequence[_Request]) -> bool:
    writes = [write for request in group for write in request.writes]
    return len(writes) <= _INLINE_WRITES and all(write.collection != DEFINITIONS for write in writes)


def _told(error: Exception) -> BackpackError:
    if isinstance(error, apsw.FullError):
        return OutOfSpace()
    return Unavailable("The tenant's database could not be written.")


def _answer(outcome: _Outcome) -> None:
    answer = outcome.request.answer
    if answer.done():  # the caller was cancelled; what it asked for is done nevertheless
        return
    if outcome.error is not None:
        answer.set_exception(outcome.error)
    else:
        answer.set_result(outcome.changes)

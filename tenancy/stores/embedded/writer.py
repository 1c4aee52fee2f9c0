"""The one writer of a database: concurrent commits share a transaction, and so one fsync.

The statements of a small group run on the event loop (they touch memory), the COMMIT, which waits for the disk, runs
in a thread; meanwhile the next group gathers. A commit that is refused is undone by its savepoint and harms no other.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import apsw
import structlog

from tenancy.disk import awaited
from tenancy.errors import BackpackError, OutOfSpace, TooLarge, Unavailable
from tenancy.model.change import Change
from tenancy.model.limits import Limits
from tenancy.model.system import DEFINITIONS
from tenancy.query.update import is_long
from tenancy.stores.embedded.apply import Applier
from tenancy.stores.embedded.draft import Draft
from tenancy.stores.embedded.layout import open_file
from tenancy.stores.embedded.receipts import forget_old, keep, known_result
from tenancy.writes import Receipt, Update, Write, Written

_MAX_GROUP = 256
_INLINE_WRITES = 64
_SWEEP_S = 10
MAX_CHANGED = 64 * 1024 * 1024
"""Bytes that one commit makes of documents that are there: a small request can name a large one a thousand times."""
T = TypeVar("T")
Job = Callable[[Applier], Any]
log = structlog.get_logger("tenancy.writer")


class _Request(NamedTuple):
    """What is to be done, all or nothing.

    `plain`: the writes, where the job is nothing but them. `weight`: how many writes it is, 0 for what belongs into a
    thread.
    """

    job: Job
    plain: Sequence[Write]
    weight: int
    answer: "asyncio.Future[Any]"


class _Outcome(NamedTuple):
    request: _Request
    result: Any
    error: BaseException | None


class Writer:
    """Takes commits from any task of the loop and does them in order."""

    def __init__(
        self, connection: apsw.Connection, draft: Draft, publish: Callable[[Sequence[Change]], None],
        executor: Executor, limits: Limits,
    ) -> None:  # fmt: skip
        """Take over the connection.

        Args:
            connection: writes, and is nobody else's.
            draft: what the database holds now.
            publish: told the changes of each transaction once they are durable.
            executor: threads for what waits on the disk or takes long.
            limits: the tenant's.
        """
        self._db = connection
        self.committed = draft
        self._publish = publish
        self._executor = executor
        self._limits = limits
        self._oldest = int(connection.execute("SELECT coalesce(min(seq), 0) FROM changes").get)
        self._sweep_at = 0.0
        self._waiting: list[_Request] = []
        self._more = asyncio.Event()
        self._closing = False
        self._doubtful = False
        self._task = asyncio.create_task(self._run(), name="writer")

    async def commit(self, writes: Sequence[Write], receipt: Receipt | None) -> Sequence[Written]:
        """Have the writes done; returns when they are durable."""

        def job(applier: Applier) -> Sequence[Written]:
            known = known_result(applier.db, receipt, writes) if receipt is not None else None
            if known is not None:
                return known
            written: list[Written] = []
            room = MAX_CHANGED
            for number, write in enumerate(writes):
                written.append(applier.apply_numbered(number, write))
                room -= len(written[-1].text or b"") if isinstance(write, Update) else 0
                if room < 0:
                    raise TooLarge(f"The documents that are changed have more than {MAX_CHANGED} bytes.")
            if receipt is not None:
                keep(applier.db, receipt, writes, written)
            return written

        large = len(writes) > _INLINE_WRITES or any(map(_is_large, writes))
        plain = writes if receipt is None else ()
        written: Sequence[Written] = await self._ask(job, plain, 0 if large else len(writes))
        return written

    async def run(self, job: Callable[[Applier], T]) -> T:
        """Have a job done in a thread, inside a transaction of the writer; returns when it is durable."""
        result: T = await self._ask(job, (), 0)
        return result

    async def _ask(self, job: Job, plain: Sequence[Write], weight: int) -> Any:
        if self._closing:
            raise Unavailable("The tenant is closing.")
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Request(job, plain, weight, answer))
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
                awaited.begins()
                await run(self._executor, self._db.execute, "COMMIT")
            else:
                outcomes = await run(self._executor, self._apply_and_commit, group, draft)
        except Exception as error:  # noqa: BLE001 - whatever it was, everybody in the group has to hear of it
            self._fail(group, error)
            return
        self.committed = draft
        self._publish(draft.changes)
        draft.changes = []  # the window holds the newest
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
        awaited.begins()
        self._db.execute("COMMIT")
        return outcomes

    def _apply(self, group: Sequence[_Request], draft: Draft) -> list[_Outcome]:
        self._db.execute("BEGIN IMMEDIATE")
        applier = Applier(self._db, draft, self._limits)
        outcomes = [self._attempt(request, applier) for request in group]
        applier.finish()
        self._trim(draft)
        return outcomes

    def _attempt(self, request: _Request, applier: Applier) -> _Outcome:
        """One request; the database and the draft are as before when it is refused."""
        if applier.is_refused_first(request.plain):
            try:
                return _Outcome(request, request.job(applier), None)
            except BackpackError as error:
                return _Outcome(request, None, error)
        applier.write_log()
        mark = applier.draft.mark()
        self._db.execute("SAVEPOINT one")
        try:
            result = request.job(applier)
        except apsw.Error:
            raise
        except Exception as error:  # noqa: BLE001 - handed to the caller; the others in the group go on
            self._db.execute("ROLLBACK TO one")
            self._db.execute("RELEASE one")
            applier.draft.back_to(mark)
            return _Outcome(request, None, error)
        self._db.execute("RELEASE one")
        return _Outcome(request, result, None)

    def _trim(self, draft: Draft) -> None:
        """Drop the oldest changes, a few with each group so that no group pays for many."""
        if not draft.changes:
            return
        if not self._oldest:
            self._oldest = draft.changes[0].seq
        last = min(draft.seq - self._limits.changes_kept, self._oldest + 2 * len(draft.changes))
        if last >= self._oldest > 0:
            self._db.execute("DELETE FROM changes WHERE seq <= ?", (last,))
            self._oldest = last + 1
        if time.monotonic() >= self._sweep_at and not forget_old(self._db):
            self._sweep_at = time.monotonic() + _SWEEP_S

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
            _answer(_Outcome(request, None, told))


def _is_large(write: Write) -> bool:
    return write.collection == DEFINITIONS or (isinstance(write, Update) and is_long(write.operations))


def _is_small(group: Sequence[_Request]) -> bool:
    return all(request.weight for request in group) and sum(request.weight for request in group) <= _INLINE_WRITES


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
        answer.set_result(outcome.result)

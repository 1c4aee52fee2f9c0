"""The one writer of a tenant in this process: concurrent commits share a transaction, and so one wait for the journal.

Each group is worked out in memory first (`turn`), so a commit that is refused harms no other. Then it is written
(`persist`). When another process was faster, the group is worked out anew on what is there now.
"""

import asyncio
import math
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple, TypeVar

import structlog

from tenancy.disk import awaited
from tenancy.errors import BackpackError, Unavailable
from tenancy.model.change import Change
from tenancy.model.clock import now_ms
from tenancy.model.limits import Limits
from tenancy.stores.common.receipts import KEPT_MS
from tenancy.stores.mongo.define import prepare
from tenancy.stores.mongo.driver import ConflictError, Database
from tenancy.stores.mongo.persist import foreseen, persist, recover
from tenancy.stores.mongo.state import CHANGES, RECEIPTS, Draft, State, load_state, read_meta
from tenancy.stores.mongo.turn import Turn
from tenancy.writes import Receipt, Write, Written

_MAX_GROUP: Final = 256
_MAX_WRITES: Final = 1000
_TRIES: Final = 20
_TRIM_AT: Final = 64
_SWEEP_S: Final = 60.0
_MEASURE_S: Final = 10.0
T = TypeVar("T")
Job = Callable[[Turn], Awaitable[Any]]
log = structlog.get_logger("tenancy.writer")


class _Request(NamedTuple):
    """What is to be done; `writes` are known beforehand, so that what they touch is read for the whole group."""

    job: Job
    writes: Sequence[Write]
    answer: "asyncio.Future[Any]"


class _Outcome(NamedTuple):
    request: _Request
    result: Any
    error: BaseException | None


class Told(NamedTuple):
    """Who is told of the state after each group, and of the changes once they are durable."""

    publish: Callable[[Sequence[Change]], None]
    catch_up: Callable[[State], Awaitable[None]]


class Writer:
    """Takes commits from any task of the loop and does them in order."""

    def __init__(self, database: Database, state: State, told: Told, limits: Limits) -> None:
        """Begin with what the database holds.

        Args:
            database: the tenant's.
            state: what it holds now.
            told: who learns of what is committed.
            limits: the tenant's.
        """
        self.db = database
        self.committed = state
        self._told = told
        self._limits = limits
        self._size, self._measured = 0, -math.inf
        self._trimmed = max(0, state.seq - limits.changes_kept)
        self._swept = time.monotonic()
        self._stale = False
        self._waiting: list[_Request] = []
        self._more = asyncio.Event()
        self._closing = False
        self._turn = asyncio.Lock()
        self._task = asyncio.create_task(self._run(), name="writer")

    async def commit(self, writes: Sequence[Write], receipt: Receipt | None) -> Sequence[Written]:
        """Have the writes done; returns when they are durable."""

        def job(turn: Turn) -> Awaitable[Sequence[Written]]:
            return turn.commit(writes, receipt)

        written: Sequence[Written] = await self._ask(job, writes)
        return written

    async def run(self, job: Callable[[Turn], Awaitable[T]]) -> T:
        """Have a job done between the commits; returns when what it has put into the draft is durable."""
        result: T = await self._ask(job, ())
        return result

    @asynccontextmanager
    async def paused(self) -> AsyncGenerator[State]:
        """Nothing is written by this process meanwhile."""
        async with self._turn:
            yield self.committed

    async def refresh(self) -> None:
        """Look whether another process has written.

        Raises:
            Unavailable: no server answers.
        """
        async with self._turn:
            if int((await read_meta(self.db))["revision"]) != self.committed.revision:
                await self._reload()

    async def finish(self) -> None:
        """Do what was asked for; nothing more is accepted."""
        self._closing = True
        self._more.set()
        await self._task

    async def _ask(self, job: Job, writes: Sequence[Write]) -> Any:
        if self._closing:
            raise Unavailable("The tenant is closing.")
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Request(job, writes, answer))
        self._more.set()
        return await answer

    async def _run(self) -> None:
        while True:
            await self._more.wait()
            group = self._next_group()
            if not self._waiting and not self._closing:
                self._more.clear()
            if not group:
                if self._closing:
                    return
                continue
            async with self._turn:
                outcomes = await self._write(group)
            for outcome in outcomes:
                _answer(outcome)
            await self._tidy()

    def _next_group(self) -> list[_Request]:
        """As many as fit into one transaction: what is asked alone may be larger."""
        weight = 0
        group: list[_Request] = []
        for request in self._waiting[:_MAX_GROUP]:
            weight += len(request.writes)
            if group and weight > _MAX_WRITES:
                break
            group.append(request)
        del self._waiting[: len(group)]
        return group

    async def _write(self, group: Sequence[_Request]) -> list[_Outcome]:
        """One transaction; everybody in the group gets an answer."""
        try:
            for number in range(_TRIES):
                try:
                    return await self._attempt_group(group)
                except ConflictError:
                    self._stale = True
                    # Two processes that meet again and again have to get out of step.
                    await asyncio.sleep(random.uniform(0, min(0.2, 0.005 * 2**number)))  # noqa: S311
            raise Unavailable("The tenant's documents are being changed too often at the same time.")
        except Exception as error:  # noqa: BLE001 - whatever it was, everybody in the group has to hear of it
            self._stale = True
            log.error("commit.failed", error=repr(error))
            told = error if isinstance(error, BackpackError) else Unavailable("The database could not be written.")
            return [_Outcome(request, None, told) for request in group]

    async def _attempt_group(self, group: Sequence[_Request]) -> list[_Outcome]:
        if self._stale:
            await self._reload()
        before = self.committed
        draft = Draft(before)
        turn = Turn(self.db, draft, self._limits, self._size)
        await turn.read_ahead(write for request in group for write in request.writes)
        outcomes = [await self._attempt(request, turn) for request in group]
        if draft.steps or draft.state is not before:
            awaited.begins()
            await prepare(self.db, before, draft.state)
            self.committed = foreseen(before, draft.state)
            self.committed = await persist(self.db, before, draft)
            self._told.publish(draft.changes)
        return outcomes

    @staticmethod
    async def _attempt(request: _Request, turn: Turn) -> _Outcome:
        """One request; the draft is as before when it is refused."""
        mark = turn.draft.mark()
        try:
            return _Outcome(request, await request.job(turn), None)
        except (ConflictError, Unavailable):
            raise
        except Exception as error:  # noqa: BLE001 - handed to the caller; the others in the group go on
            turn.draft.back_to(mark)
            return _Outcome(request, None, error)

    async def _reload(self) -> None:
        await recover(self.db)
        self.committed = await load_state(self.db)
        self._stale = False
        await self._told.catch_up(self.committed)

    async def _tidy(self) -> None:
        """Drop the oldest changes, and receipts that are older than a day; nobody waits for it."""
        try:
            last = self.committed.seq - self._limits.changes_kept
            if last >= self._trimmed + _TRIM_AT:
                await self.db.remove_all(CHANGES, {"_id": {"$lte": last}})
                self._trimmed = last
            if time.monotonic() - self._swept > _SWEEP_S:
                self._swept = time.monotonic()
                await self.db.remove_all(RECEIPTS, {"at": {"$lte": now_ms() - KEPT_MS}})
            if self._limits.max_data and time.monotonic() - self._measured > _MEASURE_S:
                self._measured = time.monotonic()
                self._size = await self.db.size()
        except (BackpackError, ConflictError) as error:
            log.warning("tidy.failed", error=repr(error))


def _answer(outcome: _Outcome) -> None:
    answer = outcome.request.answer
    if answer.done():  # the caller was cancelled; what it asked for is done nevertheless
        return
    if outcome.error is not None:
        answer.set_exception(outcome.error)
    else:
        answer.set_result(outcome.result)

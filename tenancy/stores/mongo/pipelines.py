"""A pipeline runs in a thread, by the code that every engine shares, and reads through the event loop."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Generator, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any, TypeVar

from tenancy.query.aggregate.tree import Stage
from tenancy.query.tree import Query
from tenancy.stores.common.aggregate import Aggregator, Source
from tenancy.stores.common.plan import Plan
from tenancy.stores.mongo.driver import Database
from tenancy.stores.mongo.lister import Lister

T = TypeVar("T")


class Bridge:
    """From a thread to the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Make it on the loop."""
        self._loop = loop

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Have the loop do it; in the thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


class ThreadLister:
    """A `Lister` for the thread."""

    def __init__(self, bridge: Bridge, database: Database, source: Source, query: Query, budget: int) -> None:
        """Choose the plan."""
        self._bridge = bridge
        self._lister = Lister(database, source, query, budget)
        bridge.wait(self._lister.choose())

    @property
    def plan(self) -> Plan:
        """How the documents are found."""
        return self._lister.plan

    @property
    def examined(self) -> int:
        """How many documents came."""
        return self._lister.examined

    def items(self, start: bytes | None) -> list[bytes]:
        """The texts of the page, one more than the limit where there are more."""
        return self._bridge.wait(self._lister.items(start))

    def matching(self) -> Generator[bytes]:
        """The texts of all documents that fit."""
        batches = self._lister.matching()
        try:
            while (batch := self._bridge.wait(_next(batches))) is not None:
                yield from batch
        finally:
            self._bridge.wait(batches.aclose())


async def _next(batches: AsyncGenerator[list[bytes]]) -> list[bytes] | None:
    return await anext(batches, None)


async def run_in_thread(
    database: Database, executor: Executor, sources: Mapping[str, Source], collection: str, stages: Sequence[Stage],
    budget: int,
) -> list[bytes]:  # fmt: skip
    """The results of a pipeline.

    Raises:
        OverBudgetError: more documents would have to be examined.
        QueryTooExpensive, BadPipeline: as `run_pipeline`.
    """
    loop = asyncio.get_running_loop()
    aggregator = Aggregator(partial(ThreadLister, Bridge(loop), database), sources, budget)
    return await loop.run_in_executor(executor, aggregator.run, collection, stages)

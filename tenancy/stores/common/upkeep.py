"""What the upkeep of every engine has in common: which indexes have work to do, and who waits for them."""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Final, NamedTuple

from tenancy.errors import AlreadyExists, Invalid
from tenancy.model.system import DEFINITIONS
from tenancy.stores.common.catalog import Catalog, CollectionState, IndexState
from tenancy.tasks import end
from tenancy.writes import Update

BUILT_AT_ONCE: Final = 250
EXPIRED_AT_ONCE: Final = 100
PERIOD_S: Final = 20.0


class Building(NamedTuple):
    """An index and its collection."""

    state: CollectionState
    known: IndexState

    def current(self, catalog: Catalog) -> "Building | None":
        """The index as it is in another catalog; None when it was removed meanwhile."""
        state = catalog.states.get(self.state.name)
        index = next((known for known in state.indexes if known.ix == self.known.ix), None) if state else None
        return Building(state, index) if state is not None and index is not None else None

    def given_up(self) -> Update:
        """The write that takes the index out of its collection's definition."""
        definition = self.state.definition
        left = tuple(index for index in definition.indexes if index != self.known.index)
        return Update(DEFINITIONS, self.state.name, replace(definition, indexes=left).to_json(), overwrite=True)


class Upkeep(ABC):
    """The task that does it. It sleeps while there is nothing to do."""

    def __init__(self, catalog: Callable[[], Catalog]) -> None:
        """Begin, with what a crash may have left; `catalog` gives what was committed last."""
        self._catalog = catalog
        self._wake = asyncio.Event()
        self._wake.set()
        self._settled = asyncio.Condition()
        self._refused: dict[str, AlreadyExists | Invalid] = {}
        self._task = asyncio.create_task(self._run(), name="upkeep")

    @abstractmethod
    async def _run(self) -> None:
        """Do what there is to do, for ever."""

    async def _woken(self, period_s: float | None) -> None:
        """Return when there may be something to do, or after a time.

        Not by `asyncio.wait_for`: that of Python 3.11 swallows a cancellation which comes with the result.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(period_s):
                await self._wake.wait()
        self._wake.clear()

    def definition_changed(self) -> None:
        """There may be something to build or to remove."""
        self._wake.set()

    async def settle(self, collection: str) -> None:
        """Return when the collection's indexes are built.

        Raises:
            AlreadyExists: a unique one found a value twice and was given up.
            Invalid: a document cannot be in one, which was given up.
        """
        async with self._settled:
            await self._settled.wait_for(lambda: self._task.done() or not self._building(collection))
        refused = self._refused.pop(collection, None)
        if refused is not None:
            raise refused

    async def aclose(self) -> None:
        """Stop; what is unfinished goes on when the database is opened again."""
        await end(self._task)
        await self._tell()

    async def _tell(self) -> None:
        """Have those who wait look again."""
        async with self._settled:
            self._settled.notify_all()

    def _building(self, collection: str | None = None) -> list[Building]:
        return [
            building
            for building in self._indexes()
            if building.known.built is not None and collection in {None, building.state.name}
        ]

    def _expiring(self) -> list[Building]:
        return [
            building
            for building in self._indexes()
            if building.known.index.expire_after_s is not None and building.known.built is None
        ]

    def _indexes(self) -> list[Building]:
        return [Building(state, index) for state in self._catalog().states.values() for index in state.indexes]

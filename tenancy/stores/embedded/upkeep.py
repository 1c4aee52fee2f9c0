"""Long work on a database in short slices between the tenant's own writes: indexes that are built, rows that nobody
needs any more, documents that have expired. Each slice is a transaction of the writer; a crash goes on where it was."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

import structlog

from tenancy.errors import AlreadyExists, Invalid
from tenancy.model.clock import now_ms
from tenancy.model.collection import Collection
from tenancy.model.json import trusted
from tenancy.model.system import DEFINITIONS
from tenancy.query.order import encode
from tenancy.stores.common.catalog import CollectionState, IndexState
from tenancy.stores.embedded.apply import Applier
from tenancy.stores.embedded.layout import rows
from tenancy.stores.embedded.writer import Writer
from tenancy.writes import Delete, Update

_BUILT_AT_ONCE: Final = 250
_REMOVED_AT_ONCE: Final = 1000
_EXPIRED_AT_ONCE: Final = 100
_PERIOD_S: Final = 20.0
_REMOVE: Final = {
    "entries": "DELETE FROM entries WHERE (ix, key) IN (SELECT ix, key FROM entries WHERE ix = ? LIMIT ?)",
    "documents": "DELETE FROM documents WHERE rid IN (SELECT rid FROM documents WHERE cid = ? LIMIT ?)",
}
log = structlog.get_logger("tenancy.upkeep")


class _Building(NamedTuple):
    state: CollectionState
    known: IndexState


class Upkeep:
    """The task that does it. It sleeps while there is nothing to do."""

    def __init__(self, writer: Writer) -> None:
        """Begin, with what a crash may have left."""
        self._writer = writer
        self._wake = asyncio.Event()
        self._wake.set()
        self._settled = asyncio.Condition()
        self._refused: dict[str, AlreadyExists | Invalid] = {}
        self._task = asyncio.create_task(self._run(), name="upkeep")

    def definition_changed(self) -> None:
        """There may be something to build or to remove."""
        self._wake.set()

    async def settle(self, collection: str) -> None:
        """Return when the collection's indexes are built.

        Raises:
            AlreadyExists: a unique one found a value twice and was given up.
            Invalid: a document has too many entries in one, which was given up.
        """
        async with self._settled:
            await self._settled.wait_for(lambda: self._task.done() or not self._building(collection))
        refused = self._refused.pop(collection, None)
        if refused is not None:
            raise refused

    async def aclose(self) -> None:
        """Stop; what is unfinished goes on when the database is opened again."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        async with self._settled:
            self._settled.notify_all()

    def _building(self, collection: str | None = None) -> list[_Building]:
        states = self._writer.committed.catalog.states.values()
        return [
            _Building(state, index)
            for state in states
            if collection is None or state.name == collection
            for index in state.indexes
            if index.built is not None
        ]

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _PERIOD_S if self._expiring() else None)
            self._wake.clear()
            try:
                await self._build_all()
                while await self._writer.run(_remove_some):
                    pass
                for building in self._expiring():
                    while await self._writer.run(partial(_expire_some, building)):
                        pass
            except Exception:
                # The disk may be full; it is tried again when something changes or the period is over. Whatever else it
                # is: without this task no index would ever be built again.
                log.exception("upkeep.failed")

    async def _build_all(self) -> None:
        while todo := self._building():
            building = todo[0]
            try:
                await self._writer.run(partial(_build_some, building))
            except (AlreadyExists, Invalid) as error:
                await self._writer.run(partial(_give_up, building))
                self._refused[building.state.name] = error
            async with self._settled:
                self._settled.notify_all()

    def _expiring(self) -> list[_Building]:
        states: Sequence[CollectionState] = list(self._writer.committed.catalog.states.values())
        return [
            _Building(state, index)
            for state in states
            for index in state.indexes
            if index.index.expire_after_s is not None and index.built is None
        ]


def _current(applier: Applier, building: _Building) -> _Building | None:
    """The index as it is in the transaction; None when it was removed meanwhile."""
    state = applier.draft.catalog.states.get(building.state.name)
    index = next((known for known in state.indexes if known.ix == building.known.ix), None) if state else None
    return _Building(state, index) if state is not None and index is not None else None


def _build_some(building: _Building, applier: Applier) -> None:
    """Enter the next documents. Writes since the beginning have entered theirs already."""
    found = _current(applier, building)
    if found is None or found.known.built is None:
        return
    sql = "SELECT rid, json FROM documents WHERE cid = ? AND rid > ? ORDER BY rid LIMIT ?"
    slice_ = rows(applier.db, sql, (found.state.cid, found.known.built, _BUILT_AT_ONCE))
    for rid, text in slice_:
        entry = applier.entries.prepare_one(found.known, rid, None, trusted(text))
        if entry is not None:
            applier.entries.write(found.state, rid, [entry])
    applier.definitions.finish(found.state.name, found.known.ix, slice_[-1][0] if slice_ else None)


def _give_up(building: _Building, applier: Applier) -> None:
    """Take an index that cannot be out of its collection's definition."""
    found = _current(applier, building)
    if found is None:
        return
    definition = found.state.definition
    left = tuple(index for index in definition.indexes if index != found.known.index)
    without: Collection = replace(definition, indexes=left)
    applier.apply(Update(DEFINITIONS, found.state.name, without.to_json(), overwrite=True))


def _remove_some(applier: Applier) -> bool:
    """Remove some rows of what is garbage; whether there may be more."""
    row = applier.db.execute("SELECT kind, number FROM garbage LIMIT 1").fetchone()
    if row is None:
        return False
    kind, number = row
    applier.db.execute(_REMOVE[kind], (number, _REMOVED_AT_ONCE))
    if applier.db.changes() < _REMOVED_AT_ONCE:
        applier.db.execute("DELETE FROM garbage WHERE kind = ? AND number = ?", (kind, number))
    return True


def _expire_some(expiring: _Building, applier: Applier) -> bool:
    """Delete some documents whose time is over; whether there may be more."""
    found = _current(applier, expiring)
    if found is None or found.known.index.expire_after_s is None:
        return False
    last = encode(now_ms() - found.known.index.expire_after_s * 1000)
    sql = "SELECT d.id FROM entries e JOIN documents d USING (rid) WHERE e.ix = ? AND e.key <= ? LIMIT ?"
    ids = [id for (id,) in rows(applier.db, sql, (found.known.ix, last, _EXPIRED_AT_ONCE))]
    for id in ids:
        applier.apply(Delete(found.state.name, id))
    return len(ids) == _EXPIRED_AT_ONCE

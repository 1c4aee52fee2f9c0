"""Long work on a database in short slices between the tenant's own writes: indexes that are built, rows that nobody
needs any more, documents that have expired. Each slice is a transaction of the writer; a crash goes on where it was."""

from functools import partial
from typing import Final

import structlog

from tenancy.errors import AlreadyExists, Invalid
from tenancy.model.clock import now_ms
from tenancy.model.json import trusted
from tenancy.query.order import encode
from tenancy.stores.common.upkeep import BUILT_AT_ONCE, EXPIRED_AT_ONCE, PERIOD_S, Building, Upkeep
from tenancy.stores.embedded.apply import Applier
from tenancy.stores.embedded.layout import rows
from tenancy.stores.embedded.writer import Writer
from tenancy.writes import Delete

_REMOVED_AT_ONCE: Final = 1000
_REMOVE: Final = {
    "entries": "DELETE FROM entries WHERE (ix, key) IN (SELECT ix, key FROM entries WHERE ix = ? LIMIT ?)",
    "documents": "DELETE FROM documents WHERE rid IN (SELECT rid FROM documents WHERE cid = ? LIMIT ?)",
}
log = structlog.get_logger("tenancy.upkeep")


class EmbeddedUpkeep(Upkeep):
    """Does it through the writer."""

    def __init__(self, writer: Writer) -> None:
        """Begin, with what a crash may have left."""
        self._writer = writer
        super().__init__(lambda: writer.committed.catalog)

    async def _run(self) -> None:
        while True:
            await self._woken(PERIOD_S if self._expiring() else None)
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
            await self._tell()


def _build_some(building: Building, applier: Applier) -> None:
    """Enter the next documents. Writes since the beginning have entered theirs already."""
    found = building.current(applier.draft.catalog)
    if found is None or found.known.built is None:
        return
    sql = "SELECT rid, json FROM documents WHERE cid = ? AND rid > ? ORDER BY rid LIMIT ?"
    slice_ = rows(applier.db, sql, (found.state.cid, found.known.built, BUILT_AT_ONCE))
    for rid, text in slice_:
        entry = applier.entries.prepare_one(found.known, rid, None, trusted(text))
        if entry is not None:
            applier.entries.write(found.state, rid, [entry])
    applier.definitions.finish(found.state.name, found.known.ix, slice_[-1][0] if slice_ else None)


def _give_up(building: Building, applier: Applier) -> None:
    """Take an index that cannot be out of its collection's definition."""
    found = building.current(applier.draft.catalog)
    if found is not None:
        applier.apply(found.given_up())


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


def _expire_some(expiring: Building, applier: Applier) -> bool:
    """Delete some documents whose time is over; whether there may be more."""
    found = expiring.current(applier.draft.catalog)
    if found is None or found.known.index.expire_after_s is None:
        return False
    last = encode(now_ms() - found.known.index.expire_after_s * 1000)
    sql = "SELECT d.id FROM entries e JOIN documents d USING (rid) WHERE e.ix = ? AND e.key <= ? LIMIT ?"
    ids = [id for (id,) in rows(applier.db, sql, (found.known.ix, last, EXPIRED_AT_ONCE))]
    for id in ids:
        applier.apply(Delete(found.state.name, id))
    return len(ids) == EXPIRED_AT_ONCE

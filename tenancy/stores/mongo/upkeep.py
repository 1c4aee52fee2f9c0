"""Long work on a tenant's database in slices between its writes: indexes that are built, data that nobody needs any
more, documents that have expired. A crash goes on where it was."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Final

import structlog

from tenancy.errors import AlreadyExists, BackpackError, DocumentNotFound, Invalid, PreconditionFailed
from tenancy.model.clock import now_ms
from tenancy.model.document import etag_of
from tenancy.model.json import trusted
from tenancy.query.match import after
from tenancy.query.order import encode
from tenancy.stores.common.plan import Plan
from tenancy.stores.common.upkeep import BUILT_AT_ONCE, EXPIRED_AT_ONCE, PERIOD_S, Building, Upkeep
from tenancy.stores.mongo.driver import ConflictError, Database
from tenancy.stores.mongo.keys import (
    SEVERAL,
    UNIQUE,
    collection_name,
    entries_of,
    index_path,
    selection,
    text_of,
)
from tenancy.stores.mongo.turn import TEXT, Turn
from tenancy.stores.mongo.writer import Writer
from tenancy.writes import Delete

_RETRY_S: Final = 5.0
log = structlog.get_logger("tenancy.upkeep")


class MongoUpkeep(Upkeep):
    """Does it through the writer."""

    def __init__(self, writer: Writer) -> None:
        """Begin, with what a crash may have left."""
        self._writer = writer
        self._failed = False
        super().__init__(lambda: writer.committed.catalog)

    async def _run(self) -> None:
        while True:
            await self._woken(_RETRY_S if self._failed else PERIOD_S if self._expiring() else None)
            self._failed = False
            try:
                await self._build_all()
                for what in self._writer.committed.garbage:
                    await _remove(self._writer.db, what)
                    await self._writer.run(partial(_forget, what))
                for building in self._expiring():
                    while await self._expire_some(building):
                        pass
            except (BackpackError, ConflictError):
                self._failed = True
                log.exception("upkeep.failed")

    async def _build_all(self) -> None:
        while todo := self._building():
            building = todo[0]
            try:
                name = collection_name(building.state.cid)
                await self._writer.db.create_indexes(name, [index_path(building.known.ix)], ())
                while self._is_building(building):
                    await self._writer.run(partial(_build_some, building))
            except (AlreadyExists, Invalid) as error:
                await self._writer.run(partial(_give_up, building))
                self._refused[building.state.name] = error
            await self._tell()

    def _is_building(self, building: Building) -> bool:
        return any(known.known.ix == building.known.ix for known in self._building(building.state.name))

    async def _expire_some(self, expiring: Building) -> bool:
        """Delete some documents whose time is over; whether there may be more. One that is changed at the same time is
        looked at again next time."""
        seconds = expiring.known.index.expire_after_s
        assert seconds is not None
        last = after(encode(now_ms() - seconds * 1000))
        plan = Plan(expiring.known, ((b"", last),))
        name = collection_name(expiring.state.cid)
        texts: list[bytes] = []
        async for batch in self._writer.db.find(name, selection(plan), limit=EXPIRED_AT_ONCE):
            texts += map(text_of, batch)
        deletes = [
            Delete(expiring.state.name, str(trusted(text)["id"]), etags=frozenset({etag_of(text)})) for text in texts
        ]
        commits = (self._writer.commit([delete], None) for delete in deletes)
        results = await asyncio.gather(*commits, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, DocumentNotFound | PreconditionFailed):
                raise result
        return len(texts) == EXPIRED_AT_ONCE


async def _build_some(building: Building, turn: Turn) -> None:
    """Enter the next documents. Writes since the beginning have entered theirs already."""
    found = building.current(turn.draft.state.catalog)
    if found is None or found.known.built is None:
        return
    state, known, draft, begun = found.state, found.known, turn.draft, found.known.built
    position = draft.state.positions.get(known.ix)
    beyond = {} if position is None else {"_id": {"$gt": position}}
    texts: dict[str, bytes] = {}
    async for batch in turn.db.find(collection_name(state.cid), beyond, sort={"_id": 1}, limit=BUILT_AT_ONCE):
        texts |= {stored["_id"]: text_of(stored) for stored in batch}
    # What the commits before in this group have made of them counts.
    now = [draft.known.get((TEXT, state.cid, id), text) for id, text in texts.items()]
    await turn.rewrite(state, [trusted(text) for text in now if text is not None])
    positions = {ix: id for ix, id in draft.state.positions.items() if ix != known.ix}
    if texts:
        positions[known.ix] = max(texts)
    draft.state = replace(draft.state, positions=positions)
    current = building.current(turn.draft.state.catalog)
    assert current is not None
    built = begun + len(texts) if texts else None
    draft.put_collection(current.state.with_index(replace(current.known, built=built)))


async def _give_up(building: Building, turn: Turn) -> None:
    """Take an index that cannot be out of its collection's definition."""
    found = building.current(turn.draft.state.catalog)
    if found is not None:
        await turn.commit([found.given_up()])


async def _remove(database: Database, what: str) -> None:
    """Remove the data of a collection or of an index."""
    collection, _, ix = what.partition(".")
    if not ix:
        await database.drop_collection(collection)
        return
    path, number = index_path(int(ix)), int(ix)
    await database.drop_index(collection, path)
    await database.change_all(collection, {path: {"$exists": True}}, {"$unset": {path: 1}})
    for entries in (SEVERAL, UNIQUE):
        mine = entries_of(number)
        having = {entries: {"$elemMatch": mine}}
        # An empty array would be an entry of its own in the unique index, so it must not even be there for a moment.
        others = [{entries: {"$lt": mine["$gte"]}}, {entries: {"$gte": mine["$lt"]}}]
        await database.change_all(collection, {**having, "$nor": others}, {"$unset": {entries: 1}})
        await database.change_all(collection, having, {"$pull": {entries: mine}})


async def _forget(what: str, turn: Turn) -> None:
    left = tuple(known for known in turn.draft.state.garbage if known != what)
    turn.draft.state = replace(turn.draft.state, garbage=left)

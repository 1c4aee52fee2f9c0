"""A MongoDB database as the source or the target of a move between engines."""

from collections.abc import AsyncGenerator, Sequence

from tenancy.errors import Conflict
from tenancy.model.change import Change, Seq
from tenancy.model.json import trusted
from tenancy.model.limits import UNLIMITED
from tenancy.stores.common.transfer import Head, KeptReceipt, Source, Target
from tenancy.stores.mongo.define import prepare
from tenancy.stores.mongo.driver import Database
from tenancy.stores.mongo.keys import collection_name, text_of
from tenancy.stores.mongo.persist import change_from, change_row, persist, recover
from tenancy.stores.mongo.state import CATALOG, CHANGES, RECEIPTS, Draft, State, create_meta, load_state, read_meta
from tenancy.stores.mongo.steps import Put
from tenancy.stores.mongo.turn import Turn


class DatabaseSource:
    """Reads a database that no engine has open."""

    def __init__(self, database: Database) -> None:
        """Read nothing yet."""
        self._db = database

    async def head(self) -> Head:
        """What it is. What a crash has left half done is finished first."""
        await recover(self._db)
        meta = await read_meta(self._db)
        return Head(meta["epoch"], Seq(int(meta["seq"])))

    async def collections(self) -> Sequence[str]:
        """The names of all collections."""
        return [row["name"] for row in await self._db.all(CATALOG, {})]

    async def documents(self, collection: str) -> AsyncGenerator[Sequence[bytes], None]:
        """The texts of a collection by id."""
        row = await self._db.first(CATALOG, {"name": collection})
        if row is not None:
            async for batch in self._db.find(collection_name(row["_id"]), {}, sort={"_id": 1}):
                yield [text_of(stored) for stored in batch]

    async def changes(self) -> AsyncGenerator[Sequence[Change], None]:
        """The change log."""
        async for batch in self._db.find(CHANGES, {}, sort={"_id": 1}):
            yield [change_from(row) for row in batch]

    async def receipts(self) -> AsyncGenerator[Sequence[KeptReceipt], None]:
        """The receipts."""
        async for batch in self._db.find(RECEIPTS, {}):
            yield [KeptReceipt(row["_id"], row["mark"], int(row["at"]), row["result"]) for row in batch]


class DatabaseTarget:
    """Fills a database. What an attempt before has left of it goes first."""

    def __init__(self, database: Database, head: Head) -> None:
        """Nothing is made yet."""
        self._db = database
        self._head = head
        self._state: State | None = None

    async def put_documents(self, collection: str, texts: Sequence[bytes]) -> None:
        """Keep documents as they are, and their index keys."""
        before = await self._begun()
        draft = Draft(before)
        turn = Turn(self._db, draft, UNLIMITED, 0)
        await turn.take(collection, [trusted(text) for text in texts])
        await prepare(self._db, before, draft.state)
        self._state = await persist(self._db, before, draft)

    async def put_changes(self, changes: Sequence[Change]) -> None:
        """Keep entries of the change log as they are."""
        await self._begun()
        await self._db.write([Put(CHANGES, change_row(change), fresh=True) for change in changes])

    async def put_receipts(self, receipts: Sequence[KeptReceipt]) -> None:
        """Keep receipts as they are."""
        await self._begun()
        kept = [{"_id": one.key, "mark": one.mark, "at": one.at, "result": one.result} for one in receipts]
        await self._db.write([Put(RECEIPTS, row, fresh=True) for row in kept])

    async def finish(self) -> Source:
        """Each batch was durable already."""
        await self._begun()
        source = DatabaseSource(self._db)
        if await source.head() != self._head:
            raise Conflict("The copy has another position than the original.")
        return source

    async def _begun(self) -> State:
        if self._state is None:
            await self._db.drop()
            await create_meta(self._db, self._head.epoch, self._head.seq)
            self._state = await load_state(self._db)
        return self._state


def _is_a_target(target: DatabaseTarget) -> Target:
    return target

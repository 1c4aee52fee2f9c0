"""The MongoDB engine: one database as a `DocumentStore` and a `ChangeLog`."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import Executor
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Final

from tenancy.answers import Explanation, IndexStatus, Page, Verdict
from tenancy.errors import Place, QueryTooExpensive, Unavailable
from tenancy.model.change import Change, Seq
from tenancy.model.collection import Collections
from tenancy.model.document import client_part
from tenancy.model.json import JsonObject, trusted
from tenancy.model.limits import Limits
from tenancy.model.schema import check_schema, compile_schema
from tenancy.model.system import DEFINITIONS
from tenancy.ports import DocumentStore
from tenancy.query.aggregate.tree import Lookup, Stage
from tenancy.query.cursor import read_cursor
from tenancy.query.match import compile_filter
from tenancy.query.text import bind_text
from tenancy.query.tree import EVERYTHING, Filter, Query, is_everything
from tenancy.stores.common.aggregate import Source
from tenancy.stores.common.catalog import CREATED
from tenancy.stores.common.pages import explanation_of, page_of
from tenancy.stores.common.suggest import OverBudgetError, too_expensive
from tenancy.stores.mongo.driver import ConflictError, Database, TooSlowError
from tenancy.stores.mongo.keys import collection_name, text_of
from tenancy.stores.mongo.lister import Lister
from tenancy.stores.mongo.log import MongoChanges
from tenancy.stores.mongo.native import native
from tenancy.stores.mongo.persist import claim, recover
from tenancy.stores.mongo.pipelines import run_in_thread
from tenancy.stores.mongo.state import State, load_state, read_meta
from tenancy.stores.mongo.transfer import DatabaseSource
from tenancy.stores.mongo.upkeep import MongoUpkeep
from tenancy.stores.mongo.writer import Told, Writer
from tenancy.writes import Receipt, Write, Written

_TRIES: Final = 5


class MongoDocuments:
    """A tenant's documents in one database. Made by `open_documents`."""

    def __init__(self, database: Database, state: State, epoch: str, executor: Executor, limits: Limits) -> None:
        """Take over the database; needs a running loop.

        Args:
            database: the tenant's.
            state: what it holds.
            epoch: names it.
            executor: threads for pipelines.
            limits: the tenant's; they may change while it is open.
        """
        self._db = database
        self._epoch = epoch
        self._executor = executor
        self._limits = limits
        self._turn = asyncio.Lock()
        told = Told(self._publish, self._catch_up)
        self._writer = Writer(database, state, told, limits)
        self.changes = MongoChanges(database, epoch, state.seq, self._writer.refresh)
        self._upkeep = MongoUpkeep(self._writer)

    def _publish(self, changes: Sequence[Change]) -> None:
        self.changes.publish(changes)
        if any(change.collection == DEFINITIONS for change in changes):
            self._upkeep.definition_changed()

    async def _catch_up(self, state: State) -> None:
        await self.changes.catch_up(state.seq)
        self._upkeep.definition_changed()

    def collections(self) -> Collections:
        """The definitions by name."""
        return self._writer.committed.catalog.public

    async def get(self, collection: str, id: str) -> bytes | None:
        """One document's text."""
        state = self._writer.committed.catalog.states.get(collection)
        if state is None:
            return None
        stored = await self._db.first(collection_name(state.cid), {"_id": id})
        return text_of(stored) if stored is not None else None

    async def find(self, collection: str, query: Query) -> Page:
        """A page."""
        if not query.pinned:
            return await self._page(self._db, collection, query, None)
        if not self._db.transactional:
            async with self._writer.paused() as state:
                return await self._page(self._db, collection, query, state.seq)
        for _ in range(_TRIES):
            try:
                async with self._db.transaction(reading=True) as within:
                    seq = Seq(int((await read_meta(within))["seq"]))
                    return await self._page(within, collection, query, seq)
            except ConflictError:
                pass  # the server has no snapshot of a collection that has just been made
        raise Unavailable("The collection is changing too often.")

    async def _page(self, database: Database, collection: str, query: Query, seq: Seq | None) -> Page:
        source = self._source(collection)
        if source is None:
            return Page([], None, 0 if query.count else None, seq)
        start = read_cursor(self._epoch, collection, query)
        lister = Lister(database, source, query, self._limits.max_examined)
        try:
            await lister.choose()
            items = await lister.items(start)
            total = await lister.total() if query.count else None
        except (OverBudgetError, TooSlowError):
            raise too_expensive(query, self._limits.max_examined) from None
        return page_of(self._epoch, collection, query, items, total, seq)

    async def explain(self, collection: str, query: Query) -> Explanation:
        """How `find` answers: the same scan, each document counted."""
        source = self._source(collection)
        if source is None:
            return Explanation(None, True, True, 0, 0, 0, 0.0, None)
        start, begun = read_cursor(self._epoch, collection, query), time.perf_counter()
        lister = Lister(self._db, source, query, self._limits.max_examined, narrow=False)
        try:
            await lister.choose()
            found = len(await lister.items(start))
        except (OverBudgetError, TooSlowError):
            raise too_expensive(query, self._limits.max_examined) from None
        return explanation_of(lister.plan, query, lister.examined, min(found, query.limit), begun)

    async def aggregate(self, collection: str, stages: Sequence[Stage]) -> Sequence[bytes]:
        """What comes out of a pipeline; one at a time for each tenant."""
        names = {collection, *(stage.collection for stage in stages if isinstance(stage, Lookup))}
        sources = {name: source for name in names if (source := self._source(name)) is not None}
        try:
            async with self._turn:
                return await run_in_thread(
                    self._db, self._executor, sources, collection, stages, self._limits.max_examined
                )
        except (OverBudgetError, TooSlowError):
            hint = "Begin with a $match that an index serves."
            message = f"The pipeline would examine more than {self._limits.max_examined} documents."
            raise QueryTooExpensive(message, hint=hint) from None

    async def scan(self, collection: str, filter: Filter) -> AsyncGenerator[Sequence[bytes], None]:
        """All documents that fit, in batches."""
        source = self._source(collection)
        if source is None:
            return
        filter = bind_text(filter, source.state.definition)
        matches = None if is_everything(filter) else compile_filter(filter)
        name, narrowed = collection_name(source.state.cid), native(filter).filter
        async with self._db.snapshot() as within, aclosing(within.find(name, narrowed, sort={"_id": 1})) as found:
            async for batch in found:
                kept = [text for text in map(text_of, batch) if matches is None or matches(trusted(text))]
                if kept:
                    yield kept

    async def judge(self, collection: str, schema: JsonObject, most: int) -> Verdict:
        """Hold every document against a schema."""
        validate = compile_schema(check_schema(schema))
        documents, rejected = 0, 0
        first: list[tuple[str, Sequence[Place]]] = []
        async with aclosing(self.scan(collection, EVERYTHING)) as found:
            async for batch in found:
                for document in map(trusted, batch):
                    documents += 1
                    places = validate(client_part(document))
                    if places:
                        rejected += 1
                        if len(first) < most:
                            first.append((str(document["id"]), places))
        return Verdict(documents, rejected, first)

    async def commit(self, writes: Sequence[Write], receipt: Receipt | None = None) -> Sequence[Written]:
        """Do all the writes or none, durably."""
        return await self._writer.commit(writes, receipt)

    @asynccontextmanager
    async def still(self, *, waiting: bool = False) -> AsyncGenerator[DatabaseSource]:
        """Everything as it is at one moment. Writes wait while it is read from a server that stands alone, or when they
        are to; on a replica set they go on, and the server keeps the moment for 5 minutes by default."""
        async with AsyncExitStack() as stack:
            async with self._writer.paused():
                if waiting or not self._db.transactional:
                    yield DatabaseSource(self._db)
                    return
                within = await stack.enter_async_context(self._db.snapshot())
                await read_meta(within)  # the moment is that of the first read
            yield DatabaseSource(within)

    def indexes(self, collection: str) -> Sequence[IndexStatus]:
        """The declared indexes of a collection."""
        state = self._writer.committed.catalog.states.get(collection)
        known = state.indexes if state is not None else ()
        return [IndexStatus(index.index, index.built) for index in known if index.index != CREATED]

    async def settle(self, collection: str) -> None:
        """Return when the collection's indexes are built."""
        await self._upkeep.settle(collection)

    async def usage(self) -> tuple[int, int]:
        """Documents of clients, and bytes of the database."""
        committed = self._writer.committed
        public = (state for name, state in committed.catalog.states.items() if not name.startswith("_"))
        count = sum(committed.counts.get(state.cid, 0) for state in public)
        return count, await self._db.size()

    async def aclose(self) -> None:
        """Finish the writes; the connections are the server's."""
        await self._upkeep.aclose()
        await self._writer.finish()
        self.changes.close()
        async with self._turn:
            pass

    def _source(self, collection: str) -> Source | None:
        committed = self._writer.committed
        state = committed.catalog.states.get(collection)
        return Source(state, committed.counts.get(state.cid, 0)) if state is not None else None


async def open_documents(database: Database, executor: Executor, limits: Limits) -> MongoDocuments:
    """Open a tenant's database; arguments as `MongoDocuments`.

    Raises:
        Unavailable: it is not there, or no server answers.
    """
    await claim(database)
    await recover(database)
    epoch = str((await read_meta(database))["epoch"])
    state = await load_state(database)
    return MongoDocuments(database, state, epoch, executor, limits)


def _is_a_document_store(documents: MongoDocuments) -> DocumentStore:
    return documents

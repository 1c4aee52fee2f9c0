"""The embedded engine: one SQLite file as a `DocumentStore` and a `ChangeLog`."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import TypeVar

import apsw
import structlog

from tenancy.answers import Explanation, IndexStatus, Page, Verdict
from tenancy.errors import QueryTooExpensive, Unavailable
from tenancy.model.change import Change
from tenancy.model.collection import Collections
from tenancy.model.json import JsonObject
from tenancy.model.limits import Limits
from tenancy.model.schema import check_schema
from tenancy.model.system import DEFINITIONS
from tenancy.ports import DocumentStore
from tenancy.query.aggregate.tree import Lookup, Stage
from tenancy.query.text import bind_text
from tenancy.query.tree import Filter, Query
from tenancy.stores.common.aggregate import Aggregator, Source
from tenancy.stores.common.catalog import CREATED
from tenancy.stores.common.suggest import OverBudgetError, too_expensive
from tenancy.stores.embedded.cache import DocumentCache, PageCache
from tenancy.stores.embedded.catalog import load_catalog
from tenancy.stores.embedded.draft import Draft
from tenancy.stores.embedded.layout import open_file, rows, used_bytes
from tenancy.stores.embedded.lister import Lister
from tenancy.stores.embedded.log import EmbeddedChanges
from tenancy.stores.embedded.memory import Memory
from tenancy.stores.embedded.reader import Reader, StaleError
from tenancy.stores.embedded.slow import SlowReads
from tenancy.stores.embedded.upkeep import EmbeddedUpkeep
from tenancy.stores.embedded.workers import Worker
from tenancy.stores.embedded.writer import Writer
from tenancy.writes import Receipt, Write, Written

INLINE_BUDGET = 500
"""Documents that a query may examine on the event loop: 2 to 3 ms."""
APART_BUDGET = 25
"""The same for a tenant that is set apart."""
INLINE_S = 0.02
"""How long it may take there: documents can be large, and conditions many."""
T = TypeVar("T")
log = structlog.get_logger("tenancy.engine")


class EmbeddedDocuments:
    """A tenant's documents in one file. Open it with the file's path."""

    def __init__(self, path: Path, executor: Executor, worker: Worker, memory: Memory, limits: Limits) -> None:
        """Open the file. Blocks for about a millisecond; needs a running loop.

        Args:
            path: an existing database.
            executor: threads for what waits on the disk.
            worker: processes for long reads.
            memory: for documents and pages, shared with other tenants.
            limits: the tenant's; they may change while it is open.
        """
        self._path = path
        self._limits = limits
        self._worker = worker
        reading = open_file(path, write=False)
        writing = open_file(path, write=True)
        self._epoch = str(reading.execute("SELECT value FROM meta WHERE key = 'epoch'").get)
        self._reader = Reader(reading, self._epoch, INLINE_S)
        self._slow = SlowReads(path, self._epoch, executor, worker)
        self._cache = DocumentCache(memory)
        self._pages = PageCache(memory)
        self.changes = EmbeddedChanges(reading, self._epoch, self._slow.in_thread)
        counts: dict[int, int] = dict(rows(reading, "SELECT cid, documents FROM collections"))
        draft = Draft(load_catalog(reading), counts, self._reader.head())
        self._writer = Writer(writing, draft, self._publish, executor, limits)
        self._upkeep = EmbeddedUpkeep(self._writer)

    def _publish(self, changes: Sequence[Change]) -> None:
        self._cache.update(changes)
        self._pages.update(changes)
        self.changes.publish(changes)
        if any(change.collection == DEFINITIONS for change in changes):
            self._upkeep.definition_changed()

    def collections(self) -> Collections:
        """The definitions by name."""
        return self._writer.committed.catalog.public

    async def get(self, collection: str, id: str) -> bytes | None:
        """One document's text, from memory when it was read or written lately."""
        text = self._cache.get(collection, id)
        if text is None:
            state = self._writer.committed.catalog.states.get(collection)
            text = self._on_loop(partial(self._reader.get, state.cid, id)) if state is not None else None
            if text is not None:
                self._cache.put(collection, id, text)
        return text

    async def find(self, collection: str, query: Query) -> Page:
        """A page: on the loop when it is cheap, in a worker when it turns out not to be."""
        page = self._pages.get(collection, query) if not query.pinned else None
        if page is not None:
            return page
        source = self._source(collection)
        if source is None:
            return Page([], None, 0 if query.count else None, self.changes.head() if query.pinned else None)
        budget = self._budget()
        try:
            page = self._on_loop(partial(self._reader.find, source.state, query, source.documents, budget))
        except OverBudgetError:
            try:
                return await self._read_slowly(query, partial(_find, source, query))
            except StaleError:
                return await self.find(collection, query)
        if not query.pinned:
            self._pages.put(collection, query, page)
        return page

    async def explain(self, collection: str, query: Query) -> Explanation:
        """How `find` answers."""
        source = self._source(collection)
        if source is None:
            return Explanation(None, True, True, 0, 0, 0, 0.0, None)
        read = partial(_explain, source, query)
        try:
            return read(self._budget(), self._reader)
        except (OverBudgetError, StaleError):
            pass
        try:
            return await self._read_slowly(query, read)
        except StaleError:
            return await self.explain(collection, query)

    async def aggregate(self, collection: str, stages: Sequence[Stage]) -> Sequence[bytes]:
        """What comes out of a pipeline."""
        names = {collection, *(stage.collection for stage in stages if isinstance(stage, Lookup))}
        sources = {name: source for name in names if (source := self._source(name)) is not None}
        read = partial(_aggregate, sources, collection, stages)
        try:
            return read(self._budget(), self._reader)
        except (OverBudgetError, StaleError):
            pass
        try:
            return await self._slow.in_worker(partial(read, self._limits.max_examined))
        except StaleError:
            return await self.aggregate(collection, stages)
        except OverBudgetError:
            hint = "Begin with a $match that an index serves."
            raise QueryTooExpensive(
                f"The pipeline would examine more than {self._limits.max_examined} documents, or take too long.",
                hint=hint,
            ) from None

    def _budget(self) -> int:
        """How many documents may be examined on the loop."""
        return min(APART_BUDGET if self._worker.apart else INLINE_BUDGET, self._limits.max_examined)

    @staticmethod
    def _on_loop(read: Callable[[], T]) -> T:
        """Read where we are.

        Raises:
            Unavailable: the file cannot be read.
        """
        try:
            return read()
        except apsw.Error as error:
            log.exception("read.failed")
            raise Unavailable("The tenant's database could not be read.") from error

    async def _read_slowly(self, query: Query, read: Callable[[int, Reader], T]) -> T:
        try:
            return await self._slow.in_worker(partial(read, self._limits.max_examined))
        except OverBudgetError:
            raise too_expensive(query, self._limits.max_examined) from None

    async def scan(self, collection: str, filter: Filter) -> AsyncGenerator[Sequence[bytes], None]:
        """All documents that fit, in batches."""
        source = self._source(collection)
        if source is not None:
            async for batch in self._slow.scan(source.state.cid, bind_text(filter, source.state.definition)):
                yield batch

    async def judge(self, collection: str, schema: JsonObject, most: int) -> Verdict:
        """Hold every document against a schema, in a worker."""
        text, source = check_schema(schema), self._source(collection)
        if source is None:
            return Verdict(0, 0, [])
        return await self._slow.in_worker(partial(_judge, source.state.cid, text, most))

    async def commit(self, writes: Sequence[Write], receipt: Receipt | None = None) -> Sequence[Written]:
        """Do all the writes or none, durably."""
        return await self._writer.commit(writes, receipt)

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
        return count, self._on_loop(partial(used_bytes, self._reader.db))

    async def aclose(self) -> None:
        """Finish the writes, then close every connection."""
        await self._upkeep.aclose()
        await self._writer.finish()
        self.changes.close()
        await self._slow.aclose()
        self._reader.close()
        self._cache.close()
        self._pages.close()
        # The last to close writes the log back into the file and removes it, which a reader could not do.
        await self._writer.aclose()

    def _source(self, collection: str) -> Source | None:
        committed = self._writer.committed
        state = committed.catalog.states.get(collection)
        return Source(state, committed.counts.get(state.cid, 0)) if state is not None else None


def _find(source: Source, query: Query, budget: int, reader: Reader) -> Page:
    reader.check(source.state)
    return reader.find(source.state, query, source.documents, budget)


def _explain(source: Source, query: Query, budget: int, reader: Reader) -> Explanation:
    reader.check(source.state)
    return reader.explain(source.state, query, source.documents, budget)


def _aggregate(
    sources: Mapping[str, Source], collection: str, stages: Sequence[Stage], budget: int, reader: Reader
) -> list[bytes]:
    for source in sources.values():
        reader.check(source.state)
    until = reader.until()
    return Aggregator(partial(_lister, reader, until), sources, budget, until).run(collection, stages)


def _lister(reader: Reader, until: float, source: Source, query: Query, budget: int) -> Lister:
    return Lister(reader.db, source.state, query, source.documents, budget, until=until)


def _judge(cid: int, schema: bytes, most: int, reader: Reader) -> Verdict:
    return reader.judge(cid, schema, most)


def _is_a_document_store(documents: EmbeddedDocuments) -> DocumentStore:
    return documents

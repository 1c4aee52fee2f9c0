"""The embedded engine: one SQLite file as a `DocumentStore` and a `ChangeLog`."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

from tenancy.errors import QueryTooExpensive
from tenancy.model.change import Change
from tenancy.model.collection import Collection
from tenancy.ports import DocumentStore, Page, Write
from tenancy.query.tree import And, Compare, Filter, Query
from tenancy.stores.embedded.apply import Draft
from tenancy.stores.embedded.catalog import load_catalog
from tenancy.stores.embedded.layout import open_file, rows
from tenancy.stores.embedded.log import EmbeddedChanges
from tenancy.stores.embedded.reader import OverBudgetError, Reader
from tenancy.stores.embedded.writer import Writer

INLINE_BUDGET = 500
"""Documents that a query may examine on the event loop: 2 to 3 ms."""


class EmbeddedDocuments:
    """A tenant's documents in one file. Open it with the file's path."""

    def __init__(self, path: Path, executor: Executor, *, max_examined: int, changes_kept: int) -> None:
        """Open the file. Blocks for about a millisecond; needs a running loop.

        Args:
            path: an existing database.
            executor: threads for what waits on the disk or takes long.
            max_examined: documents that one query may examine.
            changes_kept: entries that the change log keeps.
        """
        self._path = path
        self._executor = executor
        self._max_examined = max_examined
        reading = open_file(path, write=False)
        writing = open_file(path, write=True)
        self._epoch = str(reading.execute("SELECT value FROM meta WHERE key = 'epoch'").get)
        self._reader = Reader(reading, self._epoch)
        self._slow: Reader | None = None
        self._slow_turn = asyncio.Lock()
        self.changes = EmbeddedChanges(reading, self._epoch)
        counts: dict[int, int] = dict(rows(reading, "SELECT cid, documents FROM collections"))
        draft = Draft(load_catalog(reading), counts, self._reader.head())
        self._writer = Writer(writing, draft, self.changes, executor, changes_kept)

    def collections(self) -> Mapping[str, Collection]:
        """The definitions by name."""
        return self._writer.committed.catalog.public

    async def get(self, collection: str, id: str) -> bytes | None:
        """One document's text."""
        state = self._writer.committed.catalog.states.get(collection)
        return self._reader.get(state.cid, id) if state is not None else None

    async def find(self, collection: str, query: Query) -> Page:
        """A page: on the loop when it is cheap, in a thread when it turns out not to be."""
        committed = self._writer.committed
        state = committed.catalog.states.get(collection)
        if state is None:
            return Page([], None, 0 if query.count else None, self.changes.head() if query.pinned else None)
        documents = committed.counts.get(state.cid, 0)
        try:
            return self._reader.find(state, query, documents, min(INLINE_BUDGET, self._max_examined))
        except OverBudgetError:
            pass
        async with self._slow_turn:
            run = asyncio.get_running_loop().run_in_executor
            if self._slow is None:
                self._slow = Reader(await run(self._executor, partial(open_file, self._path, write=False)), self._epoch)
            try:
                return await run(self._executor, self._slow.find, state, query, documents, self._max_examined)
            except OverBudgetError:
                raise _too_expensive(query, self._max_examined) from None

    async def commit(self, writes: Sequence[Write]) -> Sequence[Change | None]:
        """Do all the writes or none, durably."""
        return await self._writer.commit(writes)

    async def usage(self) -> tuple[int, int]:
        """Documents of clients, and bytes of the database."""
        committed = self._writer.committed
        public = (state for name, state in committed.catalog.states.items() if not name.startswith("_"))
        count = sum(committed.counts.get(state.cid, 0) for state in public)
        size = await asyncio.get_running_loop().run_in_executor(self._executor, _size, self._path)
        return count, size

    async def aclose(self) -> None:
        """Finish the writes, then close every connection."""
        await self._writer.finish()
        self.changes.close()
        async with self._slow_turn:
            self._reader.close()
            if self._slow is not None:
                self._slow.close()
        # The last to close writes the log back into the file and removes it, which a reader could not do.
        await self._writer.aclose()


def _size(path: Path) -> int:
    files = (path, path.with_name(path.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def _too_expensive(query: Query, limit: int) -> QueryTooExpensive:
    """The error that names an index which would serve the query."""
    fields = [".".join(path) for path in _compared(query.filter)]
    for path, direction in query.sort:
        name = ".".join(path)
        if name not in fields:
            fields.append(("-" if direction < 0 else "") + name)
    hint = f"Declare an index on {', '.join(fields)}: PATCH /api/collections/NAME, indexes."
    return QueryTooExpensive(f"The query would examine more than {limit} documents.", hint=hint)


def _compared(filter: Filter) -> list[tuple[str, ...]]:
    parts = filter.parts if isinstance(filter, And) else (filter,)
    compared = [part for part in parts if isinstance(part, Compare)]
    ordered = sorted(compared, key=lambda part: part.operator != "eq")
    return list(dict.fromkeys(part.path for part in ordered))[:3]


def _is_a_document_store(documents: EmbeddedDocuments) -> DocumentStore:
    return documents

"""Everything that one connection answers about documents. Synchronous; not for two threads at once."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import apsw

from tenancy.answers import Explanation, Page, Verdict
from tenancy.errors import Place
from tenancy.model.change import Seq
from tenancy.model.document import client_part
from tenancy.model.json import trusted
from tenancy.model.schema import compile_schema
from tenancy.query.cursor import read_cursor
from tenancy.query.tree import Query
from tenancy.stores.common.catalog import CollectionState
from tenancy.stores.common.pages import page_of
from tenancy.stores.embedded.lister import Lister

MAX_PAGE: Final = 8 * 1024 * 1024
"""Bytes of a page's documents, unless one has more."""


class StaleError(Exception):
    """The indexes have changed since the read was asked for."""


class Reader:
    """Reads through one connection of its own."""

    def __init__(self, connection: apsw.Connection, epoch: str, patience_s: float) -> None:
        """Take over the connection; a read that takes longer than `patience_s` is over its budget."""
        self.db = connection
        self.epoch = epoch
        self._patience_s = patience_s

    def until(self) -> float:
        """When a read that begins now has to be done, as `time.perf_counter` has it."""
        return time.perf_counter() + self._patience_s

    def close(self) -> None:
        """Close the connection."""
        self.db.close()

    def check(self, state: CollectionState) -> None:
        """Whether the indexes are still those that the read knows. One that was dropped is not written any more.

        Raises:
            StaleError: they are not.
        """
        sql = "SELECT ix, multikey, built IS NULL FROM indexes WHERE cid = ?"
        now = {ix: (bool(multikey), bool(ready)) for ix, multikey, ready in self.db.execute(sql, (state.cid,))}
        used = (index for index in state.indexes if index.built is None)
        if any(now.get(index.ix) != (index.multikey, True) for index in used):
            raise StaleError

    def get(self, cid: int, id: str) -> bytes | None:
        """One document's text. One index seek."""
        row = self.db.execute("SELECT json FROM documents WHERE cid = ? AND id = ?", (cid, id)).fetchone()
        return row[0] if row else None

    def find(self, state: CollectionState, query: Query, documents: int, budget: int) -> Page:
        """A page. Arguments as `Lister`'s.

        Raises:
            OverBudgetError: the budget is used up.
            BadCursor: the cursor is of another query.
        """
        start = read_cursor(self.epoch, state.name, query)
        lister = Lister(self.db, state, query, documents, budget, until=self.until(), most=MAX_PAGE)
        with self._pinned(query.pinned):
            seq = self.head() if query.pinned else None
            items = lister.items(start)
            total = lister.total() if query.count else None
        return page_of(self.epoch, state.name, query, items, total, seq, cut=lister.cut)

    def explain(self, state: CollectionState, query: Query, documents: int, budget: int) -> Explanation:
        """How `find` answers. Raises what it raises."""
        start, begun = read_cursor(self.epoch, state.name, query), time.perf_counter()
        lister = Lister(self.db, state, query, documents, budget, until=self.until(), most=MAX_PAGE)
        return lister.explanation(min(len(lister.items(start)), query.limit), begun)

    def judge(self, cid: int, schema: bytes, most: int) -> Verdict:
        """Hold every document of a collection against a schema."""
        validate = compile_schema(schema)
        documents, rejected = 0, 0
        first: list[tuple[str, Sequence[Place]]] = []
        for (text,) in self.db.execute("SELECT json FROM documents WHERE cid = ? ORDER BY id", (cid,)):
            document = trusted(text)
            documents += 1
            places = validate(client_part(document))
            if places:
                rejected += 1
                if len(first) < most:
                    first.append((str(document["id"]), places))
        return Verdict(documents, rejected, first)

    def head(self) -> Seq:
        """The position of the newest change in the snapshot that this connection sees."""
        return Seq(self.db.execute("SELECT coalesce(max(seq), 0) FROM changes").get)

    @contextmanager
    def _pinned(self, wanted: bool) -> Iterator[None]:
        """One snapshot for several statements."""
        if not wanted:
            yield
            return
        self.db.execute("SAVEPOINT pinned")
        try:
            yield
        finally:
            self.db.execute("RELEASE pinned")

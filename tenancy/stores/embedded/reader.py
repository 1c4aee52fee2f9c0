"""Lists from one connection: scans a plan within a budget of examined documents. Synchronous."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from heapq import heappush, heapreplace
from typing import cast

import apsw

from tenancy.model.change import Seq
from tenancy.model.json import trusted
from tenancy.ports import Page
from tenancy.query.cursor import make_cursor, read_cursor
from tenancy.query.match import Matcher, compile_filter
from tenancy.query.order import inverted, order_key
from tenancy.query.tree import EVERYTHING, Query
from tenancy.stores.embedded.catalog import CollectionState
from tenancy.stores.embedded.layout import rows
from tenancy.stores.embedded.plan import Plan, continued, plans

_ENTRIES = "FROM entries e CROSS JOIN documents d ON d.rid = e.rid WHERE e.ix = ? AND e.key >= ? AND e.key < ?"
_SCAN = {
    False: f"SELECT d.rid, d.json {_ENTRIES} ORDER BY e.key",
    True: f"SELECT d.rid, d.json {_ENTRIES} ORDER BY e.key DESC",
}
_PAGE = {backward: sql + " LIMIT ?" for backward, sql in _SCAN.items()}
_BY_ID = {
    False: "SELECT rid, json FROM documents WHERE cid = ? AND id > ? ORDER BY id",
    True: "SELECT rid, json FROM documents WHERE cid = ? AND id < ? ORDER BY id DESC",
}
_ONE = "SELECT rid, json FROM documents WHERE cid = ? AND id = ?"
_ENDS = {False: "", True: "\U0010ffff"}
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM entries WHERE ix = ? AND key >= ? AND key < ? LIMIT ?)"
_SAMPLE = 5000


class OverBudgetError(Exception):
    """More documents would have to be examined."""


class Reader:
    """Reads through one connection of its own; not for two threads at once."""

    def __init__(self, connection: apsw.Connection, epoch: str) -> None:
        """Take over the connection."""
        self._db = connection
        self._epoch = epoch

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def get(self, cid: int, id: str) -> bytes | None:
        """One document's text. One index seek."""
        row = self._db.execute("SELECT json FROM documents WHERE cid = ? AND id = ?", (cid, id)).fetchone()
        return row[0] if row else None

    def find(self, state: CollectionState, query: Query, documents: int, budget: int) -> Page:
        """A page.

        Args:
            state: the collection.
            query: what to list.
            documents: how many the collection holds (the planner's estimate, and the total without a filter).
            budget: how many documents may be examined.

        Raises:
            OverBudgetError: the budget is used up.
            BadCursor: the cursor is of another query.
        """
        start = read_cursor(self._epoch, state.name, query)
        with self._pinned(query.pinned):
            seq = self.head() if query.pinned else None
            items = self._items(state, query, start, documents, budget)
            total = self._total(state, query, documents, budget) if query.count else None
        following = None
        if len(items) > query.limit:
            items.pop()
            if items:
                last = order_key(trusted(items[-1]), query.total_order)
                following = make_cursor(self._epoch, state.name, query, last)
        return Page(items, following, total, seq)

    def head(self) -> Seq:
        """The position of the newest change in the snapshot that this connection sees."""
        return Seq(self._db.execute("SELECT coalesce(max(seq), 0) FROM changes").get)

    @contextmanager
    def _pinned(self, wanted: bool) -> Iterator[None]:
        """One snapshot for several statements."""
        if not wanted:
            yield
            return
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")

    def _items(
        self, state: CollectionState, query: Query, start: bytes | None, documents: int, budget: int
    ) -> list[bytes]:
        plan = self._choose(state, query, documents)
        if start is not None and plan.ordered:
            plan = continued(plan, start)
            start = None
        if plan.ordered and plan.exact and plan.index is not None:
            low, high = plan.ranges[0]
            found = rows(self._db, _PAGE[plan.backward], (plan.index.ix, low, high, query.limit + 1))
            return [json for _, json in found]
        if plan.ordered:
            return self._filtered(state, plan, query, budget)
        return self._sorted(state, plan, query, start, budget)

    def _choose(self, state: CollectionState, query: Query, documents: int) -> Plan:
        """The most selective plan, unless reading in order and filtering promises to end sooner."""
        best, *others = plans(state, query)
        in_order = next((plan for plan in others if plan.ordered), None)
        if best.ordered or best.ids is not None or best.index is None or in_order is None:
            return best
        selected = sum(self._count(best.index.ix, low, high, _SAMPLE) for low, high in best.ranges)
        return in_order if selected * selected > query.limit * documents else best

    def _scan(self, state: CollectionState, plan: Plan, budget: int) -> Iterator[bytes]:
        """The texts of a plan's documents, each once."""
        seen: set[int] = set()
        for examined, (rid, json) in enumerate(self._rows(state, plan)):
            if examined >= budget:
                raise OverBudgetError
            if plan.distinct:
                if rid in seen:
                    continue
                seen.add(rid)
            yield json

    def _rows(self, state: CollectionState, plan: Plan) -> Iterator[tuple[int, bytes]]:
        execute = cast("Callable[[str, tuple[object, ...]], Iterable[tuple[int, bytes]]]", self._db.execute)
        if plan.ids is not None:
            for id in plan.ids:
                yield from execute(_ONE, (state.cid, id))
        elif plan.index is None:
            beyond = plan.beyond if plan.beyond is not None else _ENDS[plan.backward]
            yield from execute(_BY_ID[plan.backward], (state.cid, beyond))
        else:
            for low, high in plan.ranges:
                yield from execute(_SCAN[plan.backward], (plan.index.ix, low, high))

    def _filtered(self, state: CollectionState, plan: Plan, query: Query, budget: int) -> list[bytes]:
        """An ordered scan that ends when the page is full."""
        matches = _matcher(plan, query)
        items: list[bytes] = []
        for json in self._scan(state, plan, budget):
            if matches is None or matches(trusted(json)):
                items.append(json)
                if len(items) > query.limit:
                    break
        return items

    def _sorted(
        self, state: CollectionState, plan: Plan, query: Query, start: bytes | None, budget: int
    ) -> list[bytes]:
        """A scan of everything that keeps the first of the order; memory is bounded by the page."""
        matches, order, size = _matcher(plan, query), query.total_order, query.limit + 1
        heap: list[tuple[bytes, bytes]] = []  # the kept item that is last in the order is heap[0]: keys are inverted
        for json in self._scan(state, plan, budget):
            document = trusted(json)
            if matches is not None and not matches(document):
                continue
            key = order_key(document, order)
            if start is not None and key <= start:
                continue
            # Keys are prefix-free, so inverting them reverses the order exactly.
            entry = (inverted(key), json)
            if len(heap) < size:
                heappush(heap, entry)
            elif entry[0] > heap[0][0]:
                heapreplace(heap, entry)
        return [json for _, json in sorted(heap, key=lambda entry: entry[0], reverse=True)]

    def _total(self, state: CollectionState, query: Query, documents: int, budget: int) -> int:
        if query.filter == EVERYTHING:
            return documents
        plan = plans(state, query)[0]
        if plan.exact and plan.index is not None and not plan.distinct:
            total = sum(self._count(plan.index.ix, low, high, budget + 1) for low, high in plan.ranges)
            if total > budget:
                raise OverBudgetError
            return total
        matches = _matcher(plan, query)
        return sum(1 for json in self._scan(state, plan, budget) if matches is None or matches(trusted(json)))

    def _count(self, ix: int, low: bytes, high: bytes, most: int) -> int:
        return int(self._db.execute(_COUNT, (ix, low, high, most)).get)


def _matcher(plan: Plan, query: Query) -> Matcher | None:
    return None if plan.exact else compile_filter(query.filter)

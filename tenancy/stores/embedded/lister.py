"""One list from one connection: chooses a plan and scans it within a budget of examined documents. Synchronous."""

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace
from heapq import heappush, heapreplace
from typing import cast

import apsw

from tenancy.answers import Explanation
from tenancy.model.json import trusted
from tenancy.query.match import Matcher, compile_filter
from tenancy.query.order import inverted, order_key
from tenancy.query.text import bind_text
from tenancy.query.tree import EVERYTHING, Query
from tenancy.stores.common.catalog import CollectionState
from tenancy.stores.common.pages import explanation_of
from tenancy.stores.common.plan import Plan, choice, continued, selective_plan
from tenancy.stores.common.suggest import OverBudgetError
from tenancy.stores.embedded.layout import rows

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


class Lister:
    """Answers one query. `plan` and `examined` tell afterwards how."""

    def __init__(
        self, connection: apsw.Connection, state: CollectionState, query: Query, documents: int, budget: int
    ) -> None:
        """Prepare.

        Args:
            connection: reads.
            state: the collection.
            query: what to list.
            documents: how many the collection holds (the planner's estimate, and the total without a filter).
            budget: how many documents may be examined.
        """
        self._db = connection
        self._state = state
        self._query = query = replace(query, filter=bind_text(query.filter, state.definition))
        self._documents = documents
        self._budget = budget
        self.plan = self._choose()
        self.examined = 0

    def items(self, start: bytes | None) -> list[bytes]:
        """The texts after an order key, one more than the limit where there are more.

        Raises:
            OverBudgetError: the budget is used up.
        """
        plan, wanted = self.plan, self._query.offset + self._query.limit + 1
        if start is not None and plan.ordered:
            plan, start = continued(plan, start), None
        if not plan.ordered:
            return self._sorted(plan, start, wanted)
        if plan.exact and plan.index is not None:
            return self._read(plan, wanted)
        return self._filtered(plan, wanted)

    def matching(self) -> Generator[bytes]:
        """The texts of all documents that fit, in no order.

        Raises:
            OverBudgetError: the budget is used up.
        """
        self.plan = selective_plan(self._state, self._query)
        matches = self._matcher(self.plan)
        return (json for json in self._scan(self.plan) if matches is None or matches(trusted(json)))

    def total(self) -> int:
        """How many documents fit.

        Raises:
            OverBudgetError: the budget is used up.
        """
        if self._query.filter == EVERYTHING:
            return self._documents
        plan = self.plan = selective_plan(self._state, self._query)
        if plan.exact and plan.index is not None and not plan.distinct:
            total = sum(self._count(plan.index.ix, low, high, self._budget + 1) for low, high in plan.ranges)
            if total > self._budget:
                raise OverBudgetError
            return total
        return sum(1 for _ in self.matching())

    def explanation(self, returned: int, begun: float) -> Explanation:
        """What was done since a moment of `time.perf_counter`."""
        return explanation_of(self.plan, self._query, self.examined, returned, begun)

    def _choose(self) -> Plan:
        """The most selective plan, unless reading in order and filtering promises to end sooner."""
        found = choice(self._state, self._query)
        index = found.selective.index
        if found.in_order is None or index is None:
            return found.selective
        selected = sum(self._count(index.ix, low, high, _SAMPLE) for low, high in found.selective.ranges)
        return found.decide(selected, self._query, self._documents)

    def _read(self, plan: Plan, wanted: int) -> list[bytes]:
        """The entries are the answer."""
        assert plan.index is not None
        if wanted > self._budget + self._query.limit:
            raise OverBudgetError
        low, high = plan.ranges[0]
        found = rows(self._db, _PAGE[plan.backward], (plan.index.ix, low, high, wanted))
        self.examined += len(found)
        return [json for _, json in found[self._query.offset :]]

    def _filtered(self, plan: Plan, wanted: int) -> list[bytes]:
        """An ordered scan that ends when the page is full."""
        matches = self._matcher(plan)
        items: list[bytes] = []
        for json in self._scan(plan):
            if matches is None or matches(trusted(json)):
                items.append(json)
                if len(items) == wanted:
                    break
        return items[self._query.offset :]

    def _sorted(self, plan: Plan, start: bytes | None, wanted: int) -> list[bytes]:
        """A scan of everything that keeps the first of the order; memory is bounded by the page."""
        matches, order = self._matcher(plan), self._query.total_order
        heap: list[tuple[bytes, bytes]] = []  # the kept item that is last in the order is heap[0]: keys are inverted
        for json in self._scan(plan):
            document = trusted(json)
            if matches is not None and not matches(document):
                continue
            key = order_key(document, order)
            if start is not None and key <= start:
                continue
            # Keys are prefix-free, so inverting them reverses the order exactly.
            entry = (inverted(key), json)
            if len(heap) < wanted:
                heappush(heap, entry)
            elif entry[0] > heap[0][0]:
                heapreplace(heap, entry)
        ordered = sorted(heap, key=lambda entry: entry[0], reverse=True)
        return [json for _, json in ordered[self._query.offset :]]

    def _scan(self, plan: Plan) -> Iterator[bytes]:
        """The texts of a plan's documents, each once."""
        seen: set[int] = set()
        for rid, json in self._rows(plan):
            if self.examined >= self._budget:
                raise OverBudgetError
            self.examined += 1
            if plan.distinct:
                if rid in seen:
                    continue
                seen.add(rid)
            yield json

    def _rows(self, plan: Plan) -> Iterator[tuple[int, bytes]]:
        execute = cast("Callable[[str, tuple[object, ...]], Iterable[tuple[int, bytes]]]", self._db.execute)
        cid = self._state.cid
        if plan.ids is not None:
            for id in plan.ids:
                yield from execute(_ONE, (cid, id))
        elif plan.index is None:
            beyond = plan.beyond if plan.beyond is not None else _ENDS[plan.backward]
            yield from execute(_BY_ID[plan.backward], (cid, beyond))
        else:
            for low, high in plan.ranges:
                yield from execute(_SCAN[plan.backward], (plan.index.ix, low, high))

    def _count(self, ix: int, low: bytes, high: bytes, most: int) -> int:
        return int(self._db.execute(_COUNT, (ix, low, high, most)).get)

    def _matcher(self, plan: Plan) -> Matcher | None:
        return None if plan.exact else compile_filter(self._query.filter)

"""One list from one connection: chooses a plan and scans it within a budget of examined documents. Synchronous."""

import math
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import cast

import apsw

from tenancy.answers import Explanation
from tenancy.model.json import trusted
from tenancy.query.match import Matcher, compile_filter
from tenancy.query.text import bind_text
from tenancy.query.tree import Query, conditions, is_everything
from tenancy.stores.common.catalog import CollectionState
from tenancy.stores.common.first import First
from tenancy.stores.common.pages import explanation_of
from tenancy.stores.common.plan import Plan, choice, continued, selective_plan
from tenancy.stores.common.suggest import OverBudgetError

_ENTRIES = "FROM entries e CROSS JOIN documents d ON d.rid = e.rid WHERE e.ix = ? AND e.key >= ? AND e.key < ?"
_SCAN = {
    False: f"SELECT d.rid, d.json {_ENTRIES} ORDER BY e.key",
    True: f"SELECT d.rid, d.json {_ENTRIES} ORDER BY e.key DESC",
}
_PAGE = {backward: sql + " LIMIT ? OFFSET ?" for backward, sql in _SCAN.items()}
_BY_ID = {
    False: "SELECT rid, json FROM documents WHERE cid = ? AND id > ? ORDER BY id",
    True: "SELECT rid, json FROM documents WHERE cid = ? AND id < ? ORDER BY id DESC",
}
_ONE = "SELECT rid, json FROM documents WHERE cid = ? AND id = ?"
_ENDS = {False: "", True: "\U0010ffff"}
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM entries WHERE ix = ? AND key >= ? AND key < ? LIMIT ?)"
_SAMPLE = 5000
_MATCHED_A_SECOND = 20_000_000
"""Bytes of documents, times conditions: half of what is usual, five times what the worst conditions do."""
_MAX_HELD = 256 * 1024 * 1024


class Lister:
    """Answers one query. `plan` and `examined` tell afterwards how."""

    def __init__(
        self, connection: apsw.Connection, state: CollectionState, query: Query, documents: int, budget: int,
        *, until: float = math.inf, most: int | None = None,
    ) -> None:  # fmt: skip
        """Prepare.

        Args:
            connection: reads.
            state: the collection.
            query: what to list.
            documents: how many the collection holds (the planner's estimate, and the total without a filter).
            budget: how many documents may be examined.
            until: the moment of `time.perf_counter` until which they may be.
            most: how many bytes a page should have; it is `cut` when it would have more.
        """
        self._db = connection
        self._state = state
        self._query = query = replace(query, filter=bind_text(query.filter, state.definition))
        self._documents = documents
        self._budget = budget
        self._until = until
        self._each = max(1, conditions(query.filter)) / _MATCHED_A_SECOND
        self._most = most if most is not None else math.inf
        self.cut = False
        self.plan = self._choose()
        self.examined = 0

    def items(self, start: bytes | None) -> list[bytes]:
        """The texts after an order key, one more than the limit (or than fits, then it is `cut`) where there are more.

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
        return self._filtered(plan)

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
        if is_everything(self._query.filter):
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
        (low, high), offset = plan.ranges[0], self._query.offset
        found = self._db.execute(_PAGE[plan.backward], (plan.index.ix, low, high, wanted - offset, offset))
        items = self._page(json for _, json in found)
        self.examined += offset + len(items)
        return items

    def _page(self, found: Iterable[bytes]) -> list[bytes]:
        """The page and one more, or less where that is large: a thousand documents can have a gigabyte."""
        items: list[bytes] = []
        size = 0
        for json in found:
            items.append(json)
            size += len(json)
            if len(items) > self._query.limit:
                break
            if size > self._most and len(items) > 1:
                self.cut = True
                break
        return items

    def _filtered(self, plan: Plan) -> list[bytes]:
        """An ordered scan that ends when the page is full."""
        matches = self._matcher(plan)
        found = (json for json in self._scan(plan) if matches is None or matches(trusted(json)))
        return self._page(islice(found, self._query.offset, None))

    def _sorted(self, plan: Plan, start: bytes | None, wanted: int) -> list[bytes]:
        """A scan of everything that keeps the first of the order; memory is bounded by the page."""
        matches, first = self._matcher(plan), First(self._query, start, wanted)
        for json in self._scan(plan):
            document = trusted(json)
            if matches is None or matches(document):
                first.add(document, json)
            if first.held > _MAX_HELD:
                raise OverBudgetError
        return self._page(first.texts()[self._query.offset :])

    def _scan(self, plan: Plan) -> Iterator[bytes]:
        """The texts of a plan's documents, each once."""
        seen: set[int] = set()
        for rid, json in self._rows(plan):
            # One large document and many conditions take seconds, which can only be known before.
            if self.examined >= self._budget or time.perf_counter() + len(json) * self._each > self._until:
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

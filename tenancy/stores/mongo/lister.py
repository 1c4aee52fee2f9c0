"""One list from MongoDB: chooses a plan and reads it within a budget of examined documents.

Plans are those of the embedded engine. A plan's ranges are read from the index on our own keys, which gives our order;
only a list that no index orders is sorted here, with the page alone in memory. What a plan does not decide is narrowed
by the native filter, and decided by the matcher. The budget holds for what the server looks at too: in an ordered scan
by a `$limit` between the ranges and the native filter, otherwise by counting what the ranges hold before they are read.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from tenancy.model.json import trusted
from tenancy.query.match import compile_filter
from tenancy.query.text import bind_text
from tenancy.query.tree import Query, is_everything
from tenancy.stores.common.aggregate import Source
from tenancy.stores.common.first import First
from tenancy.stores.common.plan import Plan, choice, continued, selective_plan
from tenancy.stores.common.suggest import OverBudgetError
from tenancy.stores.mongo.driver import BATCH, Database
from tenancy.stores.mongo.keys import collection_name, index_path, is_wider, selection, text_of
from tenancy.stores.mongo.native import Native, native
from tenancy.stores.mongo.steps import Document

_SAMPLE: Final = 5000
_ALL: Final = Native({}, False)


class Lister:
    """Answers one query. `plan` and `examined` tell afterwards how."""

    def __init__(self, database: Database, source: Source, query: Query, budget: int, *, narrow: bool = True) -> None:
        """Prepare.

        Args:
            database: reads.
            source: the collection, and how many documents it holds.
            query: what to list.
            budget: how many documents may be examined.
            narrow: have the server leave out what cannot fit. Otherwise each document comes, and is counted.
        """
        self._db = database
        self._source = source
        self._name = collection_name(source.state.cid)
        self._query = query = replace(query, filter=bind_text(query.filter, source.state.definition))
        self._budget = budget
        self._narrow = native(query.filter) if narrow else _ALL
        self.plan: Plan = selective_plan(source.state, query)
        self.examined = 0

    async def choose(self) -> None:
        """Take the most selective plan, unless reading in order and filtering promises to end sooner."""
        found = choice(self._source.state, self._query)
        self.plan = found.selective
        if found.in_order is not None and found.selective.index is not None:
            selected = await self._db.count(self._name, selection(found.selective), _SAMPLE)
            self.plan = found.decide(selected, self._query, self._source.documents)

    async def items(self, start: bytes | None) -> list[bytes]:
        """The texts after an order key, one more than the limit where there are more.

        Raises:
            OverBudgetError: the budget is used up.
        """
        plan, wanted = self.plan, self._query.offset + self._query.limit + 1
        if start is not None and plan.ordered:
            plan, start = continued(plan, start), None
        if not plan.ordered:
            return await self._sorted(plan, start, wanted)
        if plan.exact:
            return await self._read(plan, wanted)
        return await self._filtered(plan, wanted)

    async def matching(self) -> AsyncGenerator[list[bytes]]:
        """The texts of all documents that fit, in batches, in no order.

        Raises:
            OverBudgetError: the budget is used up.
        """
        self.plan = selective_plan(self._source.state, self._query)
        await self._check_budget(self.plan)
        matches = None if self._decides(self.plan) else compile_filter(self._query.filter)
        async for batch in self._db.find(self._name, self._narrowed(self.plan)):
            self.examined += len(batch)
            texts = map(text_of, batch)
            yield [text for text in texts if matches is None or matches(trusted(text))]

    async def total(self) -> int:
        """How many documents fit.

        Raises:
            OverBudgetError: the budget is used up.
        """
        if is_everything(self._query.filter):
            return self._source.documents
        self.plan = plan = selective_plan(self._source.state, self._query)
        if self._decides(plan) or self._narrow.exact:
            await self._check_budget(plan)
            narrowed = selection(plan) if self._decides(plan) else self._narrowed(plan)
            return await self._db.count(self._name, narrowed, self._budget + 1)
        total = 0
        async for batch in self.matching():
            total += len(batch)
        return total

    async def _read(self, plan: Plan, wanted: int) -> list[bytes]:
        """What the ranges hold is the answer."""
        if wanted > self._budget + self._query.limit:
            raise OverBudgetError
        texts: list[bytes] = []
        found = self._db.find(
            self._name, selection(plan), sort=_order(plan), skip=self._query.offset,
            limit=wanted - self._query.offset, batch=wanted,
        )  # fmt: skip
        async for batch in found:
            texts += map(text_of, batch)
        self.examined += len(texts) + self._query.offset
        return texts

    async def _filtered(self, plan: Plan, wanted: int) -> list[bytes]:
        """An ordered scan that ends when the page is full."""
        stages: list[Document] = [
            {"$match": selection(plan)}, {"$sort": _order(plan)}, {"$limit": self._budget + 1},
        ]  # fmt: skip
        if self._narrow.filter:
            stages.append({"$match": self._narrow.filter})
        matches = compile_filter(self._query.filter)
        texts: list[bytes] = []
        async with aclosing(self._db.aggregate(self._name, stages, min(2 * wanted, BATCH))) as found:
            async for batch in found:
                for text in map(text_of, batch):
                    self.examined += 1
                    if matches(trusted(text)):
                        texts.append(text)
                        if len(texts) == wanted:
                            return texts[self._query.offset :]
        await self._check_budget(plan)
        return texts[self._query.offset :]

    async def _sorted(self, plan: Plan, start: bytes | None, wanted: int) -> list[bytes]:
        """A scan of everything that keeps the first of the order; memory is bounded by the page."""
        await self._check_budget(plan)
        matches = None if self._decides(plan) else compile_filter(self._query.filter)
        first = First(self._query, start, wanted)
        async for batch in self._db.find(self._name, self._narrowed(plan)):
            self.examined += len(batch)
            for text in map(text_of, batch):
                document = trusted(text)
                if matches is None or matches(document):
                    first.add(document, text)
        return first.texts()[self._query.offset :]

    async def _check_budget(self, plan: Plan) -> None:
        """Refuse a plan whose ranges hold more documents than may be examined.

        Raises:
            OverBudgetError: they do.
        """
        if self._source.documents <= self._budget:
            return
        if await self._db.count(self._name, selection(plan), self._budget + 1) > self._budget:
            raise OverBudgetError

    def _decides(self, plan: Plan) -> bool:
        """Whether what the ranges hold is what fits."""
        return plan.exact and not is_wider(plan)

    def _narrowed(self, plan: Plan) -> Document:
        parts: Sequence[Document] = [part for part in (selection(plan), self._narrow.filter) if part]
        return {"$and": parts} if len(parts) > 1 else parts[0] if parts else {}


def _order(plan: Plan) -> Document:
    path = "_id" if plan.index is None else index_path(plan.index.ix)
    return {path: -1 if plan.backward else 1}

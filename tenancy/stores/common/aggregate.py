"""A pipeline over an engine's lists: what an index can select or order at its beginning is left to the index."""

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from typing import Final, NamedTuple, Protocol, TypeAlias

from tenancy.errors import QueryTooExpensive
from tenancy.model.json import Json, JsonObject, trusted
from tenancy.query.aggregate.meter import Meter, OutOfTimeError
from tenancy.query.aggregate.run import run_pipeline, texts
from tenancy.query.aggregate.tree import Limit, Lookup, Match, Sort, Stage
from tenancy.query.order import encode, index_keys
from tenancy.query.project import compile_projection
from tenancy.query.tree import EVERYTHING, Compare, Filter, Projection, Query, SortKey, both
from tenancy.stores.common.catalog import CollectionState
from tenancy.stores.common.plan import Plan
from tenancy.stores.common.suggest import OverBudgetError

MAX_JOINED: Final = 1000
_BY_ID: Final = ((("id",), 1),)


class Source(NamedTuple):
    """A collection, and how many documents it holds."""

    state: CollectionState
    documents: int


class AnyLister(Protocol):
    """Answers one query within a budget; `OverBudgetError` when it is used up."""

    @property
    def plan(self) -> Plan:
        """How the documents are found."""
        ...

    @property
    def examined(self) -> int:
        """How many documents were looked at."""
        ...

    def items(self, start: bytes | None) -> list[bytes]:
        """The texts of the page after an order key, one more than the limit where there are more."""
        ...

    def matching(self) -> Generator[bytes]:
        """The texts of all documents that fit, in no order."""
        ...


Listers: TypeAlias = Callable[[Source, Query, int], AnyLister]
"""Makes the lister of a query, given its budget."""


class Aggregator:
    """Runs one pipeline within a budget of examined documents, those of `$lookup` included, and of time."""

    def __init__(self, lister: Listers, sources: Mapping[str, Source], budget: int, until: float = math.inf) -> None:
        """Take what lists, and the collections that the pipeline names; one that is not there is empty."""
        self._meter = Meter(until)
        self._lister = lister
        self._sources = sources
        self._left = budget
        self._tables: dict[Lookup, dict[bytes, list[JsonObject]]] = {}

    def run(self, collection: str, stages: Sequence[Stage]) -> list[bytes]:
        """The results.

        Raises:
            OverBudgetError: the budget is used up, or the time.
            QueryTooExpensive, BadPipeline: as `run_pipeline`.
        """
        filter: Filter = EVERYTHING
        rest = list(stages)
        while rest and isinstance(rest[0], Match):
            filter = both(filter, rest.pop(0).filter)  # type: ignore[union-attr]
        # A pipeline may end early; what it reads from is closed here, and not when somebody collects it.
        with closing(self._beginning(collection, filter, rest)) as documents:
            try:
                return texts(run_pipeline(documents, rest, self._joined, self._meter), self._meter)
            except OutOfTimeError:
                raise OverBudgetError from None

    def _beginning(self, collection: str, filter: Filter, rest: Sequence[Stage]) -> Generator[JsonObject]:
        source = self._sources.get(collection)
        if source is None:
            return
        first = _first_ones(rest)
        query = Query(filter, *first) if first is not None else Query(filter)
        lister = self._lister(source, query, self._left)
        try:
            if first is not None:
                yield from map(trusted, lister.items(None))
            else:
                with closing(lister.matching()) as found:
                    yield from map(trusted, found)
        finally:
            self._left -= lister.examined

    def _joined(self, stage: Lookup, value: Json) -> list[Json]:
        """The documents of another collection that belong to a value, by id."""
        self._meter.check()
        source = self._sources.get(stage.collection)
        if source is None:
            return []
        values: list[Json] = value if isinstance(value, list) else [value]
        wanted = both(stage.rule, Compare(stage.foreign, "in", values))
        query = Query(wanted, _BY_ID, MAX_JOINED)
        lister = self._lister(source, query, self._left)
        if lister.plan.index is None and lister.plan.ids is None:
            return self._from_table(stage, source, values)
        found = lister.items(None)
        self._left -= lister.examined
        return self._checked(stage, [trusted(text) for text in found])

    def _from_table(self, stage: Lookup, source: Source, values: list[Json]) -> list[Json]:
        """Without an index the whole collection is read once, for all documents of the pipeline."""
        table = self._tables.get(stage)
        if table is None:
            table = self._tables[stage] = {}
            lister = self._lister(source, Query(stage.rule), self._left)
            with closing(lister.matching()) as texts:
                for document in map(trusted, texts):
                    for key in index_keys(document, stage.foreign):
                        table.setdefault(key, []).append(document)
            self._left -= lister.examined
        found = {str(document["id"]): document for value in values for document in table.get(encode(value), [])}
        return self._checked(stage, [found[id] for id in sorted(found)])

    @staticmethod
    def _checked(stage: Lookup, found: Sequence[JsonObject]) -> list[Json]:
        if len(found) > MAX_JOINED:
            raise QueryTooExpensive(f"A $lookup finds more than {MAX_JOINED} documents for one.", hint="Match fewer.")
        if stage.hidden:
            return [*map(compile_projection(Projection(stage.hidden, keep=False)), found)]
        return list(found)


def _first_ones(rest: Sequence[Stage]) -> tuple[tuple[SortKey, ...], int] | None:
    """The order and number of the only documents that matter; the stages then find them sorted."""
    match rest:
        case [Sort(keys), Limit(count), *_] if count <= MAX_JOINED:
            return keys, count
    return None

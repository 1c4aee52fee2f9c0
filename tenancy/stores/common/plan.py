"""How a list is read: which entries are scanned, whether they come in order, and whether the matcher is still needed.

An index serves a query by its leading fields that are compared for equality, then by a range (`$in`, or what an
anchored expression begins with) on the next one. What remains of the index may give the order. Keys of an index are
exactly the values that conditions look at (`values.opened`), so a scan that covers all conditions needs no matcher,
except where null is involved (missing fields and empty arrays share its key).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeGuard

from tenancy.query.match import after, bounds, prefix_bounds
from tenancy.query.order import decode_text, directed, encode, inverted
from tenancy.query.regex import literal_prefix
from tenancy.query.tree import And, Compare, Direction, ElemMatch, FieldPath, Filter, Query, SortKey, Text
from tenancy.query.values import array_index
from tenancy.stores.common.catalog import CollectionState, IndexState

Range = tuple[bytes, bytes]
_ORDERED = 3
_WHOLE = 1
"""The score of going through all documents."""
_RANGES = frozenset({"gt", "gte", "lt", "lte"})
_IMPLIED = frozenset({"eq", "in", "regex", *_RANGES})


@dataclass(frozen=True, slots=True)
class Plan:
    """A scan. Without an index it goes through the collection by id (beyond `beyond`), or through `ids` alone."""

    index: IndexState | None
    ranges: Sequence[Range] = ((b"", b"\xff"),)
    ids: tuple[str, ...] | None = None
    beyond: str | None = None
    prefix: bytes = b""
    backward: bool = False
    ordered: bool = False
    exact: bool = False
    score: int = 0

    @property
    def distinct(self) -> bool:
        """Whether a document may come more than once."""
        return self.index is not None and (self.index.multikey or len(self.ranges) > 1)


class Conditions:
    """What a filter asks of every document that fits: its own conditions, and those that they imply."""

    def __init__(self, filter: Filter) -> None:
        """Take the filter apart."""
        self.own = list(_conjuncts(filter))
        self.marks = {repr(condition) for condition in self.own}
        own = [condition for condition in self.own if isinstance(condition, Compare)]
        self._comparisons = [*own, *(part for condition in self.own for part in _implied(condition))]

    def imply(self, index: IndexState) -> bool:
        """Whether every document that fits is in the index."""
        return all(repr(part) in self.marks for part in index.where)

    def on(self, path: FieldPath, *operators: str) -> list[Compare]:
        """The comparisons of a path; the filter's own come first."""
        return [known for known in self._comparisons if known.path == path and known.operator in operators]


def _conjuncts(filter: Filter) -> Iterator[Filter]:
    if isinstance(filter, And):
        for part in filter.parts:
            yield from _conjuncts(part)
    else:
        yield filter


def _implied(condition: Filter) -> Iterator[Compare]:
    """What holds for the document because it holds for one element of its array."""
    if isinstance(condition, ElemMatch):
        for part in _conjuncts(condition.part):
            # A list that is an element is no place of a longer path, and one that a path names by number is not opened.
            last = part.path[0] if isinstance(part, Compare) and part.path else condition.path[-1]
            if array_index(last) is not None:
                continue
            if isinstance(part, Compare) and part.operator in _IMPLIED and part.value is not None:
                yield Compare(condition.path + part.path, part.operator, part.value)


def plans(state: CollectionState, query: Query) -> list[Plan]:
    """All ways to read the list, the most selective first."""
    conditions = Conditions(query.filter)
    usable = (
        index
        for index in state.indexes
        if index.serves_queries and all(repr(p) in conditions.marks for p in index.where)
    )
    found = [_plan_index(index, conditions, query) for index in usable]
    found += [_plan_text(index, part) for index in state.indexes for part in conditions.own if _searches(part, index)]
    found.append(_plan_primary(conditions, query))
    return sorted(found, key=lambda plan: -plan.score)


def _searches(condition: Filter, index: IndexState) -> TypeGuard[Text]:
    return isinstance(condition, Text) and index.index.text and index.built is None


def _plan_text(index: IndexState, search: Text) -> Plan:
    """All documents with one of the words: the longest, which is likely to be the rarest."""
    words = [(word, term.prefix and word is term.words[-1]) for term in search.terms for word in term.words]
    word, is_prefix = max(words, key=lambda pair: len(pair[0]) - (2 if pair[1] else 0))
    low, high = prefix_bounds(word) if is_prefix else (encode(word), after(encode(word)))
    return Plan(index, ((low, high),), score=5)


class Choice(NamedTuple):
    """Two ways to read a page: what selects most, to be sorted, or another in order until the page is full (None where
    there is no question)."""

    selective: Plan
    in_order: Plan | None = None

    def decide(self, selected: int, query: Query, documents: int) -> Plan:
        """The way that promises to examine less.

        `selected` of `documents` have to be read and sorted; reading in order meets one of them every
        `documents / selected`, so a page is full after `limit * documents / selected`.
        """
        assert self.in_order is not None
        wanted = query.limit + query.offset
        return self.in_order if selected * selected > wanted * documents else self.selective


def choice(state: CollectionState, query: Query) -> Choice:
    """What there is to choose from; without `in_order` it is chosen."""
    found = plans(state, query)
    selective = max(found, key=_selectivity)
    in_order = next((plan for plan in found if plan.ordered), None)
    if in_order is None or selective.ordered or selective.ids is not None:
        return Choice(selective)
    if in_order.exact or _selectivity(selective) <= _WHOLE:
        return Choice(in_order)
    return Choice(selective, in_order)


def _selectivity(plan: Plan) -> int:
    return plan.score - (_ORDERED if plan.ordered else 0)


def selective_plan(state: CollectionState, query: Query) -> Plan:
    """The way that looks at the fewest documents, where the order does not matter."""
    return max(plans(state, query), key=_selectivity)


def _plan_primary(conditions: Conditions, query: Query) -> Plan:
    for condition in conditions.on(("id",), "eq", "in"):
        if condition.operator == "eq" and isinstance(condition.value, str):
            return Plan(None, ids=(condition.value,), score=100)
        if condition.operator == "in" and isinstance(condition.value, list):
            ids = tuple(sorted({value for value in condition.value if isinstance(value, str)}))
            return Plan(None, ids=ids, score=90)
    order = query.total_order
    ordered = len(order) == 1
    return Plan(
        None,
        backward=order[0][1] < 0,
        ordered=ordered,
        exact=not conditions.own,
        score=_WHOLE + (_ORDERED if ordered else 0),
    )


def _plan_index(index: IndexState, conditions: Conditions, query: Query) -> Plan:
    fields = index.order[:-1]
    covered = {repr(part) for part in index.where}
    prefix, depth, exact = b"", 0, True
    for path, direction in fields:
        equal = next(iter(conditions.on(path, "eq")), None)
        if equal is None:
            break
        prefix += directed(encode(equal.value), direction)
        exact = exact and equal.value is not None
        covered.add(repr(equal))
        depth += 1
    ranges: Sequence[Range] = ((prefix, after(prefix) if prefix else b"\xff"),)
    score = 4 * depth + (1 if index.where else 0)
    if depth < len(fields):
        path, direction = fields[depth]
        narrowed = _narrow(index, conditions, path, direction)
        if narrowed is not None:
            ranges = tuple((prefix + low, prefix + high) for low, high in narrowed.ranges)
            covered |= narrowed.covered
            score += 3
    same, opposite = _directions(index.order[depth:], query.total_order)
    ordered = (same or opposite) and not index.multikey and len(ranges) == 1
    score += (_ORDERED if ordered else 0) - (1 if index.multikey else 0)
    return Plan(
        index, ranges, prefix=prefix, backward=opposite and not same, ordered=ordered,
        exact=exact and conditions.marks <= covered, score=score,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Narrowed:
    """The ranges of a field, and the conditions that they decide exactly."""

    ranges: Sequence[Range]
    covered: frozenset[str] = frozenset()


def _narrow(index: IndexState, conditions: Conditions, path: FieldPath, direction: Direction) -> _Narrowed | None:
    choice = next(iter(conditions.on(path, "in")), None)
    if choice is not None and isinstance(choice.value, list):
        keys = sorted({directed(encode(value), direction) for value in choice.value})
        ranges = [(key, after(key)) for key in keys]
        return _Narrowed(ranges, frozenset() if None in choice.value else frozenset({repr(choice)}))
    comparisons = conditions.on(path, *_RANGES)
    if not comparisons:
        return _begin_with(conditions, path, direction)
    if index.multikey:
        # Different elements of one array may satisfy the two ends, so only one of them narrows the scan.
        comparisons = comparisons[:1]
    low, high = bounds(comparisons[0])
    for comparison in comparisons[1:]:
        other_low, other_high = bounds(comparison)
        low, high = max(low, other_low), min(high, other_high)
    # $gte null finds missing fields, which share null's key with empty arrays.
    exact = all(comparison.value is not None for comparison in comparisons)
    covered = frozenset(map(repr, comparisons)) if exact else frozenset[str]()
    return _Narrowed([_in_direction(low, high, direction)], covered)


def _begin_with(conditions: Conditions, path: FieldPath, direction: Direction) -> _Narrowed | None:
    for condition in conditions.on(path, "regex"):
        assert isinstance(condition.value, list)
        beginning = literal_prefix(str(condition.value[0]), str(condition.value[1]))
        if beginning:
            return _Narrowed([_in_direction(*prefix_bounds(beginning), direction)])
    return None


def _in_direction(low: bytes, high: bytes, direction: Direction) -> Range:
    return (low, high) if direction > 0 else (after(inverted(high)), after(inverted(low)))


def _directions(entries: Sequence[SortKey], order: Sequence[SortKey]) -> tuple[bool, bool]:
    """Whether entries in this order are in the wanted one, reading forwards and reading backwards."""
    if len(entries) != len(order) or any(a[0] != b[0] for a, b in zip(entries, order, strict=True)):
        return False, False
    turns = {a[1] * b[1] for a, b in zip(entries, order, strict=True)}
    return turns == {1}, turns == {-1}


def continued(plan: Plan, order_key: bytes) -> Plan:
    """The plan of an ordered scan, going on after an item's order key."""
    if plan.index is None:
        key = inverted(order_key) if plan.backward else order_key
        return replace(plan, beyond=decode_text(key))
    (low, high), *_ = plan.ranges
    if plan.backward:
        return replace(plan, ranges=((low, plan.prefix + inverted(order_key)),))
    return replace(plan, ranges=((after(plan.prefix + order_key), high),))

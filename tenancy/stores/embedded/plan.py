"""How a list is read: which entries are scanned, whether they come in order, and whether the matcher is still needed.

An index serves a query by its leading fields that are compared for equality, then by a range (or `$in`) on the next
one. What remains of the index may give the order. Keys of an index are exactly the values that conditions look at
(`values.opened`), so a scan that covers all conditions needs no matcher, except where null is involved (missing
fields and empty arrays share its key).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tenancy.query.match import after, bounds
from tenancy.query.order import decode_text, directed, encode, inverted
from tenancy.query.tree import And, Compare, FieldPath, Filter, Query, SortKey
from tenancy.stores.embedded.catalog import CollectionState, IndexState

Range = tuple[bytes, bytes]


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


def plans(state: CollectionState, query: Query) -> list[Plan]:
    """All ways to read the list, the most selective first."""
    conditions = list(_conjuncts(query.filter))
    found = [_plan_index(index, conditions, query) for index in state.indexes]
    found.append(_plan_primary(conditions, query))
    return sorted(found, key=lambda plan: -plan.score)


def _conjuncts(filter: Filter) -> Iterator[Filter]:
    if isinstance(filter, And):
        for part in filter.parts:
            yield from _conjuncts(part)
    else:
        yield filter


def _plan_primary(conditions: Sequence[Filter], query: Query) -> Plan:
    for condition in conditions:
        if isinstance(condition, Compare) and condition.path == ("id",):
            if condition.operator == "eq" and isinstance(condition.value, str):
                return Plan(None, ids=(condition.value,), score=100)
            if condition.operator == "in" and isinstance(condition.value, list):
                ids = tuple(sorted({value for value in condition.value if isinstance(value, str)}))
                return Plan(None, ids=ids, score=90)
    order = query.total_order
    ordered = len(order) == 1
    return Plan(None, backward=order[0][1] < 0, ordered=ordered, exact=not conditions, score=3 if ordered else 0)


def _plan_index(index: IndexState, conditions: Sequence[Filter], query: Query) -> Plan:
    fields = index.order[:-1]
    prefix, used, depth, exact = b"", 0, 0, True
    for path, direction in fields:
        equal = _first(conditions, path, "eq")
        if equal is None:
            break
        prefix += directed(encode(equal.value), direction)
        exact, used, depth = exact and equal.value is not None, used + 1, depth + 1
    ranges: Sequence[Range] = ((prefix, after(prefix) if prefix else b"\xff"),)
    score = 4 * depth
    if depth < len(fields):
        path, direction = fields[depth]
        narrowed = _narrow(index, conditions, path, direction)
        if narrowed is not None:
            parts, taken, clean = narrowed
            ranges = tuple((prefix + low, prefix + high) for low, high in parts)
            used, exact, score = used + taken, exact and clean, score + 2
    same, opposite = _directions(index.order[depth:], query.total_order)
    ordered = (same or opposite) and not index.multikey and len(ranges) == 1
    exact = exact and used == len(conditions)
    score += (3 if ordered else 0) - (1 if index.multikey else 0)
    backward = opposite and not same
    return Plan(index, ranges, prefix=prefix, backward=backward, ordered=ordered, exact=exact, score=score)


def _first(conditions: Sequence[Filter], path: FieldPath, *operators: str) -> Compare | None:
    for condition in conditions:
        if isinstance(condition, Compare) and condition.path == path and condition.operator in operators:
            return condition
    return None


def _narrow(
    index: IndexState, conditions: Sequence[Filter], path: FieldPath, direction: int
) -> tuple[Sequence[Range], int, bool] | None:
    """The ranges of a field, how many conditions they cover, and whether they are exact."""
    choice = _first(conditions, path, "in")
    if choice is not None and isinstance(choice.value, list):
        keys = sorted({directed(encode(value), direction) for value in choice.value})
        return [(key, after(key)) for key in keys], 1, None not in choice.value
    comparisons = [
        condition
        for condition in conditions
        if isinstance(condition, Compare)
        and condition.path == path
        and condition.operator in {"gt", "gte", "lt", "lte"}
    ]
    if not comparisons:
        return None
    if index.multikey:
        # Different elements of one array may satisfy the two ends, so only one of them narrows the scan.
        comparisons = comparisons[:1]
    low, high = bounds(comparisons[0])
    for comparison in comparisons[1:]:
        other_low, other_high = bounds(comparison)
        low, high = max(low, other_low), min(high, other_high)
    if direction < 0:
        low, high = after(inverted(high)), after(inverted(low))
    return [(low, high)], len(comparisons), all(comparison.value is not None for comparison in comparisons)


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

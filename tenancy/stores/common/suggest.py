"""Which index would have helped a query."""

from collections.abc import Sequence
from typing import Final

from tenancy.errors import QueryTooExpensive
from tenancy.query.tree import NEWEST_FIRST, And, Compare, ElemMatch, Filter, Query
from tenancy.stores.common.plan import Plan

_WORTH_IT: Final = 100
_MAX_COMPARED: Final = 3


class OverBudgetError(Exception):
    """More documents would have to be examined."""


def wanted_index(query: Query) -> list[str]:
    """The fields of an index that would serve it: those compared for equality, then the sort or a range."""
    equal, others = _compared(query.filter)
    ranged = [name for name in others if name not in equal]
    if ranged and query.sort == NEWEST_FIRST:
        return [*equal, ranged[0]]
    sort = ((".".join(path), direction) for path, direction in query.sort)
    return [*equal, *(("-" if direction < 0 else "") + name for name, direction in sort if name not in equal)]


def _compared(filter: Filter) -> tuple[list[str], list[str]]:
    parts = filter.parts if isinstance(filter, And) else (filter,)
    equal: list[str] = []
    others: list[str] = []
    for part in parts:
        if isinstance(part, Compare):
            (equal if part.operator in {"eq", "in"} else others).append(".".join(part.path))
        elif isinstance(part, ElemMatch):
            inner, ranged = _compared(part.part)
            above = ".".join(part.path)
            equal += [f"{above}.{name}" if name else above for name in inner]
            others += [f"{above}.{name}" if name else above for name in ranged]
    return list(dict.fromkeys(equal))[:_MAX_COMPARED], list(dict.fromkeys(others))[:_MAX_COMPARED]


def suggestion(query: Query, plan: Plan, examined: int, returned: int) -> Sequence[str] | None:
    """The fields of the index to declare, None where what was examined was about what was answered."""
    if plan.ids is not None or examined <= max(_WORTH_IT, 10 * returned):
        return None
    return wanted_index(query)


def too_expensive(query: Query, limit: int) -> QueryTooExpensive:
    """The error that names an index which would serve the query."""
    hint = f"Declare an index on {', '.join(wanted_index(query))}: PATCH /api/collections/NAME, indexes."
    return QueryTooExpensive(f"The query would examine more than {limit} documents, or take too long.", hint=hint)

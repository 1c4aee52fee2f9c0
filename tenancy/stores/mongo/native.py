"""A filter as MongoDB's, to have documents left out that cannot fit.

What is selected is a superset of what the matcher takes, never less: what servers may read otherwise (null and missing
fields, numbers in paths, whole objects and arrays in comparisons, regular expressions, `$elemMatch`) is widened to
something that both read alike, or to everything. `exact` says that nothing was widened. Only values get here, through
the tree; no word of a caller becomes an operator or, unchecked, a name.
"""

from typing import Final, NamedTuple

from tenancy.model.json import Json
from tenancy.query.regex import literal_prefix
from tenancy.query.tree import And, Compare, ElemMatch, FieldPath, Filter, Not, Or, Text
from tenancy.stores.mongo.keys import NOWHERE
from tenancy.stores.mongo.steps import Document

_SCALARS: Final = (str, int, float)
_RANGES: Final = frozenset({"gt", "gte", "lt", "lte"})


class Native(NamedTuple):
    """A native filter."""

    filter: Document
    exact: bool


EVERYTHING: Final = Native({}, False)


def native(filter: Filter) -> Native:
    """Translate a filter."""
    match filter:
        case Compare():
            return _compare(filter)
        case ElemMatch():
            return _element(filter)
        case Text():
            return EVERYTHING
        case And(parts):
            return _and([native(part) for part in parts])
        case Or(parts):
            return _or([native(part) for part in parts])
        case Not(part):
            inner = native(part)
            return Native({"$nor": [inner.filter]}, True) if inner.exact else EVERYTHING


def _and(parts: list[Native]) -> Native:
    filters = [part.filter for part in parts if part.filter]
    return Native({"$and": filters} if len(filters) > 1 else filters[0] if filters else {}, all(p.exact for p in parts))


def _or(parts: list[Native]) -> Native:
    if not parts:
        return Native(NOWHERE, True)
    if not all(part.filter for part in parts):
        return Native({}, all(part.exact for part in parts))
    return Native({"$or": [part.filter for part in parts]}, all(part.exact for part in parts))


def _name(path: FieldPath) -> str | None:
    """The native path; None where a segment is a number, which servers read in two ways."""
    if any(segment.isdigit() for segment in path):
        return None
    return "_id" if path == ("id",) else ".".join(("d", *path))


def _compare(condition: Compare) -> Native:
    name, value = _name(condition.path), condition.value
    if name is None:
        return EVERYTHING
    match condition.operator:
        case "exists" | "size" | "type":
            return Native({name: {f"${condition.operator}": value}}, True)
        case "mod":
            return Native({name: {"$type": "number"}}, False)
        case "regex":
            return _regex(name, value)
        case "in":
            return _in(name, value)
        case "eq":
            # Whole objects and arrays are compared alike by all, but that is for the matcher to say.
            return EVERYTHING if value is None else Native({name: {"$eq": value}}, isinstance(value, _SCALARS))
        case _:
            plain = isinstance(value, _SCALARS)
            return Native({name: {f"${condition.operator}": value}}, True) if plain else EVERYTHING


def _in(name: str, value: Json) -> Native:
    assert isinstance(value, list)
    if None in value:
        return EVERYTHING
    return Native({name: {"$in": value}}, all(isinstance(element, _SCALARS) for element in value))


def _regex(name: str, value: Json) -> Native:
    assert isinstance(value, list)
    beginning = literal_prefix(str(value[0]), str(value[1]))
    if not beginning:
        return Native({name: {"$type": "string"}}, False)
    # Only ASCII characters are plain enough to be a beginning, so the next character is one of Unicode too.
    return Native({name: {"$gte": beginning, "$lt": beginning[:-1] + chr(ord(beginning[-1]) + 1)}}, False)


def _element(condition: ElemMatch) -> Native:
    """What holds for the document because it holds for one element of its array."""
    parts = condition.part.parts if isinstance(condition.part, And) else (condition.part,)
    implied = [
        native(Compare(condition.path + part.path, part.operator, part.value))
        for part in parts
        if isinstance(part, Compare) and part.operator in {"eq", "in", "regex", *_RANGES} and condition.path + part.path
    ]
    return Native(_and(implied).filter, False)

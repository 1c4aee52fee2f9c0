"""From a caller's JSON to the tree: an allow-list, with the place of each mistake.

Nothing that is not listed here ever reaches an evaluator. Depth at most 20, at most 200 conditions.
"""

import difflib
import re
from typing import Final

from tenancy.errors import BadFilter, BadSort, Invalid, Place
from tenancy.model.json import Json, loads
from tenancy.query.tree import NEWEST_FIRST, And, Compare, Direction, FieldPath, Filter, Not, Operator, Or, SortKey

MAX_DEPTH: Final = 20
MAX_CONDITIONS: Final = 200
MAX_IN: Final = 1000
MAX_SORT_KEYS: Final = 6
MAX_LIMIT: Final = 1000
_SEGMENT = re.compile(r"[^$.\x00][^.\x00]*\Z")

_COMPARISONS: Final[dict[str, Operator]] = {
    "$eq": "eq", "$gt": "gt", "$gte": "gte", "$lt": "lt", "$lte": "lte", "$in": "in", "$exists": "exists",
}  # fmt: skip
_ON_FIELD: Final = (*_COMPARISONS, "$ne", "$not")
_ON_TOP: Final = ("$and", "$or")


def parse_filter(value: Json) -> Filter:
    """Read a filter.

    Raises:
        BadFilter: with the JSON pointer of the first mistake.
    """
    return _Parser().document(value, "", 0)


def parse_filter_text(text: str) -> Filter:
    """Read a filter from a URL parameter.

    Raises:
        BadJson: not JSON.
        BadFilter: as `parse_filter`.
    """
    return parse_filter(loads(text.encode("utf-8", "surrogatepass")))


def _refuse(place: str, message: str) -> BadFilter:
    return BadFilter(f"{place or 'The filter'}: {message}.", places=[Place(place, message)])


def _unknown(place: str, name: str, known: tuple[str, ...]) -> BadFilter:
    near = difflib.get_close_matches(name, known, n=1)
    meant = f"; did you mean {near[0]}?" if near else f"; known here: {' '.join(known)}"
    return _refuse(f"{place}/{name}", f"{name} is not an operator{meant}")


class _Parser:
    """Counts the conditions of one filter while reading it."""

    def __init__(self) -> None:
        self.conditions = 0

    def document(self, value: Json, place: str, depth: int) -> Filter:
        """A filter object: fields and `$and`, `$or`."""
        if not isinstance(value, dict):
            raise _refuse(place, "must be an object")
        if depth > MAX_DEPTH:
            raise _refuse(place, f"is nested deeper than {MAX_DEPTH}")
        parts: list[Filter] = []
        for name, condition in value.items():
            if name.startswith("$"):
                parts.append(self._logical(name, condition, place, depth))
            else:
                parts.extend(self._field(name, condition, place, depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _logical(self, name: str, value: Json, place: str, depth: int) -> Filter:
        if name not in _ON_TOP:
            raise _unknown(place, name, _ON_TOP)
        if not isinstance(value, list) or not value:
            raise _refuse(f"{place}/{name}", "must be a list of at least one filter")
        parts = tuple(self.document(part, f"{place}/{name}/{n}", depth + 1) for n, part in enumerate(value))
        return And(parts) if name == "$and" else Or(parts)

    def _field(self, name: str, value: Json, place: str, depth: int) -> list[Filter]:
        path, place = _parse_path(name, place), f"{place}/{name}"
        if isinstance(value, dict) and any(key.startswith("$") for key in value):
            return self._operators(path, value, place, depth)
        return [self._comparison(path, "eq", value, place)]

    def _operators(self, path: FieldPath, value: dict[str, Json], place: str, depth: int) -> list[Filter]:
        if depth > MAX_DEPTH:
            raise _refuse(place, f"is nested deeper than {MAX_DEPTH}")
        parts: list[Filter] = []
        for name, operand in value.items():
            here = f"{place}/{name}"
            if name in _COMPARISONS:
                parts.append(self._comparison(path, _COMPARISONS[name], operand, here))
            elif name == "$ne":
                parts.append(Not(self._comparison(path, "eq", operand, here)))
            elif name == "$not":
                if not isinstance(operand, dict) or not operand:
                    raise _refuse(here, 'must be an object of operators, such as {"$gt": 5}')
                parts.append(Not(And(tuple(self._operators(path, operand, here, depth + 1)))))
            else:
                raise _unknown(place, name, _ON_FIELD)
        return parts

    def _comparison(self, path: FieldPath, operator: Operator, value: Json, place: str) -> Compare:
        self.conditions += 1
        if self.conditions > MAX_CONDITIONS:
            raise _refuse(place, f"the filter has more than {MAX_CONDITIONS} conditions")
        if operator == "in" and (not isinstance(value, list) or len(value) > MAX_IN):
            raise _refuse(place, f"must be a list of at most {MAX_IN} values")
        if operator == "exists" and not isinstance(value, bool):
            raise _refuse(place, "must be true or false")
        return Compare(path, operator, value)


def _parse_path(name: str, place: str) -> FieldPath:
    segments = tuple(name.split("."))
    if len(segments) > MAX_DEPTH or not all(_SEGMENT.match(segment) for segment in segments):
        raise _refuse(f"{place}/{name}", "is not a path such as price or address.city")
    return segments


def parse_sort(text: str | None) -> tuple[SortKey, ...]:
    """Read `-price,brand`; newest first when there is none.

    Raises:
        BadSort: not paths separated by commas, one twice, or more than six.
    """
    if not text:
        return NEWEST_FIRST
    keys: list[SortKey] = []
    for entry in text.split(","):
        direction: Direction = -1 if entry.startswith("-") else 1
        segments = tuple(entry.removeprefix("-").split("."))
        if not all(_SEGMENT.match(segment) for segment in segments):
            raise BadSort(f"{entry!r} is not a path.", places=[Place("sort", f"{entry!r} is not a path")])
        if segments in {path for path, _ in keys} or len(keys) == MAX_SORT_KEYS:
            message = f"must name at most {MAX_SORT_KEYS} different paths"
            raise BadSort("The sort is too long or names a path twice.", places=[Place("sort", message)])
        keys.append((segments, direction))
    return tuple(keys)


def parse_limit(value: str | int | None, default: int = 30) -> int:
    """Read a page's size.

    Raises:
        Invalid: not an integer from 0 to 1000.
    """
    if value is None:
        return default
    if isinstance(value, str) and re.fullmatch(r"\d{1,4}", value, re.ASCII):
        value = int(value)
    if type(value) is int and 0 <= value <= MAX_LIMIT:
        return value
    raise Invalid("The limit is not valid.", places=[Place("limit", f"must be an integer from 0 to {MAX_LIMIT}")])

"""From a caller's JSON to the tree: an allow-list, with the place of each mistake.

Nothing that is not listed here ever reaches an evaluator. Depth at most 20, at most 200 conditions.
"""

import difflib
import re
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

from tenancy.errors import BadFilter, Invalid, Place
from tenancy.model.json import Json, JsonObject, loads
from tenancy.query.operands import OPERANDS, BadOperandError, pattern
from tenancy.query.text import BadSearchError, parse_search
from tenancy.query.tree import ELEMENT, NOTHING, And, Compare, ElemMatch, FieldPath, Filter, Not, Or

MAX_DEPTH: Final = 20
MAX_CONDITIONS: Final = 200
_LONGEST_NAME: Final = 50
_SEGMENT = re.compile(r"[^$.\x00][^.\x00]*\Z")

_ON_FIELD: Final = (*OPERANDS, "$ne", "$nin", "$regex", "$options", "$not", "$all", "$elemMatch")
_ON_TOP: Final = ("$and", "$or", "$nor")
ElementKind: TypeAlias = Literal["value", "wrapped", "object"]
WRAPPED: Final[FieldPath] = ("",)
"""The path of an element that stands alone in an object, as a field does: its own elements count, if it is an array."""


def parse_filter(value: Json, place: str = "") -> Filter:
    """Read a filter that stands at a place of the caller's input.

    Raises:
        BadFilter: with the JSON pointer of the first mistake.
    """
    return Parser().document(value, place, 0)


def parse_element(value: Json, place: str, error: type[Invalid] = BadFilter) -> tuple[Filter, ElementKind]:
    """Read which elements `$pull` removes, and what the filter is about.

    Raises:
        `error`: with the JSON pointer of the first mistake.
    """
    parser = Parser(error)
    if not isinstance(value, dict):
        return parser.comparison(ELEMENT, "$eq", value, place), "value"
    if _is_of_elements(value):
        return parser.condition(WRAPPED, value, place, 0), "wrapped"
    return parser.document(value, place, 0), "object"


def parse_filter_text(text: str) -> Filter:
    """Read a filter from a URL parameter.

    Raises:
        BadJson: not JSON.
        BadFilter: as `parse_filter`.
    """
    return parse_filter(loads(text.encode("utf-8", "surrogatepass")))


def suggestion(name: str, known: Sequence[str]) -> str:
    """What to write instead of an unknown name: the nearest known one, or all of them."""
    # Comparing takes time with the square of the length, and no name is that long.
    near = len(name) <= _LONGEST_NAME and difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; known here: {' '.join(known)}"


def is_segment(name: str) -> bool:
    """Whether it can be one name of a path."""
    return _SEGMENT.match(name) is not None


def _has_operators(value: JsonObject) -> bool:
    return any(name.startswith("$") for name in value)


def _is_of_elements(value: JsonObject) -> bool:
    """Whether it has operators for elements themselves, and is no filter of elements that are objects."""
    return any(name.startswith("$") and name not in _ON_TOP for name in value)


class Parser:
    """Counts the conditions of one filter while reading it."""

    def __init__(self, error: type[Invalid] = BadFilter) -> None:
        """Refuse with this error."""
        self._conditions = 0
        self._error = error

    def document(self, value: Json, place: str, depth: int) -> Filter:
        """A filter object: fields and `$and`, `$or`, `$nor`."""
        if not isinstance(value, dict):
            raise self._refuse(place, "must be an object")
        if depth > MAX_DEPTH:
            raise self._refuse(place, f"is nested deeper than {MAX_DEPTH}")
        parts: list[Filter] = []
        for name, condition in value.items():
            if name == "$text" and depth == 0:
                parts.append(self._text(condition, f"{place}/$text"))
            elif name.startswith("$"):
                parts.append(self._logical(name, condition, place, depth))
            else:
                parts.extend(self.on_path(self._path(name, place), condition, f"{place}/{name}", depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def condition(self, path: FieldPath, value: JsonObject, place: str, depth: int) -> Filter:
        """Operators on one path, all of them together."""
        return And(tuple(self._operators(path, value, place, depth)))

    def element(self, path: FieldPath, value: Json, place: str, depth: int) -> ElemMatch:
        """`$elemMatch`: operators on the element itself, or a filter of elements that are objects."""
        if not isinstance(value, dict):
            raise self._refuse(place, "must be an object")
        if _is_of_elements(value):
            return ElemMatch(path, self.condition(ELEMENT, value, place, depth + 1), objects=False)
        return ElemMatch(path, self.document(value, place, depth + 1), objects=True)

    def comparison(self, path: FieldPath, name: str, value: Json, place: str) -> Compare:
        """A condition with one operand."""
        operator, check = OPERANDS[name]
        try:
            return self._counted(Compare(path, operator, check(value)), place)
        except BadOperandError as error:
            raise self._refuse(place, str(error)) from None

    def _refuse(self, place: str, message: str) -> Invalid:
        return self._error(f"{place or 'The filter'}: {message}.", places=[Place(place, message)])

    def _unknown(self, place: str, name: str, known: tuple[str, ...]) -> Invalid:
        return self._refuse(f"{place}/{name}", f"{name} is not an operator{suggestion(name, known)}")

    def count(self, place: str) -> None:
        """Have one condition more."""
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            raise self._refuse(place, f"the filter has more than {MAX_CONDITIONS} conditions")

    def _counted(self, condition: Compare, place: str) -> Compare:
        self.count(place)
        return condition

    def _logical(self, name: str, value: Json, place: str, depth: int) -> Filter:
        if name not in _ON_TOP:
            raise self._unknown(place, name, _ON_TOP)
        if not isinstance(value, list) or not value:
            raise self._refuse(f"{place}/{name}", "must be a list of at least one filter")
        parts = tuple(self.document(part, f"{place}/{name}/{n}", depth + 1) for n, part in enumerate(value))
        if name == "$nor":
            return Not(Or(parts))
        return And(parts) if name == "$and" else Or(parts)

    def _text(self, value: Json, place: str) -> Filter:
        search = value.get("$search") if isinstance(value, dict) and len(value) == 1 else None
        if not isinstance(search, str):
            raise self._refuse(place, 'must be {"$search": "words"}')
        try:
            return parse_search(search)
        except BadSearchError as error:
            raise self._refuse(f"{place}/$search", str(error)) from None

    def on_path(self, path: FieldPath, value: Json, place: str, depth: int) -> list[Filter]:
        """What is asked of a field: operators, or the value that it has."""
        if isinstance(value, dict) and _has_operators(value):
            return self._operators(path, value, place, depth)
        return [self.comparison(path, "$eq", value, place)]

    def _path(self, name: str, place: str) -> FieldPath:
        segments = tuple(name.split("."))
        if len(segments) > MAX_DEPTH or not all(map(is_segment, segments)):
            raise self._refuse(f"{place}/{name}", "is not a path such as price or address.city")
        return segments

    def _operators(self, path: FieldPath, value: JsonObject, place: str, depth: int) -> list[Filter]:
        if depth > MAX_DEPTH:
            raise self._refuse(place, f"is nested deeper than {MAX_DEPTH}")
        if "$options" in value and "$regex" not in value:
            raise self._refuse(f"{place}/$options", "belongs to $regex")
        return [self._operator(path, name, value, f"{place}/{name}", depth) for name in value if name != "$options"]

    def _operator(self, path: FieldPath, name: str, value: JsonObject, here: str, depth: int) -> Filter:
        operand = value[name]
        match name:
            case "$ne":
                return Not(self.comparison(path, "$eq", operand, here))
            case "$nin":
                return Not(self.comparison(path, "$in", operand, here))
            case "$regex":
                return self._regex(path, operand, value.get("$options", ""), here)
            case "$not":
                if not isinstance(operand, dict) or not operand:
                    raise self._refuse(here, 'must be an object of operators, such as {"$gt": 5}')
                return Not(self.condition(path, operand, here, depth + 1))
            case "$all":
                return self._all(path, operand, here, depth)
            case "$elemMatch":
                return self.element(path, operand, here, depth)
            case _ if name in OPERANDS:
                return self.comparison(path, name, operand, here)
        raise self._unknown(here.removesuffix(f"/{name}"), name, _ON_FIELD)

    def _regex(self, path: FieldPath, expression: Json, options: Json, here: str) -> Filter:
        try:
            return self._counted(Compare(path, "regex", pattern(expression, options)), here)
        except BadOperandError as error:
            raise self._refuse(here, str(error)) from None

    def _all(self, path: FieldPath, operand: Json, here: str, depth: int) -> Filter:
        """Every value is there: the same as all the equalities together. `[]` fits nothing."""
        if not isinstance(operand, list):
            raise self._refuse(here, "must be a list of values")
        if not operand:
            return NOTHING
        parts: list[Filter] = []
        for number, value in enumerate(operand):
            place = f"{here}/{number}"
            if isinstance(value, dict) and _has_operators(value):
                if set(value) != {"$elemMatch"}:
                    raise self._refuse(place, "must be a value or an $elemMatch")
                parts.append(self.element(path, value["$elemMatch"], f"{place}/$elemMatch", depth))
            else:
                parts.append(self.comparison(path, "$eq", value, place))
        return And(tuple(parts))

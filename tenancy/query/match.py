"""Whether a document fits a filter: the meaning of the language, compiled to a closure once per filter.

Conditions look at every value of the path and at the elements of arrays; one that fits is enough. Comparisons stay
within a type (`{"$gt": 5}` never matches a string). null matches missing.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, cast

from tenancy.model.json import MAX_INT, MIN_INT, Json, JsonObject
from tenancy.query.order import bracket, encode
from tenancy.query.regex import compile_pattern
from tenancy.query.text import compile_text
from tenancy.query.tree import ELEMENT, And, Compare, ElemMatch, FieldPath, Filter, Not, Or, Text
from tenancy.query.values import MISSING, Found, Missing, at, opened

Matcher: TypeAlias = Callable[[JsonObject], bool]
Test: TypeAlias = Callable[[Found], bool]
INT32: Final = 2**31
# `int | float` is made anew each time it is met, which costs as much as looking.
_NUMBERS: Final = (int, float)
_CONTAINERS: Final = (list, dict)


def compile_filter(filter: Filter) -> Matcher:
    """The filter as a function of a document."""
    match filter:
        case Compare():
            return _compare(filter)
        case ElemMatch():
            return _elem_match(filter)
        case Text():
            return compile_text(filter)
        case And(parts):
            return _all([compile_filter(part) for part in parts])
        case Or(parts):
            return _any([compile_filter(part) for part in parts])
        case Not(part):
            inner = compile_filter(part)
            return lambda document: not inner(document)


def _all(matchers: list[Matcher]) -> Matcher:
    if len(matchers) == 1:
        return matchers[0]
    return lambda document: all(matcher(document) for matcher in matchers)


def _any(matchers: list[Matcher]) -> Matcher:
    return lambda document: any(matcher(document) for matcher in matchers)


def _compare(condition: Compare) -> Matcher:
    path, value = condition.path, condition.value
    match condition.operator:
        case "exists":
            present = bool(value)
            return lambda document: any(found is not MISSING for found in at(document, path)) is present
        case "size":
            return lambda document: any(isinstance(found, list) and len(found) == value for found in at(document, path))
        case _:
            return _on_values(path, _test(condition))


def _test(condition: Compare) -> Test:
    """The condition as a function of one value."""
    value = condition.value
    match condition.operator:
        case "in":
            return _member(value)
        case "eq":
            return _equal(value)
        case "type":
            return _of_type(value)
        case "regex":
            return _like(value)
        case "mod":
            return _remainder(value)
        case _:
            return _range(condition)


def _on_values(path: FieldPath, test: Test) -> Matcher:
    if path == ELEMENT:
        return test
    if len(path) > 1:
        return lambda document: any(map(test, opened(document, path)))
    name = path[0]

    def matches(document: JsonObject) -> bool:
        value = document.get(name, MISSING)
        if isinstance(value, list):
            return test(value) or any(map(test, value))
        return test(value)

    return matches


def _equal(expected: Json) -> Test:
    if expected is None:
        return lambda found: found is None or isinstance(found, Missing)
    if isinstance(expected, bool):
        return lambda found: found is expected
    if isinstance(expected, str):
        return lambda found: found == expected
    if isinstance(expected, int | float):
        return lambda found: found == expected and not isinstance(found, bool)
    key = encode(expected)
    return lambda found: isinstance(found, _CONTAINERS) and encode(found) == key


def _member(expected: Json) -> Test:
    keys = frozenset(encode(value) for value in expected) if isinstance(expected, list) else frozenset[bytes]()
    return lambda found: encode(found) in keys


def _of_type(names: Json) -> Test:
    assert isinstance(names, list)
    wanted = frozenset(names)
    return lambda found: not isinstance(found, Missing) and not wanted.isdisjoint(types_of(found))


def types_of(value: Json) -> tuple[str, ...]:
    """The names that `$type` knows a value by. An integer is `int` within 32 bits and `long` beyond, as in BSON."""
    if isinstance(value, bool):
        return ("bool",)
    if isinstance(value, int):
        return ("number", "int" if -INT32 <= value < INT32 else "long")
    if isinstance(value, float):
        return ("number", "double")
    if isinstance(value, str):
        return ("string",)
    if value is None:
        return ("null",)
    return ("array",) if isinstance(value, list) else ("object",)


def _like(value: Json) -> Test:
    assert isinstance(value, list)
    found_in = compile_pattern(str(value[0]), str(value[1]))
    return lambda found: isinstance(found, str) and found_in(found)


def _remainder(value: Json) -> Test:
    """Fractions are cut off first, and the remainder has the sign of the value, as in MongoDB. A double beyond int64
    has none."""
    assert isinstance(value, list)
    divisor, wanted = (int(cast("int", number)) for number in value)

    def fits(found: Found) -> bool:
        if isinstance(found, bool) or not isinstance(found, _NUMBERS):
            return False
        whole = int(found)
        if not MIN_INT <= whole <= MAX_INT:
            return False
        return abs(whole) % abs(divisor) * (-1 if whole < 0 else 1) == wanted

    return fits


def _elem_match(condition: ElemMatch) -> Matcher:
    path, part = condition.path, compile_filter(condition.part)
    # `ELEMENT`, the empty path, stands for whatever the matcher is given.
    fits = _as_object(part) if condition.objects else cast("Test", part)
    return lambda document: any(isinstance(found, list) and any(map(fits, found)) for found in at(document, path))


def _as_object(fits: Matcher) -> Test:
    def matches(element: Found) -> bool:
        if isinstance(element, list):
            element = {str(number): member for number, member in enumerate(element)}
        return isinstance(element, dict) and fits(element)

    return matches


def _range(condition: Compare) -> Test:
    value, compare = condition.value, _COMPARISONS[condition.operator]
    if isinstance(value, str):
        # Python compares strings by code points, which is the order of their UTF-8.
        return lambda found: isinstance(found, str) and compare(found, value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return lambda found: isinstance(found, _NUMBERS) and not isinstance(found, bool) and compare(found, value)
    low, high = bounds(condition)
    return lambda found: low <= encode(found) < high


_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le,
}  # fmt: skip


def bounds(condition: Compare) -> tuple[bytes, bytes]:
    """The half-open range of keys that fits a comparison (`gt`, `gte`, `lt`, `lte` or `eq`)."""
    key = encode(condition.value)
    low, high = bracket(condition.value)
    match condition.operator:
        case "gt":
            return after(key), high
        case "gte":
            return key, high
        case "lt":
            return low, key
        case "lte":
            return low, after(key)
        case _:
            return key, after(key)


def prefix_bounds(beginning: str) -> tuple[bytes, bytes]:
    """The half-open range of keys of the strings that begin so; the beginning has no NUL."""
    low = encode(beginning)[:-2]  # without the mark of its end
    return low, after(low)


def after(prefix: bytes) -> bytes:
    """The smallest key above every key that begins with the prefix; keys are prefix-free, so no other lies between."""
    stripped = prefix.rstrip(b"\xff")
    return stripped[:-1] + bytes([stripped[-1] + 1]) if stripped else b"\xff" * (len(prefix) + 1)

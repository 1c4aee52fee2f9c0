"""Whether a document fits a filter: the meaning of the language, compiled to a closure once per filter.

Conditions look at every value of the path and at the elements of arrays; one that fits is enough. Comparisons stay
within a type (`{"$gt": 5}` never matches a string). null matches missing.
"""

from collections.abc import Callable
from typing import TypeAlias

from tenancy.model.json import Json, JsonObject
from tenancy.query.order import bracket, encode
from tenancy.query.tree import And, Compare, FieldPath, Filter, Not, Or
from tenancy.query.values import MISSING, Found, Missing, at, opened

Matcher: TypeAlias = Callable[[JsonObject], bool]
Test: TypeAlias = Callable[[Found], bool]


def compile_filter(filter: Filter) -> Matcher:
    """The filter as a function of a document."""
    match filter:
        case Compare():
            return _compare(filter)
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
        case "in":
            return _on_values(path, _member(value))
        case "eq":
            return _on_values(path, _equal(value))
        case _:
            return _on_values(path, _range(condition))


def _on_values(path: FieldPath, test: Test) -> Matcher:
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
    return lambda found: isinstance(found, list | dict) and encode(found) == key


def _member(expected: Json) -> Test:
    keys = frozenset(encode(value) for value in expected) if isinstance(expected, list) else frozenset[bytes]()
    return lambda found: encode(found) in keys


def _range(condition: Compare) -> Test:
    low, high = bounds(condition)
    return lambda found: low <= encode(found) < high


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


def after(prefix: bytes) -> bytes:
    """The smallest key above every key that begins with the prefix; keys are prefix-free, so no other lies between."""
    stripped = prefix.rstrip(b"\xff")
    return stripped[:-1] + bytes([stripped[-1] + 1]) if stripped else b"\xff" * (len(prefix) + 1)

"""JSON as types, and the one place where its text is read and written.

One parser for everything, so that two parsers can never read the same text differently (doubled keys, NaN).
"""

import json
import re
from typing import TypeAlias, cast

import orjson

from tenancy.errors import BadJson

Json: TypeAlias = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
JsonObject: TypeAlias = dict[str, Json]

MAX_DEPTH = 100
MIN_INT, MAX_INT = -(2**63), 2**63 - 1


def loads(text: bytes | bytearray | memoryview) -> Json:
    """Read JSON in UTF-8; NaN, Infinity, lone surrogates and integers beyond 64 bits are refused.

    Raises:
        BadJson: not JSON, nested deeper than 100 levels, or with an integer outside int64.
    """
    try:
        value = cast("Json", orjson.loads(text))
    except ValueError as error:
        raise BadJson(f"The JSON cannot be read: {error}.") from None
    _check(value, MAX_DEPTH)
    if _LONG_NUMBER.search(text):
        _refuse_large_integers(text)
    return value


def trusted(text: bytes) -> JsonObject:
    """Read a document that we wrote ourselves."""
    return cast("JsonObject", orjson.loads(text))


def dumps(value: object) -> bytes:
    """Write JSON in UTF-8."""
    return orjson.dumps(value)


def equal(a: Json, b: Json) -> bool:
    """Whether two values are the same JSON text, where 1, 1.0 and true all differ (a no-op write compares so)."""
    return orjson.dumps(a) == orjson.dumps(b)


def depth(value: Json) -> int:
    """How many levels of objects and arrays it has; 0 for a scalar."""
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


def _check(value: Json, depth: int) -> None:
    kind = type(value)
    if kind is dict or kind is list:
        if depth == 0:
            raise BadJson(f"The JSON is nested deeper than {MAX_DEPTH} levels.")
        members = cast("dict[str, Json]", value).values() if kind is dict else cast("list[Json]", value)
        for member in members:
            if type(member) not in _SCALARS:
                _check(member, depth - 1)


def _refuse_large_integers(text: bytes | bytearray | memoryview) -> None:
    """The parser reads integers beyond 64 bits as doubles, which would silently change them."""
    json.loads(bytes(text), parse_int=_int64)


def _int64(digits: str) -> int:
    number = int(digits) if len(digits) <= _LONGEST_INT else MAX_INT + 1
    if MIN_INT <= number <= MAX_INT:
        return number
    raise BadJson("An integer is outside the 64 bit range; send it as a string.")


_SCALARS = frozenset({str, int, float, bool, type(None)})
_LONG_NUMBER = re.compile(rb"[0-9]{19}")
_LONGEST_INT = len(str(MIN_INT))

"""JSON as types, and the one place where its text is read and written.

One parser for everything, so that two parsers can never read the same text differently (doubled keys, NaN).
"""

import json
from typing import TypeAlias, cast

import orjson

from tenancy.errors import BadJson, TooLarge

Json: TypeAlias = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
JsonObject: TypeAlias = dict[str, Json]

MAX_DEPTH = 100
MIN_INT, MAX_INT = -(2**63), 2**63 - 1


def loads(text: bytes) -> Json:
    """Read JSON in UTF-8; NaN, Infinity, lone surrogates and integers beyond 64 bits are refused.

    Raises:
        BadJson: not JSON, nested deeper than 100 levels, or with an integer outside int64.
    """
    try:
        value = cast("Json", orjson.loads(text))
    except ValueError as error:
        raise BadJson(f"The JSON cannot be read: {error}.") from None
    # Nearly all texts need neither look: they have not as many brackets as levels are allowed, and no long number.
    if text.count(b"[") + text.count(b"{") > MAX_DEPTH:
        _check(value, MAX_DEPTH)
    if _LONG_NUMBER in text.translate(_DIGITS):
        _refuse_large_integers(text)
    return value


def loads_bounded(text: bytes, most: int) -> Json:
    """Read JSON with at most so many keys and elements. They are counted before anything is parsed: 300,000 empty lists
    take 60 ms, in which the parser holds the interpreter.

    Raises:
        TooLarge: it has more.
        BadJson: as `loads` says.
    """
    _check_members(text, most)
    return loads(text)


def _check_members(text: bytes, most: int) -> None:
    if len(text) <= most or text.count(b",") + text.count(b"[") + text.count(b"{") <= most:
        return
    # What is in strings does not count. All of this is done at the speed of memory.
    outside = b"".join(text.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2])
    members = outside.count(b",") + outside.count(b"[") + outside.count(b"{")
    if members > most:
        raise TooLarge(f"The JSON has about {members} keys and elements; at most {most} are allowed.")


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


def _refuse_large_integers(text: bytes) -> None:
    """The parser reads integers beyond 64 bits as doubles, which would silently change them."""
    json.loads(text, parse_int=_int64)


def _int64(digits: str) -> int:
    number = int(digits) if len(digits) <= _LONGEST_INT else MAX_INT + 1
    if MIN_INT <= number <= MAX_INT:
        return number
    raise BadJson("An integer is outside the 64 bit range; send it as a string.")


_SCALARS = frozenset({str, int, float, bool, type(None)})
_LONG_NUMBER = b"0" * 19
_DIGITS = bytes(ord("0") if chr(byte).isdigit() and byte < 128 else ord(" ") for byte in range(256))
_LONGEST_INT = len(str(MIN_INT))

r"""Values as bytes that compare as the values do, in MongoDB's order across types.

    empty array's stand-in < null (and missing) < numbers < strings < objects < arrays < false < true

One encoding serves indexes, sorting and cursors. Every encoding is prefix-free, so that encodings can be joined, and
inverting the bytes gives the descending order. Same idea as MongoDB's KeyString and FoundationDB's tuple layer.

- number: the double with its sign folded in (8 bytes, big endian), then what the double lost of an int64 (2 bytes,
  biased), so that int64 and doubles compare exactly and 1 equals 1.0. -0 is 0.
- string: UTF-8, NUL written as 00 FF, ended by 00 00.
- object: for each member the value's type, the name, the value; ended by 00 (MongoDB compares members in their order).
- array: the elements; ended by 00.
"""

import struct
from collections.abc import Sequence
from itertools import chain

from tenancy.model.json import Json, JsonObject
from tenancy.query.places import Empty, ParallelError, Placed, placed
from tenancy.query.tree import FieldPath, SortKey
from tenancy.query.values import MISSING, Found, Missing, opened

_EMPTY, _NULL, _NUMBER, _STRING, _OBJECT, _ARRAY, _FALSE, _TRUE = (
    bytes([tag]) for tag in (0x04, 0x08, 0x10, 0x20, 0x30, 0x40, 0x50, 0x51)
)
NULL_KEY = _NULL
_INVERT = bytes(255 - byte for byte in range(256))
_SIGN = 1 << 63
_ALL = (1 << 64) - 1
_EXACT = 2**53
_VALUES_EACH = 10
_NUMBERS = (int, float)
_pack = struct.Struct(">d").pack
_pack_key = struct.Struct(">QH").pack


def _number(value: float) -> bytes:
    double = float(value) + 0.0  # adding 0.0 turns -0.0 into 0.0
    lost = value - int(double) if type(value) is int and not -_EXACT <= value <= _EXACT else 0
    bits = int.from_bytes(_pack(double), "big")
    bits = bits ^ _ALL if bits & _SIGN else bits | _SIGN
    return _NUMBER + _pack_key(bits, 0x8000 + lost)


def _text(value: str) -> bytes:
    data = value.encode()
    if b"\x00" in data:
        data = data.replace(b"\x00", b"\x00\xff")
    return data + b"\x00\x00"


def decode_text(key: bytes) -> str:
    """The string that a string's key stands for."""
    return key[1:-2].replace(b"\x00\xff", b"\x00").decode()


def encode(value: Found) -> bytes:
    """The value's key; MISSING has null's."""
    if isinstance(value, str):
        return _STRING + _text(value)
    if value is True:
        return _TRUE
    if value is False:
        return _FALSE
    if isinstance(value, _NUMBERS):
        return _number(value)
    if value is None or isinstance(value, Missing):
        return _NULL
    if isinstance(value, list):
        return _ARRAY + b"".join(map(encode, value)) + b"\x00"
    members = []
    for name, member in value.items():
        key = encode(member)
        # true and false are of one type, so their names decide before their values do.
        members += [_FALSE if key == _TRUE else key[:1], _text(name), key]
    return _OBJECT + b"".join(members) + b"\x00"


def bracket(value: Json) -> tuple[bytes, bytes]:
    """The half-open range of keys of the value's type: comparisons never leave it."""
    if isinstance(value, bool):
        return _FALSE, b"\x52"
    tag = encode(value)[0]
    return bytes([tag]), bytes([tag + 1])


def inverted(key: bytes) -> bytes:
    """The key for descending order."""
    return key.translate(_INVERT)


def directed(key: bytes, direction: int) -> bytes:
    """The key for a direction."""
    return key if direction > 0 else key.translate(_INVERT)


class TooManyKeysError(Exception):
    """The document has more keys than are wanted."""


def index_keys(document: JsonObject, path: FieldPath, most: int | None = None) -> list[bytes]:
    """All keys under which a condition on the path can find the document, and those that it is sorted by; distinct.

    Elements of arrays have keys of their own beside the whole array's, an empty array the key that it sorts by.

    Raises:
        TooManyKeysError: more than `most`, or more than that many times ten values to make them of.
    """
    if len(path) == 1:
        value = document.get(path[0], MISSING)
        if not isinstance(value, list):
            return [encode(value)]
    keys: dict[bytes, None] = {}
    sorted_by = (_place(end) for (end,) in placed(document, (path,)))
    for number, key in enumerate(chain(map(encode, opened(document, path)), sorted_by)):
        keys[key] = None
        if most is not None and (len(keys) > most or number >= _VALUES_EACH * most):
            raise TooManyKeysError
    return list(keys)


def _place(value: Placed) -> bytes:
    return _EMPTY if isinstance(value, Empty) else encode(value)


def order_key(document: JsonObject, sort: Sequence[SortKey]) -> bytes:
    """The document's place in an order: ascending bytes, whatever the directions.

    An array counts by its smallest element in an ascending key and by its largest in a descending one. Paths through
    the same array are compared element by element; through different arrays each counts alone.
    """
    parts: list[bytes] = []
    for path, direction in sort:
        value = document.get(path[0], MISSING)
        if len(path) > 1 or isinstance(value, list):
            break
        parts.append(directed(encode(value), direction))
    else:
        return b"".join(parts)
    try:
        return _smallest(document, sort)
    except ParallelError:
        return b"".join(_smallest(document, (key,)) for key in sort)


def _smallest(document: JsonObject, sort: Sequence[SortKey]) -> bytes:
    directions = [direction for _, direction in sort]
    return min(
        b"".join(directed(_place(value), direction) for value, direction in zip(values, directions, strict=True))
        for values in placed(document, [path for path, _ in sort])
    )

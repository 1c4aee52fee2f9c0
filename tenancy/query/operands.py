"""What the operators of a condition take: each operand is checked and put into the form that the tree has."""

from collections.abc import Callable, Mapping
from typing import Final

from tenancy.model.json import MAX_INT, MIN_INT, Json
from tenancy.query.regex import FLAGS, BadPatternError, compile_pattern
from tenancy.query.tree import Operator

MAX_IN: Final = 1000
_TYPES: Final = ("string", "number", "int", "long", "double", "bool", "null", "array", "object")
_CODES: Final = {1: "double", 2: "string", 3: "object", 4: "array", 8: "bool", 10: "null", 16: "int", 18: "long"}


class BadOperandError(Exception):
    """The operand is not what the operator takes; the text says what that is."""


def _anything(value: Json) -> Json:
    return value


def _values(value: Json) -> Json:
    if not isinstance(value, list) or len(value) > MAX_IN:
        raise BadOperandError(f"must be a list of at most {MAX_IN} values")
    return value


def _flag(value: Json) -> Json:
    if not isinstance(value, bool):
        raise BadOperandError("must be true or false")
    return value


def _types(value: Json) -> Json:
    names: list[Json] = []
    for given in value if isinstance(value, list) else [value]:
        name = _CODES.get(given) if isinstance(given, int) and not isinstance(given, bool) else given
        if name not in _TYPES:
            raise BadOperandError(f"must be one of {', '.join(_TYPES)}, or a list of them")
        names.append(name)
    if not names:
        raise BadOperandError("must name at least one type")
    return names


def _count(value: Json) -> Json:
    if not _is_whole(value) or not 0 <= value <= MAX_INT:  # type: ignore[operator]
        raise BadOperandError("must be an integer from 0")
    return int(value)  # type: ignore[arg-type]


def _division(value: Json) -> Json:
    if not isinstance(value, list) or len(value) != 2 or not all(map(_is_whole, value)):
        raise BadOperandError("must be [divisor, remainder], both integers")
    divisor, remainder = (int(number) for number in value)  # type: ignore[arg-type]
    if divisor == 0 or not (MIN_INT <= divisor <= MAX_INT and MIN_INT <= remainder <= MAX_INT):
        raise BadOperandError("must not divide by zero, nor leave the 64 bit range")
    return [divisor, remainder]


def _is_whole(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1


def pattern(expression: Json, options: Json) -> Json:
    """`$regex` with its `$options`, as `[pattern, flags]`.

    Raises:
        BadOperandError: not an expression of RE2, or options other than i, m and s.
    """
    if not isinstance(expression, str):
        raise BadOperandError("must be a string")
    if not isinstance(options, str) or set(options) - set(FLAGS):
        raise BadOperandError("$options must be of i, m and s; RE2 knows no others")
    flags = "".join(sorted(set(options)))
    try:
        compile_pattern(expression, flags)
    except BadPatternError as error:
        raise BadOperandError(str(error)) from None
    return [expression, flags]


OPERANDS: Final[Mapping[str, tuple[Operator, Callable[[Json], Json]]]] = {
    "$eq": ("eq", _anything), "$gt": ("gt", _anything), "$gte": ("gte", _anything), "$lt": ("lt", _anything),
    "$lte": ("lte", _anything), "$in": ("in", _values), "$exists": ("exists", _flag), "$type": ("type", _types),
    "$size": ("size", _count), "$mod": ("mod", _division),
}  # fmt: skip

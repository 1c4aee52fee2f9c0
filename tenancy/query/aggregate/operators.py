"""The operators of expressions. Each gets its arguments' values (`MISSING` where there is none) and gives a value."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from tenancy.errors import BadPipeline, QueryTooExpensive
from tenancy.model.json import MAX_INT, MIN_INT
from tenancy.query.match import types_of
from tenancy.query.order import encode
from tenancy.query.values import MISSING, Found, Missing

Values: TypeAlias = Sequence[Found]
MANY: Final = 100
MAX_TEXT: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Operator:
    """How many arguments an operator takes and what it makes of them. A lazy one gets functions that give them."""

    compute: Callable[[Any], Found]
    least: int = 1
    most: int = 1
    lazy: bool = False


def is_nothing(value: Found) -> bool:
    """Null or missing."""
    return value is None or isinstance(value, Missing)


def is_number(value: Found) -> bool:
    """A number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_json_number(value: float) -> float:
    """The number, as a double where it left the 64 bit range.

    Raises:
        BadPipeline: infinite, which JSON cannot say.
    """
    if isinstance(value, int):
        return value if MIN_INT <= value <= MAX_INT else float(value)
    if not math.isfinite(value):
        raise BadPipeline("A computed number is infinite.")
    return value


def _truth(value: Found) -> bool:
    return not (is_nothing(value) or value is False or (is_number(value) and value == 0))


def _numbers(compute: Callable[..., float]) -> Callable[[Values], Found]:
    def computed(values: Values) -> Found:
        if any(map(is_nothing, values)):
            return None
        if not all(map(is_number, values)):
            raise BadPipeline("An operator for numbers got something else.")
        try:
            return as_json_number(compute(*values))
        except ZeroDivisionError:
            raise BadPipeline("A division by zero.") from None
        except OverflowError:
            raise BadPipeline("A computed number is infinite.") from None

    return computed


def _product(*values: float) -> float:
    result: float = 1
    for value in values:
        result *= value
    return result


def _remainder(value: float, divisor: float) -> float:
    """The sign is the dividend's, as in C."""
    if isinstance(value, int) and isinstance(divisor, int):
        return abs(value) % abs(divisor) * (-1 if value < 0 else 1)
    if divisor == 0:
        raise ZeroDivisionError
    return math.fmod(value, divisor)


def _rounded(values: Values) -> Found:
    def compute(value: float, places: float = 0) -> float:
        if not isinstance(places, int) or not -20 <= places <= 100:
            raise BadPipeline("$round takes an integer from -20 to 100 as its second argument.")
        result = round(value, places)
        return result if isinstance(value, int) else float(result)

    return _numbers(compute)(values)


def _whole(compute: Callable[[float], int]) -> Callable[[Values], Found]:
    def computed(value: float) -> float:
        return value if isinstance(value, int) else float(compute(value))

    return _numbers(computed)


def _text(value: Found, name: str) -> str:
    if isinstance(value, str):
        return value
    if is_nothing(value):
        return ""
    raise BadPipeline(f"{name} takes strings.")


def _concat(values: Values) -> Found:
    if any(map(is_nothing, values)):
        return None
    parts = [_text(value, "$concat") for value in values]
    if sum(map(len, parts)) > MAX_TEXT:
        raise QueryTooExpensive(f"$concat makes a string of more than {MAX_TEXT} characters.")
    return "".join(parts)


def _substring(values: Values) -> Found:
    text, start, length = _text(values[0], "$substrCP"), values[1], values[2]
    if type(start) is not int or type(length) is not int or start < 0 or length < 0:
        raise BadPipeline("$substrCP takes a string, a start and a length, both integers from 0.")
    return text[start : start + length]


def _length(values: Values) -> Found:
    if not isinstance(values[0], str):
        raise BadPipeline("$strLenCP takes a string.")
    return len(values[0])


def _size(values: Values) -> Found:
    if not isinstance(values[0], list):
        raise BadPipeline("$size takes an array.")
    return len(values[0])


def _element(values: Values) -> Found:
    array, number = values
    if is_nothing(array) or is_nothing(number):
        return None
    if not isinstance(array, list) or type(number) is not int:
        raise BadPipeline("$arrayElemAt takes an array and an integer.")
    return array[number] if -len(array) <= number < len(array) else MISSING


def _end(number: int) -> Callable[[Values], Found]:
    return lambda values: _element([values[0], number])


def _member(values: Values) -> Found:
    value, array = values
    if not isinstance(array, list):
        raise BadPipeline("$in takes a value and an array.")
    key = encode(value)
    return any(encode(element) == key for element in array)


def _compared(fits: Callable[[bytes, bytes], bool]) -> Callable[[Values], Found]:
    """By the order of all values; missing comes before null, as in MongoDB's expressions."""
    return lambda values: fits(_key(values[0]), _key(values[1]))


def _key(value: Found) -> bytes:
    return b"" if isinstance(value, Missing) else encode(value)


def _either(parts: Sequence[Callable[[], Found]]) -> Found:
    for part in parts:
        value = part()
        if not is_nothing(value):
            return value
    return value


def _condition(parts: Sequence[Callable[[], Found]]) -> Found:
    return parts[1]() if _truth(parts[0]()) else parts[2]()


def _to_text(values: Values) -> Found:
    value = values[0]
    if is_nothing(value):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value).removesuffix(".0") if isinstance(value, float) else str(value)
    raise BadPipeline("$toString takes a string, a number or a boolean.")


def _type(values: Values) -> Found:
    value = values[0]
    if isinstance(value, Missing):
        return "missing"
    return types_of(value)[-1]


OPERATORS: Final[Mapping[str, Operator]] = {
    "$add": Operator(_numbers(lambda *values: sum(values)), 1, MANY),
    "$subtract": Operator(_numbers(lambda a, b: a - b), 2, 2),
    "$multiply": Operator(_numbers(_product), 1, MANY),
    "$divide": Operator(_numbers(lambda a, b: a / b), 2, 2),
    "$mod": Operator(_numbers(_remainder), 2, 2),
    "$abs": Operator(_numbers(abs)),
    "$ceil": Operator(_whole(math.ceil)),
    "$floor": Operator(_whole(math.floor)),
    "$round": Operator(_rounded, 1, 2),
    "$concat": Operator(_concat, 1, MANY),
    "$toLower": Operator(lambda values: _text(values[0], "$toLower").lower()),
    "$toUpper": Operator(lambda values: _text(values[0], "$toUpper").upper()),
    "$substrCP": Operator(_substring, 3, 3),
    "$strLenCP": Operator(_length),
    "$toString": Operator(_to_text),
    "$type": Operator(_type),
    "$size": Operator(_size),
    "$arrayElemAt": Operator(_element, 2, 2),
    "$first": Operator(_end(0)),
    "$last": Operator(_end(-1)),
    "$in": Operator(_member, 2, 2),
    "$isArray": Operator(lambda values: isinstance(values[0], list)),
    "$ifNull": Operator(_either, 2, MANY, lazy=True),
    "$cond": Operator(_condition, 3, 3, lazy=True),
    "$eq": Operator(_compared(lambda a, b: a == b), 2, 2),
    "$ne": Operator(_compared(lambda a, b: a != b), 2, 2),
    "$gt": Operator(_compared(lambda a, b: a > b), 2, 2),
    "$gte": Operator(_compared(lambda a, b: a >= b), 2, 2),
    "$lt": Operator(_compared(lambda a, b: a < b), 2, 2),
    "$lte": Operator(_compared(lambda a, b: a <= b), 2, 2),
    "$and": Operator(lambda parts: all(_truth(part()) for part in parts), 0, MANY, lazy=True),
    "$or": Operator(lambda parts: any(_truth(part()) for part in parts), 0, MANY, lazy=True),
    "$not": Operator(lambda values: not _truth(values[0])),
}

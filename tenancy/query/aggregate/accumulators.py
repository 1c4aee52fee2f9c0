"""What a group collects from its documents. Source: https://www.mongodb.com/docs/manual/reference/operator/aggregation/

Sums are exact in integers and compensated in fractions (Neumaier), so that they do not depend on the order.
"""

from typing import Protocol

from tenancy.errors import QueryTooExpensive
from tenancy.model.json import Json
from tenancy.query.aggregate.expressions import plain
from tenancy.query.aggregate.operators import as_json_number, is_nothing, is_number
from tenancy.query.aggregate.tree import AccumulatorName
from tenancy.query.order import encode
from tenancy.query.values import Found, Missing

MAX_COLLECTED = 100_000


class Collector(Protocol):
    """Takes the argument's value for each document of a group, then gives the field's."""

    def add(self, value: Found) -> None:
        """Take one more."""
        ...

    def result(self) -> Json:
        """What was collected."""
        ...


class _Sum:
    """The sum of the numbers; whatever is none is passed over."""

    def __init__(self) -> None:
        self._whole = 0
        self._fraction = 0.0
        self._lost = 0.0
        self._is_whole = True
        self.count = 0

    def add(self, value: Found) -> None:
        if not is_number(value):
            return
        self.count += 1
        if isinstance(value, int):
            self._whole += value
        elif isinstance(value, float):
            self._is_whole = False
            total = self._fraction + value
            larger, smaller = (self._fraction, value) if abs(self._fraction) >= abs(value) else (value, self._fraction)
            self._lost += (larger - total) + smaller
            self._fraction = total

    def total(self) -> float:
        return self._whole if self._is_whole else self._whole + (self._fraction + self._lost)

    def result(self) -> Json:
        return as_json_number(self.total())


class _Average(_Sum):
    """The mean of the numbers, a double; null where there are none."""

    def result(self) -> Json:
        return as_json_number(float(self.total() / self.count)) if self.count else None


class _Extreme:
    """The first or last value in the order of all values; null and missing do not count."""

    def __init__(self, largest: bool) -> None:
        self._largest = largest
        self._key: bytes | None = None
        self._value: Json = None

    def add(self, value: Found) -> None:
        if is_nothing(value):
            return
        key = encode(value)
        if self._key is None or (key > self._key if self._largest else key < self._key):
            self._key, self._value = key, plain(value)

    def result(self) -> Json:
        return self._value


class _List:
    """Every value, or every distinct one; missing ones are passed over."""

    def __init__(self, distinct: bool) -> None:
        self._seen: set[bytes] | None = set() if distinct else None
        self._values: list[Json] = []

    def add(self, value: Found) -> None:
        if isinstance(value, Missing):
            return
        if self._seen is not None:
            key = encode(value)
            if key in self._seen:
                return
            self._seen.add(key)
        if len(self._values) == MAX_COLLECTED:
            raise QueryTooExpensive(f"A group collects more than {MAX_COLLECTED} values.", hint="Add a $match before.")
        self._values.append(value)

    def result(self) -> Json:
        return self._values


class _End:
    """The value of the first or the last document; null where it is missing."""

    def __init__(self, first: bool) -> None:
        self._first = first
        self._empty = True
        self._value: Json = None

    def add(self, value: Found) -> None:
        if self._empty or not self._first:
            self._value, self._empty = plain(value), False

    def result(self) -> Json:
        return self._value


def collector(name: AccumulatorName) -> Collector:
    """A new collector."""
    match name:
        case "sum" | "count":
            return _Sum()
        case "avg":
            return _Average()
        case "min" | "max":
            return _Extreme(name == "max")
        case "push" | "addToSet":
            return _List(name == "addToSet")
        case "first" | "last":
            return _End(name == "first")

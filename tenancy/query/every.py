"""How much an update writes to the elements that `$[]` stands for, known before it is written."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from tenancy.errors import TooLarge
from tenancy.model.json import Json, JsonObject, dumps
from tenancy.query.tree import EVERY_ELEMENT, FieldPath
from tenancy.query.update import Change, Operation, Push
from tenancy.query.values import array_index

MAX_WRITTEN: Final = 4 * 1024 * 1024
_LEAST_WRITTEN: Final = 8


def written(fields: JsonObject, operation: Operation, left: int) -> int:
    """About how many bytes an operation writes to all the elements that `$[]` stands for.

    Raises:
        TooLarge: more than are left; known before they are written.
    """
    values = operation.values if isinstance(operation, Push) else ()
    each = len(dumps(operation.operand if isinstance(operation, Change) else values)) + _LEAST_WRITTEN
    most = left // each
    count = sum(1 for _ in islice(_elements(fields, operation.path, 0), most + 1))
    if count > most:
        raise TooLarge(f"The update would write more than {MAX_WRITTEN} bytes to elements of arrays.")
    return count * each


def _elements(value: Json, path: FieldPath, at: int) -> Iterator[None]:
    """Once for each element that a `$[]` of the path stands for."""
    for number in range(at, len(path)):
        name = path[number]
        if isinstance(value, dict):
            value = value.get(name)
        elif not isinstance(value, list):
            return
        elif name == EVERY_ELEMENT:
            for element in value:
                yield
                yield from _elements(element, path, number + 1)
            return
        else:
            place = array_index(name)
            value = value[place] if place is not None and place < len(value) else None

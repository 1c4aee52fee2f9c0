"""Which values a document has at a path: MongoDB's reading of dotted paths and arrays.

A path goes through objects by name, through arrays by number, and through arrays of objects into each element (one
array at a time: an array directly inside an array is not entered).
Source: https://www.mongodb.com/docs/manual/tutorial/query-array-of-documents/
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

from tenancy.model.json import Json, JsonObject
from tenancy.query.tree import FieldPath


class Missing:
    """There is no value at the path."""

    __slots__ = ()


MISSING: Final = Missing()
Found: TypeAlias = Json | Missing


def at(document: JsonObject, path: FieldPath) -> Iterator[Found]:
    """The values at a path, whole arrays not opened; MISSING for each place that lacks it.

    Nothing at all comes where the path ends in elements of an array none of which is an object.
    """
    if len(path) == 1:
        yield document.get(path[0], MISSING)
    elif path:
        yield from _walk(document, path, 0)
    else:
        yield document  # an array's element, whatever it is


def _walk(value: Json, path: FieldPath, depth: int) -> Iterator[Found]:
    if depth == len(path):
        yield value
        return
    name = path[depth]
    if isinstance(value, dict):
        if name in value:
            yield from _walk(value[name], path, depth + 1)
        else:
            yield MISSING
    elif isinstance(value, list) and depth:
        if name.isascii() and name.isdigit() and int(name) < len(value):
            yield from _walk(value[int(name)], path, depth + 1)
        for element in value:
            if isinstance(element, dict):
                yield from _walk(element, path, depth)
    else:
        yield MISSING


def opened(document: JsonObject, path: FieldPath) -> Iterator[Found]:
    """The values that conditions look at: those of `at`, and the elements of each that is an array."""
    for value in at(document, path):
        yield value
        if isinstance(value, list):
            yield from value

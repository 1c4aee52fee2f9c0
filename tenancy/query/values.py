"""Which values a document has at a path: MongoDB's reading of dotted paths and arrays.

A path goes through objects by name, through arrays by number, and through arrays of objects into each element (one
array at a time: an array directly inside an array is not entered).
Source: https://www.mongodb.com/docs/manual/tutorial/query-array-of-documents/
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

from tenancy.model.json import Json, JsonObject
from tenancy.query.tree import FieldPath

_LONGEST_NUMBER: Final = 9


class Missing:
    """There is no value at the path."""

    __slots__ = ()


MISSING: Final = Missing()
Found: TypeAlias = Json | Missing


def array_index(name: str) -> int | None:
    """The place in an array that a path's name stands for: `0`, `1`, … without zeros in front."""
    if name.isascii() and name.isdigit() and len(name) <= _LONGEST_NUMBER and (name[0] != "0" or name == "0"):
        return int(name)
    return None


def at(document: JsonObject, path: FieldPath) -> Iterator[Found]:
    """The values at a path, whole arrays not opened; MISSING for each place that lacks it.

    Nothing at all comes where the path ends in elements of an array none of which is an object.
    """
    if len(path) == 1:
        yield document.get(path[0], MISSING)
    elif path:
        yield from _walk(document, path, 0, opens=False)
    else:
        yield document  # an array's element, whatever it is


def opened(document: JsonObject, path: FieldPath) -> Iterator[Found]:
    """The values that conditions look at: those of `at`, and the elements of each that is an array.

    An array that the path names by its number in another array is one value and not opened.
    """
    if path:
        yield from _walk(document, path, 0, opens=True)
    else:
        yield document


def _walk(value: Json, path: FieldPath, depth: int, *, opens: bool, numbered: bool = False) -> Iterator[Found]:
    if depth == len(path):
        yield value
        if opens and isinstance(value, list) and not numbered:
            yield from value
        return
    name = path[depth]
    if isinstance(value, dict):
        if name in value:
            yield from _walk(value[name], path, depth + 1, opens=opens)
        else:
            yield MISSING
    elif isinstance(value, list) and depth:
        yield from _walk_array(value, path, depth, opens)
    else:
        yield MISSING


def _walk_array(value: list[Json], path: FieldPath, depth: int, opens: bool) -> Iterator[Found]:
    number = array_index(path[depth])
    if number is not None and number < len(value):
        element = value[number]
        if depth + 1 == len(path) or isinstance(element, dict | list):
            yield from _walk(element, path, depth + 1, opens=opens, numbered=True)
    for element in value:
        if isinstance(element, dict):
            yield from _walk(element, path, depth, opens=opens)

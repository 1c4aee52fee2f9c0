"""What a document is sorted by: the values at several paths at once, as the keys of a MongoDB index are made.

Other than a condition, an order asks every element of an array on the way: one that is no object counts as null. Paths
through the same array are taken together, element by element. A number in a path names one element and no other.
Source: https://github.com/mongodb/mongo/blob/master/src/mongo/db/index/btree_key_generator.cpp
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeAlias

from tenancy.model.json import Json, JsonObject
from tenancy.query.tree import FieldPath
from tenancy.query.values import MISSING, Found, array_index


class Empty:
    """Stands for an array without elements, which comes before everything else."""

    __slots__ = ()


EMPTY: Final = Empty()
_MOST: Final = 10_000
Placed: TypeAlias = Found | Empty


class ParallelError(Exception):
    """Two paths lead through different arrays, so that their values do not belong together."""


@dataclass(frozen=True, slots=True)
class _Array:
    """The path met an array; `numbered`: it is an element that the path named by its number."""

    value: list[Json]
    path: FieldPath
    depth: int
    numbered: bool = False

    @property
    def number(self) -> int | None:
        """Which element the path names next."""
        number = array_index(self.path[self.depth]) if self.depth < len(self.path) else None
        return number if number is not None and number < len(self.value) else None


@dataclass(frozen=True, slots=True)
class _Value:
    """The path's end."""

    value: Placed


_Place: TypeAlias = _Array | _Value


def placed(document: JsonObject, paths: Sequence[FieldPath]) -> Iterator[tuple[Placed, ...]]:
    """Each combination of values at the paths; at least one.

    Raises:
        ParallelError: (while iterating) two paths lead through different arrays, or make too many combinations.
    """
    found = _combined([_forward(document, path, 0) for path in paths])
    if len(paths) == 1:
        yield from found
        return
    yield from islice(found, _MOST)
    if next(found, None) is not None:
        raise ParallelError


def _combined(places: Sequence[_Place]) -> Iterator[tuple[Placed, ...]]:
    arrays = [place for place in places if isinstance(place, _Array)]
    if not arrays:
        yield tuple(place.value for place in places if isinstance(place, _Value))
        return
    array = arrays[0].value
    if any(other.value is not array for other in arrays):
        raise ParallelError
    # Where every path names its element by number, all elements would give the same.
    elements: Sequence[Json | Empty] = array or [EMPTY]
    if all(place.number is not None for place in arrays):
        elements = elements[:1]
    for element in elements:
        yield from _combined([_entered(place, element) if isinstance(place, _Array) else place for place in places])


def _forward(value: Found, path: FieldPath, depth: int, *, numbered: bool = False) -> _Place:
    """Through objects, to an array or to the path's end."""
    while not isinstance(value, list):
        if depth == len(path):
            return _Value(value)
        if not isinstance(value, dict):
            return _Value(MISSING)
        value, numbered = value.get(path[depth], MISSING), False
        depth += 1
    return _Array(value, path, depth, numbered)


def _entered(place: _Array, element: Json | Empty) -> _Place:
    """What an element of the array has at the rest of the path."""
    path, depth = place.path, place.depth
    if depth == len(path):
        return _Value(place.value if place.numbered and not isinstance(element, Empty) else element)
    if place.number is not None:
        return _forward(place.value[place.number], path, depth + 1, numbered=True)
    return _forward(element, path, depth) if isinstance(element, dict) else _Value(MISSING)

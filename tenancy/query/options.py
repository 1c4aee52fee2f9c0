"""What a list takes beside its filter, from the text of a URL or from JSON: sort, limit, offset, fields."""

import re
from itertools import pairwise
from typing import Final

from tenancy.errors import BadSort, Invalid, Place
from tenancy.query.parse import is_segment
from tenancy.query.tree import NEWEST_FIRST, Direction, FieldPath, Projection, SortKey

MAX_SORT_KEYS: Final = 6
MAX_LIMIT: Final = 1000
MAX_OFFSET: Final = 10_000
MAX_FIELDS: Final = 100


def parse_sort(text: str | None) -> tuple[SortKey, ...]:
    """Read `-price,brand`; newest first when there is none.

    Raises:
        BadSort: not paths separated by commas, one twice, or more than six.
    """
    if not text:
        return NEWEST_FIRST
    keys: list[SortKey] = []
    for entry in text.split(","):
        direction: Direction = -1 if entry.startswith("-") else 1
        segments = tuple(entry.removeprefix("-").split("."))
        if not all(map(is_segment, segments)):
            raise BadSort(f"{entry!r} is not a path.", places=[Place("sort", f"{entry!r} is not a path")])
        if segments in {path for path, _ in keys} or len(keys) == MAX_SORT_KEYS:
            message = f"must name at most {MAX_SORT_KEYS} different paths"
            raise BadSort("The sort is too long or names a path twice.", places=[Place("sort", message)])
        keys.append((segments, direction))
    return tuple(keys)


def parse_limit(value: str | int | None, default: int = 30) -> int:
    """Read a page's size.

    Raises:
        Invalid: not an integer from 0 to 1000.
    """
    return default if value is None else _number("limit", value, MAX_LIMIT)


def parse_offset(value: str | int | None) -> int:
    """Read how many documents to pass over.

    Raises:
        Invalid: not an integer from 0 to 10,000: a cursor goes further, at no cost.
    """
    return 0 if value is None else _number("offset", value, MAX_OFFSET)


def _number(name: str, value: str | int, most: int) -> int:
    if isinstance(value, str) and re.fullmatch(r"\d{1,5}", value, re.ASCII):
        value = int(value)
    if type(value) is int and 0 <= value <= most:
        return value
    raise Invalid(f"The {name} is not valid.", places=[Place(name, f"must be an integer from 0 to {most}")])


def parse_fields(text: str | None) -> Projection | None:
    """Read `brand,price` (these, and the id) or `-note` (all but these); None for all fields.

    Raises:
        Invalid: not paths, kept and left out mixed, one below another, or more than 100.
    """
    if not text:
        return None
    entries = text.split(",")
    keep = not entries[0].startswith("-")
    paths = [tuple(entry.removeprefix("-").split(".")) for entry in entries]
    if any(entry.startswith("-") is keep for entry in entries):
        raise _bad_fields("fields that are kept and fields that are left out cannot be mixed")
    if len(paths) > MAX_FIELDS or not all(is_segment(name) for path in paths for name in path):
        raise _bad_fields(f"must be at most {MAX_FIELDS} paths separated by commas")
    if not keep and ("id",) in paths:
        raise _bad_fields("the id is always answered")
    return checked_projection(paths, keep=keep)


def checked_projection(paths: list[FieldPath], *, keep: bool) -> Projection:
    """The projection of these paths.

    Raises:
        Invalid: one path lies below another or is there twice.
    """
    ordered = sorted(paths)
    for one, other in pairwise(ordered):
        if other[: len(one)] == one:
            raise _bad_fields(f"{'.'.join(other)} is there twice, or lies below {'.'.join(one)}")
    return Projection(tuple(ordered), keep)


def _bad_fields(message: str) -> Invalid:
    return Invalid("The fields are not valid.", places=[Place("fields", message)])

"""Filters in the form of URL parameters: `filter[price][$gt]=5` is `{"price": {"$gt": 5}}`.

A value is read as JSON where it is a number, true, false, null, a string in quotes, an array or an object, and is the
text itself otherwise. A name that ends with `[]` is an array with one more element: `filter[brand][$in][]=Fiat`.
"""

import re
from collections.abc import Iterable
from typing import Final

from tenancy.errors import BackpackError, BadFilter, Place
from tenancy.model.json import Json, JsonObject, loads

_NAME: Final = re.compile(r"filter((?:\[[^\[\]]*\])+)\Z")
_PARTS: Final = re.compile(r"\[([^\[\]]*)\]")
_JSON: Final = re.compile(r'(?:-?\d|[\[{"]|true\Z|false\Z|null\Z)')
_MAX_PARTS: Final = 25


def is_bracketed(name: str) -> bool:
    """Whether a parameter is part of a filter."""
    return name.startswith("filter[")


def filter_from(pairs: Iterable[tuple[str, str]]) -> Json:
    """The filter that the parameters describe together.

    Raises:
        BadFilter: a name that is not of the form, or two parameters that contradict each other.
    """
    root: JsonObject = {}
    for name, text in pairs:
        match = _NAME.match(name)
        parts = _PARTS.findall(match[1]) if match is not None else []
        if not 1 <= len(parts) <= _MAX_PARTS or "" in parts[:-1] or parts == [""]:
            raise _refuse(name, "must look like filter[price][$gt] or filter[brand][$in][]")
        _put(root, parts, _value(text), name)
    return {name: _listed(member) for name, member in root.items()}


def _put(root: JsonObject, parts: list[str], value: Json, name: str) -> None:
    target = root
    for part in parts[:-1]:
        below = target.setdefault(part, {})
        if not isinstance(below, dict):
            raise _refuse(name, "has a value and parts at once")
        target = below
    last = parts[-1] or str(len(target))
    if last in target or (parts[-1] == "" and not all(known.isdigit() for known in target)):
        raise _refuse(name, "is there twice")
    target[last] = value


def _listed(value: Json) -> Json:
    """Objects whose names are 0, 1, 2 … were arrays: logical operators and `[]` make them."""
    if not isinstance(value, dict):
        return value
    members: JsonObject = {name: _listed(member) for name, member in value.items()}
    if members and list(members) == [str(number) for number in range(len(members))]:
        return list(members.values())
    return members


def _value(text: str) -> Json:
    if _JSON.match(text):
        try:
            return loads(text.encode("utf-8", "surrogatepass"))
        except BackpackError:
            return text
    return text


def _refuse(name: str, message: str) -> BadFilter:
    return BadFilter(f"{name}: {message}.", places=[Place(name, message)])

"""Which fields of a document are answered: a list of paths to keep or to leave out.

As in MongoDB a path goes through arrays into each element; where paths are kept, elements that are no objects are
dropped. `id` is always kept. Source: https://www.mongodb.com/docs/manual/tutorial/project-fields-from-query-results/
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from tenancy.model.json import Json, JsonObject
from tenancy.query.tree import FieldPath, Projection

Branches: TypeAlias = Mapping[str, "Branches"]
_NO_NAME: Final = "\0"
"""No field has this name."""


def compile_projection(projection: Projection, shells: Sequence[FieldPath] = ()) -> Callable[[JsonObject], JsonObject]:
    """A function that gives the answered part of a document; the document itself is not changed.

    What lies above a shell is kept without its fields, as a place for what is going to be computed.
    """
    root: dict[str, Branches] = {}
    paths = [*projection.paths, *((*path[:-1], _NO_NAME) for path in shells if len(path) > 1)]
    for path in (*paths, ("id",)) if projection.keep else paths:
        node = root
        for name in path:
            node = node.setdefault(name, {})  # type: ignore[assignment]
    if projection.keep:
        return lambda document: _kept(document, root)
    return lambda document: _without(document, root)


def _kept(value: JsonObject, branches: Branches) -> JsonObject:
    shown: JsonObject = {}
    for name, member in value.items():
        below = branches.get(name)
        if below is None:
            continue
        if not below:
            shown[name] = member
        elif isinstance(member, dict):
            shown[name] = _kept(member, below)
        elif isinstance(member, list):
            shown[name] = _kept_elements(member, below)
    return shown


def _kept_elements(values: list[Json], branches: Branches) -> list[Json]:
    shown: list[Json] = []
    for value in values:
        if isinstance(value, dict):
            shown.append(_kept(value, branches))
        elif isinstance(value, list):
            shown.append(_kept_elements(value, branches))
    return shown


def _without(value: JsonObject, branches: Branches) -> JsonObject:
    shown: JsonObject = {}
    for name, member in value.items():
        below = branches.get(name)
        if below is None:
            shown[name] = member
        elif below:
            shown[name] = _without_in(member, below)
    return shown


def _without_in(value: Json, branches: Branches) -> Json:
    if isinstance(value, dict):
        return _without(value, branches)
    if isinstance(value, list):
        return [_without_in(element, branches) for element in value]
    return value

"""Which fields of a document are answered: a list of paths to keep or to leave out.

As in MongoDB a path goes through arrays into each element; where paths are kept, elements that are no objects are
dropped. `id` is always kept. Source: https://www.mongodb.com/docs/manual/tutorial/project-fields-from-query-results/
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from tenancy.model.json import Json, JsonObject
from tenancy.query.tree import Projection

Branches: TypeAlias = Mapping[str, "Branches"]


def compile_projection(projection: Projection) -> Callable[[JsonObject], JsonObject]:
    """A function that gives the answered part of a document; the document itself is not changed."""
    root: dict[str, Branches] = {}
    for path in (*projection.paths, ("id",)) if projection.keep else projection.paths:
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

"""Runs a pipeline over documents, one stage feeding the next; only groups and sorts hold more than one document.

The same code runs for every engine, so that they cannot differ.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeAlias

from tenancy.errors import BadPipeline, QueryTooExpensive
from tenancy.model.json import Json, JsonObject, dumps
from tenancy.query.aggregate.accumulators import Collector, collector
from tenancy.query.aggregate.expressions import compile_expression, plain, value_at
from tenancy.query.aggregate.meter import Meter
from tenancy.query.aggregate.operators import is_nothing
from tenancy.query.aggregate.tree import (
    Count,
    Group,
    Limit,
    Lookup,
    Match,
    Project,
    Skip,
    Sort,
    Stage,
    Unwind,
)
from tenancy.query.match import compile_filter
from tenancy.query.order import encode, order_key
from tenancy.query.project import compile_projection
from tenancy.query.tree import FieldPath
from tenancy.query.values import MISSING, Found, Missing

MAX_GROUPS: Final = 100_000
MAX_SORTED: Final = 100_000
MAX_RESULTS: Final = 10_000
MAX_ANSWERED: Final = 64 * 1024 * 1024
Documents: TypeAlias = Iterator[JsonObject]
Joined: TypeAlias = Callable[[Lookup, Json], list[Json]]
"""The documents of the stage's collection whose field has this value, one of its elements, or null for missing."""


def run_pipeline(
    documents: Iterable[JsonObject], stages: Sequence[Stage], joined: Joined, built: Meter | None = None
) -> list[JsonObject]:
    """The documents that come out at the end.

    Raises:
        BadPipeline: a value has the wrong type for an operator.
        QueryTooExpensive: more groups, sorted documents or results than the limits.
        OutOfTimeError: the meter's time is over.
    """
    flow, built = iter(documents), built or Meter()
    for stage in stages:
        flow = _through(stage, flow, joined, built)
    results = list(islice(flow, MAX_RESULTS + 1))
    if len(results) > MAX_RESULTS:
        raise QueryTooExpensive(f"The pipeline gives more than {MAX_RESULTS} results.", hint="Add a $limit.")
    return results


def _through(stage: Stage, flow: Documents, joined: Joined, built: Meter) -> Documents:
    if isinstance(stage, Match):
        return filter(compile_filter(stage.filter), flow)
    if isinstance(stage, Lookup):
        return map(_joiner(stage, joined, built), flow)
    match stage:
        case Group():
            return _grouped(stage, flow, built)
        case Sort(keys):
            held = _bounded(flow, MAX_SORTED, "sorts")
            return iter(sorted(held, key=lambda document: order_key(document, keys)))
        case Project():
            return map(_projector(stage, built), flow)
        case Limit() | Skip():
            return islice(flow, stage.count) if isinstance(stage, Limit) else islice(flow, stage.count, None)
        case Unwind():
            return _unwound(stage, flow, built)
        case Count(field):
            return _counted(field, flow)


def _bounded(flow: Documents, most: int, doing: str) -> list[JsonObject]:
    held = list(islice(flow, most + 1))
    if len(held) > most:
        hint = "Narrow it with a $match or $group before."
        raise QueryTooExpensive(f"The pipeline {doing} more than {most} documents.", hint=hint)
    return held


def _counted(field: str, flow: Documents) -> Documents:
    count = sum(1 for _ in flow)
    if count:
        yield {field: count}


def _grouped(stage: Group, flow: Documents, built: Meter) -> Documents:
    key = compile_expression(stage.key)
    inputs = [(part.field, part.name, compile_expression(part.argument)) for part in stage.accumulators]
    groups: dict[bytes, tuple[Json, list[Collector]]] = {}
    for document in flow:
        value = key(document)
        built.add(value)
        # As in MongoDB a missing key and null are one group.
        mark = encode(value)
        known = groups.get(mark)
        if known is None:
            if len(groups) == MAX_GROUPS:
                hint = "Group by fewer distinct values."
                raise QueryTooExpensive(f"The pipeline makes more than {MAX_GROUPS} groups.", hint=hint)
            known = groups[mark] = (plain(value), [collector(name) for _, name, _ in inputs])
        for (_, _, argument), collected in zip(inputs, known[1], strict=True):
            collected.add(argument(document))
    for value, collectors in groups.values():
        results = {field: part.result() for (field, _, _), part in zip(inputs, collectors, strict=True)}
        group = {"_id": value, **results}
        built.add(group)
        yield group


def _projector(stage: Project, built: Meter) -> Callable[[JsonObject], JsonObject]:
    shown = compile_projection(stage.shown, [path for path, _ in stage.computed])
    computed = [(path, compile_expression(expression)) for path, expression in stage.computed]

    def projected(document: JsonObject) -> JsonObject:
        result = shown(document)
        for name in stage.without:
            result.pop(name, None)
        for path, compute in computed:
            _put(result, path, compute(document))
        if computed:
            built.add(result)
        return result

    return projected


def _put(target: Json, path: FieldPath, value: Found) -> Json:
    """Set a computed field, in every element of an array on the way. What lies above it is ours and may be changed."""
    if isinstance(target, list):
        return [_put(element, path, value) for element in target]
    name, *rest = path
    into: JsonObject = target if isinstance(target, dict) else {}
    if rest:
        into[name] = _put(into.get(name), tuple(rest), value)
    elif isinstance(value, Missing):
        into.pop(name, None)
    else:
        into[name] = value
    return into


def _unwound(stage: Unwind, flow: Documents, built: Meter) -> Documents:
    for document in flow:
        found = _plain_member(document, stage.path)
        if isinstance(found, list):
            for number, element in enumerate(found):
                built.row()
                built.check()
                yield _with_index(_replaced(document, stage.path, element), stage, number)
        elif not is_nothing(found):
            yield _with_index(document, stage, None)
        if stage.keep_empty and (found == [] or is_nothing(found)):
            yield _with_index(_removed(document, stage.path) if found == [] else document, stage, None)


def _with_index(document: JsonObject, stage: Unwind, index: int | None) -> JsonObject:
    return document if stage.index is None else {**document, stage.index: index}


def _plain_member(value: Json, path: FieldPath) -> Json | Missing:
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return MISSING
        value = value[name]
    return value


def _replaced(document: JsonObject, path: FieldPath, element: Json) -> JsonObject:
    name, *rest = path
    if not rest:
        return {**document, name: element}
    below = document[name]
    assert isinstance(below, dict)
    return {**document, name: _replaced(below, tuple(rest), element)}


def _removed(document: JsonObject, path: FieldPath) -> JsonObject:
    name, *rest = path
    if not rest:
        return {known: value for known, value in document.items() if known != name}
    below = document[name]
    assert isinstance(below, dict)
    return {**document, name: _removed(below, tuple(rest))}


def _joiner(stage: Lookup, joined: Joined, built: Meter) -> Callable[[JsonObject], JsonObject]:
    def join(document: JsonObject) -> JsonObject:
        found = joined(stage, plain(value_at(document, stage.local)))
        built.add(found)
        return {**document, stage.into: found}

    return join


def texts(documents: Iterable[JsonObject], built: Meter | None = None) -> list[bytes]:
    """The results as they are answered.

    Raises:
        BadPipeline: nested deeper than JSON is written.
        QueryTooExpensive: too large together.
        OutOfTimeError: the meter's time is over.
    """
    written: list[bytes] = []
    left = MAX_ANSWERED
    for document in documents:
        if built is not None:
            built.check()
        try:
            written.append(dumps(document))
        except TypeError:
            raise BadPipeline("A result is nested too deeply.") from None
        left -= len(written[-1])
        if left < 0:
            hint = "Leave fields out with $project, or add a $limit."
            raise QueryTooExpensive(f"The results have more than {MAX_ANSWERED} bytes.", hint=hint)
    return written

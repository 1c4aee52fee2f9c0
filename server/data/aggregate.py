"""Pipelines under the rules: a caller sees in results what a list would show, and nothing more."""

from collections.abc import Sequence
from dataclasses import replace

from server.data.documents import Caller
from server.data.rights import allowed, seen
from tenancy.errors import FieldHidden
from tenancy.model.json import Json
from tenancy.query.aggregate.parse import parse_pipeline
from tenancy.query.aggregate.tree import Limit, Lookup, Match, Project, Skip, Sort, Stage
from tenancy.query.tree import Projection, is_everything
from tenancy.rules.fields import Sight


async def aggregate(caller: Caller, collection: str, pipeline: Json) -> list[bytes]:
    """What comes out of a pipeline over the documents that the caller may list.

    Raises:
        BadPipeline, BadFilter: a mistake in it, or a value that does not fit.
        FieldHidden: it looks documents up by a field that the caller does not see.
        QueryTooExpensive: it would examine or hold too much.
        Unauthenticated, Forbidden: a rule refuses one of its collections.
    """
    rule = allowed(caller.context, collection, "list", caller.principal)
    stages: list[Stage] = [_bound(caller, stage) for stage in parse_pipeline(pipeline)]
    unseen = seen(caller.context, collection, caller.principal)
    if unseen is not None:
        place = _first_telling(stages, unseen)
        stages.insert(place, Project(Projection(tuple(sorted(unseen.paths)), keep=False)))
    if not is_everything(rule):
        stages.insert(0, Match(rule))
    return list(await caller.context.documents.aggregate(collection, stages))


def _bound(caller: Caller, stage: Stage) -> Stage:
    if not isinstance(stage, Lookup):
        return stage
    rule = allowed(caller.context, stage.collection, "list", caller.principal)
    unseen = seen(caller.context, stage.collection, caller.principal)
    if unseen is None:
        return replace(stage, rule=rule)
    unseen.check_sort(((stage.foreign, 1),))
    return replace(stage, rule=rule, hidden=tuple(sorted(unseen.paths)))


def _first_telling(stages: Sequence[Stage], unseen: Sight) -> int:
    """The first stage that could tell of a hidden field. What is before it can be left to an index."""
    for number, stage in enumerate(stages):
        try:
            if isinstance(stage, Match):
                unseen.check_filter(stage.filter)
            elif isinstance(stage, Sort):
                unseen.check_sort(stage.keys)
            elif not isinstance(stage, Limit | Skip):
                return number
        except FieldHidden:
            return number
    return len(stages)

"""Pipelines under the rules: a caller sees in results what a list would show, and nothing more."""

from dataclasses import replace

from server.data.documents import Caller
from server.data.rights import allowed
from tenancy.model.json import Json
from tenancy.query.aggregate.parse import parse_pipeline
from tenancy.query.aggregate.tree import Lookup, Match, Stage
from tenancy.query.tree import is_everything


async def aggregate(caller: Caller, collection: str, pipeline: Json) -> list[bytes]:
    """What comes out of a pipeline over the documents that the caller may list.

    Raises:
        BadPipeline, BadFilter: a mistake in it, or a value that does not fit.
        QueryTooExpensive: it would examine or hold too much.
        Unauthenticated, Forbidden: a rule refuses one of its collections.
    """
    rule = allowed(caller.context, collection, "list", caller.principal)
    stages: list[Stage] = [_bound(caller, stage) for stage in parse_pipeline(pipeline)]
    if not is_everything(rule):
        stages.insert(0, Match(rule))
    return list(await caller.context.documents.aggregate(collection, stages))


def _bound(caller: Caller, stage: Stage) -> Stage:
    if isinstance(stage, Lookup):
        return replace(stage, rule=allowed(caller.context, stage.collection, "list", caller.principal))
    return stage

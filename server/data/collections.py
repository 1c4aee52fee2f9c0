"""What administrators of a tenant do with its collections."""

import asyncio
from typing import Final

from server.data.rights import ruled
from tenancy.answers import Verdict
from tenancy.context import TenantContext
from tenancy.errors import AlreadyExists, CollectionNotFound, Conflict, DocumentNotFound, Forbidden, Invalid, Place
from tenancy.model.collection import ACTIONS, Collection, check_collection_name, rule_to_json
from tenancy.model.json import Json, JsonObject, trusted
from tenancy.model.seeded import with_seeded
from tenancy.model.system import DEFINITIONS, USERS
from tenancy.rules.bind import rule_of
from tenancy.rules.definition import known_options, parse_collection
from tenancy.writes import Create, Delete, Update

PATIENCE_S: Final = 10.0
"""How long a change of indexes is waited for; they are built all the same."""
_SHOWN_REJECTED: Final = 10


async def all_collections(context: TenantContext) -> list[JsonObject]:
    """All definitions, by name."""
    return [await shown(context, name) for name in sorted(context.documents.collections())]


async def shown(context: TenantContext, name: str) -> JsonObject:
    """One definition with the rules that are in force, and how far its indexes are.

    Raises:
        CollectionNotFound: there is none.
    """
    definition = context.documents.collections().get(name)
    text = await context.documents.get(DEFINITIONS, name)
    if definition is None or text is None:
        raise CollectionNotFound
    stored = trusted(text)
    in_force = ruled(context, name)
    rules: JsonObject = {action: rule_to_json(rule_of(in_force, action)) for action in ACTIONS}
    times: JsonObject = {"createdAt": stored["createdAt"], "updatedAt": stored["updatedAt"]}
    indexes: list[Json] = [
        {**status.index.to_json(), "state": "ready" if status.built is None else "building"}
        for status in context.documents.indexes(name)
    ]
    return {**definition.to_json(), "rules": rules, "indexes": indexes, **times}


async def create_collection(context: TenantContext, body: Json) -> JsonObject:
    """Make a collection.

    Raises:
        AlreadyExists: there is one.
    """
    fields = _object(body, "name", "rules", "indexes", "schema", "fields")
    name = check_collection_name(fields.get("name"), "/name")
    definition = parse_collection(name, fields)
    try:
        await context.documents.commit([Create(DEFINITIONS, name, definition.to_json())])
    except AlreadyExists:
        raise AlreadyExists(f"The collection {name} exists.", places=[Place("/name", "is taken")]) from None
    return await shown(context, name)


async def change_collection(
    context: TenantContext, name: str, body: Json, *, dry: bool = False, keep: bool = False
) -> JsonObject:
    """Change rules (merged by action), indexes, schema or rules of fields (replaced, null takes them away).

    With `dry` nothing is changed: the answer says how many documents the schema would reject. Answers when new indexes
    are built, or after 10 s.

    Raises:
        CollectionNotFound: there is none.
        AlreadyExists: a new unique index finds a value twice.
        Invalid: a document has too many entries in a new index.
        Conflict: the new schema rejects documents that are there, and they are not to be kept.
    """
    fields = _object(body, "rules", "indexes", "schema", "fields")
    known = context.documents.collections().get(check_collection_name(name))
    if known is None:
        raise CollectionNotFound
    change = parse_collection(name, fields)
    indexes = with_seeded(name, change.indexes) if "indexes" in fields else known.indexes
    schema = change.schema if "schema" in fields else known.schema
    if dry or (schema is not None and schema != known.schema and not keep):
        verdict = await _judged(context, name, schema)
        if dry:
            return _verdict(verdict)
        _refuse_rejected(verdict)
    parts = change.fields if "fields" in fields else known.fields
    definition = Collection(name, {**known.rules, **change.rules}, indexes, schema, fields=parts)
    await context.documents.commit([Update(DEFINITIONS, name, definition.to_json(), overwrite=True)])
    try:
        async with asyncio.timeout(PATIENCE_S):
            await context.documents.settle(name)
    except TimeoutError:
        pass  # the answer says that they are being built
    return await shown(context, name)


async def _judged(context: TenantContext, name: str, schema: bytes | None) -> Verdict:
    if schema is None:
        return Verdict(0, 0, [])
    return await context.documents.judge(name, trusted(schema), _SHOWN_REJECTED)


def _verdict(verdict: Verdict) -> JsonObject:
    first: list[Json] = [
        {"id": id, "errors": [{"path": place.path, "message": place.message} for place in places]}
        for id, places in verdict.first
    ]
    return {"documents": verdict.documents, "rejected": verdict.rejected, "first": first}


def _refuse_rejected(verdict: Verdict) -> None:
    if not verdict.rejected:
        return
    places = [Place(f"/{id}{found[0].path}", found[0].message) for id, found in verdict.first]
    raise Conflict(
        f"The schema rejects {verdict.rejected} of {verdict.documents} documents that are there.", places=places,
        hint="Correct them first, or add ?existing=keep: then they stay, and have to fit when they are written next.",
    )  # fmt: skip


async def delete_collection(context: TenantContext, name: str) -> None:
    """Remove a collection with all its documents.

    Raises:
        CollectionNotFound: there is none.
    """
    if name == USERS:
        raise Forbidden("The collection users cannot be removed.", hint="Delete single users instead.")
    check_collection_name(name)
    try:
        await context.documents.commit([Delete(DEFINITIONS, name)])
    except DocumentNotFound:
        raise CollectionNotFound from None


def _object(body: Json, *known: str) -> JsonObject:
    if not isinstance(body, dict):
        raise Invalid("The body must be a JSON object.")
    known_options(body, *known)
    return body

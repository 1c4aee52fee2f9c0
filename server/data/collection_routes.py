"""Collections over HTTP."""

from server.data import collections
from server.http.call import Call
from server.http.listing import BOOLEAN, flag
from server.http.response import Answer, json, no_content
from server.http.routes import Content, Parameter, Route
from server.openapi.forms import ANY_OBJECT, NUMBER, TEXT, TIME, closed, form, many, optional
from tenancy.context import TenantContext
from tenancy.errors import AlreadyExists, CollectionNotFound, Conflict, Invalid, Place
from tenancy.model.collection import ACTIONS, KEYWORDS
from tenancy.model.json import JsonObject
from tenancy.rules.definition import MAX_FIELD_RULES, MAX_INDEX_FIELDS, MAX_INDEXES

TenantCall = Call[TenantContext]
_ALL = "/api/collections"
_ONE = "/api/collections/{collection}"
_RULE: JsonObject = {"oneOf": [{"type": "string", "enum": [*KEYWORDS]}, ANY_OBJECT]}
_RULES: JsonObject = {
    "type": "object", "additionalProperties": False, "properties": dict.fromkeys(ACTIONS, _RULE),
}  # fmt: skip
_FIELD_RULES: JsonObject = {
    "type": "object", "maxProperties": MAX_FIELD_RULES,
    "additionalProperties": closed(
        {}, {"read": _RULE, "write": {"oneOf": [{"type": "string", "enum": [*KEYWORDS, "once"]}, ANY_OBJECT]}}
    ),
}  # fmt: skip
_INDEX = closed(
    {"fields": many(TEXT, 1, MAX_INDEX_FIELDS)},
    {"unique": BOOLEAN, "where": ANY_OBJECT, "expireAfterSeconds": optional(NUMBER), "text": BOOLEAN},
)
_PARTS: JsonObject = {
    "rules": optional(_RULES), "indexes": optional(many(_INDEX, 0, MAX_INDEXES)),
    "schema": {"type": ["object", "boolean", "null"]}, "fields": optional(_FIELD_RULES),
}  # fmt: skip
_SHOWN = form({"name": TEXT, "rules": _RULES, "indexes": many(ANY_OBJECT), "createdAt": TIME, "updatedAt": TIME})
_DEFINITION = Content(_SHOWN)
_VERDICT = closed(
    {"documents": NUMBER, "rejected": NUMBER, "first": many(form({"id": TEXT, "errors": many(ANY_OBJECT)}))}
)


def routes() -> list[Route[TenantContext]]:
    """The routes below /api/collections."""
    change = {
        "dryRun": Parameter("Change nothing, tell how many documents the schema would reject", BOOLEAN),
        "existing": Parameter(
            "keep: take the schema although it rejects documents that are there", {"type": "string", "enum": ["keep"]}
        ),
    }
    return [
        Route(
            "GET", _ALL, _list, "key", "The collections", answer=(200, "All definitions"),
            result=Content(closed({"items": many(_SHOWN)})),
        ),
        Route(
            "POST", _ALL, _create, "key", "Create a collection", Content(closed({"name": TEXT}, _PARTS)),
            (201, "The definition"), (Invalid, AlreadyExists), result=_DEFINITION,
        ),
        Route(
            "GET", _ONE, _get, "key", "One collection", answer=(200, "The definition"), errors=(CollectionNotFound,),
            result=_DEFINITION,
        ),
        Route(
            "PATCH", _ONE, _change, "key", "Change rules, indexes or schema", Content(closed({}, _PARTS)),
            (200, "The definition"), (Invalid, CollectionNotFound, AlreadyExists, Conflict), change,
            Content({"oneOf": [_SHOWN, _VERDICT]}),
        ),
        Route(
            "DELETE", _ONE, _delete, "key", "Delete a collection with all its documents", answer=(204, "Gone"),
            errors=(CollectionNotFound,),
        ),
    ]  # fmt: skip


async def _list(call: TenantCall) -> Answer:
    return json({"items": await collections.all_collections(call.context)})


async def _create(call: TenantCall) -> Answer:
    made = await collections.create_collection(call.context, await call.json())
    return json(made, 201, (b"location", f"/api/collections/{made['name']}".encode()))


async def _get(call: TenantCall) -> Answer:
    return json(await collections.shown(call.context, call.params["collection"]))


async def _change(call: TenantCall) -> Answer:
    given = call.query("dryRun", "existing")
    if given.get("existing", "keep") != "keep":
        raise Invalid("A query parameter is not valid.", places=[Place("existing", "must be keep, or left out")])
    name, body = call.params["collection"], await call.json()
    dry, keep = flag(given, "dryRun"), "existing" in given
    return json(await collections.change_collection(call.context, name, body, dry=dry, keep=keep))


async def _delete(call: TenantCall) -> Answer:
    await collections.delete_collection(call.context, call.params["collection"])
    return no_content()

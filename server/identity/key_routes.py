"""API keys over HTTP; for keys of the scope admin."""

import msgspec

from server.http.call import Call
from server.http.response import Answer, json, no_content
from server.http.routes import Content, Route
from server.identity import keys
from server.openapi.forms import TEXT, TIME, closed, many, optional
from tenancy.context import TenantContext
from tenancy.errors import DocumentNotFound, Invalid
from tenancy.model.json import JsonObject

TenantCall = Call[TenantContext]
_ONE = "/api/keys/{id}"
_FIELDS: JsonObject = {
    "id": TEXT, "name": TEXT, "scope": TEXT, "collections": {"type": ["array", "null"], "items": TEXT},
    "createdAt": TIME, "lastUsedAt": optional(TIME), "expiresAt": optional(TIME),
}  # fmt: skip
KEY = closed(_FIELDS)
NEW = closed({**_FIELDS, "key": TEXT})


class NewKey(msgspec.Struct, forbid_unknown_fields=True):
    """What a key is made of. `days`: it is over after so many."""

    name: str
    scope: str
    collections: list[str] | None = None
    days: int | None = None


class Rotation(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """How long the old key is good beside the new one."""

    grace_hours: int = 0


def routes() -> list[Route[TenantContext]]:
    """The routes below /api/keys."""
    return [
        Route(
            "GET", "/api/keys", _list, "key", "The API keys", answer=(200, "Without the keys themselves"),
            result=Content(closed({"items": many(KEY)})),
        ),
        Route(
            "POST", "/api/keys", _create, "key", "Make an API key", NewKey, (201, "The key, shown this once"),
            (Invalid,), result=Content(NEW),
        ),
        Route(
            "POST", f"{_ONE}/rotate", _rotate, "key", "A new key with the rights of this one", Rotation,
            (200, "The key, shown this once"), (Invalid, DocumentNotFound), result=Content(NEW),
        ),
        Route(
            "DELETE", _ONE, _delete, "key", "Remove an API key", answer=(204, "Gone"), errors=(DocumentNotFound,),
        ),
    ]  # fmt: skip


async def _list(call: TenantCall) -> Answer:
    return json({"items": await keys.all_keys(call.context)})


async def _create(call: TenantCall) -> Answer:
    body = await call.read(NewKey)
    return json(await keys.create_key(call.context, body.name, body.scope, body.collections, body.days), 201)


async def _rotate(call: TenantCall) -> Answer:
    body = await call.read(Rotation)
    return json(await keys.rotate_key(call.context, call.params["id"], body.grace_hours))


async def _delete(call: TenantCall) -> Answer:
    await keys.delete_key(call.context, call.params["id"])
    return no_content()

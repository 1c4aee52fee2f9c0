"""Collections over HTTP."""

from server.data import collections
from server.http.call import Call
from server.http.listing import flag
from server.http.response import Answer, json, no_content
from server.http.routes import Route
from tenancy.context import TenantContext
from tenancy.errors import AlreadyExists, CollectionNotFound, Conflict, Invalid, Place

TenantCall = Call[TenantContext]
_ALL = "/api/collections"
_ONE = "/api/collections/{collection}"


def routes() -> list[Route[TenantContext]]:
    """The routes below /api/collections."""
    change = {
        "dryRun": "true: change nothing, tell how many documents the schema would reject",
        "existing": "keep: take the schema although it rejects documents that are there",
    }
    return [
        Route("GET", _ALL, _list, "key", "The collections", answer=(200, "All definitions")),
        Route(
            "POST", _ALL, _create, "key", "Create a collection", "name, rules, indexes, schema",
            (201, "The definition"), (Invalid, AlreadyExists),
        ),
        Route(
            "GET", _ONE, _get, "key", "One collection", answer=(200, "The definition"), errors=(CollectionNotFound,)
        ),
        Route(
            "PATCH", _ONE, _change, "key", "Change rules, indexes or schema", "rules, indexes, schema",
            (200, "The definition"), (Invalid, CollectionNotFound, AlreadyExists, Conflict), change,
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

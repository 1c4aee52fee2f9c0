"""What administrators see and do inside a tenant, over HTTP."""

from server.control import inside
from server.control.audit import entries
from server.control.context import ControlContext
from server.http.call import Call
from server.http.response import Answer, json, no_content
from server.http.routes import Parameter, Route
from server.identity.key_routes import NewKey
from server.openapi.forms import NUMBER
from tenancy.errors import DocumentNotFound, Invalid, TenantNotFound
from tenancy.query.options import parse_limit

AdminCall = Call[ControlContext]
_TENANT = "/v1/tenants/{name}"
_KEYS = "/v1/tenants/{name}/keys"


def routes() -> list[Route[ControlContext]]:
    """The routes below /v1/tenants/{name} that look into it."""
    return [
        Route(
            "GET",
            _TENANT + "/outbox",
            _outbox,
            "key",
            "Mails that wait, were kept, or could not be sent",
            errors=(TenantNotFound, Invalid),
            parameters={"limit": Parameter("How many, 30 by default.", NUMBER)},
        ),
        Route(
            "POST",
            _TENANT + "/users/{id}/impersonate",
            _impersonate,
            "key",
            "Act as a user of a tenant, for a time",
            inside.Impersonation,
            (201, "The user, a session's token, and a link that begins another in a browser"),
            (TenantNotFound, DocumentNotFound, Invalid),
        ),
        Route(
            "GET",
            "/v1/audit",
            _audit,
            "key",
            "What administrators did that has to be known",
            errors=(Invalid,),
            parameters={"limit": Parameter("How many, 30 by default.", NUMBER)},
        ),
        Route("GET", _TENANT + "/rules/lint", _lint, "key", "Who can read or change what", errors=(TenantNotFound,)),
        Route("GET", _KEYS, _list_keys, "key", "A tenant's API keys", errors=(TenantNotFound,)),
        Route(
            "POST",
            _KEYS,
            _create_key,
            "key",
            "Make an API key of a tenant",
            NewKey,
            (201, "The key, shown this once"),
            (TenantNotFound, Invalid),
        ),
        Route(
            "DELETE",
            _KEYS + "/{id}",
            _delete_key,
            "key",
            "Remove an API key of a tenant",
            answer=(204, "Gone"),
            errors=(TenantNotFound, DocumentNotFound),
        ),
    ]


async def _outbox(call: AdminCall) -> Answer:
    limit = parse_limit(call.query("limit").get("limit"))
    return json({"items": await inside.mails(call.context, call.params["name"], limit)})


async def _impersonate(call: AdminCall) -> Answer:
    body = await call.read(inside.Impersonation)
    name, id = call.params["name"], call.params["id"]
    return json(await inside.impersonate(call.context, call.principal, name, id, body), 201)


async def _audit(call: AdminCall) -> Answer:
    return json({"items": await entries(call.context, parse_limit(call.query("limit").get("limit")))})


async def _lint(call: AdminCall) -> Answer:
    return json({"items": await inside.linted(call.context, call.params["name"])})


async def _list_keys(call: AdminCall) -> Answer:
    return json({"items": await inside.keys_of(call.context, call.params["name"])})


async def _create_key(call: AdminCall) -> Answer:
    body = await call.read(NewKey)
    return json(await inside.create_key(call.context, call.params["name"], body), 201)


async def _delete_key(call: AdminCall) -> Answer:
    await inside.delete_key(call.context, call.params["name"], call.params["id"])
    return no_content()

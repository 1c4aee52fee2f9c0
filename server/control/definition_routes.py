"""Definitions as code over HTTP."""

from typing import Any

from server.control.audit import record
from server.control.context import ControlContext
from server.control.definitions.apply import apply
from server.control.definitions.form import definitions_of, read_definitions
from server.control.definitions.plan import plan
from server.control.definitions.push import MOST, Push
from server.control.life_routes import flag
from server.control.operation_routes import WAIT, accepted
from server.control.tenants import find
from server.http.call import Call
from server.http.response import Answer, json
from server.http.routes import Content, Parameter, Route
from server.openapi.forms import ANY_OBJECT
from tenancy.errors import Conflict, Invalid, OperationRunning, Place, TenantNotFound
from tenancy.lifecycle.tenants import lock_of

AdminCall = Call[ControlContext]
_ONE = "/v1/tenants/{name}/definitions"


def routes() -> list[Route[ControlContext]]:
    """The routes of definitions."""
    return [
        Route(
            "GET",
            _ONE,
            _get,
            "key",
            "A tenant's collections, rules, settings and mails as one file",
            errors=(TenantNotFound,),
        ),
        Route(
            "PUT",
            _ONE,
            _put,
            "key",
            "Make a tenant's definitions what a file says, or tell what that would change",
            Content(ANY_OBJECT),
            (200, "What was changed, or would be"),
            (TenantNotFound, Invalid, Conflict, OperationRunning),
            parameters={
                "dryRun": Parameter("`1`: change nothing; tell what would be, and which documents would not fit."),
                "prune": Parameter("`1`: collections that the file does not name go, with their documents."),
                "existing": Parameter("`keep`: documents that a schema rejects stay."),
            },
        ),
        Route(
            "POST",
            "/v1/definitions/push",
            _push,
            "key",
            "Push one file to many tenants: a canary first, a snapshot of each, back when one fails",
            Push,
            (202, "The operation that does it"),
            (TenantNotFound, Invalid, OperationRunning),
            headers={"Prefer": WAIT},
            also={200: "The operation, which has ended"},
        ),
    ]


async def _get(call: AdminCall) -> Answer:
    async with call.context.tenants.pool.use(find(call.context, call.params["name"])) as opened:
        return json(await definitions_of(opened))


async def _put(call: AdminCall) -> Answer:
    asked = call.query("dryRun", "prune", "existing")
    dry, prune = flag(asked, "dryRun"), flag(asked, "prune")
    if asked.get("existing", "keep") != "keep":
        raise Invalid("The parameter is not valid.", places=[Place("existing", "must be keep, or left out")])
    wanted = read_definitions(await call.json())
    tenant = find(call.context, call.params["name"])  # after the body: while a slow one comes, it may move
    if dry:
        async with call.context.tenants.pool.use(tenant) as opened:
            found = await plan(opened, wanted, prune=prune)
        return json({"changes": [one.shown() for one in found], "applied": False})
    await call.context.tenants.operations.refuse_busy(lock_of(tenant.id))
    await record(call.context, call.principal, "definitions", tenant.slug, "", {})
    async with call.context.tenants.pool.use(tenant) as opened:
        found = await apply(opened, wanted, prune=prune, keep="existing" in asked)
    return json({"changes": [one.shown() for one in found], "applied": True})


async def _push(call: AdminCall) -> Answer:
    body: Push = await call.read(Push)
    names: list[Any] = list(dict.fromkeys(body.tenants))
    if not 1 <= len(names) <= MOST:
        raise Invalid("The tenants are not valid.", places=[Place("/tenants", f"must be 1 to {MOST} names")])
    found = [find(call.context, name) for name in names]
    admin = ""
    for tenant in found:
        admin = await record(call.context, call.principal, "definitions", tenant.slug, "push", {})
    return await accepted(call, await call.context.pushing.begin(found, body, admin))

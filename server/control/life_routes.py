"""The life of tenants over HTTP."""

from server.control import life
from server.control.context import ControlContext
from server.control.operation_routes import WAIT, accepted
from server.http.call import Call
from server.http.response import Answer, json, no_content
from server.http.routes import Parameter, Route
from tenancy.errors import (
    AlreadyExists,
    Conflict,
    Invalid,
    OperationRunning,
    Place,
    TenantNotFound,
    Unavailable,
)

AdminCall = Call[ControlContext]
_TENANT = "/v1/tenants/{name}"


def routes() -> list[Route[ControlContext]]:
    """The routes that begin, change and end a tenant's life, after it was made."""
    return [
        Route(
            "DELETE",
            _TENANT,
            _delete,
            "key",
            "Delete a tenant; until its time of grace is over it can be had back",
            answer=(200, "The tenant, and when it is removed for good"),
            also={204: "It is gone for good"},
            errors=(TenantNotFound, Invalid, OperationRunning),
            parameters={"purge": Parameter("`1`: remove it for good, at once. Also of one that was deleted before.")},
        ),
        Route(
            "POST",
            _TENANT + "/undelete",
            _undelete,
            "key",
            "Have a deleted tenant back",
            errors=(TenantNotFound, OperationRunning),
        ),
        Route(
            "POST",
            _TENANT + "/suspend",
            _suspend,
            "key",
            "Serve a tenant no longer, until it is resumed",
            errors=(TenantNotFound, OperationRunning),
        ),
        Route(
            "POST",
            _TENANT + "/resume",
            _resume,
            "key",
            "Serve a suspended tenant again",
            errors=(TenantNotFound, Conflict, OperationRunning),
        ),
        Route(
            "POST",
            _TENANT + "/rename",
            _rename,
            "key",
            "Give a tenant another name; the old one leads there for a time",
            life.Rename,
            errors=(TenantNotFound, Invalid, AlreadyExists, Conflict, OperationRunning),
        ),
        Route(
            "POST",
            _TENANT + "/move",
            _move,
            "key",
            "Move a tenant's documents to another engine",
            life.Move,
            (202, "The operation that does it"),
            (TenantNotFound, Invalid, OperationRunning, Unavailable),
            headers={"Prefer": WAIT},
            also={200: "The operation, which has ended"},
        ),
    ]


def flag(asked: dict[str, str], name: str) -> bool:
    """A parameter that is `1` or `0`.

    Raises:
        Invalid: it is something else.
    """
    value = asked.get(name, "0")
    if value not in {"0", "1"}:
        raise Invalid("The parameter is not valid.", places=[Place(name, "must be 1 or 0")])
    return value == "1"


async def _delete(call: AdminCall) -> Answer:
    purge = flag(call.query("purge"), "purge")
    deleted = await life.delete(call.context, call.principal, call.params["name"], purge=purge)
    return json(deleted) if deleted is not None else no_content()


async def _undelete(call: AdminCall) -> Answer:
    return json(await life.undelete(call.context, call.principal, call.params["name"]))


async def _suspend(call: AdminCall) -> Answer:
    return json(await life.suspend(call.context, call.principal, call.params["name"]))


async def _resume(call: AdminCall) -> Answer:
    return json(await life.resume(call.context, call.principal, call.params["name"]))


async def _rename(call: AdminCall) -> Answer:
    body = await call.read(life.Rename)
    return json(await life.rename(call.context, call.principal, call.params["name"], body.to))


async def _move(call: AdminCall) -> Answer:
    body = await call.read(life.Move)
    return await accepted(call, await life.move(call.context, call.principal, call.params["name"], body.to))

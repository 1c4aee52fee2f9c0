"""Clones, previews and snapshots over HTTP."""

from server.control import copies
from server.control.context import ControlContext
from server.control.operation_routes import WAIT, accepted
from server.http.call import Call
from server.http.response import Answer, json, no_content
from server.http.routes import Route
from tenancy.errors import AlreadyExists, HistoryGone, Invalid, OperationRunning, SnapshotNotFound, TenantNotFound

AdminCall = Call[ControlContext]
_TENANT = "/v1/tenants/{name}"
_SNAPSHOTS = _TENANT + "/snapshots"
_SNAPSHOT = _SNAPSHOTS + "/{id}"
_BEGUN = (202, "The operation that does it")
_ENDED = {200: "The operation, which has ended"}


def routes() -> list[Route[ControlContext]]:
    """The routes of copies."""
    return [
        Route(
            "POST",
            _TENANT + "/clone",
            _clone,
            "key",
            "Make another tenant of this one, or of a snapshot of it",
            copies.Clone,
            _BEGUN,
            (TenantNotFound, SnapshotNotFound, Invalid, AlreadyExists, OperationRunning),
            headers={"Prefer": WAIT},
            also=_ENDED,
        ),
        Route(
            "POST",
            _TENANT + "/previews",
            _preview,
            "key",
            "Make a preview: a clone under the tenant's name and a label, for a time",
            copies.Preview,
            _BEGUN,
            (TenantNotFound, SnapshotNotFound, Invalid, AlreadyExists, OperationRunning),
            headers={"Prefer": WAIT},
            also=_ENDED,
        ),
        Route("GET", _SNAPSHOTS, _list, "key", "A tenant's snapshots", errors=(TenantNotFound,)),
        Route(
            "POST",
            _SNAPSHOTS,
            _take,
            "key",
            "Take a snapshot",
            copies.NewSnapshot,
            _BEGUN,
            (TenantNotFound, Invalid, OperationRunning),
            headers={"Prefer": WAIT},
            also=_ENDED,
        ),
        Route("GET", _SNAPSHOT, _get, "key", "One snapshot", errors=(TenantNotFound, SnapshotNotFound)),
        Route(
            "DELETE",
            _SNAPSHOT,
            _delete,
            "key",
            "Forget a snapshot",
            answer=(204, "Gone"),
            errors=(TenantNotFound, SnapshotNotFound, OperationRunning),
        ),
        Route(
            "POST",
            _SNAPSHOT + "/restore",
            _restore,
            "key",
            "Make the tenant what it was when the snapshot was taken",
            answer=_BEGUN,
            errors=(TenantNotFound, SnapshotNotFound, OperationRunning),
            headers={"Prefer": WAIT},
            also=_ENDED,
        ),
        Route(
            "POST",
            _TENANT + "/restore",
            _restore_moment,
            "key",
            "Make the tenant, or another one, what it was at a moment",
            copies.Restore,
            _BEGUN,
            (TenantNotFound, Invalid, HistoryGone, AlreadyExists, OperationRunning),
            headers={"Prefer": WAIT},
            also=_ENDED,
        ),
        Route(
            "POST",
            _SNAPSHOT + "/prove",
            _prove,
            "key",
            "Restore the snapshot for trial, count what comes back, and throw it away",
            answer=_BEGUN,
            errors=(TenantNotFound, SnapshotNotFound, OperationRunning),
            headers={"Prefer": WAIT},
            also=_ENDED,
        ),
    ]


async def _clone(call: AdminCall) -> Answer:
    body = await call.read(copies.Clone)
    return await accepted(call, await copies.clone(call.context, call.principal, call.params["name"], body))


async def _preview(call: AdminCall) -> Answer:
    body = await call.read(copies.Preview)
    return await accepted(call, await copies.preview(call.context, call.principal, call.params["name"], body))


async def _list(call: AdminCall) -> Answer:
    return json(await copies.snapshots(call.context, call.params["name"]))


async def _take(call: AdminCall) -> Answer:
    body = await call.read(copies.NewSnapshot)
    return await accepted(call, await copies.take(call.context, call.principal, call.params["name"], body.note))


async def _get(call: AdminCall) -> Answer:
    return json((await copies.snapshot(call.context, call.params["name"], call.params["id"])).shown())


async def _delete(call: AdminCall) -> Answer:
    await copies.delete(call.context, call.principal, call.params["name"], call.params["id"])
    return no_content()


async def _restore(call: AdminCall) -> Answer:
    begun = await copies.restore(call.context, call.principal, call.params["name"], call.params["id"])
    return await accepted(call, begun)


async def _restore_moment(call: AdminCall) -> Answer:
    body = await call.read(copies.Restore)
    return await accepted(call, await copies.restore_moment(call.context, call.principal, call.params["name"], body))


async def _prove(call: AdminCall) -> Answer:
    begun = await copies.prove(call.context, call.principal, call.params["name"], call.params["id"])
    return await accepted(call, begun)

"""Archives and templates over HTTP."""

from contextlib import aclosing
from typing import Final

import msgspec

from server.control.archives.layout import MEDIA
from server.control.audit import record
from server.control.context import ControlContext
from server.control.operation_routes import WAIT, accepted
from server.control.tenants import check_ttl, find, taken_at
from server.hosting.routes import ZIP_TYPES
from server.http.call import Call
from server.http.response import Answer, Chunks, Header, json, no_content
from server.http.routes import Content, Parameter, Route
from server.openapi.forms import NUMBER
from tenancy.errors import (
    AlreadyExists,
    Conflict,
    Invalid,
    OperationRunning,
    Place,
    SnapshotNotFound,
    TemplateNotFound,
    TenantNotFound,
    TooLarge,
    UnsupportedMedia,
)
from tenancy.lifecycle.cloning import Wanted
from tenancy.lifecycle.tenants import lock_of
from tenancy.model.clock import now_text
from tenancy.model.json import JsonObject
from tenancy.model.slug import parse_slug

AdminCall = Call[ControlContext]
_TENANT = "/v1/tenants/{name}"
_TYPES: Final = frozenset({*ZIP_TYPES, MEDIA})
_FILE: JsonObject = {"type": "string", "format": "binary"}
_BEGUN = (202, "The operation that does it")
_ENDED = {200: "The operation, which has ended"}


class NewTemplate(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /v1/templates."""

    name: str
    tenant: str
    snapshot: str | None = None


def routes() -> list[Route[ControlContext]]:
    """The routes of archives and templates."""
    return [
        Route(
            "GET",
            _TENANT + "/archive",
            _export,
            "key",
            "A tenant as one file, of one moment, while it is used",
            answer=(200, "The archive"),
            errors=(TenantNotFound, OperationRunning, Conflict),
            result=Content(_FILE, (MEDIA,)),
        ),
        Route(
            "GET",
            _TENANT + "/snapshots/{id}/archive",
            _export_snapshot,
            "key",
            "A snapshot as one file",
            answer=(200, "The archive"),
            errors=(TenantNotFound, SnapshotNotFound, OperationRunning, Conflict),
            result=Content(_FILE, (MEDIA,)),
        ),
        Route(
            "PUT",
            _TENANT + "/archive",
            _push,
            "key",
            "Give a tenant the state of an archive",
            MEDIA,
            _BEGUN,
            (TenantNotFound, Invalid, TooLarge, UnsupportedMedia, OperationRunning),
            headers={"Prefer": WAIT},
            also=_ENDED,
        ),
        Route(
            "POST",
            "/v1/tenants/import",
            _import,
            "key",
            "Make a tenant of an archive",
            MEDIA,
            _BEGUN,
            (Invalid, AlreadyExists, TooLarge, UnsupportedMedia, OperationRunning),
            headers={"Prefer": WAIT},
            also=_ENDED,
            parameters={
                "name": Parameter("The new tenant's name."),
                "plan": Parameter("The plan that it begins with."),
                "ttl": Parameter("Seconds after which it is removed again.", NUMBER),
            },
        ),
        Route("GET", "/v1/templates", _templates, "key", "What tenants can be made from"),
        Route(
            "POST",
            "/v1/templates",
            _make_template,
            "key",
            "Make a template of a tenant, or of a snapshot of it",
            NewTemplate,
            (201, "All templates"),
            (TenantNotFound, SnapshotNotFound, Invalid, AlreadyExists, OperationRunning),
        ),
        Route(
            "DELETE",
            "/v1/templates/{template}",
            _delete_template,
            "key",
            "Forget a template",
            answer=(204, "Gone"),
            errors=(TemplateNotFound, Conflict),
        ),
    ]


async def _export(call: AdminCall) -> Answer:
    return await _sent(call, None)


async def _export_snapshot(call: AdminCall) -> Answer:
    return await _sent(call, call.params["id"])


async def _sent(call: AdminCall, snapshot: str | None) -> Answer:
    tenant = find(call.context, call.params["name"])
    at = (await call.context.works.snapshots.get(tenant, snapshot)).at if snapshot is not None else now_text()
    await record(call.context, call.principal, "export", tenant.slug, snapshot or "", {})
    name = f"{tenant.slug}-{at[:16].replace(':', '')}Z.backpack"  # colons are not allowed everywhere
    headers: list[Header] = [
        (b"content-type", MEDIA.encode()), (b"cache-control", b"no-store"),
        (b"content-disposition", f'attachment; filename="{name}"'.encode()),
    ]  # fmt: skip
    return await Chunks.begun(200, call.context.archives.of(tenant, snapshot), headers)


async def _received(call: AdminCall) -> str:
    """The name of the archive that was sent, which looks like one."""
    kind = (call.header(b"content-type") or "").partition(";")[0].strip().lower()
    if kind not in _TYPES:
        raise UnsupportedMedia(f"The body must be an archive, {MEDIA} or application/zip.")
    async with aclosing(call.stream(call.context.archives.most)) as body:
        return await call.context.archives.receive(body)


async def _push(call: AdminCall) -> Answer:
    tenant = find(call.context, call.params["name"])
    await call.context.tenants.operations.refuse_busy(lock_of(tenant.id))
    name = await _received(call)
    admin = await record(call.context, call.principal, "push", tenant.slug, "", {})
    return await accepted(call, await call.context.archives.begin_restore(tenant, name, admin))


async def _import(call: AdminCall) -> Answer:
    asked = call.query("name", "plan", "ttl")
    slug = parse_slug(asked.get("name"), "name")
    call.context.tenants.allowances.plans.check(asked.get("plan"))
    with taken_at("name"):  # a parameter here
        await call.context.tenants.registry.refuse_taken(slug)  # before gigabytes are sent
    wanted = Wanted(slug, ttl_s=check_ttl(_seconds(asked.get("ttl"))), plan=asked.get("plan"))
    name = await _received(call)
    admin = await record(call.context, call.principal, "import", slug, "", {})
    with taken_at("name"):
        begun = await call.context.archives.begin_import(wanted, name, admin)
    return await accepted(call, begun)


def _seconds(text: str | None) -> float | None:
    if text is not None and not text.isdecimal():
        raise Invalid("The parameter is not valid.", places=[Place("ttl", "must be seconds")])
    return float(text) if text is not None else None


async def _templates(call: AdminCall) -> Answer:
    return json({"items": await call.context.archives.templates.all(), "next": None})


async def _make_template(call: AdminCall) -> Answer:
    body = await call.read(NewTemplate)
    tenant = find(call.context, body.tenant)
    await record(call.context, call.principal, "template", tenant.slug, body.name[:100], {})
    await call.context.archives.make_template(body.name, tenant, body.snapshot)
    return json({"items": await call.context.archives.templates.all(), "next": None}, 201)


async def _delete_template(call: AdminCall) -> Answer:
    name = call.params["template"]
    await record(call.context, call.principal, "delete-template", "", name[:100], {})
    await call.context.archives.templates.delete(name)
    return no_content()

"""What administrators do with copies of tenants: clones, previews, snapshots, and back again."""

from typing import Any

import msgspec

from server.control.audit import record
from server.control.context import ControlContext
from server.control.tenants import check_ttl, find, taken_at
from tenancy.errors import Invalid, Place
from tenancy.lifecycle.backups import last_proof
from tenancy.lifecycle.cloning import Wanted
from tenancy.lifecycle.mask import read_mask
from tenancy.model.clock import from_text, now_ms
from tenancy.model.json import JsonObject
from tenancy.model.principal import Principal
from tenancy.model.slug import parse_preview, parse_slug
from tenancy.operations.record import Operation
from tenancy.snapshots.manifest import Summary

PREVIEW_S = 7 * 24 * 3600
_LONGEST_NOTE = 200


class Clone(msgspec.Struct, forbid_unknown_fields=True, rename={"to": "as"}):
    """The body of POST /v1/tenants/{name}/clone."""

    to: str
    mask: dict[str, Any] = {}
    files: bool = True
    ttl: float | None = None
    snapshot: str | None = None


class Preview(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /v1/tenants/{name}/previews."""

    label: str
    mask: dict[str, Any] = {}
    files: bool = True
    ttl: float = PREVIEW_S
    snapshot: str | None = None


class Restore(msgspec.Struct, forbid_unknown_fields=True, rename={"to": "as"}):
    """The body of POST /v1/tenants/{name}/restore."""

    at: str
    to: str | None = None


class NewSnapshot(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /v1/tenants/{name}/snapshots."""

    note: str = ""


async def clone(context: ControlContext, who: Principal, name: str, body: Clone) -> Operation:
    """Begin to clone a tenant, or a snapshot of it.

    Raises:
        TenantNotFound, SnapshotNotFound: there is none.
        Invalid: not a name, a mask or a time.
        AlreadyExists: the name is taken or rests.
        OperationRunning: an operation works on it, or will take the name.
    """
    tenant, slug = find(context, name), parse_slug(body.to, "/as")
    wanted = Wanted(slug, read_mask(body.mask), body.files, check_ttl(body.ttl), snapshot=body.snapshot)
    admin = await record(context, who, "clone", tenant.slug, slug, {})
    with taken_at("/as"):
        return await context.works.cloning.begin(tenant, wanted, admin)


async def preview(context: ControlContext, who: Principal, name: str, body: Preview) -> Operation:
    """Begin to make a preview of a tenant: a clone under its name and a label, for a time.

    Raises:
        TenantNotFound, SnapshotNotFound: there is none.
        Invalid: not a label, a mask or a time, or the tenant is a preview itself.
        AlreadyExists: there is one with this label.
        OperationRunning: an operation works on it.
    """
    tenant = find(context, name)
    if tenant.parent is not None:
        raise Invalid("A preview has no previews.", hint="Make another one of its tenant.")
    slug = parse_preview(tenant.slug, body.label)
    wanted = Wanted(slug, read_mask(body.mask), body.files, check_ttl(body.ttl), preview=True, snapshot=body.snapshot)
    admin = await record(context, who, "preview", tenant.slug, slug, {})
    with taken_at("/label"):
        return await context.works.cloning.begin(tenant, wanted, admin)


async def snapshots(context: ControlContext, name: str) -> JsonObject:
    """A tenant's snapshots, and when one was last proven.

    Raises:
        TenantNotFound: there is none.
    """
    tenant, works = find(context, name), context.works
    found = await works.snapshots.all(tenant)
    return {
        "items": [one.shown() for one in found], "next": None, "bytes": await works.snapshots.held(tenant),
        "lastProvenAt": last_proof(found), "schedule": works.backups.schedule_of(tenant).to_json(),
    }  # fmt: skip


async def snapshot(context: ControlContext, name: str, id: str) -> Summary:
    """One of a tenant's snapshots.

    Raises:
        TenantNotFound, SnapshotNotFound: there is none.
    """
    return await context.works.snapshots.get(find(context, name), id)


async def take(context: ControlContext, who: Principal, name: str, note: str) -> Operation:
    """Begin to take a snapshot.

    Raises:
        TenantNotFound: there is none.
        Invalid: not a note.
        OperationRunning: an operation works on it.
    """
    tenant = find(context, name)
    if len(note) > _LONGEST_NOTE or not note.isprintable():
        message = f"must be at most {_LONGEST_NOTE} characters, without control characters"
        raise Invalid("The note is not valid.", places=[Place("/note", message)])
    admin = await record(context, who, "snapshot", tenant.slug, "", {})
    return await context.works.snapshots.begin(tenant, "manual", note, admin)


async def restore(context: ControlContext, who: Principal, name: str, id: str) -> Operation:
    """Begin to make a tenant what a snapshot says.

    Raises:
        TenantNotFound, SnapshotNotFound: there is none.
        OperationRunning: an operation works on it.
    """
    tenant = find(context, name)
    admin = await record(context, who, "restore", tenant.slug, id, {})
    return await context.works.restoring.begin(tenant, {"from": "snapshot", "snapshot": id}, admin)


async def restore_moment(context: ControlContext, who: Principal, name: str, body: Restore) -> Operation:
    """Begin to make a tenant, or another one, what it was at a moment.

    Raises:
        TenantNotFound: there is none.
        Invalid: not a moment, one to come, or not a name.
        HistoryGone: the moment is not reached.
        AlreadyExists: the name is taken or rests.
        OperationRunning: an operation works on it, or will take the name.
    """
    tenant, at = find(context, name), from_text(body.at)
    if at is None or at > now_ms():
        raise Invalid("The moment is not valid.", places=[Place("/at", "must be a time of the past (RFC 3339)")])
    slug = parse_slug(body.to, "/as") if body.to is not None else None
    await context.works.moments.base_of(tenant, at)
    admin = await record(context, who, "restore", tenant.slug, body.at, {})
    if slug is not None:
        with taken_at("/as"):
            return await context.works.cloning.begin(tenant, Wanted(slug, at=at), admin)
    return await context.works.restoring.begin(tenant, {"from": "moment", "at": at}, admin)


async def prove(context: ControlContext, who: Principal, name: str, id: str) -> Operation:
    """Begin to restore a snapshot for trial. Raises what `restore` raises."""
    tenant = find(context, name)
    admin = await record(context, who, "prove", tenant.slug, id, {})
    return await context.works.snapshots.begin_proof(tenant, id, admin)


async def delete(context: ControlContext, who: Principal, name: str, id: str) -> None:
    """Forget a snapshot. Raises what `restore` raises."""
    tenant = find(context, name)
    await record(context, who, "delete-snapshot", tenant.slug, id, {})
    await context.works.snapshots.delete(tenant, id)

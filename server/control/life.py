"""What administrators do with whole tenants: each act is in the audit log before it is done."""

import msgspec

from server.control.audit import record
from server.control.context import ControlContext
from server.control.tenants import find, summary, taken_at
from tenancy.errors import Invalid, Place, TenantNotFound
from tenancy.model.json import JsonObject
from tenancy.model.principal import Principal
from tenancy.model.slug import parse_slug
from tenancy.model.tenant import Engine, Tenant
from tenancy.operations.record import Operation


class Rename(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /v1/tenants/{name}/rename."""

    to: str


class Move(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /v1/tenants/{name}/move."""

    to: str


async def suspend(context: ControlContext, who: Principal, name: str) -> JsonObject:
    """Serve a tenant no longer, until it is resumed.

    Raises:
        TenantNotFound: there is none.
        OperationRunning: an operation works on it.
    """
    tenant = find(context, name)
    await record(context, who, "suspend", tenant.slug, "", {})
    return summary(context, await context.tenants.suspend(tenant))


async def resume(context: ControlContext, who: Principal, name: str) -> JsonObject:
    """Serve a suspended tenant again. Raises what `suspend` raises, and Conflict: its own tenant is suspended."""
    tenant = find(context, name)
    await record(context, who, "resume", tenant.slug, "", {})
    return summary(context, await context.tenants.resume(tenant))


async def rename(context: ControlContext, who: Principal, name: str, to: str) -> JsonObject:
    """Give a tenant another name.

    Raises:
        TenantNotFound: there is none.
        Invalid: not a tenant's name.
        AlreadyExists: the name is taken or rests.
        Conflict: it is a preview, or has some.
        OperationRunning: an operation works on it, or will take the name.
    """
    tenant, slug = find(context, name), parse_slug(to, "/to")
    await record(context, who, "rename", tenant.slug, slug, {})
    with taken_at("/to"):
        return summary(context, await context.tenants.rename(tenant, slug))


async def delete(context: ControlContext, who: Principal, name: str, *, purge: bool) -> JsonObject | None:
    """Remove a tenant; None: for good. A deleted one can be removed for good.

    Raises:
        TenantNotFound: there is none.
        OperationRunning: an operation works on it.
    """
    before = context.tenants.registry.directory.deleted(name) if purge else None
    tenant = before or find(context, name)
    await record(context, who, "purge" if purge else "delete", tenant.slug, "", {})
    context.quarantine.release(tenant.id)
    if before is not None:
        await context.tenants.purge(before)
        return None
    deleted = await context.tenants.delete(tenant, purge=purge)
    return summary(context, deleted) if deleted is not None else None


async def undelete(context: ControlContext, who: Principal, name: str) -> JsonObject:
    """Serve a deleted tenant again.

    Raises:
        TenantNotFound: there is none that can be had back.
        OperationRunning: an operation works on it.
    """
    tenant = _deleted(context, name)
    await record(context, who, "undelete", tenant.slug, "", {})
    return summary(context, await context.tenants.undelete(tenant))


def _deleted(context: ControlContext, name: str) -> Tenant:
    tenant = context.tenants.registry.directory.deleted(name)
    if tenant is None:
        hint = "GET /v1/tenants?deleted=1 shows those that can be had back."
        raise TenantNotFound(f"There is no deleted tenant {name[:40]}.", hint=hint)
    return tenant


async def move(context: ControlContext, who: Principal, name: str, to: str) -> Operation:
    """Have another engine keep a tenant's documents.

    Raises:
        TenantNotFound: there is none.
        Invalid: there is no such engine here.
        OperationRunning: an operation works on it.
        Unavailable: the engine's server does not answer.
    """
    tenant = find(context, name)
    if to not in set(Engine):
        message = f"must be one of {', '.join(Engine)}"
        raise Invalid("There is no such engine.", places=[Place("/to", message)])
    admin = await record(context, who, "move", tenant.slug, to, {})
    return await context.works.moving.begin(tenant, Engine(to), admin)

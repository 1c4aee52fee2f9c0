"""What administrators do with tenants."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Mapping
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Final

from server.control.audit import record
from server.control.context import ControlContext
from server.hosting.site import publish
from server.identity.keys import create_key
from tenancy.errors import AlreadyExists, Conflict, Invalid, Place, TenantNotFound
from tenancy.lifecycle.backups import last_proof
from tenancy.lifecycle.cloning import Wanted
from tenancy.model.clock import to_text
from tenancy.model.json import JsonObject
from tenancy.model.limits import read_limits, set_ones
from tenancy.model.limits import shown as shown_limits
from tenancy.model.principal import Principal
from tenancy.model.schedule import Schedule
from tenancy.model.slug import parse_slug
from tenancy.model.tenant import Tenant
from tenancy.operations.record import Status

_LONGEST_S: Final = 10 * 365 * 24 * 3600
_PIECE: Final = 1024 * 1024


def find(context: ControlContext, name: str) -> Tenant:
    """The tenant with this name.

    Raises:
        TenantNotFound: there is none.
    """
    directory = context.tenants.registry.directory
    tenant = directory.find(name)
    if tenant is not None:
        return tenant
    if (now := directory.renamed(name)) is not None:
        raise TenantNotFound(f"The tenant {name} is called {now} now.", hint=f"Use the name {now}.")
    if directory.deleted(name) is not None:
        raise TenantNotFound(f"The tenant {name} is deleted.", hint=f"Have it back: backpack tenant undelete {name}")
    raise TenantNotFound(f"There is no tenant {name[:63]}.")


def summary(context: ControlContext, tenant: Tenant) -> JsonObject:
    """A tenant in a list."""
    state = context.tenants.registry.directory.state_of(tenant)
    return {
        "name": tenant.slug, "url": context.tenant_url(tenant.slug), "status": state.value,
        "mode": tenant.mode.value, "engine": tenant.engine.value, "plan": tenant.plan,
        "createdAt": tenant.created_at, "quarantinedSince": context.quarantine.since.get(tenant.id),
        "previewOf": _parent(context, tenant), "expiresAt": _moment(tenant.expires_at),
        "purgeAt": _moment(tenant.purge_at),
    }  # fmt: skip


def _parent(context: ControlContext, tenant: Tenant) -> str | None:
    parent = context.tenants.registry.directory.by_id(tenant.parent) if tenant.parent is not None else None
    return parent.slug if parent is not None else None


def _moment(seconds: float | None) -> str | None:
    return to_text(seconds) if seconds is not None else None


def described(context: ControlContext, tenant: Tenant) -> JsonObject:
    """A tenant with its own limits and those that count."""
    in_force = context.tenants.allowances.plans.limits_of(tenant)
    return {**summary(context, tenant), "ownLimits": shown_limits(tenant.limits), "limits": in_force.to_json()}


async def shown(context: ControlContext, tenant: Tenant) -> JsonObject:
    """A tenant with its usage."""
    async with context.tenants.pool.use(tenant) as opened:
        usage = await opened.usage()
    snapshots = await context.works.snapshots.all(tenant)
    return {
        **described(context, tenant),
        "usage": {
            "databaseBytes": usage.database_bytes, "fileBytes": usage.file_bytes, "documents": usage.documents,
            "files": usage.files,
        },
        "snapshots": {
            "count": len(snapshots), "newestAt": snapshots[0].at if snapshots else None,
            "lastProvenAt": last_proof(snapshots), "schedule": context.works.backups.schedule_of(tenant).to_json(),
        },
    }  # fmt: skip


def everyone(context: ControlContext, *, deleted: bool = False) -> JsonObject:
    """All tenants by name, or those that were deleted and can be had back."""
    directory = context.tenants.registry.directory
    tenants = directory.all_deleted() if deleted else [*directory]
    return {"items": [summary(context, tenant) for tenant in tenants], "next": None}


async def set_schedule(context: ControlContext, who: Principal, name: str, schedule: Schedule | None) -> None:
    """Say when a tenant gets snapshots by itself; None: as the server says.

    Raises:
        TenantNotFound: there is none.
    """
    await record(context, who, "schedule", find(context, name).slug, "", {})
    await context.tenants.registry.set_schedule(find(context, name), schedule)


def check_ttl(ttl_s: float | None) -> float | None:
    """Accept a lifetime in seconds; None: for ever.

    Raises:
        Invalid: not between a minute and ten years.
    """
    if ttl_s is not None and not 60 <= ttl_s <= _LONGEST_S:
        message = f"must be from 60 to {_LONGEST_S} seconds"
        raise Invalid("The lifetime is not valid.", places=[Place("/ttl", message)])
    return ttl_s


async def create(
    context: ControlContext, who: Principal, name: str, plan: str | None, limits: Mapping[str, object],
    ttl_s: float | None,
) -> JsonObject:  # fmt: skip
    """Make a tenant, ready to serve. After `ttl_s` seconds it is removed again.

    Raises:
        Invalid: not a tenant's name, no plan of this name, not limits, or not a time.
        AlreadyExists: taken, or at rest.
        OperationRunning: an operation is about to take the name.
    """
    slug, own, ttl_s = parse_slug(name), set_ones(read_limits(limits)), check_ttl(ttl_s)
    await record(context, who, "create", slug, "", {})
    created = await context.tenants.create(slug, plan, own, ttl_s)
    return {**summary(context, created.tenant), "apiKey": created.api_key}


async def create_from(
    context: ControlContext, who: Principal, template: str, name: str, plan: str | None,
    limits: Mapping[str, object], ttl_s: float | None,
) -> JsonObject:  # fmt: skip
    """Make a tenant of a template, ready to serve. Raises what `create` raises, and:

    Raises:
        TemplateNotFound: there is none.
        Conflict: it cannot be used.
    """
    own = set_ones(read_limits(limits))
    wanted = Wanted(parse_slug(name), ttl_s=check_ttl(ttl_s), plan=plan, limits=own)
    admin = await record(context, who, "create", wanted.slug, template[:100], {})
    begun = await context.archives.begin_template(wanted, template, admin)
    ended = await context.tenants.operations.ended(begun.id)
    if ended.status is not Status.DONE:
        detail = str((ended.error or {}).get("detail", "The operation was cancelled."))
        raise Conflict(f"The tenant could not be made of the template: {detail}")
    tenant = find(context, wanted.slug)
    async with context.tenants.pool.use(tenant) as opened:
        key = await create_key(opened, "first key", "admin", None, None)
    return {**summary(context, tenant), "apiKey": key["key"]}


@contextmanager
def taken_at(path: str) -> Generator[None]:
    """Say where in the request the name is that was taken: the registry, which finds it, calls it `/name`."""
    try:
        yield
    except AlreadyExists as error:
        error.places = tuple(Place(path if one.path == "/name" else one.path, one.message) for one in error.places)
        raise


async def publish_site(
    context: ControlContext, who: Principal, name: str, archive: AsyncIterator[bytes]
) -> JsonObject:  # fmt: skip
    """Publish a tenant's site from a zip.

    All of it is received before the tenant is held: else a slow client would keep it from being restored, moved and
    renamed for as long as it likes.
    """
    uploads = context.archives.uploads
    received = await uploads.receive(archive)
    try:
        tenant = find(context, name)
        await record(context, who, "deploy", tenant.slug, "", {})
        async with context.tenants.pool.use(tenant) as opened, aclosing(_pieces(uploads.path(received))) as pieces:
            return await publish(opened, pieces)
    finally:
        await uploads.remove(received)


async def _pieces(path: Path) -> AsyncGenerator[bytes, None]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece
    finally:
        await asyncio.to_thread(file.close)

"""What administrators do with tenants."""

from collections.abc import AsyncIterator, Mapping

from server.control.context import ControlContext
from server.hosting.site import publish
from tenancy.errors import Invalid, Place, TenantNotFound
from tenancy.model.json import JsonObject
from tenancy.model.limits import read_limits, set_ones
from tenancy.model.limits import shown as shown_limits
from tenancy.model.slug import parse_slug
from tenancy.model.tenant import Engine, Tenant


def find(context: ControlContext, name: str) -> Tenant:
    """The tenant with this name.

    Raises:
        TenantNotFound: there is none.
    """
    tenant = context.tenants.registry.directory.find(name)
    if tenant is None:
        raise TenantNotFound(f"There is no tenant {name[:40]}.")
    return tenant


def summary(context: ControlContext, tenant: Tenant) -> JsonObject:
    """A tenant in a list."""
    return {
        "name": tenant.slug, "url": context.tenant_url(tenant.slug), "status": tenant.state.value,
        "mode": tenant.mode.value, "engine": tenant.engine.value, "plan": tenant.plan,
        "createdAt": tenant.created_at, "quarantinedSince": context.quarantine.since.get(tenant.id),
    }  # fmt: skip


def described(context: ControlContext, tenant: Tenant) -> JsonObject:
    """A tenant with its own limits and those that count."""
    in_force = context.tenants.plans.limits_of(tenant)
    return {**summary(context, tenant), "ownLimits": shown_limits(tenant.limits), "limits": in_force.to_json()}


async def shown(context: ControlContext, tenant: Tenant) -> JsonObject:
    """A tenant with its usage."""
    async with context.tenants.pool.use(tenant) as opened:
        usage = await opened.usage()
    return {
        **described(context, tenant),
        "usage": {
            "databaseBytes": usage.database_bytes, "fileBytes": usage.file_bytes, "documents": usage.documents,
            "files": usage.files,
        },
    }  # fmt: skip


def everyone(context: ControlContext) -> JsonObject:
    """All tenants by name."""
    return {"items": [summary(context, tenant) for tenant in context.tenants.registry.directory], "next": None}


async def create(
    context: ControlContext, name: str, plan: str | None = None, limits: Mapping[str, object] | None = None
) -> JsonObject:
    """Make a tenant, ready to serve.

    Raises:
        Invalid: not a tenant's name, no plan of this name, or not limits.
        AlreadyExists: taken, or at rest.
    """
    own = set_ones(read_limits(limits or {}))
    created = await context.tenants.create(parse_slug(name), plan, own)
    return {**summary(context, created.tenant), "apiKey": created.api_key}


async def delete(context: ControlContext, name: str) -> None:
    """Remove a tenant entirely.

    Raises:
        TenantNotFound: there is none.
    """
    tenant = find(context, name)
    await context.tenants.delete(tenant)
    context.quarantine.release(tenant.id)


async def move(context: ControlContext, name: str, to: str) -> JsonObject:
    """Have another engine keep a tenant's documents.

    Raises:
        Invalid: there is no such engine here.
    """
    tenant = find(context, name)
    if to not in set(Engine):
        message = f"must be one of {', '.join(Engine)}"
        raise Invalid("There is no such engine.", places=[Place("/to", message)])
    return summary(context, await context.tenants.move(tenant, Engine(to)))


async def publish_site(context: ControlContext, name: str, archive: AsyncIterator[bytes]) -> JsonObject:
    """Publish a tenant's site from a zip."""
    async with context.tenants.pool.use(find(context, name)) as opened:
        return await publish(opened, archive)

"""Making, moving and removing tenants, so that a crash at any moment leaves either the whole tenant or nothing."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, NamedTuple

import structlog

from tenancy.errors import BackpackError, Conflict
from tenancy.lifecycle.seed import tenant_seed
from tenancy.model.ids import new_id
from tenancy.model.slug import Slug, TenantId
from tenancy.model.system import new_key
from tenancy.model.tenant import Engine, Tenant
from tenancy.registry.opening import Folders
from tenancy.registry.plans import Plans
from tenancy.registry.pool import Pool
from tenancy.registry.registry import Registry

log = structlog.get_logger("tenancy.lifecycle")


class Created(NamedTuple):
    """A new tenant and its first API key, which is kept nowhere."""

    tenant: Tenant
    api_key: str


class Tenants:
    """The life of tenants: folder, record and open stores together."""

    def __init__(self, registry: Registry, plans: Plans, folders: Folders, pool: Pool) -> None:
        """Act on these."""
        self.registry = registry
        self.plans = plans
        self.pool = pool
        self._folders = folders
        self.changing = asyncio.Lock()
        """Held by whoever reads a tenant's limits to change them."""
        self._moving: set[asyncio.Task[Tenant]] = set()

    async def start(self) -> int:
        """Load the records and tidy up after a crash; how many tenants there are.

        A folder whose record says deleted is an unfinished removal, and goes. A folder without a record is a creation
        that was interrupted, or the control plane's own store was lost: it is set aside, never removed.
        """
        await self.plans.load()
        deleted = set(await self.registry.load())
        living = {tenant.id: tenant.engine for tenant in self.registry.directory}
        for id in await self._folders.ids():
            if id in deleted:
                await self._folders.remove(id, Engine.EMBEDDED)
            elif id not in living:
                log.warning("tenant.unknown_folder", id=id, moved_to=str(await self._folders.set_aside(id)))
        for engine in Engine:
            try:
                await self._remove_others(engine, living, deleted)
            except BackpackError:
                # Its tenants answer 503 until its server does; what there is to tidy up waits for the next start.
                log.exception("tenant.engine_unavailable", engine=engine.value)
        return len(living)

    async def _remove_others(self, engine: Engine, living: dict[TenantId, Engine], deleted: set[TenantId]) -> None:
        """Remove what an engine keeps of tenants that are gone, or that are with another engine: a move was
        interrupted, before its end or just after. What belongs to nobody is another server's, and stays."""
        for id in await self._folders.ids_with(engine):
            if id in deleted or living.get(id, engine) is not engine:
                await self._folders.remove_documents(id, engine)

    async def create(self, slug: Slug, plan: str | None = None, limits: Mapping[str, float] | None = None) -> Created:
        """Make a tenant; it is served when this returns.

        Raises:
            Invalid: there is no such plan.
            AlreadyExists: the name is taken or rests.
            Unavailable: MongoDB does not answer.
        """
        self.plans.check(plan)
        await self.registry.refuse_taken(slug)
        id, key, engine = TenantId(new_id()), new_key(), self._folders.engine
        try:
            await self._folders.create(id, tenant_seed(key))
            tenant = await self.registry.create(id, slug, engine, plan, limits or {})
        except BaseException:
            await self._folders.remove(id, engine)
            raise
        return Created(tenant, key)

    async def move(self, tenant: Tenant, to: Engine) -> Tenant:
        """Have another engine keep the tenant's documents; nothing happens when it does already.

        The tenant is closed meanwhile. A crash leaves it where it was, or where it is going, and never in both.

        Raises:
            Invalid: the engine is not set up.
            Unavailable: it is being moved already, or the engine's server does not answer.
            Conflict: the copy is not the same.
        """
        self._folders.check_engine(to)
        if tenant.engine is to:
            return tenant
        # Whoever asked may go away; what was begun comes to its end all the same.
        return await asyncio.shield(self._begun(self._move(tenant, to)))

    def _begun(self, work: Coroutine[Any, Any, Tenant]) -> asyncio.Task[Tenant]:
        task = asyncio.create_task(work)
        self._moving.add(task)
        task.add_done_callback(self._moving.discard)
        return task

    async def _move(self, tenant: Tenant, to: Engine) -> Tenant:
        async with self.pool.held(tenant.id):
            try:
                await self._folders.copy_documents(tenant.id, to)
            except BaseException:
                await self._folders.remove_documents(tenant.id, to)
                raise
            moved = await self.registry.set_engine(tenant, to)
            try:
                await self._folders.remove_documents(tenant.id, tenant.engine)
            except BackpackError:
                log.exception("tenant.old_side_left", tenant=tenant.slug)  # the next start removes it
        return moved

    async def set_limits(self, tenant: Tenant, plan: str | None, limits: Mapping[str, float]) -> Tenant:
        """Give a tenant a plan and limits of its own; they count at once.

        Raises:
            Invalid: there is no such plan.
        """
        self.plans.check(plan)
        changed = await self.registry.set_limits(tenant, plan, limits)
        self.pool.adjust(changed.id, self.plans.limits_of(changed))
        return changed

    async def put_plan(self, name: str, values: Mapping[str, float]) -> bool:
        """Make a plan or change it, at once for all its tenants; whether it is new.

        Raises:
            Invalid: not a name of a plan.
        """
        new = await self.plans.put(name, values)
        for tenant in self.registry.directory:
            if tenant.plan == name:
                self.pool.adjust(tenant.id, self.plans.limits_of(tenant))
        return new

    async def remove_plan(self, name: str) -> None:
        """Forget a plan that no tenant has.

        Raises:
            PlanNotFound: there is none.
            Conflict: tenants have it.
        """
        having = [tenant.slug for tenant in self.registry.directory if tenant.plan == name]
        if having:
            hint = "Give them another plan first."
            raise Conflict(
                f"Tenants have this plan: {', '.join(having[:5])}{' …' if len(having) > 5 else ''}.", hint=hint
            )
        await self.plans.remove(name)

    async def delete(self, tenant: Tenant) -> None:
        """Remove a tenant: from now on nobody reaches it, and its folder is gone when this returns.

        Raises:
            Unavailable: it is being moved.
        """
        self.pool.refuse_held(tenant.id)
        await self.registry.mark_deleted(tenant)
        await self.pool.retire(tenant.id)
        await self._folders.remove(tenant.id, tenant.engine)

"""Making, stopping, renaming and removing tenants, so that a crash at any moment leaves the whole tenant or nothing."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

import structlog

from tenancy.errors import BackpackError, Conflict, OperationRunning, TenantNotFound
from tenancy.lifecycle.allowances import Allowances
from tenancy.lifecycle.seed import tenant_seed
from tenancy.model.ids import new_id
from tenancy.model.slug import Slug, TenantId
from tenancy.model.system import new_key
from tenancy.model.tenant import Engine, Mode, State, Tenant
from tenancy.operations.runner import Runner
from tenancy.registry.opening import Folders
from tenancy.registry.pool import Pool
from tenancy.registry.registry import Registry
from tenancy.registry.spots import Spot, spot_of
from tenancy.tasks import end

_SWEEP_S: Final = 30.0
_DAY_S: Final = 24 * 3600
log = structlog.get_logger("tenancy.lifecycle")


class Created(NamedTuple):
    """A new tenant and its first API key, which is kept nowhere."""

    tenant: Tenant
    api_key: str


def lock_of(id: TenantId) -> str:
    """What an operation on a tenant holds."""
    return f"tenant:{id}"


def _lock(tenant: Tenant) -> str:
    return lock_of(tenant.id)


def _is_due(tenant: Tenant) -> bool:
    """Whether it is to be removed for good by now."""
    until = tenant.purge_at if tenant.state is State.DELETED else tenant.expires_at
    return until is not None and until <= time.time()


def name_lock(slug: Slug) -> str:
    """What an operation holds that will give somebody this name."""
    return f"name:{slug}"


class Tenants:
    """The life of tenants: folder, record and open stores together."""

    def __init__(
        self, registry: Registry, allowances: Allowances, folders: Folders, pool: Pool, operations: Runner, *,
        grace_days: float,
    ) -> None:  # fmt: skip
        """Act on these. A deleted tenant can be had back for `grace_days`."""
        self.registry = registry
        self.allowances = allowances
        self.folders = folders
        self.pool = pool
        self.operations = operations
        self._grace_s = grace_days * _DAY_S
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Load the records, tidy up after a crash, go on with what was under way; how many tenants there are.

        A folder whose record says deleted is an unfinished removal, and goes. A folder without a record is a creation
        that was interrupted, or the control plane's own store was lost: it is set aside, never removed. What an
        operation works on is left to it.
        """
        await self.allowances.plans.load()
        gone = await self.registry.load()
        busy = {lock for operation in await self.operations.journal.unfinished() for lock in operation.locks}
        await self._tidy(gone, busy)
        await self.operations.start()
        self._sweeper = asyncio.create_task(self._sweep(), name="tenants-sweeper")
        return len(list(self.registry.directory))

    async def aclose(self) -> None:
        """Stop sweeping."""
        if self._sweeper is not None:
            await end(self._sweeper)

    async def _tidy(self, gone: set[TenantId], busy: set[str]) -> None:
        living = {tenant.id: tenant for tenant in self._all()}
        for id in await self.folders.ids():
            if id in gone:
                await self.folders.remove(id, Engine.EMBEDDED)
            elif id not in living and lock_of(id) not in busy:
                log.warning("tenant.unknown_folder", id=id, moved_to=str(await self.folders.set_aside(id)))
        for spot in await self.folders.spots():
            tenant = living.get(spot.id)
            stray = tenant is not None and spot != spot_of(tenant) and lock_of(spot.id) not in busy
            if tenant is not None and stray and await self._is_there(tenant):
                await self.folders.remove_spot(spot, Engine.EMBEDDED)
        for engine in Engine:
            try:
                await self._remove_others(engine, living, gone, busy)
            except BackpackError:
                # Its tenants answer 503 until its server does; what there is to tidy up waits for the next start.
                log.exception("tenant.engine_unavailable", engine=engine.value)

    async def _remove_others(
        self, engine: Engine, living: Mapping[TenantId, Tenant], gone: set[TenantId], busy: set[str]
    ) -> None:
        """Remove what an engine keeps of tenants that are gone, or that are with another engine: a move was
        interrupted, before its end or just after. What belongs to nobody is another server's, and stays."""
        for spot in await self.folders.spots_with(engine):
            tenant = living.get(spot.id)
            left = tenant is not None and (tenant.engine is not engine or spot != spot_of(tenant))
            stray = left and lock_of(spot.id) not in busy
            if spot.id in gone or (tenant is not None and stray and await self._is_there(tenant)):
                await self.folders.remove_documents(spot, engine)

    async def _is_there(self, tenant: Tenant) -> bool:
        """Whether what a tenant's record says is there. Without it nothing else of the tenant is removed: it may be all
        that is left."""
        try:
            there = await self.folders.has(spot_of(tenant), tenant.engine)
        except BackpackError:
            return False  # its server will say so another time
        if not there:
            log.error("tenant.documents_missing", id=tenant.id, tenant=tenant.slug, where=spot_of(tenant).name)
        return there

    def _all(self) -> list[Tenant]:
        return [*self.registry.directory, *self.registry.directory.all_deleted()]

    async def create(
        self, slug: Slug, plan: str | None = None, limits: Mapping[str, float] | None = None, ttl_s: float | None = None
    ) -> Created:
        """Make a tenant; it is served when this returns. After `ttl_s` seconds it is removed again.

        Raises:
            Invalid: there is no such plan.
            AlreadyExists: the name is taken or rests.
            OperationRunning: an operation is about to take it.
            Unavailable: MongoDB does not answer.
        """
        self.allowances.plans.check(plan)
        async with self.operations.alone(name_lock(slug)):
            await self.registry.refuse_taken(slug)
            spot, key, engine = Spot(TenantId(new_id())), new_key(), self.folders.engine
            expires_at = time.time() + ttl_s if ttl_s is not None else None
            made = Tenant(
                spot.id, slug, Mode.SHARED, State.ACTIVE, "", engine, plan, limits or {}, expires_at=expires_at
            )  # fmt: skip
            try:
                await self.folders.create(spot, tenant_seed(key))
                return Created(await self.registry.create(made), key)
            except BaseException:
                await self.folders.remove(spot.id, engine)
                raise

    async def suspend(self, tenant: Tenant) -> Tenant:
        """Serve a tenant and its previews no longer, until it is resumed: new requests at once, those under way after
        half a second.

        Raises:
            OperationRunning: an operation works on one of them.
        """
        async with self._family(tenant) as family:
            await self.registry.set_suspended(tenant, True)
            await asyncio.gather(*(self.pool.retire(one.id, "suspended") for one in family))
            return self._now(tenant)

    async def resume(self, tenant: Tenant) -> Tenant:
        """Serve a suspended tenant again, and its previews but those that are suspended themselves.

        Raises:
            Conflict: it is a preview of one that is suspended.
            OperationRunning: an operation works on one of them.
        """
        async with self._family(tenant):
            of = self.registry.directory.by_id(tenant.parent) if tenant.parent is not None else None
            if of is not None and of.state is State.SUSPENDED:
                raise Conflict(f"{of.slug} is suspended, and its previews with it.", hint=f"Resume {of.slug}.")
            await self.registry.set_suspended(tenant, False)
            return self._now(tenant)

    @asynccontextmanager
    async def _family(self, tenant: Tenant) -> AsyncGenerator[list[Tenant]]:
        """Hold a tenant and its previews: no new one is made meanwhile.

        Raises:
            OperationRunning: an operation works on one of them.
        """
        await self.operations.make_way(lock_of(tenant.id))
        family = [tenant, *self.registry.directory.previews_of(tenant.id)]
        async with self.operations.undisturbed(*map(_lock, family)):
            yield family

    def _now(self, tenant: Tenant) -> Tenant:
        now = self.registry.directory.known(tenant.id)
        if now is None:
            raise TenantNotFound
        return now

    async def rename(self, tenant: Tenant, slug: Slug) -> Tenant:
        """Give a tenant another name. The old one leads there for a time; who is connected has to come again.

        Raises:
            AlreadyExists: the name is taken or rests.
            Conflict: it is a preview or has some: their names come from its own.
            OperationRunning: an operation works on it, or is about to take the name.
        """
        if slug == tenant.slug:
            return tenant
        if tenant.parent is not None or self.registry.directory.previews_of(tenant.id):
            raise Conflict("The name of a preview comes from its tenant's.", hint="Delete the previews first.")
        async with self.operations.alone(lock_of(tenant.id), name_lock(slug)):
            renamed = await self.registry.rename(tenant, slug)
            await self.pool.retire(tenant.id, "moved")
        return renamed

    async def delete(self, tenant: Tenant, *, purge: bool = False) -> Tenant | None:
        """Remove a tenant: from now on nobody reaches it. Its previews go with it.

        Until its time of grace is over it can be had back; None: it has gone already, for good.

        Raises:
            OperationRunning: an operation works on it.
        """
        if purge or not self._grace_s or tenant.parent is not None:
            await self.purge(tenant)
            return None
        async with self._family(tenant) as family:
            for preview in family[1:]:
                await self._purge(preview)
            deleted = await self.registry.mark_deleted(tenant, time.time() + self._grace_s)
            await self.pool.retire(tenant.id)
        return deleted

    async def undelete(self, tenant: Tenant) -> Tenant:
        """Have a deleted tenant back as it was; a suspended one is still suspended.

        Raises:
            OperationRunning: an operation works on it.
            TenantNotFound: it is gone.
        """
        async with self.operations.alone(lock_of(tenant.id)):
            return await self.registry.undelete(self._now(tenant))

    async def purge(self, tenant: Tenant, *, when_due: bool = False) -> bool:
        """Remove a tenant and its previews for good; the folders are gone when this returns. Whether it was done.

        Args:
            tenant: it.
            when_due: only if its time is still over then: it may have been had back, or got more time.

        Raises:
            OperationRunning: an operation works on one of them.
            TenantNotFound: it is gone already.
        """
        async with self._family(tenant) as family:
            if when_due and not _is_due(self._now(tenant)):
                return False
            for one in reversed(family):
                await self._purge(self._now(one))
        return True

    async def _purge(self, tenant: Tenant) -> None:
        await self.registry.mark_gone(tenant)
        await self.pool.retire(tenant.id)
        await self.folders.remove(tenant.id, tenant.engine)
        if tenant.parent is not None:
            await self.registry.take_back(tenant.id)  # its name is its tenant's, who may want it again

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_S)
            await self.sweep()

    async def sweep(self) -> None:
        """Remove for good what was deleted long enough ago, and what was made for a time that is over."""
        for tenant in filter(_is_due, self._all()):
            try:
                if await self.purge(tenant, when_due=True):
                    log.info("tenant.purged", id=tenant.id, tenant=tenant.slug)
            except (OperationRunning, TenantNotFound):
                pass
            except (BackpackError, OSError):
                log.exception("tenant.purge_failed", tenant=tenant.slug)

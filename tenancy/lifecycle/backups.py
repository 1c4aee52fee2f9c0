"""Snapshots that tenants get by themselves: when they have changed, as often as their schedule says, one after the
other; thinned out, and restored for trial."""

import asyncio
import time
from collections import Counter
from datetime import datetime
from typing import Final

import structlog

from tenancy.errors import OperationRunning
from tenancy.lifecycle.snapshots import Snapshots
from tenancy.lifecycle.tenants import Tenants
from tenancy.model.schedule import Schedule
from tenancy.model.slug import TenantId
from tenancy.model.tenant import Tenant
from tenancy.operations.record import Operation, Status
from tenancy.snapshots.manifest import Summary
from tenancy.tasks import end

_LOOK_S: Final = 60.0
_HOUR_S: Final = 3600
_PATIENCE_S: Final = 3600.0
_MAKES_WAY: Final = 2
log = structlog.get_logger("tenancy.backups")


class Backups:
    """Looks after the snapshots of all tenants."""

    def __init__(self, tenants: Tenants, snapshots: Snapshots, schedule: Schedule, prove_hours: float) -> None:
        """`schedule`: of tenants without one of their own. `prove_hours`: how old a proof may be; 0: none is made."""
        self._tenants = tenants
        self._snapshots = snapshots
        self._schedule = schedule
        self._prove_s = prove_hours * _HOUR_S
        self._seen: dict[TenantId, float] = {}
        """When a tenant was found unchanged."""
        self._made_way: Counter[TenantId] = Counter()
        """How often in a row what was begun for a tenant has made way."""
        self._task: asyncio.Task[None] | None = None

    def schedule_of(self, tenant: Tenant) -> Schedule:
        """When a tenant gets snapshots."""
        return tenant.schedule or self._schedule

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run(), name="backups")

    async def aclose(self) -> None:
        """Look no more."""
        if self._task is not None:
            await end(self._task)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            await self.look()

    async def look(self) -> None:
        """Take and prove what is due. Previews, which are copies, get none."""
        self._snapshots.forget_others()
        for tenant in [tenant for tenant in self._tenants.registry.directory if tenant.parent is None]:
            try:
                await self._visit(tenant)
            except OperationRunning:
                continue
            except Exception:
                log.exception("backup.failed", tenant=tenant.slug)  # one tenant's trouble is not the others'
        known = self._tenants.registry.directory.known
        self._seen = {id: at for id, at in self._seen.items() if known(id)}
        self._made_way = Counter({id: times for id, times in self._made_way.items() if times and known(id)})

    async def _visit(self, tenant: Tenant) -> None:
        schedule = self.schedule_of(tenant)
        if not schedule.every or await self._taken(tenant, schedule):
            await self._snapshots.thin_out(tenant, schedule.keep)
            await self._prove(tenant)

    async def _taken(self, tenant: Tenant, schedule: Schedule) -> bool:
        """Whether what is due is taken."""
        newest = (await self._snapshots.all(tenant))[:1]
        if not self._is_due(tenant, schedule, newest) and not self._forgets(tenant, newest):
            return True
        if newest and await self._snapshots.unchanged(tenant):
            self._seen[tenant.id] = time.time()
            return True
        begun = await self._snapshots.begin(tenant, "scheduled", insists=self._insists(tenant))
        return await self._ended(tenant, begun) is Status.DONE

    def _insists(self, tenant: Tenant) -> bool:
        """Whether it has made way often enough: who is busy with a tenant all the time needs backups too."""
        insists = self._made_way[tenant.id] >= _MAKES_WAY
        if insists:
            log.warning("backup.insists", tenant=tenant.slug, made_way=self._made_way[tenant.id])
        return insists

    def _is_due(self, tenant: Tenant, schedule: Schedule, newest: list[Summary]) -> bool:
        taken = _seconds(newest[0].at) if newest else _seconds(tenant.created_at)
        return max(taken, self._seen.get(tenant.id, 0.0)) + schedule.every * _HOUR_S <= time.time()

    def _forgets(self, tenant: Tenant, newest: list[Summary]) -> bool:
        """Whether there are about to be moments that nothing reaches: it was brought to another state since the newest
        snapshot, or the change log is about to forget what came then. A tenant that nobody has open does not change."""
        context = self._tenants.pool.opened(tenant.id)
        if context is None or not newest:
            return False
        if newest[0].epoch != context.changes.epoch:
            return True
        return context.changes.head() - newest[0].seq > context.limits.changes_kept / 2

    async def _ended(self, tenant: Tenant, begun: Operation) -> Status:
        """How it ended, in bearable time: others wait for their turn. What gave way is begun again at a later look."""
        async with asyncio.timeout(_PATIENCE_S):
            status = (await self._tenants.operations.ended(begun.id)).status
        self._made_way[tenant.id] = self._made_way[tenant.id] + 1 if status is Status.CANCELLED else 0
        return status

    async def _prove(self, tenant: Tenant) -> None:
        """Restore the newest for trial, when none was for long."""
        found = await self._snapshots.all(tenant)
        if not self._prove_s or not found or found[0].damaged:
            return
        proven = last_proof(found)
        if found[0].proof is None and (proven is None or _seconds(proven) + self._prove_s <= time.time()):
            begun = await self._snapshots.begin_proof(tenant, found[0].id, insists=self._insists(tenant))
            if await self._ended(tenant, begun) is Status.FAILED:
                log.error("backup.not_proven", tenant=tenant.slug, snapshot=found[0].id, operation=begun.id)


def last_proof(snapshots: list[Summary]) -> str | None:
    """When one of them was last restored for trial."""
    return max((one.proof.at for one in snapshots if one.proof is not None), default=None)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()

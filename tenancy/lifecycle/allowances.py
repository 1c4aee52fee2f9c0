"""What tenants may use: their plans and limits, which count at once in those that are open."""

import asyncio
from collections.abc import Mapping

from tenancy.errors import Conflict
from tenancy.model.tenant import Tenant
from tenancy.registry.plans import Plans
from tenancy.registry.pool import Pool
from tenancy.registry.registry import Registry


class Allowances:
    """Changes plans and limits."""

    def __init__(self, registry: Registry, plans: Plans, pool: Pool) -> None:
        """Of these tenants."""
        self.plans = plans
        self._registry = registry
        self._pool = pool
        self.changing = asyncio.Lock()
        """Held by whoever reads a tenant's limits to change them."""

    async def set_limits(self, tenant: Tenant, plan: str | None, limits: Mapping[str, float]) -> Tenant:
        """Give a tenant a plan and limits of its own; they count at once.

        Raises:
            Invalid: there is no such plan.
        """
        self.plans.check(plan)
        changed = await self._registry.set_limits(tenant, plan, limits)
        self._pool.adjust(changed.id, self.plans.limits_of(changed))
        return changed

    async def put_plan(self, name: str, values: Mapping[str, float]) -> bool:
        """Make a plan or change it, at once for all its tenants; whether it is new.

        Raises:
            Invalid: not a name of a plan.
        """
        new = await self.plans.put(name, values)
        for tenant in self._registry.directory:
            if tenant.plan == name:
                self._pool.adjust(tenant.id, self.plans.limits_of(tenant))
        return new

    async def remove_plan(self, name: str) -> None:
        """Forget a plan that no tenant has.

        Raises:
            PlanNotFound: there is none.
            Conflict: tenants have it.
        """
        tenants = [*self._registry.directory, *self._registry.directory.all_deleted()]
        having = [tenant.slug for tenant in tenants if tenant.plan == name]
        if having:
            hint = "Give them another plan first."
            raise Conflict(
                f"Tenants have this plan: {', '.join(having[:5])}{' …' if len(having) > 5 else ''}.", hint=hint
            )
        await self.plans.remove(name)

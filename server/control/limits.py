"""Plans, limits and usage of tenants, as administrators see and change them."""

from collections import Counter
from collections.abc import Mapping

from msgspec import UNSET, UnsetType

from server.control.audit import record
from server.control.context import ControlContext
from server.control.tenants import described, find
from server.usage.now import used_now
from tenancy.errors import Invalid, Place, PlanNotFound
from tenancy.model.json import Json, JsonObject
from tenancy.model.limits import read_limits, set_ones, shown
from tenancy.model.principal import Principal
from tenancy.registry.ledger import DAYS_KEPT


def plans(context: ControlContext) -> JsonObject:
    """All plans by name, with how many tenants have each."""
    having = Counter(tenant.plan for tenant in context.tenants.registry.directory)
    items: list[Json] = [
        _shown_plan(name, values, having) for name, values in context.tenants.allowances.plans.all.items()
    ]
    return {"items": items, "defaults": context.limits.to_json()}


def _shown_plan(name: str, values: Mapping[str, float], having: Counter[str | None]) -> JsonObject:
    return {"name": name, "limits": shown(values), "tenants": having[name]}


def plan(context: ControlContext, name: str) -> JsonObject:
    """One plan.

    Raises:
        PlanNotFound: there is none with this name.
    """
    values = context.tenants.allowances.plans.all.get(name)
    if values is None:
        raise PlanNotFound(f"There is no plan {name[:40]}.")
    return _shown_plan(name, values, Counter(tenant.plan for tenant in context.tenants.registry.directory))


async def put_plan(context: ControlContext, name: str, limits: Mapping[str, object]) -> tuple[JsonObject, bool]:
    """Make a plan, or change it for all its tenants; and whether it is new.

    Raises:
        Invalid: not a name, or not limits.
    """
    new = await context.tenants.allowances.put_plan(name, set_ones(read_limits(limits)))
    return plan(context, name), new


async def change(
    context: ControlContext, who: Principal, name: str, plan: str | None | UnsetType,
    limits: Mapping[str, object] | UnsetType,
) -> JsonObject:  # fmt: skip
    """Give a tenant another plan, or limits of its own; one that is null goes back to the plan's.

    Raises:
        TenantNotFound: there is no such tenant.
        Invalid: there is no such plan, or not limits.
    """
    read = {} if limits is UNSET else read_limits(limits)
    async with context.tenants.allowances.changing:
        tenant = find(context, name)
        own = set_ones({**tenant.limits, **read})
        if plan is not UNSET or limits is not UNSET:
            await record(context, who, "limits", tenant.slug, "", {})
        changed = await context.tenants.allowances.set_limits(tenant, tenant.plan if plan is UNSET else plan, own)
    return described(context, changed)


async def usage(context: ControlContext, name: str, days: int) -> JsonObject:
    """What a tenant uses now, what it may, and what it was asked for by day.

    Raises:
        TenantNotFound: there is no such tenant.
        Invalid: not a number of days that are kept.
    """
    if not 1 <= days <= DAYS_KEPT:
        raise Invalid("This is not a number of days.", places=[Place("/days", f"must be from 1 to {DAYS_KEPT}")])
    tenant = find(context, name)
    async with context.tenants.pool.use(tenant) as opened:
        now = await used_now(opened)
    limits = context.tenants.allowances.plans.limits_of(tenant).to_json()
    return {"now": now, "limits": limits, "days": list(await context.ledger.days(tenant.id, days))}

"""Plans: named sets of limits, documents of the control plane's own store, mirrored in memory."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tenancy.errors import Invalid, Place, PlanNotFound
from tenancy.model.json import JsonObject, trusted
from tenancy.model.limits import Limits, read_limits, set_ones, shown
from tenancy.model.tenant import Tenant
from tenancy.ports import DocumentStore
from tenancy.query.tree import Query
from tenancy.writes import Create, Delete, Update

PLANS: Final = "plans"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")
_MOST: Final = 1000
Values = Mapping[str, float]


class Plans:
    """The plans of this server, and what a tenant's limits are."""

    def __init__(self, documents: DocumentStore, defaults: Limits) -> None:
        """Keep them in these documents. `defaults`: the limits of a tenant without a plan."""
        self._documents = documents
        self._defaults = defaults
        self._plans: dict[str, Values] = {}

    async def load(self) -> None:
        """Read what there is."""
        page = await self._documents.find(PLANS, Query(limit=_MOST))
        for text in page.items:
            stored = trusted(text)
            limits = stored["limits"]
            assert isinstance(limits, dict)
            self._plans[str(stored["id"])] = _known(limits)

    @property
    def all(self) -> Mapping[str, Values]:
        """The plans by name, each with the limits that it sets."""
        return MappingProxyType(dict(sorted(self._plans.items())))

    def check(self, name: str | None) -> None:
        """Refuse a plan that there is not; None is no plan at all.

        Raises:
            Invalid: there is no such plan.
        """
        if name is not None and name not in self._plans:
            known = ", ".join(self.all) or "none yet"
            raise Invalid("There is no such plan.", places=[Place("/plan", f"must be one of the plans: {known}")])

    def limits_of(self, tenant: Tenant) -> Limits:
        """What a tenant may use: its own limits, else its plan's, else the server's."""
        plan = self._plans.get(tenant.plan, {}) if tenant.plan is not None else {}
        return self._defaults.with_({**plan, **tenant.limits})

    async def put(self, name: str, values: Values) -> bool:
        """Make a plan, or change it; whether it is new.

        Raises:
            Invalid: not a name of a plan, or there are too many.
        """
        if not _NAME.match(name):
            message = "must be 1 to 40 of a to z, 0 to 9 and -, and begin with a letter"
            raise Invalid("This is not a name of a plan.", places=[Place("/name", message)])
        new = name not in self._plans
        if new and len(self._plans) >= _MOST:
            raise Invalid(f"There are {_MOST} plans, as many as there may be.")
        fields: JsonObject = {"limits": shown(values)}
        await self._documents.commit(
            [Update(PLANS, name, fields, overwrite=True, otherwise=Create(PLANS, name, fields))]
        )
        self._plans[name] = dict(values)
        return new

    async def remove(self, name: str) -> None:
        """Forget a plan.

        Raises:
            PlanNotFound: there is none.
        """
        if name not in self._plans:
            raise PlanNotFound
        await self._documents.commit([Delete(PLANS, name, optional=True)])
        del self._plans[name]


def _known(stored: JsonObject) -> dict[str, float]:
    """The limits of a record. One that this version does not know any more sets nothing."""
    values: dict[str, float] = {}
    for name, value in stored.items():
        try:
            values |= set_ones(read_limits({name: value}))
        except Invalid:
            continue
    return values


def recorded_limits(stored: JsonObject) -> dict[str, float]:
    """A tenant's own limits, from its record."""
    limits = stored.get("limits")
    return _known(limits) if isinstance(limits, dict) else {}

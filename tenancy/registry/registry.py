"""The control plane's record of tenants: documents of its own store, mirrored in the directory."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from tenancy.errors import AlreadyExists, DocumentNotFound, Place, TenantNotFound
from tenancy.model.collection import Collection, Index
from tenancy.model.json import JsonObject, trusted
from tenancy.model.limits import shown
from tenancy.model.slug import Slug, TenantId
from tenancy.model.tenant import Engine, Mode, State, Tenant
from tenancy.ports import DocumentStore
from tenancy.query.tree import Compare, Query
from tenancy.registry.directory import Directory
from tenancy.registry.plans import recorded_limits
from tenancy.writes import Create, Delete, Update

TENANTS = "tenants"
DEFINITION = Collection(TENANTS, indexes=(Index((("name", 1),), unique=True),))
_PAGE = 1000
_DAY_S = 24 * 3600


class Registry:
    """Creates and deletes the records. A deleted tenant's record stays while its name rests."""

    def __init__(self, documents: DocumentStore, *, rest_days: int) -> None:
        """Keep records in these documents; names rest for so many days."""
        self._documents = documents
        self._rest_s = rest_days * _DAY_S
        self.directory = Directory()

    async def load(self) -> list[TenantId]:
        """Fill the directory; the ids of tenants that were deleted."""
        deleted: list[TenantId] = []
        after: str | None = None
        while True:
            page = await self._documents.find(TENANTS, Query(limit=_PAGE, after=after))
            for text in page.items:
                tenant = _tenant(trusted(text))
                if tenant.state is State.DELETED:
                    deleted.append(tenant.id)
                else:
                    self.directory.add(tenant)
            after = page.next
            if after is None:
                return deleted

    async def create(
        self, id: TenantId, slug: Slug, engine: Engine, plan: str | None, limits: Mapping[str, float]
    ) -> Tenant:
        """Record a tenant and serve it.

        Raises:
            AlreadyExists: the name is taken or rests.
        """
        await self._wake(slug)
        fields: JsonObject = {
            "name": slug, "mode": Mode.SHARED.value, "state": State.ACTIVE.value, "engine": engine.value,
            "plan": plan, "limits": shown(limits),
        }  # fmt: skip
        try:
            await self._documents.commit([Create(TENANTS, id, fields)])
        except AlreadyExists:
            raise _taken(slug) from None
        text = await self._documents.get(TENANTS, id)
        assert text is not None
        tenant = _tenant(trusted(text))
        self.directory.add(tenant)
        return tenant

    async def refuse_taken(self, slug: Slug) -> None:
        """Tell early that a name is taken, before anything is made for it."""
        await self._wake(slug)
        page = await self._documents.find(TENANTS, Query(Compare(("name",), "eq", slug), limit=1))
        if page.items:
            raise _taken(slug)

    async def _wake(self, slug: Slug) -> None:
        """Free a name that has rested long enough."""
        page = await self._documents.find(TENANTS, Query(Compare(("name",), "eq", slug), limit=1))
        for text in page.items:
            stored = trusted(text)
            changed = datetime.fromisoformat(str(stored["updatedAt"])).timestamp()
            if stored["state"] == State.DELETED.value and changed + self._rest_s <= time.time():
                await self._documents.commit([Delete(TENANTS, str(stored["id"]))])

    async def set_engine(self, tenant: Tenant, engine: Engine) -> Tenant:
        """Record, durably, what keeps the tenant's documents from now on.

        Raises:
            TenantNotFound: it was removed meanwhile.
        """
        changed = await self._change(tenant, {"engine": engine.value})
        return self._serve(replace(changed, engine=engine))

    async def _change(self, tenant: Tenant, fields: JsonObject) -> Tenant:
        """Change a record; the tenant as it is known now, which may have changed meanwhile."""
        active = Compare(("state",), "eq", State.ACTIVE.value)
        try:
            await self._documents.commit([Update(TENANTS, tenant.id, fields, where=active)])
        except DocumentNotFound:
            raise TenantNotFound from None
        now = self.directory.find(tenant.slug)
        if now is None or now.id != tenant.id:
            raise TenantNotFound
        return now

    def _serve(self, tenant: Tenant) -> Tenant:
        self.directory.add(tenant)
        return tenant

    async def set_limits(self, tenant: Tenant, plan: str | None, limits: Mapping[str, float]) -> Tenant:
        """Record, durably, a tenant's plan and the limits that are its own.

        Raises:
            TenantNotFound: it was removed meanwhile.
        """
        # A merge would keep limits that are to go.
        numbers: JsonObject = dict.fromkeys(shown(tenant.limits)) | shown(limits)
        changed = await self._change(tenant, {"plan": plan, "limits": numbers})
        return self._serve(replace(changed, plan=plan, limits=dict(limits)))

    async def mark_deleted(self, tenant: Tenant) -> None:
        """Serve it no longer, durably."""
        await self._documents.commit([Update(TENANTS, tenant.id, {"state": State.DELETED.value})])
        self.directory.remove(tenant)


def _taken(slug: Slug) -> AlreadyExists:
    hint = "Choose another name; the name of a deleted tenant rests for some time."
    return AlreadyExists(f"The name {slug} is taken.", hint=hint, places=[Place("/name", "is taken")])


def _tenant(stored: JsonObject) -> Tenant:
    return Tenant(
        TenantId(str(stored["id"])), Slug(str(stored["name"])), Mode(str(stored["mode"])), State(str(stored["state"])),
        str(stored["createdAt"]), Engine(str(stored.get("engine", Engine.EMBEDDED.value))),
        str(stored["plan"]) if stored.get("plan") else None, recorded_limits(stored),
    )  # fmt: skip

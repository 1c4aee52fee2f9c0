"""The control plane's record of tenants: documents of its own store, mirrored in the directory."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from tenancy.errors import AlreadyExists, DocumentNotFound, Place, TenantNotFound
from tenancy.model.collection import Collection, Index
from tenancy.model.ids import new_id
from tenancy.model.json import JsonObject, trusted
from tenancy.model.limits import shown
from tenancy.model.schedule import Schedule
from tenancy.model.slug import Slug, TenantId
from tenancy.model.tenant import Engine, State, Tenant
from tenancy.ports import DocumentStore
from tenancy.query.tree import Compare, Filter, Query
from tenancy.registry.directory import Directory, Former
from tenancy.registry.records import RENAMED, changed_at, fields_of, is_gone, moment, tenant_from
from tenancy.writes import Create, Delete, Update, Write

TENANTS = "tenants"
DEFINITION = Collection(TENANTS, indexes=(Index((("name", 1),), unique=True),))
_PAGE = 1000
_DAY_S = 24 * 3600
_SERVED: Filter = Compare(("state",), "in", [State.ACTIVE.value, State.SUSPENDED.value])
_DELETED: Filter = Compare(("state",), "eq", State.DELETED.value)


class Registry:
    """Keeps the records. A name rests when its tenant is gone, and after it has led to the tenant's new name."""

    def __init__(self, documents: DocumentStore, *, rest_days: float, lead_days: float) -> None:
        """Keep records in these documents; names rest for so many days, and lead to new ones for so many."""
        self._documents = documents
        self._rest_s = rest_days * _DAY_S
        self._lead_s = lead_days * _DAY_S
        self.directory = Directory()

    async def load(self) -> set[TenantId]:
        """Fill the directory; the ids of tenants that are gone."""
        gone: set[TenantId] = set()
        after: str | None = None
        while True:
            page = await self._documents.find(TENANTS, Query(limit=_PAGE, after=after))
            for stored in map(trusted, page.items):
                if stored["state"] == RENAMED:
                    former = Former(TenantId(str(stored["tenant"])), changed_at(stored) + self._lead_s)
                    self.directory.lead(str(stored["name"]), former)
                elif is_gone(stored):
                    gone.add(TenantId(str(stored["id"])))
                else:
                    self.directory.put(tenant_from(stored))
            after = page.next
            if after is None:
                return gone

    async def create(self, tenant: Tenant) -> Tenant:
        """Record a tenant and serve it; nothing happens when it is recorded already.

        Raises:
            AlreadyExists: the name is taken or rests.
        """
        await self._wake(tenant.slug)
        try:
            await self._documents.commit([Create(TENANTS, tenant.id, fields_of(tenant))])
        except AlreadyExists:
            text = await self._documents.get(TENANTS, tenant.id)
            if text is None or trusted(text)["name"] != tenant.slug:
                raise await self._taken(tenant.slug) from None
        text = await self._documents.get(TENANTS, tenant.id)
        assert text is not None
        recorded = tenant_from(trusted(text))
        self.directory.put(recorded)
        return recorded

    async def reread(self, id: TenantId) -> Tenant | None:
        """The tenant as its record is on the disk, served like that from now on; None: there is none.

        A change whose answer was lost may have come through all the same.
        """
        text = await self._documents.get(TENANTS, id)
        stored = trusted(text) if text is not None else None
        if stored is None or is_gone(stored):
            return None
        tenant = tenant_from(stored)
        self.directory.put(tenant)
        return tenant

    async def take_back(self, id: TenantId) -> None:
        """Have a tenant never been recorded; its name does not rest. Nothing happens when it is not."""
        await self._documents.commit([Delete(TENANTS, id, optional=True)])
        known = self.directory.known(id)
        if known is not None:
            self.directory.forget(known)

    async def refuse_taken(self, slug: Slug) -> None:
        """Tell early that a name is taken, before anything is made for it."""
        await self._wake(slug)
        if await self._named(slug) is not None:
            raise await self._taken(slug)

    async def _named(self, slug: Slug) -> JsonObject | None:
        page = await self._documents.find(TENANTS, Query(Compare(("name",), "eq", slug), limit=1))
        return trusted(page.items[0]) if page.items else None

    async def _wake(self, slug: Slug) -> None:
        """Free a name that has rested long enough."""
        stored = await self._named(slug)
        if stored is not None and self._has_rested(stored):
            await self._documents.commit([Delete(TENANTS, str(stored["id"]))])
            self.directory.lead(slug, None)

    def _has_rested(self, stored: JsonObject) -> bool:
        until = self._rests_until(stored)
        return until is not None and until <= time.time()

    def _rests_until(self, stored: JsonObject) -> float | None:
        """In Unix seconds; None for the name of a tenant that is there, or can be had back."""
        if stored["state"] == RENAMED:
            return changed_at(stored) + self._lead_s + self._rest_s
        return changed_at(stored) + self._rest_s if is_gone(stored) else None

    async def _taken(self, slug: Slug) -> AlreadyExists:
        """Why a name cannot be had."""
        stored = await self._named(slug)
        until = self._rests_until(stored) if stored is not None else None
        if until is not None:
            hint = "Choose another name; the setting name_rest_days says for how long names rest."
            place = f"rests until {moment(until)}"
            detail = f"The name {slug} was another tenant's and {place}."
            return AlreadyExists(detail, hint=hint, places=[Place("/name", place)])
        places = [Place("/name", "is taken")]
        if self.directory.deleted(slug) is not None:
            hint = "Have it back, or remove it for good; or choose another name."
            return AlreadyExists(f"The name {slug} is that of a deleted tenant.", hint=hint, places=places)
        return AlreadyExists(f"The name {slug} is taken.", hint="Choose another name.", places=places)

    async def rename(self, tenant: Tenant, slug: Slug) -> Tenant:
        """Give a tenant another name, durably; the old one leads there for a time. One that it had can be had again.

        Raises:
            AlreadyExists: the name is taken or rests.
            TenantNotFound: it was removed meanwhile.
        """
        await self._wake(slug)
        tenant = self._now(tenant)
        former: JsonObject = {"name": tenant.slug, "state": RENAMED, "tenant": tenant.id}
        writes: list[Write] = [
            Update(TENANTS, tenant.id, {"name": slug}, where=_SERVED), Create(TENANTS, new_id(), former)
        ]  # fmt: skip
        at = await self._named(slug)
        if at is not None and at["state"] == RENAMED and at["tenant"] == tenant.id:
            writes.insert(0, Delete(TENANTS, str(at["id"])))
        try:
            await self._documents.commit(writes)
        except AlreadyExists:
            raise await self._taken(slug) from None
        except DocumentNotFound:
            raise TenantNotFound from None
        renamed = replace(self._now(tenant), slug=slug)
        self.directory.put(renamed)
        self.directory.lead(slug, None)
        self.directory.lead(tenant.slug, Former(tenant.id, time.time() + self._lead_s))
        return renamed

    async def set_engine(self, tenant: Tenant, engine: Engine) -> Tenant:
        """Record, durably, what keeps the tenant's documents from now on.

        Raises:
            TenantNotFound: it was removed meanwhile.
        """
        return await self._change(tenant, {"engine": engine.value}, lambda now: replace(now, engine=engine))

    async def set_generation(self, tenant: Tenant, generation: str) -> Tenant:
        """Record, durably, which of its states the tenant has from now on.

        Raises:
            TenantNotFound: it was removed meanwhile.
        """
        fields: JsonObject = {"generation": generation}
        return await self._change(tenant, fields, lambda now: replace(now, generation=generation))

    async def set_suspended(self, tenant: Tenant, suspended: bool) -> Tenant:
        """Record, durably, whether a tenant is served.

        Raises:
            TenantNotFound: it was removed meanwhile.
        """
        state = State.SUSPENDED if suspended else State.ACTIVE
        return await self._change(tenant, {"state": state.value}, lambda now: replace(now, state=state))

    async def set_limits(self, tenant: Tenant, plan: str | None, limits: Mapping[str, float]) -> Tenant:
        """Record, durably, a tenant's plan and the limits that are its own.

        Raises:
            TenantNotFound: it was removed meanwhile.
        """
        # A merge would keep limits that are to go.
        numbers: JsonObject = dict.fromkeys(shown(tenant.limits)) | shown(limits)
        fields: JsonObject = {"plan": plan, "limits": numbers}
        return await self._change(tenant, fields, lambda now: replace(now, plan=plan, limits=dict(limits)))

    async def set_schedule(self, tenant: Tenant, schedule: Schedule | None) -> Tenant:
        """Record, durably, when the tenant gets snapshots; None: as the server says.

        Raises:
            TenantNotFound: it was removed meanwhile.
        """
        fields: JsonObject = {"schedule": schedule.to_json() if schedule is not None else None}
        return await self._change(tenant, fields, lambda now: replace(now, schedule=schedule))

    async def set_expiry(self, tenant: Tenant, expires_at: float | None) -> Tenant:
        """Record, durably, when a tenant is removed by itself.

        Raises:
            TenantNotFound: it was removed meanwhile.
        """
        fields: JsonObject = {"expiresAt": moment(expires_at)}
        return await self._change(tenant, fields, lambda now: replace(now, expires_at=expires_at))

    async def mark_deleted(self, tenant: Tenant, purge_at: float) -> Tenant:
        """Serve it no longer, durably; until then it can be had back. Unix seconds."""
        was = self._now(tenant).state
        fields: JsonObject = {"state": State.DELETED.value, "purgeAt": moment(purge_at), "was": was.value}
        return await self._change(
            tenant, fields, lambda now: replace(now, state=State.DELETED, purge_at=purge_at, was=was)
        )

    async def undelete(self, tenant: Tenant) -> Tenant:
        """Have a deleted tenant be what it was, durably; one whose time was over meanwhile stays from now on.

        Raises:
            TenantNotFound: it is gone.
        """
        expires = tenant.expires_at if tenant.expires_at is not None and tenant.expires_at > time.time() else None
        fields: JsonObject = {
            "state": tenant.was.value, "purgeAt": None, "was": None, "expiresAt": moment(expires)
        }  # fmt: skip
        back = replace(tenant, state=tenant.was, purge_at=None, was=State.ACTIVE, expires_at=expires)
        return await self._change(tenant, fields, lambda now: back, where=_DELETED)

    async def mark_gone(self, tenant: Tenant) -> None:
        """Serve it no longer, durably; it cannot be had back."""
        await self._documents.commit([Update(TENANTS, tenant.id, {"state": State.DELETED.value, "purgeAt": None})])
        self.directory.forget(tenant)

    async def _change(
        self, tenant: Tenant, fields: JsonObject, change: Callable[[Tenant], Tenant], where: Filter = _SERVED
    ) -> Tenant:
        """Change a record, and what is known of it: the rest of that may have changed meanwhile."""
        try:
            await self._documents.commit([Update(TENANTS, tenant.id, fields, where=where)])
        except DocumentNotFound:
            raise TenantNotFound from None
        changed = change(self._now(tenant) if where is _SERVED else tenant)
        self.directory.put(changed)
        return changed

    def _now(self, tenant: Tenant) -> Tenant:
        now = self.directory.by_id(tenant.id)
        if now is None:
            raise TenantNotFound
        return now

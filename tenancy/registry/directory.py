"""Names to tenants, in memory: all that the public listener ever gets of the registry."""

import time
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from tenancy.model.slug import Slug, TenantId
from tenancy.model.tenant import State, Tenant


class TenantDirectory(Protocol):
    """Looks up one name. There is no way to list through it."""

    def find(self, slug: str) -> Tenant | None:
        """The tenant that has this name now, suspended or not."""
        ...

    def renamed(self, slug: str) -> Slug | None:
        """The name that a tenant has now that had this one."""
        ...

    def state_of(self, tenant: Tenant) -> State:
        """Whether a tenant is served: a preview is suspended with its tenant."""
        ...


class Former(NamedTuple):
    """A name that a tenant had: whose it was, and until when it leads there, in Unix seconds."""

    tenant: TenantId
    until: float


class Directory:
    """All tenants by name, those that can still be had back too."""

    def __init__(self) -> None:
        """Begin with none."""
        self._tenants: dict[str, Tenant] = {}
        self._deleted: dict[str, Tenant] = {}
        self._ids: dict[TenantId, Tenant] = {}
        self._former: dict[str, Former] = {}

    def find(self, slug: str) -> Tenant | None:
        """The tenant that has this name now, suspended or not; not a deleted one."""
        return self._tenants.get(slug)

    def deleted(self, slug: str) -> Tenant | None:
        """The deleted tenant that had this name and can still be had back."""
        return self._deleted.get(slug)

    def renamed(self, slug: str) -> Slug | None:
        """The name that a tenant has now that had this one."""
        former = self._former.get(slug)
        tenant = self.by_id(former.tenant) if former is not None and former.until > time.time() else None
        return tenant.slug if tenant is not None else None

    def state_of(self, tenant: Tenant) -> State:
        """Whether a tenant is served: a preview is suspended with its tenant."""
        of = self._ids.get(tenant.parent) if tenant.parent is not None else None
        if of is not None and of.state is State.SUSPENDED and tenant.state is State.ACTIVE:
            return State.SUSPENDED
        return tenant.state

    def by_id(self, id: TenantId) -> Tenant | None:
        """The tenant with this id; not a deleted one."""
        tenant = self.known(id)
        return tenant if tenant is not None and tenant.state is not State.DELETED else None

    def known(self, id: TenantId) -> Tenant | None:
        """The tenant with this id; a deleted one too."""
        return self._ids.get(id)

    def previews_of(self, id: TenantId) -> list[Tenant]:
        """The previews of a tenant."""
        return [tenant for tenant in self._tenants.values() if tenant.parent == id]

    def put(self, tenant: Tenant) -> None:
        """What is known of a tenant from now on."""
        before = self._ids.get(tenant.id)
        if before is not None and (before.slug, before.state) != (tenant.slug, tenant.state):
            self._unname(before)
        self._ids[tenant.id] = tenant
        (self._deleted if tenant.state is State.DELETED else self._tenants)[tenant.slug] = tenant

    def forget(self, tenant: Tenant) -> None:
        """Know nothing more of it; nor any name that leads nowhere now."""
        self._unname(tenant)
        self._ids.pop(tenant.id, None)
        now = time.time()
        self._former = {slug: one for slug, one in self._former.items() if one.tenant in self._ids and one.until > now}

    def _unname(self, tenant: Tenant) -> None:
        for known in (self._tenants, self._deleted):
            at = known.get(tenant.slug)
            if at is not None and at.id == tenant.id:
                del known[tenant.slug]

    def lead(self, slug: str, former: Former | None) -> None:
        """Have a name lead to the tenant that had it; None: no longer."""
        if former is None:
            self._former.pop(slug, None)
        else:
            self._former[slug] = former

    def all_deleted(self) -> list[Tenant]:
        """Those that can still be had back."""
        return list(self._deleted.values())

    def __iter__(self) -> Iterator[Tenant]:
        """All but the deleted, by name."""
        return iter(sorted(self._tenants.values(), key=lambda tenant: tenant.slug))

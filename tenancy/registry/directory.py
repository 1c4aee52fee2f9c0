"""Names to tenants, in memory: all that the public listener ever gets of the registry."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from tenancy.model.slug import Slug, TenantId
from tenancy.model.tenant import Tenant


class TenantDirectory(Protocol):
    """Looks up one name. There is no way to list through it."""

    def find(self, slug: str) -> Tenant | None:
        """The tenant that has this name now."""
        ...


class Directory:
    """The tenants that are served, by name."""

    def __init__(self, tenants: Iterable[Tenant] = ()) -> None:
        """Begin with these."""
        self._tenants: dict[Slug, Tenant] = {tenant.slug: tenant for tenant in tenants}

    def find(self, slug: str) -> Tenant | None:
        """The tenant that has this name now."""
        return self._tenants.get(Slug(slug))

    def by_id(self, id: TenantId) -> Tenant | None:
        """The tenant with this id; a walk through all."""
        return next((tenant for tenant in self._tenants.values() if tenant.id == id), None)

    def add(self, tenant: Tenant) -> None:
        """Serve it from now on."""
        self._tenants[tenant.slug] = tenant

    def remove(self, tenant: Tenant) -> None:
        """Serve it no longer."""
        self._tenants.pop(tenant.slug, None)

    def __iter__(self) -> Iterator[Tenant]:
        """All of them, by name."""
        return iter(sorted(self._tenants.values(), key=lambda tenant: tenant.slug))

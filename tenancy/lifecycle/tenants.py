"""Making and removing tenants, so that a crash at any moment leaves either the whole tenant or nothing."""

from typing import NamedTuple

import structlog

from tenancy.lifecycle.seed import tenant_seed
from tenancy.model.ids import new_id
from tenancy.model.slug import Slug, TenantId
from tenancy.model.system import new_key
from tenancy.model.tenant import Tenant
from tenancy.registry.opening import Folders
from tenancy.registry.pool import Pool
from tenancy.registry.registry import Registry

log = structlog.get_logger("tenancy.lifecycle")


class Created(NamedTuple):
    """A new tenant and its first API key, which is kept nowhere."""

    tenant: Tenant
    api_key: str


class Tenants:
    """The life of tenants: folder, record and open stores together."""

    def __init__(self, registry: Registry, folders: Folders, pool: Pool) -> None:
        """Act on these."""
        self.registry = registry
        self.pool = pool
        self._folders = folders

    async def start(self) -> int:
        """Load the records and tidy up after a crash; how many tenants there are.

        A folder whose record says deleted is an unfinished removal, and goes. A folder without a record is a creation
        that was interrupted, or the control plane's own store was lost: it is set aside, never removed.
        """
        deleted = set(await self.registry.load())
        living = {tenant.id for tenant in self.registry.directory}
        for id in await self._folders.ids():
            if id in deleted:
                await self._folders.remove(id)
            elif id not in living:
                log.warning("tenant.unknown_folder", id=id, moved_to=str(await self._folders.set_aside(id)))
        return len(living)

    async def create(self, slug: Slug) -> Created:
        """Make a tenant; it is served when this returns.

        Raises:
            AlreadyExists: the name is taken or rests.
        """
        await self.registry.refuse_taken(slug)
        id, key = TenantId(new_id()), new_key()
        try:
            await self._folders.create(id, tenant_seed(key))
            tenant = await self.registry.create(id, slug)
        except BaseException:
            await self._folders.remove(id)
            raise
        return Created(tenant, key)

    async def delete(self, tenant: Tenant) -> None:
        """Remove a tenant: from now on nobody reaches it, and its folder is gone when this returns."""
        await self.registry.mark_deleted(tenant)
        await self.pool.retire(tenant.id)
        await self._folders.remove(tenant.id)

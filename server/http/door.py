"""The door: the Host header picks the tenant, and what is behind gets that tenant's context and nothing else."""

from starlette.types import ASGIApp, Receive, Scope, Send

from server.http.host import host_header, parse_host
from tenancy.errors import TenantNotFound
from tenancy.registry.directory import TenantDirectory
from tenancy.registry.pool import Pool


class Door:
    """Leads to the app of tenants, or for the bare base domain to the landing app."""

    def __init__(
        self, tenants: ASGIApp, landing: ASGIApp, directory: TenantDirectory, pool: Pool, base_domain: str
    ) -> None:
        """Look names up in the directory and hold the tenant open while the app works."""
        self._tenants = tenants
        self._landing = landing
        self._directory = directory
        self._pool = pool
        self._base_domain = base_domain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request or a WebSocket.

        Raises:
            BadHost, WrongHost, TenantNotFound: as the contract says.
        """
        host = parse_host(host_header(scope["backpack.headers"]), self._base_domain)
        scope["backpack.host"] = host.text
        if host.label is None:
            await self._landing(scope, receive, send)
            return
        tenant = self._directory.find(host.label)
        if tenant is None:
            raise TenantNotFound
        scope["backpack.tenant"] = tenant.slug
        entry = await self._pool.acquire(tenant)
        try:
            scope["backpack.context"] = entry.context
            await self._tenants(scope, receive, send)
        finally:
            self._pool.release(entry)

"""The door: the Host header picks the tenant, and what is behind gets that tenant's context and nothing else."""

from starlette.types import Receive, Scope, Send

from server.http.admission import Admission
from server.http.entrance import Entrance
from server.http.host import host_header, parse_host
from server.http.response import Answer, App
from tenancy.errors import BackpackError, TenantNotFound
from tenancy.model.slug import TenantId
from tenancy.registry.directory import TenantDirectory
from tenancy.registry.pool import Pool


class Door:
    """Leads to the app of tenants, or for the bare base domain to the landing app."""

    def __init__(self, tenants: App, landing: App, directory: TenantDirectory, pool: Pool, base_domain: str) -> None:
        """Look names up in the directory, and hold the tenant open until the guard has answered."""
        self._tenants = tenants
        self._landing = landing
        self._directory = directory
        self._pool = pool
        self._base_domain = base_domain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Answer:
        """Handle a request or a WebSocket.

        Raises:
            BadHost, WrongHost, TenantNotFound, TooMany: as the contract says.
        """
        host = parse_host(host_header(scope["backpack.headers"]), self._base_domain)
        scope["backpack.host"] = host.text
        if host.label is None:
            return await self._landing(scope, receive, send)
        tenant = self._directory.find(host.label)
        if tenant is None:
            raise TenantNotFound
        scope["backpack.tenant"] = tenant.slug
        scope["backpack.tenant_id"] = tenant.id
        entry = self._pool.acquire_open(tenant) or await self._pool.acquire(tenant)
        scope["backpack.release"] = entry.release
        context = scope["backpack.context"] = entry.context
        assert context is not None
        if scope["type"] == "http":  # sockets, which stay, have a limit of their own
            admission = context.attachments.get(Admission, lambda: Admission(context.limits))
            if not admission.enter_now():
                await admission.enter()
            entrance = scope["backpack.entrance"] = Entrance(entry.release, admission)
            scope["backpack.release"] = entrance.leave
        return await self._tenants(scope, receive, send)


def lane_of(directory: TenantDirectory, base_domain: str, host: bytes) -> TenantId | None:
    """Whose requests those with this Host header are, however it is spelled; None for everybody's else."""
    try:
        label = parse_host(host, base_domain).label
    except BackpackError:
        return None
    tenant = directory.find(label) if label is not None else None
    return tenant.id if tenant is not None else None

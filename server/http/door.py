"""The door: the Host header picks the tenant, and what is behind gets that tenant's context and nothing else."""

from collections.abc import Callable

from starlette.types import Receive, Scope, Send

from server.http.admission import Admission
from server.http.entrance import Entrance
from server.http.host import host_header, parse_host
from server.http.response import Answer, App
from tenancy.errors import BackpackError, TenantMoved, TenantNotFound, TenantSuspended
from tenancy.model.slug import Slug, TenantId
from tenancy.model.tenant import State, Tenant
from tenancy.registry.directory import TenantDirectory
from tenancy.registry.pool import Entry, Pool


class Door:
    """Leads to the app of tenants, or for the bare base domain to the landing app."""

    def __init__(
        self, tenants: App, landing: App, directory: TenantDirectory, pool: Pool, base_domain: str,
        address_of: Callable[[Slug], str],
    ) -> None:  # fmt: skip
        """Look names up in the directory, and hold the tenant open until the guard has answered. `address_of`: a
        tenant's origin."""
        self._address_of = address_of
        self._tenants = tenants
        self._landing = landing
        self._directory = directory
        self._pool = pool
        self._base_domain = base_domain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Answer:
        """Handle a request or a WebSocket.

        Raises:
            BadHost, WrongHost, TenantNotFound, TenantMoved, TenantSuspended, TooMany: as the contract says.
        """
        host = parse_host(host_header(scope["backpack.headers"]), self._base_domain)
        scope["backpack.host"] = host.text
        if host.label is None:
            return await self._landing(scope, receive, send)
        tenant = self._served(host.label, scope)
        scope["backpack.tenant"] = tenant.slug
        scope["backpack.tenant_id"] = tenant.id
        entry = self._pool.acquire_open(tenant)
        if entry is None:
            entry = await self._acquired(tenant, host.label, scope)
        scope["backpack.release"] = entry.release
        context = scope["backpack.context"] = entry.context
        assert context is not None
        if scope["type"] == "http":  # sockets, which stay, have a limit of their own
            admission = context.attachments.get(Admission, lambda: Admission(context.limits))
            if not admission.enter_now():
                await admission.enter()
            entrance = scope["backpack.entrance"] = Entrance(entry.release, admission, context.ended)
            scope["backpack.release"] = entrance.leave
        return await self._tenants(scope, receive, send)

    def _served(self, label: str, scope: Scope) -> Tenant:
        """The tenant that is asked for.

        Raises:
            TenantNotFound, TenantMoved, TenantSuspended: there is none, it has another name, or is not served now.
        """
        tenant = self._directory.find(label)
        if tenant is None:
            now = self._directory.renamed(label)
            if now is None:
                raise TenantNotFound
            origin = self._address_of(now)
            if scope["type"] == "websocket":
                origin = origin.replace("http", "ws", 1)
            raise TenantMoved(f"{origin}{_target(scope)}")
        if self._directory.state_of(tenant) is not State.ACTIVE:
            raise TenantSuspended
        return tenant

    async def _acquired(self, tenant: Tenant, label: str, scope: Scope) -> Entry:
        """Have the tenant opened. Meanwhile it may have come to an end, or to another name."""
        while True:
            entry = await self._pool.acquire(tenant)
            now = self._directory.find(label)
            if now is not None and now.id == tenant.id and self._directory.state_of(now) is State.ACTIVE:
                return entry
            entry.release()
            tenant = self._served(label, scope)


def _target(scope: Scope) -> str:
    """The path and query as they came."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    return (path + (b"?" + query if query else b"")).decode("latin-1")


def lane_of(directory: TenantDirectory, base_domain: str, host: bytes) -> TenantId | None:
    """Whose requests those with this Host header are, however it is spelled; None for everybody's else."""
    try:
        label = parse_host(host, base_domain).label
    except BackpackError:
        return None
    tenant = directory.find(label) if label is not None else None
    return tenant.id if tenant is not None else None

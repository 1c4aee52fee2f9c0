"""The public listener: everything a request meets, in the order in which it meets it."""

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from server.data import collection_routes as collections
from server.data import routes as data
from server.data import rule_routes as rules
from server.data import transfer_routes as transfer
from server.files import routes as files
from server.hosting import routes as hosting
from server.hosting.pages import landing
from server.http.call import Call
from server.http.cors import Cors
from server.http.dispatch import Dispatcher
from server.http.door import Door
from server.http.guard import AccessLog, Count, Guard
from server.http.response import Answer, json
from server.http.routes import Route, RouteTable
from server.identity import invitation_routes, key_routes, mail_routes, mfa_routes, passkey_routes, setting_routes
from server.identity import routes as identity
from server.identity.oauth import routes as oauth
from server.identity.principals import identify
from server.openapi.document import document
from server.outbound import Outbound
from server.realtime import routes as realtime
from server.usage import routes as usage
from tenancy.context import TenantContext
from tenancy.errors import RouteNotFound
from tenancy.model.slug import Slug
from tenancy.registry.directory import TenantDirectory
from tenancy.registry.pool import Pool
from tenancy.shares import Shares


def tenant_routes(version: str, shares: Shares, outbound: Outbound) -> RouteTable[TenantContext]:
    """All routes of a tenant's host."""

    async def health(call: Call[TenantContext]) -> Answer:
        return json({"status": "ok"})

    async def openapi(call: Call[TenantContext]) -> Answer:
        names = {"collection": sorted(call.context.documents.collections())}
        slug = call.context.tenant.slug
        return json(document(table.routes, title=slug, server=call.origin.own, version=version, names=names))

    table = RouteTable(
        [
            *data.routes(),
            *transfer.routes(),
            *collections.routes(),
            *rules.routes(),
            *identity.routes(),
            *mail_routes.routes(),
            *mfa_routes.routes(),
            *oauth.routes(outbound),
            *passkey_routes.routes(),
            *invitation_routes.routes(),
            *setting_routes.routes(),
            *key_routes.routes(),
            *files.routes(),
            *realtime.routes(shares),
            *hosting.routes(),
            *usage.routes(),
            Route("GET", "/api/openapi.json", openapi, "open", "This description"),
            Route("GET", "/api/health", health, "open", "Whether the tenant is served"),
        ]
    )
    return table


def public_app(
    directory: TenantDirectory, pool: Pool, table: RouteTable[TenantContext], *,
    base_domain: str, address_of: Callable[[Slug], str], scheme: str, access_log: AccessLog, count: Count,
) -> ASGIApp:  # fmt: skip
    """The app of the public listener: guard, door (host to tenant), CORS, routes; what has no route is the site."""
    tenants = Dispatcher(table, identify, hosting.serve_site, reserved=b"/api", cookie="backpack", scheme=scheme)
    return Guard(Door(Cors(tenants), _base, directory, pool, base_domain, address_of), access_log, count)


async def _base(scope: Scope, receive: Receive, send: Send) -> Answer:
    """The bare base domain."""
    if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
        if scope["path"] == "/":
            return landing()
        if scope["path"] in {"/healthz", "/readyz"}:
            return json({"status": "ok"})
    raise RouteNotFound

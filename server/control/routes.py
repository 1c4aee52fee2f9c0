"""The control plane over HTTP."""

from contextlib import aclosing

import msgspec

from server.control import admins, tenants
from server.control.context import ControlContext
from server.hosting.assets import asset, built
from server.hosting.routes import ZIP_TYPES
from server.http.call import Call
from server.http.content import not_modified
from server.http.cookies import session_cookie
from server.http.response import Answer, Header, Response, json, no_content
from server.http.routes import Route
from tenancy.errors import (
    AlreadyExists,
    Conflict,
    Forbidden,
    Invalid,
    RouteNotFound,
    TenantNotFound,
    TooLarge,
    Unavailable,
    UnsupportedMedia,
    WrongCredentials,
)

AdminCall = Call[ControlContext]
_TENANT = "/v1/tenants/{name}"
_CSP: Header = (
    b"content-security-policy",
    b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws: wss:; "
    b"frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
)
_TYPES = {
    "html": b"text/html; charset=utf-8", "js": b"text/javascript; charset=utf-8", "css": b"text/css; charset=utf-8",
    "svg": b"image/svg+xml", "woff2": b"font/woff2", "json": b"application/json", "png": b"image/png",
}  # fmt: skip


class FirstAdmin(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /v1/admins."""

    email: str
    password: str
    setup_code: str = msgspec.field(name="setupCode")


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /v1/sessions."""

    email: str
    password: str


class NewTenant(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /v1/tenants."""

    name: str


class Move(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /v1/tenants/{name}/move."""

    to: str


def routes() -> list[Route[ControlContext]]:
    """The routes below /v1."""
    return [
        Route("GET", "/v1/status", _status, "open", "Whether the server is set up"),
        Route(
            "POST",
            "/v1/admins",
            _create_admin,
            "open",
            "Make the first administrator",
            FirstAdmin,
            (201, "The administrator and a token"),
            (Invalid, Forbidden, Conflict),
        ),
        Route("GET", "/v1/admins/me", _me, "key", "The signed-in administrator"),
        Route(
            "POST",
            "/v1/sessions",
            _sign_in,
            "open",
            "Sign in",
            SignIn,
            (201, "The administrator and a token"),
            (Invalid, WrongCredentials),
        ),
        Route("DELETE", "/v1/sessions/current", _sign_out, "key", "Sign out", answer=(204, "Signed out")),
        Route("GET", "/v1/tenants", _tenants, "key", "All tenants"),
        Route(
            "POST",
            "/v1/tenants",
            _create_tenant,
            "key",
            "Create a tenant",
            NewTenant,
            (201, "The tenant with its first API key"),
            (Invalid, AlreadyExists),
        ),
        Route("GET", _TENANT, _tenant, "key", "One tenant with its usage", errors=(TenantNotFound,)),
        Route(
            "DELETE", _TENANT, _delete_tenant, "key", "Delete a tenant", answer=(204, "Gone"), errors=(TenantNotFound,)
        ),
        Route(
            "POST",
            _TENANT + "/move",
            _move_tenant,
            "key",
            "Move a tenant's documents to another engine",
            Move,
            errors=(TenantNotFound, Invalid, Conflict, Unavailable),
        ),
        Route(
            "POST",
            _TENANT + "/site",
            _publish,
            "key",
            "Publish a tenant's site",
            "application/zip",
            (201, "The release"),
            (TenantNotFound, Invalid, TooLarge, UnsupportedMedia),
        ),
    ]


async def _status(call: AdminCall) -> Answer:
    context = call.context
    return json(
        {
            "version": context.version, "setupRequired": await admins.setup_required(context),
            "baseDomain": context.base_domain, "publicUrl": context.public_url,
        }
    )  # fmt: skip


async def _create_admin(call: AdminCall) -> Answer:
    body = await call.read(FirstAdmin)
    return _signed_in(call, await admins.create_first(call.context, body.email, body.password, body.setup_code))


async def _sign_in(call: AdminCall) -> Answer:
    body = await call.read(SignIn)
    return _signed_in(call, await admins.sign_in(call.context, body.email, body.password))


def _signed_in(call: AdminCall, done: admins.SignedIn) -> Answer:
    session = done.session
    if call.origin.same:
        call.extra_headers.append(session_cookie(call.cookie, session.token, session.lifetime_s))
    return json({"admin": done.admin, "token": session.token, "expiresAt": session.expires_at}, 201)


async def _me(call: AdminCall) -> Answer:
    return json({"admin": await admins.shown(call.context, call.principal.id or "")})


async def _sign_out(call: AdminCall) -> Answer:
    await call.context.sessions.remove(call.principal.session or "")
    return no_content(session_cookie(call.cookie, "", 0))


async def _tenants(call: AdminCall) -> Answer:
    return json(tenants.everyone(call.context))


async def _create_tenant(call: AdminCall) -> Answer:
    body = await call.read(NewTenant)
    made = await tenants.create(call.context, body.name)
    return json(made, 201, (b"location", f"/v1/tenants/{made['name']}".encode()))


async def _tenant(call: AdminCall) -> Answer:
    return json(await tenants.shown(call.context, tenants.find(call.context, call.params["name"])))


async def _delete_tenant(call: AdminCall) -> Answer:
    await call.context.tenants.delete(tenants.find(call.context, call.params["name"]))
    return no_content()


async def _move_tenant(call: AdminCall) -> Answer:
    body = await call.read(Move)
    return json(await tenants.move(call.context, call.params["name"], body.to))


async def _publish(call: AdminCall) -> Answer:
    kind = (call.header(b"content-type") or "").partition(";")[0].strip().lower()
    if kind not in ZIP_TYPES:
        raise UnsupportedMedia("The body must be a zip file, application/zip.")
    async with aclosing(call.stream(call.context.limits.max_site)) as body:
        return json(await tenants.publish_site(call.context, call.params["name"], body), 201)


async def serve_panel(call: AdminCall) -> Answer:
    """A file of the panel; its index.html for every path without an extension."""
    path = call.scope["path"].removeprefix("/")
    name = path if "." in path.rpartition("/")[2] else "index.html"
    if ".." in path:
        raise RouteNotFound
    try:
        found = built("admin/index.html") if name == "index.html" else asset(f"admin/{name}")
    except (FileNotFoundError, ValueError):
        raise RouteNotFound from None
    hashed = name.startswith("assets/")
    headers: list[Header] = [
        (b"content-type", _TYPES.get(name.rpartition(".")[2], b"application/octet-stream")),
        (b"cache-control", b"public, max-age=31536000, immutable" if hashed else b"no-cache"),
        (b"etag", found.etag.encode()),
        (b"x-frame-options", b"DENY"),
        _CSP,
    ]
    if not_modified(call.header(b"if-none-match"), found.etag):
        return Response(304, b"", headers)
    return Response(200, found.data, headers)

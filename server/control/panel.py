"""The panel's files, on the admin listener."""

from server.control.context import ControlContext
from server.hosting.assets import asset, built
from server.http.call import Call
from server.http.content import not_modified
from server.http.response import Answer, Header, Response
from tenancy.errors import RouteNotFound

_CSP: Header = (
    b"content-security-policy",
    b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws: wss:; "
    b"frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
)
_TYPES = {
    "html": b"text/html; charset=utf-8", "js": b"text/javascript; charset=utf-8", "css": b"text/css; charset=utf-8",
    "svg": b"image/svg+xml", "woff2": b"font/woff2", "json": b"application/json", "png": b"image/png",
}  # fmt: skip


async def serve_panel(call: Call[ControlContext]) -> Answer:
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

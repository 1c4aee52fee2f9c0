"""CORS on a tenant's host: any origin may call with a bearer token, none with the cookie.

`Access-Control-Allow-Origin: *` without credentials makes the browser leave cookies out, so a frontend on
localhost:5173 works at once and no foreign page can act for a visitor. Source: https://fetch.spec.whatwg.org/#http-
cors-protocol
"""

from collections.abc import Awaitable

from starlette.types import Receive, Scope, Send

from server.http.response import Answer, App, Header, Response

VARY: Header = (b"vary", b"origin")
"""For answers that a cache may keep: one that was kept without the header below is of no use to other origins."""
_ALLOW = (b"access-control-allow-origin", b"*")
_EXPOSE = (
    b"access-control-expose-headers",
    b"x-request-id, etag, location, link, retry-after, content-range, preference-applied",
)
_PREFLIGHT = [
    _ALLOW,
    (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE, QUERY"),
    (b"access-control-allow-headers", b"authorization, content-type, if-match, if-none-match, idempotency-key, prefer"),
    (b"access-control-max-age", b"600"),
]


class Cors:
    """Answers preflights and marks answers of `/api` and the SDK as readable from other origins."""

    def __init__(self, app: App) -> None:
        """Wrap the tenants' app."""
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[Answer]:
        """Handle a request."""
        path: str = scope["path"]
        asked = scope["backpack.headers"].get(b"origin") is not None
        if not asked or scope["type"] != "http" or not (path.startswith("/api/") or path == "/backpack.js"):
            return self._app(scope, receive, send)
        return self._readable(scope, receive, send)

    async def _readable(self, scope: Scope, receive: Receive, send: Send) -> Answer:
        if scope["method"] == "OPTIONS":
            return Response(204, b"", _PREFLIGHT)
        scope["backpack.error_headers"] = (_ALLOW, _EXPOSE)
        answer = await self._app(scope, receive, send)
        answer.headers = [*answer.headers, _ALLOW, _EXPOSE]
        return answer

"""CORS on a tenant's host: any origin may call with a bearer token, none with the cookie.

`Access-Control-Allow-Origin: *` without credentials makes the browser leave cookies out, so a frontend on
localhost:5173 works at once and no foreign page can act for a visitor. Source: https://fetch.spec.whatwg.org/#http-
cors-protocol
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

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

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the tenants' app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        path: str = scope["path"]
        asked = scope["backpack.headers"].get(b"origin") is not None
        if not asked or scope["type"] != "http" or not (path.startswith("/api/") or path == "/backpack.js"):
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            await send({"type": "http.response.start", "status": 204, "headers": list(_PREFLIGHT)})
            await send({"type": "http.response.body", "body": b""})
            return
        scope["backpack.error_headers"] = [_ALLOW, _EXPOSE]

        async def readable(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], _ALLOW, _EXPOSE]
            await send(message)

        await self._app(scope, receive, readable)

"""Backpack in this process, without HTTP: requests as ASGI messages, and the store behind them."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final, cast

from starlette.types import ASGIApp, Message, Scope

from bench.errors import BenchmarkError
from bench.peers.peer import COLLECTION, EMAIL, PASSWORD
from server.main import listeners_for, open_control
from server.settings import Settings
from tenancy.context import TenantContext
from tenancy.model.slug import parse_slug

DATA: Final = f"/api/data/{COLLECTION}"
_CACHE: Final = 4 * 1024 * 1024
"""Less than the documents that are read in turns, so that both ways can be measured."""
_NAME: Final = "inside"
_RULES: Final = dict.fromkeys(("list", "read", "create", "update", "delete"), "public")


async def send(app: ASGIApp, scope: Scope, body: bytes) -> tuple[int, bytes]:
    """One request, of which the app may change the scope: the status, and the body of the answer."""
    status, pieces = 0, list[bytes]()

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def take(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            pieces.append(message.get("body", b""))

    await app(scope, receive, take)
    return status, b"".join(pieces)


def scope_of(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Scope:
    """What a server makes of a request's head."""
    plain, _, query = path.partition("?")
    lines = [(name.encode(), value.encode()) for name, value in headers.items()]
    if body:
        lines.append((b"content-length", str(len(body)).encode()))
    return {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": method,
        "scheme": "http", "path": plain, "raw_path": plain.encode(), "query_string": query.encode(), "root_path": "",
        "headers": lines, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip


class Inside:
    """A tenant with a collection that everybody may use, and a signed-in user."""

    def __init__(self, app: ASGIApp, tenant: TenantContext, token: str) -> None:
        """Drive this app, whose tenant is open."""
        self.app = app
        self.tenant = tenant
        self.anonymous = {"host": f"{_NAME}.localhost", "content-type": "application/json"}
        self.signed_in = {**self.anonymous, "authorization": f"Bearer {token}"}

    async def ask(self, method: str, path: str, headers: Mapping[str, str], content: Any = None) -> Any:
        """The JSON of an answer.

        Raises:
            BenchmarkError: the answer is no 2xx.
        """
        return await _ask(self.app, method, path, headers, content)


async def _ask(app: ASGIApp, method: str, path: str, headers: Mapping[str, str], content: Any = None) -> Any:
    body = json.dumps(content).encode() if content is not None else b""
    status, found = await send(app, scope_of(method, path, headers, body), body)
    if not 200 <= status < 300:
        raise BenchmarkError(f"{method} {path}: {status} {found[:500].decode()}")
    return json.loads(found) if found else None


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Inside]:
    """Have a tenant with an empty collection in a folder that exists, until the block ends."""
    settings = Settings(data=folder / "data", port=0, admin_port=0, access_log="errors", cache=_CACHE)
    async with AsyncExitStack() as stack:
        context = await open_control(settings, stack)
        public, _ = listeners_for(settings, context)
        app = cast("ASGIApp", public.server.config.app)
        made = await context.tenants.create(parse_slug(_NAME))
        host = {"host": f"{_NAME}.localhost", "content-type": "application/json"}
        key = {**host, "authorization": f"Bearer {made.api_key}"}
        definition = {"name": COLLECTION, "rules": _RULES, "indexes": [{"fields": ["brand", "-createdAt"]}]}
        await _ask(app, "POST", "/api/collections", key, definition)
        user = await _ask(app, "POST", "/api/auth/register", host, {"email": EMAIL, "password": PASSWORD})
        tenant = await stack.enter_async_context(context.tenants.pool.use(made.tenant))
        yield Inside(app, tenant, user["token"])

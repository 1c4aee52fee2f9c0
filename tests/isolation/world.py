"""A server with tenants that are alike in everything but their canaries: same names, same ids, same e-mails.

With ids that differ a leak would hide as a 404. A canary is `cnry-TENANT-…` where only the tenant's own people may see
it, and `cpub-TENANT-…` where everybody at the tenant's host may.
"""

import hashlib
import io
import json
import secrets
import zipfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from starlette.types import ASGIApp

from server.control.context import ControlContext
from server.main import listeners_for, open_control
from server.settings import Settings
from tenancy.model.slug import parse_slug
from tenancy.model.system import CREDENTIALS, FILES, KEYS, SESSIONS, SITE
from tenancy.model.tenant import Tenant
from tenancy.query.tree import EVERYTHING
from tests.isolation.raw import Fields, Reply, ask

EMAIL = "someone@example.com"
ADMIN = {"email": "admin@example.com", "password": "correct horse", "setupCode": "TEST-CODE"}
JSON = (b"content-type", b"application/json")
_SYSTEM = (CREDENTIALS, FILES, KEYS, SESSIONS, SITE, "_collections")


@dataclass(frozen=True)
class Person:
    """A tenant as it was filled, and all its secrets."""

    tenant: Tenant
    key: str
    token: str
    ended: str
    password: str
    user: str
    file: str
    public_file: str
    collection: str
    cursor: str

    @property
    def name(self) -> str:
        """The tenant's name."""
        return self.tenant.slug

    @property
    def host(self) -> bytes:
        """As browsers send it."""
        return f"{self.name}.localhost".encode()

    @property
    def hashes(self) -> tuple[str, str]:
        """How the session and the key are kept: worth nothing to who has read them."""
        return hashlib.sha256(self.token.encode()).hexdigest(), hashlib.sha256(self.key.encode()).hexdigest()


@dataclass
class World:
    """The server, its tenants, and an administrator's token."""

    app: ASGIApp
    context: ControlContext
    admin_token: str
    people: list[Person]
    under_attack: bool = False
    """For bugs that would keep the tenants from being filled."""

    async def digest(self, person: Person) -> str:
        """A checksum of everything that a tenant holds."""
        return await digest_of(self.context, person.tenant)


async def digest_of(control: ControlContext, tenant: Tenant) -> str:
    """A checksum of everything that a tenant holds."""
    found = hashlib.sha256()
    async with control.tenants.pool.use(tenant) as context:
        for name in sorted({*context.documents.collections(), *_SYSTEM}):
            texts: list[bytes] = []
            async for batch in context.documents.scan(name, EVERYTHING):
                texts += batch
            found.update(b"\0".join([name.encode(), *sorted(texts)]))
    return found.hexdigest()


def canary(name: str, place: str) -> str:
    """A marker of a tenant in a place that only its own people may look at."""
    return f"cnry-{name}-{place}-{secrets.token_hex(4)}"


def public_canary(name: str, place: str) -> str:
    """The same for what anybody at its host may see."""
    return f"cpub-{name}-{place}-{secrets.token_hex(4)}"


@asynccontextmanager
async def world(folder: Path, tenants: int) -> AsyncIterator[World]:
    """Have a server with so many tenants, t0, t1, …, in a folder that exists."""
    settings = Settings(data=folder / "data", port=0, admin_port=0, setup_code="TEST-CODE", access_log="errors")
    async with AsyncExitStack() as stack:
        context = await open_control(settings, stack)
        public, admin = (cast("ASGIApp", one.server.config.app) for one in listeners_for(settings, context))
        signed = await _json(admin, "POST", "/v1/admins", [(b"host", b"localhost")], ADMIN)
        yield World(
            public,
            context,
            signed["token"],
            [await _filled(public, context, f"t{number:03}") for number in range(tenants)],
        )


async def filled(world: World, name: str) -> Person:
    """One more tenant."""
    return await _filled(world.app, world.context, name)


async def _filled(app: ASGIApp, context: ControlContext, name: str) -> Person:
    made = await context.tenants.create(parse_slug(name))
    host = [(b"host", f"{name}.localhost".encode())]
    key: Fields = [*host, (b"authorization", f"Bearer {made.api_key}".encode())]
    password = canary(name, "password")
    account = {"email": EMAIL, "password": password, "bio": canary(name, "profile")}
    signed = await _json(app, "POST", "/api/auth/register", host, account)
    over = await _json(app, "POST", "/api/auth/login", host, {"email": EMAIL, "password": password})
    await _ask(app, "POST", "/api/auth/logout", [*host, (b"authorization", f"Bearer {over['token']}".encode())])
    user: Fields = [*host, (b"authorization", f"Bearer {signed['token']}".encode())]
    collection = public_canary(name, "collection")
    nobody = dict.fromkeys(("list", "read", "create", "update", "delete"), "nobody")
    for definition in ({"name": "hidden", "rules": nobody}, {"name": collection}, {"name": "cars", "indexes": _INDEX}):
        await _json(app, "POST", "/api/collections", key, definition)
    for place in ("cars", "hidden", collection):
        for id in ("c1", "c2"):
            document = {"id": id, "owner": "x", "name": canary(name, place), canary(name, "field"): 1}
            await _json(app, "POST", f"/api/data/{place}", key if place == "hidden" else user, document)
    page = await _json(app, "GET", "/api/data/cars?limit=1", user)
    private, shared = [await _upload(app, user, name, visibility) for visibility in ("private", "public")]
    await _ask(
        app, "POST", "/api/site", [*key, (b"content-type", b"application/zip")], site_of(public_canary(name, "site"))
    )
    return Person(
        made.tenant, made.api_key, signed["token"], over["token"], password, signed["user"]["id"], private, shared,
        collection, page["next"],
    )  # fmt: skip


_INDEX = [{"fields": ["name"], "unique": True}]


async def _upload(app: ASGIApp, user: Fields, name: str, visibility: str) -> str:
    mark = public_canary if visibility == "public" else canary
    parts = {"visibility": visibility, "path": mark(name, "path"), "metadata": json.dumps({"m": mark(name, "meta")})}
    lines = [f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in parts.items()]
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{mark(name, "name")}.txt"\r\n'
    body = "".join([*lines, head, "Content-Type: text/plain\r\n\r\n", mark(name, "bytes"), "\r\n--b--\r\n"]).encode()
    reply = await _ask(app, "POST", "/api/files", [*user, (b"content-type", b"multipart/form-data; boundary=b")], body)
    id: str = json.loads(reply.body)["id"]
    return id


def site_of(page: str) -> bytes:
    """A site of one page, as an archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.html", page)
    return packed.getvalue()


async def _json(app: ASGIApp, method: str, target: str, headers: Fields, content: Any = None) -> Any:
    body = json.dumps(content).encode() if content is not None else b""
    return json.loads((await _ask(app, method, target, [*headers, JSON] if body else headers, body)).body)


async def _ask(app: ASGIApp, method: str, target: str, headers: Fields, body: bytes = b"") -> Reply:
    reply = await ask(app, method, target, headers, body)
    assert 200 <= reply.status < 300, (method, target, reply)
    return reply

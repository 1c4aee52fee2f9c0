"""A whole server in the test's own event loop, on real sockets."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from server.control.context import ControlContext
from server.main import listeners_for, open_control
from server.settings import Settings

SETUP_CODE = "TEST-CODE"
PASSWORD = "correct horse"
_names = itertools.count(1)


@dataclass
class User:
    """A signed-in user of a tenant."""

    id: str
    token: str
    email: str

    @property
    def auth(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


class Tenant:
    """A tenant as a frontend developer sees it."""

    def __init__(self, name: str, port: int, api_key: str) -> None:
        self.name = name
        self.host = f"{name}.localhost:{port}"
        self.origin = f"http://{self.host}"
        self.port = port
        self.key = {"authorization": f"Bearer {api_key}"}
        self.api_key = api_key
        self.http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers={"host": self.host}, timeout=20)
        self._emails = itertools.count(1)

    async def user(self, email: str | None = None, **profile: object) -> User:
        """Register somebody."""
        email = email or f"user{next(self._emails)}@example.com"
        body = {"email": email, "password": PASSWORD, **profile}
        response = await self.http.post("/api/auth/register", json=body)
        assert response.status_code == 201, response.text
        answer = response.json()
        return User(answer["user"]["id"], answer["token"], email)

    async def create(self, collection: str, user: User, **fields: object) -> dict[str, Any]:
        """Create a document."""
        response = await self.http.post(f"/api/data/{collection}", json=fields, headers=user.auth)
        assert response.status_code == 201, response.text
        created: dict[str, Any] = response.json()
        return created


@dataclass
class App:
    """A running server and its administrator."""

    context: ControlContext
    public_port: int
    admin_port: int
    admin: httpx.AsyncClient
    tenants: list[Tenant]

    async def tenant(self, name: str | None = None) -> Tenant:
        """Make a tenant."""
        response = await self.admin.post("/v1/tenants", json={"name": name or f"tenant-{next(_names)}"})
        assert response.status_code == 201, response.text
        made = response.json()
        tenant = Tenant(made["name"], self.public_port, made["apiKey"])
        self.tenants.append(tenant)
        return tenant


@asynccontextmanager
async def running_app(data: Path, **settings: Any) -> AsyncIterator[App]:
    """Serve from a folder until the block ends; signs in as administrator."""
    values: dict[str, Any] = {
        "data": data, "port": 0, "admin_port": 0, "setup_code": SETUP_CODE, "access_log": "errors", **settings,
    }  # fmt: skip
    configured = Settings(**values)
    async with AsyncExitStack() as stack:
        context = await open_control(configured, stack)
        listeners = listeners_for(configured, context)
        tasks = [asyncio.create_task(listener.serve()) for listener in listeners]
        while not all(listener.server.started for listener in listeners):
            await asyncio.sleep(0.005)
        public, control = listeners
        context.address.port_is(public.port)
        admin = httpx.AsyncClient(base_url=f"http://127.0.0.1:{control.port}", timeout=20)
        app = App(context, public.port, control.port, admin, [])
        try:
            await _sign_in(admin)
            yield app
        finally:
            for client in [admin, *(tenant.http for tenant in app.tenants)]:
                await client.aclose()
            for listener in listeners:
                listener.server.should_exit = True
            await asyncio.gather(*tasks)


async def _sign_in(admin: httpx.AsyncClient) -> None:
    body = {"email": "admin@example.com", "password": PASSWORD}
    response = await admin.post("/v1/admins", json={**body, "setupCode": SETUP_CODE})
    if response.status_code == 409:
        response = await admin.post("/v1/sessions", json=body)
    assert response.status_code == 201, response.text
    admin.headers["authorization"] = f"Bearer {response.json()['token']}"

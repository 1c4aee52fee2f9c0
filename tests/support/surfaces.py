"""Everything that a tenant answers on, and what administrators do to it."""

from typing import Any

import httpx

from tests.support.app import App, Tenant
from tests.support.zips import make_zip


async def act(app: App, tenant: Tenant, what: str, **body: Any) -> httpx.Response:
    """What an administrator does to a tenant."""
    return await app.admin.post(f"/v1/tenants/{tenant.name}/{what}", json=body)


async def surfaces_of(tenant: Tenant) -> list[tuple[str, str, dict[str, str]]]:
    """One request of each surface that a tenant has, which its user or its key may do."""
    user = await tenant.user()
    form = {"visibility": "public"}
    file = (await tenant.http.post("/api/files", files={"file": ("a", b"1")}, data=form, headers=user.auth)).json()
    zipped = {**tenant.key, "content-type": "application/zip"}
    await tenant.http.post("/api/site", content=make_zip({"index.html": b"here"}), headers=zipped)
    await tenant.create("cars", user, id="c1")
    return [
        ("GET", "/", {}), ("GET", "/backpack.js", {}), ("GET", "/api/openapi.json", {}), ("GET", "/api/health", {}),
        ("GET", file["url"], {}), ("GET", "/api/data/cars", user.auth), ("GET", "/api/data/cars/c1", user.auth),
        ("GET", "/api/auth/me", {"cookie": f"backpack={user.token}"}), ("GET", "/api/collections", tenant.key),
        ("POST", "/api/data/cars", user.auth), ("OPTIONS", "/api/data/cars", {"origin": "https://x.example"}),
        ("GET", "/api/data/cars/export", tenant.key),
    ]  # fmt: skip


async def answers_of(tenant: Tenant, surfaces: list[tuple[str, str, dict[str, str]]]) -> list[httpx.Response]:
    """What each of them answers."""
    return [
        await tenant.http.request(method, path, headers=headers, json={} if method == "POST" else None)
        for method, path, headers in surfaces
    ]

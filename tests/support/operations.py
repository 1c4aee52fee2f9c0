"""Long work as tests begin it: to its end."""

from typing import Any

import httpx

from tests.support.app import App, Tenant

WAIT = {"prefer": "wait=120"}


async def begin(app: App, method: str, path: str, **body: Any) -> httpx.Response:
    """Begin an operation and wait for its end."""
    return await app.admin.request(method, path, json=body, headers=WAIT, timeout=120)


async def done(app: App, tenant: str, what: str, **body: Any) -> dict[str, Any]:
    """Do an operation on a tenant; what came of it."""
    answer = await begin(app, "POST", f"/v1/tenants/{tenant}/{what}", **body)
    assert answer.status_code == 200, answer.text
    ended: dict[str, Any] = answer.json()
    assert ended["status"] == "done", ended
    result: dict[str, Any] = ended["result"]
    return result


async def failed(app: App, tenant: str, what: str, **body: Any) -> dict[str, Any]:
    """Do an operation on a tenant that fails; its error."""
    answer = await begin(app, "POST", f"/v1/tenants/{tenant}/{what}", **body)
    assert answer.status_code == 200, answer.text
    ended: dict[str, Any] = answer.json()
    assert ended["status"] == "failed", ended
    error: dict[str, Any] = ended["error"]
    return error


async def opened(app: App, name: str) -> Tenant:
    """A tenant that an operation has made, with a key of its own."""
    made = await app.admin.post(f"/v1/tenants/{name}/keys", json={"name": "k", "scope": "admin"})
    assert made.status_code == 201, made.text
    tenant = Tenant(name, app.public_port, made.json()["key"])
    app.tenants.append(tenant)
    return tenant

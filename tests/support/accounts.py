"""What tests of accounts do: ask below /api/auth, read the outbox, change settings and users as only keys can."""

import re
from typing import Any

from tests.support.app import App, Tenant, User


async def mails(app: App, tenant: Tenant) -> list[dict[str, Any]]:
    """The outbox, the newest first."""
    response = await app.admin.get(f"/v1/tenants/{tenant.name}/outbox")
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def token_of(app: App, tenant: Tenant, kind: str) -> str:
    """The token of the newest mail."""
    found = re.search(rf"/api/auth/confirm#{kind}=([\w-]+)", (await mails(app, tenant))[0]["text"])
    assert found is not None
    return found[1]


async def settle(tenant: Tenant, **accounts: object) -> None:
    response = await tenant.http.patch("/api/settings", json={"accounts": accounts}, headers=tenant.key)
    assert response.status_code == 200, response.text


async def post(tenant: Tenant, path: str, user: User | None = None, **body: Any) -> Any:
    return await tenant.http.post(f"/api/auth/{path}", json=body, headers=user.auth if user else {})


async def is_signed_in(tenant: Tenant, user: User) -> bool:
    return (await tenant.http.get("/api/auth/me", headers=user.auth)).status_code == 200


async def forgot(app: App, tenant: Tenant, user: User) -> str:
    assert (await post(tenant, "password/forgot", email=user.email)).status_code == 204
    return await token_of(app, tenant, "reset")


async def assign(tenant: Tenant, user: User, **fields: object) -> None:
    """As only the server side can."""
    response = await tenant.http.patch(f"/api/data/users/{user.id}", json=fields, headers=tenant.key)
    assert response.status_code == 200, response.text

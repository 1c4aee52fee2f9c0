"""Collections and documents as the tenant's key makes them."""

from tests.support.app import Tenant


async def define(tenant: Tenant, name: str, **rules: object) -> None:
    response = await tenant.http.post("/api/collections", json={"name": name, "rules": rules}, headers=tenant.key)
    assert response.status_code == 201, response.text


async def make(tenant: Tenant, collection: str, id: str, **fields: object) -> None:
    response = await tenant.http.post(f"/api/data/{collection}", json={"id": id, **fields}, headers=tenant.key)
    assert response.status_code == 201, response.text

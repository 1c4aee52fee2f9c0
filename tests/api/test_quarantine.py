"""A tenant that is set apart is served as before, and administrators see it."""

from pathlib import Path

import pytest

from tenancy.registry.quarantine import LOOKS
from tests.support.app import App, running_app

pytestmark = pytest.mark.starts_server


async def _since(app: App, name: str) -> str | None:
    since: str | None = (await app.admin.get(f"/v1/tenants/{name}")).json()["quarantinedSince"]
    return since


async def test_a_tenant_in_quarantine_is_served_and_shown(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        tenant, other = await app.tenant("greedy"), await app.tenant("small")
        items = [{"id": f"c{n:03}", "n": n} for n in range(200)]
        await tenant.http.post("/api/data/cars", json=items, headers=tenant.key)
        asked = ('filter={"n":{"$gte":7}}', 'filter={"n":{"$lt":1}}&count=true', "sort=-n&limit=3", "offset=190")
        before = [(await tenant.http.get(f"/api/data/cars?{one}", headers=tenant.key)).json() for one in asked]
        id = app.context.tenants.registry.directory.find("greedy")
        assert id is not None and await _since(app, "greedy") is None
        for _ in range(LOOKS):
            app.context.quarantine.look({id.id: 4.0, other.name: 0.5}, 5.0, 5.0)
        since = await _since(app, "greedy")
        assert since is not None and since.endswith("Z") and await _since(app, "small") is None
        listed = {
            item["name"]: item["quarantinedSince"] for item in (await app.admin.get("/v1/tenants")).json()["items"]
        }
        assert listed == {"greedy": since, "small": None}
        # Written to, so that nothing is answered from memory.
        await tenant.http.post("/api/data/cars", json={"id": "new", "n": -1, "kind": "x"}, headers=tenant.key)
        await tenant.http.delete("/api/data/cars/new", headers=tenant.key)
        assert [(await tenant.http.get(f"/api/data/cars?{one}", headers=tenant.key)).json() for one in asked] == before
        pipeline = [{"$match": {"n": {"$gte": 100}}}, {"$group": {"_id": None, "n": {"$sum": 1}}}]
        grouped = await tenant.http.post("/api/data/cars/aggregate", json={"pipeline": pipeline}, headers=tenant.key)
        assert grouped.json()["items"][0]["n"] == 100
        assert (await app.admin.delete("/v1/tenants/greedy?purge=1")).status_code == 204
        assert app.context.quarantine.since == {}

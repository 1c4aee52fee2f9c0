"""What one tenant has is nothing at another one."""

import pytest

from tests.support.app import App, Tenant
from tests.support.problems import assert_problem
from tests.support.sockets import socket


async def test_credentials_of_one_tenant_are_nothing_at_another(app: App, tenant: Tenant) -> None:
    mine, other = await tenant.user(), await app.tenant()
    for headers in (mine.auth, tenant.key, {"authorization": app.admin.headers["authorization"]}):
        assert_problem(await other.http.get("/api/auth/me", headers=headers), "session_invalid")
        assert_problem(await other.http.get("/api/data/cars", headers=headers), "session_invalid")
    cookie = {"cookie": f"backpack={mine.token}", "origin": other.origin}
    assert_problem(await other.http.post("/api/data/cars", json={}, headers=cookie), "authentication_required")
    assert (await tenant.http.get("/api/auth/me", headers=mine.auth)).status_code == 200


async def test_the_same_ids_hold_different_things(app: App, tenant: Tenant) -> None:
    other = await app.tenant()
    here, there = await tenant.user(), await other.user()
    await tenant.create("cars", here, id="c1", secret="canary-here")
    await other.create("cars", there, id="c1", secret="canary-there")
    assert "canary-here" in (await tenant.http.get("/api/data/cars", headers=here.auth)).text
    assert "canary-there" in (await other.http.get("/api/data/cars/c1", headers=there.auth)).text
    assert "canary-here" not in (await other.http.get("/api/data/cars", headers=there.auth)).text


async def test_a_cursor_of_one_tenant_is_nothing_at_another(app: App, tenant: Tenant) -> None:
    other = await app.tenant()
    here, there = await tenant.user(), await other.user()
    for n in range(2):
        await tenant.create("cars", here, n=n)
        await other.create("cars", there, n=n)
    cursor = (await tenant.http.get("/api/data/cars?limit=1", headers=here.auth)).json()["next"]
    assert_problem(await other.http.get(f"/api/data/cars?cursor={cursor}", headers=there.auth), "bad_cursor")


async def test_changes_and_channels_stay_in_their_tenant(app: App, tenant: Tenant) -> None:
    other = await app.tenant()
    here, there = await tenant.user(), await other.user()
    async with socket(tenant, here) as mine, socket(other, there) as theirs:
        for opened in (mine, theirs):
            await opened.say("subscribe", id="s", collection="cars")
            await opened.hear("subscribed")
            await opened.say("join", channel="room")
            assert len((await opened.hear("joined"))["members"]) == 1
        await tenant.create("cars", here, secret="canary")
        await mine.say("publish", channel="room", event="e", data="canary", id="p")
        await mine.hear("published")
        assert (await mine.hear("change"))["document"]["secret"] == "canary"
        await theirs.nothing_but_pong()


@pytest.mark.parametrize(
    "header",
    ["x-forwarded-host", "x-host", "x-original-host", "forwarded", "x-tenant", "x-namespace", "x-original-url"],
)
async def test_no_other_header_names_the_tenant(app: App, tenant: Tenant, header: str) -> None:
    other = await app.tenant()
    value = f"host={other.host}" if header == "forwarded" else other.host
    answer = await tenant.http.get("/api/openapi.json", headers={header: value})
    assert answer.json()["info"]["title"] == tenant.name
    assert answer.json()["servers"][0]["url"] == tenant.origin


async def test_a_deleted_tenant_is_gone_at_once_with_its_sockets_and_its_folder(app: App) -> None:
    tenant = await app.tenant()
    user = await tenant.user()
    folder = app.context.tenants.pool  # opened below
    assert len(folder) >= 1
    async with socket(tenant, user) as opened:
        await opened.say("join", channel="room")
        await opened.hear("joined")
        assert (await app.admin.delete(f"/v1/tenants/{tenant.name}?purge=1")).status_code == 204
        assert await opened.closed() == 4403
    assert_problem(await tenant.http.get("/api/auth/me", headers=user.auth), "tenant_not_found")
    assert_problem(await app.admin.get(f"/v1/tenants/{tenant.name}"), "tenant_not_found")
    taken = await app.admin.post("/v1/tenants", json={"name": tenant.name})
    assert_problem(taken, "already_exists", "/name")

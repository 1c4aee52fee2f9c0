"""A tenant as it was at any moment."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tenancy.model.clock import now_text
from tests.support.app import PASSWORD, Tenant, running_app
from tests.support.figures import FIGURES
from tests.support.mongo import MongoServer
from tests.support.operations import begin, done, opened
from tests.support.problems import assert_problem
from tests.support.zips import make_zip

PATHS = (
    "/api/data/cars?limit=1000&sort=id",
    "/api/data/users?sort=id",
    "/api/collections",
    "/api/settings",
    "/api/rules",
)


async def _state(tenant: Tenant) -> dict[str, Any]:
    """Everything that a moment brings back, files by their content."""
    found: dict[str, Any] = {path: (await tenant.http.get(path, headers=tenant.key)).json() for path in PATHS}
    for name, one in enumerate((await tenant.http.get("/api/files?sort=id", headers=tenant.key)).json()["items"]):
        content = await tenant.http.get(one["url"], headers=tenant.key)
        assert content.status_code == 200
        found[f"file {name}"] = (one, content.text)
    found["site"] = (await tenant.http.get("/")).text
    return found


async def _moment() -> str:
    """A moment with nothing else in its millisecond."""
    await asyncio.sleep(0.004)
    at = now_text()
    await asyncio.sleep(0.004)
    return at


async def _publish(tenant: Tenant, text: str) -> None:
    zipped = {**tenant.key, "content-type": "application/zip"}
    site = make_zip({"index.html": text.encode()})
    assert (await tenant.http.post("/api/site", content=site, headers=zipped)).status_code == 201


async def _act(tenant: Tenant, dice: random.Random, n: int) -> None:
    """Some change: mostly of documents, at times of what is about them."""
    key, id = tenant.key, f"c{dice.randrange(40)}"
    match dice.randrange(12):
        case 0:
            await tenant.http.delete(f"/api/data/cars/{id}", headers=key)
        case 1:
            await tenant.user(f"u{n}@example.com")
        case 2:
            await tenant.http.patch("/api/settings", json={"appName": f"App {n}"}, headers=key)
        case 3:
            await tenant.http.patch("/api/collections/cars", json={"indexes": [{"fields": [f"f{n % 3}"]}]}, headers=key)
        case 4:
            await tenant.http.post("/api/files", files={"file": (f"f{n}", f"bytes {n}")}, headers=key)
        case 5:
            await tenant.http.delete("/api/collections/cars", headers=key)
            await tenant.http.post("/api/collections", json={"name": "cars", "rules": {"list": "public"}}, headers=key)
        case 6:
            await tenant.http.patch(
                "/api/rules", json={"files": {"create": dice.choice(["nobody", "owner", None])}}, headers=key
            )
        case _:
            answer = await tenant.http.put(f"/api/data/cars/{id}", json={"n": n, "f0": n % 7}, headers=key)
            assert answer.is_success, answer.text


@pytest.mark.starts_server
@pytest.mark.parametrize("seed", range(3))
async def test_every_moment_between_snapshots_comes_back(
    tmp_path: Path, seed: int, record_property: Callable[[str, object], None]
) -> None:
    dice = random.Random(seed)
    async with running_app(tmp_path) as app:
        tenant = await app.tenant("shop")
        await tenant.http.post(
            "/api/collections", json={"name": "cars", "rules": {"list": "public"}}, headers=tenant.key
        )
        await _publish(tenant, "first")
        await done(app, "shop", "snapshots")
        moments: dict[str, dict[str, Any]] = {}
        for n in range(60):
            await _act(tenant, dice, n)
            if n % 6 == 5:
                moments[await _moment()] = await _state(tenant)
            if n == 30:
                await done(app, "shop", "snapshots")
                await _publish(tenant, "second")
        for number, (at, state) in enumerate(moments.items()):
            name = f"at-{number:02}"
            answer = await begin(app, "POST", "/v1/tenants/shop/restore", at=at, **{"as": name})
            assert answer.json()["status"] == "done", answer.text
            assert await _state(await opened(app, name)) == state, at
        record_property(FIGURES, f"{len(moments)} moments of 60 random changes came back as they were")


@pytest.mark.starts_server
async def test_a_tenant_goes_back_to_before_a_mistake(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        tenant = await app.tenant("shop")
        ann = await tenant.user("ann@example.com")
        await _publish(tenant, "site")
        await done(app, "shop", "snapshots")
        for n in range(20):
            await tenant.create("cars", ann, id=f"c{n}", n=n)
        bob = await tenant.user("bob@example.com")  # after the snapshot
        change = {"currentPassword": PASSWORD, "newPassword": "another horse"}
        assert (await tenant.http.post("/api/auth/password/change", json=change, headers=ann.auth)).is_success
        at = await _moment()
        before = await _state(tenant)
        assert (await tenant.http.delete("/api/collections/cars", headers=tenant.key)).status_code == 204
        mistaken = await _moment()
        await tenant.create("boats", bob, id="b1", n=1)
        assert (await begin(app, "POST", "/v1/tenants/shop/restore", at=at)).json()["status"] == "done"
        assert await _state(tenant) == before
        for user, password, status in ((bob, PASSWORD, 200), (ann, PASSWORD, 401), (ann, "another horse", 200)):
            answer = await tenant.http.post("/api/auth/login", json={"email": user.email, "password": password})
            assert answer.status_code == status
        # History goes on: what was undone is not there, what was before is.
        history = (await tenant.http.get("/api/data/cars/c3/history", headers=tenant.key)).json()["items"]
        assert [one["op"] for one in history] == ["create"]
        # What was until then is reached all the same; from the restored state on, until the next snapshot, nothing is.
        await done(app, "shop", "restore", at=mistaken, **{"as": "mistaken"})
        other = await opened(app, "mistaken")
        names = [one["name"] for one in (await other.http.get("/api/collections", headers=other.key)).json()["items"]]
        assert not {"cars", "boats"} & set(names)
        refused = await begin(app, "POST", "/v1/tenants/shop/restore", at=await _moment())
        assert "brought to another state" in assert_problem(refused, "history_gone")["hint"]
        assert await _state(tenant) == before
        await app.context.works.backups.look()  # and that one is taken soon
        newest, *_ = (await app.admin.get("/v1/tenants/shop/snapshots")).json()["items"]
        assert newest["reason"] == "scheduled"
        await tenant.http.put("/api/data/cars/c3", json={"n": "new"}, headers=tenant.key)
        again = await _moment()
        await tenant.http.delete("/api/data/cars/c3", headers=tenant.key)
        assert (await begin(app, "POST", "/v1/tenants/shop/restore", at=again)).json()["status"] == "done"
        assert (await tenant.http.get("/api/data/cars/c3", headers=tenant.key)).json()["n"] == "new"


@pytest.mark.starts_server
async def test_what_is_not_reached_is_said_and_changes_nothing(tmp_path: Path) -> None:
    async with running_app(tmp_path, changes_kept=100) as app:
        tenant = await app.tenant("shop")
        for at in ("yesterday", "2999-01-01T00:00:00Z", ""):
            refused = await app.admin.post("/v1/tenants/shop/restore", json={"at": at})
            assert_problem(refused, "invalid_request", "/at")
        early = await _moment()
        assert_problem(await begin(app, "POST", "/v1/tenants/shop/restore", at=early), "history_gone")
        await done(app, "shop", "snapshots")
        problem = assert_problem(await begin(app, "POST", "/v1/tenants/shop/restore", at=early), "history_gone")
        assert "oldest snapshot" in problem["hint"]
        between = await _moment()
        await tenant.http.put("/api/data/cars/a", json={"n": 0}, headers=tenant.key)
        for n in range(300):
            await tenant.http.put("/api/data/cars/a", json={"n": n + 1}, headers=tenant.key)
        problem = assert_problem(await begin(app, "POST", "/v1/tenants/shop/restore", at=between), "history_gone")
        assert "snapshot of" in problem["hint"]
        assert (await tenant.http.get("/api/data/cars/a", headers=tenant.key)).json()["n"] == 300
        bad = await app.admin.post("/v1/tenants/shop/restore", json={"at": between, "as": "www"})
        assert_problem(bad, "invalid_request", "/as")


@pytest.mark.starts_server
@pytest.mark.timeout(120)
async def test_a_moment_of_a_tenant_that_mongo_keeps(tmp_path: Path) -> None:
    server = MongoServer()
    try:
        async with running_app(tmp_path, mongo_url=server.url) as app:
            tenant = await app.tenant("shop")
            await done(app, "shop", "snapshots")
            user = await tenant.user()
            await tenant.create("cars", user, id="c1", n=1)
            await _publish(tenant, "site")
            at, before = await _moment(), await _state(tenant)
            await tenant.http.delete("/api/data/cars/c1", headers=tenant.key)
            assert (await begin(app, "POST", "/v1/tenants/shop/restore", at=at)).json()["status"] == "done"
            assert await _state(tenant) == before
            assert (await app.admin.get("/v1/tenants/shop")).json()["engine"] == "mongo"
    finally:
        server.stop()

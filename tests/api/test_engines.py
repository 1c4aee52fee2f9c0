"""Tenants whose documents MongoDB keeps, and the move between engines."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tenancy.stores.common.transfer import checksum
from tenancy.stores.mongo.driver import Mongo
from tenancy.stores.mongo.transfer import DatabaseSource
from tests.support.app import App, Tenant, User, running_app
from tests.support.mongo import MongoServer
from tests.support.problems import assert_problem
from tests.support.sockets import socket
from tests.support.zips import make_zip

pytestmark = [pytest.mark.starts_server, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def server() -> Iterator[MongoServer]:
    running = MongoServer()
    yield running
    running.stop()


@pytest.fixture
async def mongo(server: MongoServer) -> AsyncIterator[Mongo]:
    opened = Mongo(server.url)
    yield opened
    await opened.aclose()


async def _filled(app: App, name: str) -> tuple[Tenant, User]:
    """A tenant with something of everything."""
    tenant = await app.tenant(name)
    user = await tenant.user()
    definition = {
        "name": "cars", "rules": {"list": "public", "read": "public"},
        "indexes": [
            {"fields": ["brand", "-price"]}, {"fields": ["plate"], "unique": True}, {"fields": ["tags"]},
            {"fields": ["until"], "expireAfterSeconds": 3600}, {"fields": ["price"], "where": {"sold": False}},
        ],
        "schema": {"type": "object", "properties": {"brand": {"type": "string"}}},
    }  # fmt: skip
    assert (await tenant.http.post("/api/collections", json=definition, headers=tenant.key)).status_code == 201
    cars = [
        {"id": f"c{n}", "brand": f"b{n % 3}", "price": n if n % 2 else n + 0.5, "plate": f"p{n}", "tags": ["a", n, [n]],
         "sold": n % 4 == 0, "_id": n, "deep": {"_id": {"x": [1, 1.0, -0.0, 2**40, None]}}}
        for n in range(60)
    ]  # fmt: skip
    answer = await tenant.http.post("/api/data/cars", json=cars, headers=user.auth)
    assert answer.status_code == 201, answer.text
    await tenant.http.patch("/api/data/cars/c1", json={"$inc": {"price": 1}}, headers=user.auth)
    await tenant.http.delete("/api/data/cars/c2", headers=user.auth)
    await tenant.http.post("/api/files", files={"file": ("a", b"12345")}, headers=user.auth)
    zipped = {"content-type": "application/zip"}
    site = make_zip({"index.html": b"<h1>here</h1>"})
    await app.admin.post(f"/v1/tenants/{name}/site", content=site, headers=zipped)
    return tenant, user


async def _seen(tenant: Tenant, user: User) -> dict[str, Any]:
    """What the tenant answers, byte for byte."""
    paths = [
        "/api/data/cars?limit=100&sort=id", "/api/data/cars?sort=brand,-price&count=true", "/api/collections",
        "/api/data/cars?filter[tags]=5", "/api/data/cars?filter[brand]=b1&sort=-price", "/api/auth/me", "/api/files",
        "/api/data/cars/c1/history", "/", "/api/data/users", '/api/data/cars?filter={"sold":false,"price":{"$gt":9}}',
    ]  # fmt: skip
    seen: dict[str, Any] = {}
    for path in paths:
        headers = tenant.key if path == "/api/collections" else user.auth
        answer = await tenant.http.get(path, headers=headers)
        assert answer.status_code == 200, (path, answer.text)
        seen[path] = answer.text
    return seen


async def _move(app: App, name: str, to: str) -> httpx.Response:
    return await app.admin.post(f"/v1/tenants/{name}/move", json={"to": to}, headers={"prefer": "wait=60"})


async def test_a_tenant_moves_there_and_back_and_nobody_sees_a_difference(
    tmp_path: Path, server: MongoServer, mongo: Mongo
) -> None:
    async with running_app(tmp_path) as app:
        tenant, user = await _filled(app, "mover")
        before = await _seen(tenant, user)
        page = (await tenant.http.get("/api/data/cars?limit=7&sort=brand,-price", headers=user.auth)).json()
        assert (await app.admin.get("/v1/tenants/mover")).json()["engine"] == "embedded"
        assert_problem(await _move(app, "mover", "mongo"), "invalid_request", "/to")
    async with running_app(tmp_path, mongo_url=server.url) as app:
        tenant = Tenant("mover", app.public_port, tenant.api_key)
        app.tenants.append(tenant)
        async with socket(tenant, user) as opened:
            await opened.say("subscribe", id="s", collection="cars", snapshot=True, limit=1)
            cursor = (await opened.hear("subscribed"))["cursor"]
        await tenant.http.patch("/api/data/cars/c5", json={"price": 77}, headers=user.auth)
        before = await _seen(tenant, user)
        for to in ("mongo", "embedded", "mongo"):
            moved = await _move(app, "mover", to)
            assert (moved.status_code, moved.json()["result"]["engine"]) == (200, to), moved.text
            assert await _seen(tenant, user) == before
            params = {"limit": "7", "sort": "brand,-price", "cursor": page["next"]}
            assert (await tenant.http.get("/api/data/cars", params=params, headers=user.auth)).status_code == 200
            async with socket(tenant, user) as opened:
                await opened.say("subscribe", id="s", collection="cars", after=cursor)
                assert (await opened.hear("change"))["document"]["price"] == 77
            taken = await tenant.http.post("/api/data/cars", json={"plate": "p7"}, headers=user.auth)
            assert_problem(taken, "already_exists", "/plate")
        assert (await _move(app, "mover", "mongo")).status_code == 200  # it is there
        assert_problem(await _move(app, "mover", "paper"), "invalid_request", "/to")
        assert_problem(await _move(app, "nobody", "mongo"), "tenant_not_found")
        assert not list(tmp_path.glob("tenants/*/data.db*"))
        assert len(await mongo.ids()) == 1
        made = await app.tenant("born-there")
        assert (await app.admin.get(f"/v1/tenants/{made.name}")).json()["engine"] == "mongo"
        assert (await app.admin.delete("/v1/tenants/mover?purge=1")).status_code == 204
        assert len(await mongo.ids()) == 1


async def test_meanwhile_the_tenant_asks_to_come_back(tmp_path: Path, server: MongoServer) -> None:
    async with running_app(tmp_path) as app:
        tenant, user = await _filled(app, "busy")
    async with running_app(tmp_path, mongo_url=server.url) as app:
        tenant = Tenant("busy", app.public_port, tenant.api_key)
        other = await app.tenant("other")
        app.tenants.append(tenant)
        moving = asyncio.create_task(_move(app, "busy", "mongo"))
        refused: httpx.Response | None = None
        while not moving.done() and refused is None:
            answer = await tenant.http.get("/api/data/cars", headers=user.auth)
            refused = answer if answer.status_code == 503 else None
        assert refused is not None
        assert_problem(refused, "unavailable")
        assert int(refused.headers["retry-after"]) >= 1
        assert_problem(await _move(app, "busy", "mongo"), "operation_running")
        assert_problem(await app.admin.delete("/v1/tenants/busy?purge=1"), "operation_running")
        assert (await other.http.get("/api/health")).status_code == 200
        assert (await moving).status_code == 200
        assert (await tenant.http.get("/api/data/cars", headers=user.auth)).status_code == 200


async def test_what_an_interrupted_move_left_goes_and_the_tenant_stays(
    tmp_path: Path, server: MongoServer, mongo: Mongo
) -> None:
    async with running_app(tmp_path) as app:
        tenant, user = await _filled(app, "halfway")
        before = await _seen(tenant, user)
    (folder,) = (tmp_path / "tenants").iterdir()
    half = await mongo.database(folder.name)
    await half.change_all("meta", {}, {"$set": {"x": 1}})
    from tenancy.stores.mongo.create import create_documents

    await create_documents(half, [])
    stranger = await mongo.database("0123456789abcdef01234567")
    await create_documents(stranger, [])
    async with running_app(tmp_path, mongo_url=server.url) as app:
        assert folder.name not in await mongo.ids()
        assert "0123456789abcdef01234567" in await mongo.ids()  # perhaps another server's
        tenant = Tenant("halfway", app.public_port, tenant.api_key)
        app.tenants.append(tenant)
        assert await _seen(tenant, user) == before
        assert (await _move(app, "halfway", "mongo")).status_code == 200
        was = await checksum(DatabaseSource(await mongo.database(folder.name)))
    with sqlite3.connect(folder / "data.db") as leftover:
        leftover.execute("CREATE TABLE half (x)")
    leftover.close()
    async with running_app(tmp_path, mongo_url=server.url) as app:
        assert not (folder / "data.db").exists()
        assert await checksum(DatabaseSource(await mongo.database(folder.name))) == was
    await stranger.drop()


async def test_without_its_server_only_its_tenants_are_away(tmp_path: Path) -> None:
    own = MongoServer()
    url = own.url
    try:
        async with running_app(tmp_path) as app:
            here, user = await _filled(app, "here")
        async with running_app(tmp_path, mongo_url=url) as app:
            there = await app.tenant("there")
            here = Tenant("here", app.public_port, here.api_key)
            app.tenants.append(here)
            assert (await there.http.get("/api/health")).status_code == 200
            await asyncio.to_thread(own.stop)
            assert_problem(await there.http.get("/api/data/x", headers=there.key), "unavailable")
            assert (await here.http.get("/api/data/cars", headers=user.auth)).status_code == 200
            assert_problem(await _move(app, "here", "mongo"), "unavailable")
            assert (await here.http.get("/api/data/cars", headers=user.auth)).status_code == 200
            assert_problem(await app.admin.post("/v1/tenants", json={"name": "no-server"}), "unavailable")
            assert (await app.admin.get("/v1/tenants")).status_code == 200
        async with running_app(tmp_path, mongo_url=url) as app:
            assert {item["name"] for item in (await app.admin.get("/v1/tenants")).json()["items"]} >= {"here", "there"}
    finally:
        own.stop()

"""Clones, previews, snapshots and what comes back from them."""

import asyncio
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from tenancy.errors import OutOfSpace
from tenancy.model.clock import to_text
from tests.support.app import PASSWORD, App, Tenant, User, running_app
from tests.support.operations import begin, done, failed, opened
from tests.support.problems import assert_problem
from tests.support.sockets import socket
from tests.support.zips import make_zip


async def filled(app: App, tenant: Tenant) -> tuple[User, str]:
    """One of everything; a user, and the address of a file."""
    ann = await tenant.user("ann@example.com", city="Rome")
    definition = {
        "name": "cars", "rules": {"list": "public", "read": "public"}, "indexes": [{"fields": ["plate"], "unique": True}],
        "schema": {"type": "object", "properties": {"brand": {"type": "string"}}},
    }  # fmt: skip
    assert (await tenant.http.post("/api/collections", json=definition, headers=tenant.key)).status_code == 201
    for n in range(30):
        await tenant.create(
            "cars", ann, id=f"c{n}", plate=f"p{n}", brand=f"b{n % 3}", driver={"email": f"d{n % 5}@x.it"}
        )
    form = {"visibility": "public"}
    file = await tenant.http.post("/api/files", files={"file": ("a.txt", b"bytes")}, data=form, headers=ann.auth)
    zipped = {**tenant.key, "content-type": "application/zip"}
    assert (await tenant.http.post("/api/site", content=make_zip({"index.html": b"site"}), headers=zipped)).is_success
    setting = {"appName": "Cars", "accounts": {"signUp": "closed"}}
    assert (await tenant.http.patch("/api/settings", json=setting, headers=tenant.key)).is_success
    return ann, str(file.json()["url"])


async def seen(tenant: Tenant, file: str) -> dict[str, Any]:
    """What a tenant holds, as its key and everybody see it."""
    paths = [
        "/api/data/cars?limit=100&sort=id",
        "/api/collections",
        "/api/settings",
        "/api/data/users?sort=id",
        "/",
        file,
    ]
    answers = {path: await tenant.http.get(path, headers=tenant.key) for path in paths}
    return {path: (answer.status_code, answer.text) for path, answer in answers.items()}


async def test_a_clone_has_everything_but_keys_and_sessions(app: App, tenant: Tenant) -> None:
    ann, file = await filled(app, tenant)
    before = await seen(tenant, file)
    name = f"{tenant.name}-two"
    assert await done(app, tenant.name, "clone", **{"as": name}) == {"tenant": name}
    two = await opened(app, name)
    assert await seen(two, file) == before
    for old in (tenant.key, ann.auth):
        assert_problem(await two.http.get("/api/data/users", headers=old), "session_invalid")
    login = await two.http.post("/api/auth/login", json={"email": ann.email, "password": PASSWORD})
    assert login.status_code == 200
    taken = await two.http.post("/api/data/cars", json={"plate": "p1"}, headers=two.key)
    assert_problem(taken, "already_exists", "/plate")
    # Each is changed alone.
    assert (await two.http.delete("/api/data/cars/c1", headers=two.key)).status_code == 204
    assert (await two.http.delete(file.removesuffix("/content"), headers=two.key)).status_code == 204
    assert await seen(tenant, file) == before
    assert (await tenant.http.patch("/api/data/cars/c2", json={"brand": "new"}, headers=tenant.key)).is_success
    assert (await two.http.get("/api/data/cars/c2")).json()["brand"] == "b2"
    # A clone of a clone of one that is gone.
    assert (await app.admin.delete(f"/v1/tenants/{tenant.name}?purge=1")).status_code == 204
    await done(app, name, "clone", **{"as": f"{tenant.name}-three"})
    three = await opened(app, f"{tenant.name}-three")
    assert (await three.http.get("/api/data/cars?count=true&limit=1")).json()["total"] == 29
    assert (await three.http.get("/")).text == "site"


async def test_what_cannot_be_a_clone_is_refused_and_nothing_is_made(app: App, tenant: Tenant) -> None:
    other = await app.tenant()
    before = (await app.admin.get("/v1/tenants")).json()
    wrong: list[tuple[dict[str, Any], str, str | None]] = [
        ({"as": other.name}, "already_exists", "/as"), ({"as": "www"}, "invalid_request", "/as"),
        ({"as": "a--b"}, "invalid_request", "/as"), ({}, "invalid_request", None),
        ({"as": "good-name", "ttl": 1}, "invalid_request", "/ttl"),
        ({"as": "good-name", "snapshot": "0" * 24}, "snapshot_not_found", None),
        ({"as": "good-name", "snapshot": "../../x"}, "snapshot_not_found", None),
        ({"as": "good-name", "mask": {"users": {"email": "shred"}}}, "invalid_request", "/mask"),
        ({"as": "good-name", "mask": {"users": {"id": "hash"}}}, "invalid_request", "/mask/users/id"),
        ({"as": "good-name", "mask": {"users": {"a..b": "hash"}}}, "invalid_request", "/mask/users/a..b"),
        ({"as": "good-name", "mask": {"_keys": {"name": "hash"}}}, "invalid_request", "/mask/_keys"),
        ({"as": "good-name", "mask": {"users": {"a": {"get": 1}}}}, "invalid_request", "/mask/users/a"),
    ]  # fmt: skip
    for body, code, path in wrong:
        assert_problem(await app.admin.post(f"/v1/tenants/{tenant.name}/clone", json=body), code, path)
    assert_problem(await app.admin.post("/v1/tenants/nobody-here/clone", json={"as": "good-name"}), "tenant_not_found")
    error = await failed(app, tenant.name, "clone", **{"as": "good-name", "mask": {"nothing": {"a": "hash"}}})
    assert (error["code"], error["errors"][0]["path"]) == ("invalid_request", "/mask/nothing")
    assert (await app.admin.get("/v1/tenants")).json() == before
    assert (await app.admin.post("/v1/tenants", json={"name": "good-name"})).status_code == 201


async def test_a_mask_leaves_nothing_personal_and_keeps_what_belongs_together(app: App, tenant: Tenant) -> None:
    ann, file = await filled(app, tenant)
    await tenant.http.patch("/api/data/cars/c1", json={"driver": {"email": "secret@x.it"}}, headers=tenant.key)
    await tenant.http.patch("/api/data/cars/c1", json={"driver": {"email": "d1@x.it"}}, headers=tenant.key)
    await tenant.create("cars", ann, id="C2", plate="P2", brand="b", driver={"email": "D1@x.it"})
    mask = {
        "users": {"email": "email", "city": "redact"}, "files": {"name": "hash", "path": "hash"},
        "cars": {"driver.email": "email", "plate": "hash", "brand": {"set": "some"}},
    }  # fmt: skip
    name = f"{tenant.name}-masked"
    await done(app, tenant.name, "clone", **{"as": name, "mask": mask})
    masked = await opened(app, name)
    users = (await masked.http.get("/api/data/users", headers=masked.key)).json()["items"]
    assert (users[0]["city"], users[0]["id"]) == ("xxxx", ann.id)
    assert users[0]["email"].endswith("@masked.invalid")
    cars = (await masked.http.get("/api/data/cars?limit=100")).json()["items"]
    assert len({car["driver"]["email"] for car in cars}) == 5
    assert len({car["plate"] for car in cars}) == 31
    assert {car["brand"] for car in cars} == {"some"}
    spelled = {car["id"]: car["plate"] for car in cars}
    assert spelled["c2"] != spelled["C2"]  # only addresses are the same however they are spelled
    found = await masked.http.get(f"/api/data/cars?filter[plate]={cars[0]['plate']}")
    assert [car["id"] for car in found.json()["items"]] == [cars[0]["id"]]  # the indexes know it
    for email in (ann.email, users[0]["email"]):
        login = await masked.http.post("/api/auth/login", json={"email": email, "password": PASSWORD})
        assert_problem(login, "wrong_credentials")
    # Nowhere in its folder, the log of changes included.
    made = app.context.tenants.registry.directory.find(name)
    assert made is not None
    for path in ("/api/data/cars/c1/history", "/api/data/users", "/api/files", "/api/data/cars/export"):
        text = (await masked.http.get(path, headers=masked.key)).text
        assert [word for word in ("ann@", "@x.it", "Rome", "a.txt", "secret") if word in text] == [], path
    files = app.context.tenants.folders.root / made.id
    written = await asyncio.to_thread(lambda: b"".join(path.read_bytes() for path in files.glob("data.db*")))
    assert [word for word in (b"ann@", b"@x.it", b"Rome", b"a.txt", b"secret") if word in written] == []
    # What is taken away is not missed: a file has a name when it is fetched.
    await done(app, tenant.name, "clone", **{
        "as": f"{name}-0", "mask": {"users": {"email": "remove"}, "files": {"name": "remove"}}
    })  # fmt: skip
    bare = await opened(app, f"{name}-0")
    assert (await bare.http.get(file)).headers["content-disposition"].startswith("inline")
    # The same mask gives other words in another clone: nobody can look them up.
    await done(app, tenant.name, "clone", **{"as": f"{name}-2", "mask": mask})
    again = await opened(app, f"{name}-2")
    assert (await again.http.get("/api/data/users", headers=again.key)).json()["items"][0]["email"] != users[0]["email"]
    error = await failed(app, tenant.name, "clone", **{"as": f"{name}-3", "mask": {"cars": {"plate": {"set": 1}}}})
    assert error["code"] == "conflict"
    assert "hash" in error["hint"]


async def test_a_preview_is_a_clone_for_a_time_that_goes_with_its_tenant(app: App, tenant: Tenant) -> None:
    _, file = await filled(app, tenant)
    before = await seen(tenant, file)
    assert await done(app, tenant.name, "previews", label="pr-12") == {"tenant": f"{tenant.name}--pr-12"}
    preview = await opened(app, f"{tenant.name}--pr-12")
    assert await seen(preview, file) == before
    shown = (await app.admin.get(f"/v1/tenants/{preview.name}")).json()
    assert shown["previewOf"] == tenant.name
    assert shown["expiresAt"] > shown["createdAt"]
    again = await begin(app, "POST", f"/v1/tenants/{tenant.name}/previews", label="pr-12")
    assert_problem(again, "already_exists", "/label")
    for label in ("", "-a", "a-", "a--b", "A", "x" * 21, "a.b"):
        refused = await app.admin.post(f"/v1/tenants/{tenant.name}/previews", json={"label": label})
        assert_problem(refused, "invalid_request", "/label")
    of_one = await app.admin.post(f"/v1/tenants/{preview.name}/previews", json={"label": "x"})
    assert_problem(of_one, "invalid_request")
    renamed = await app.admin.post(f"/v1/tenants/{tenant.name}/rename", json={"to": f"{tenant.name}-new"})
    assert_problem(renamed, "conflict")
    assert_problem(await app.admin.post(f"/v1/tenants/{preview.name}/rename", json={"to": "any-name"}), "conflict")
    await done(app, tenant.name, "previews", label="x", files=False)
    bare = await opened(app, f"{tenant.name}--x")
    assert (await bare.http.get("/")).text == "site"
    assert_problem(await bare.http.get(file), "file_not_found")
    assert (await app.admin.delete(f"/v1/tenants/{preview.name}")).status_code == 204
    assert (await app.admin.delete(f"/v1/tenants/{tenant.name}")).status_code == 200
    assert_problem(await bare.http.get("/"), "tenant_not_found")
    names = [one["name"] for one in (await app.admin.get("/v1/tenants?deleted=1")).json()["items"]]
    assert tenant.name in names and bare.name not in names


async def test_a_tenant_is_again_what_it_was(app: App, tenant: Tenant) -> None:
    ann, file = await filled(app, tenant)
    before = await seen(tenant, file)
    taken = await done(app, tenant.name, "snapshots", note="before the sale")
    assert (taken["documents"], taken["files"], taken["note"], taken["reason"]) == (31, 1, "before the sale", "manual")
    late = await app.admin.post(f"/v1/tenants/{tenant.name}/keys", json={"name": "late", "scope": "admin"})
    first = (await app.admin.get(f"/v1/tenants/{tenant.name}/keys")).json()["items"][0]["id"]
    await app.admin.delete(f"/v1/tenants/{tenant.name}/keys/{first}")
    await tenant.http.delete("/api/site", headers={"authorization": f"Bearer {late.json()['key']}"})
    assert (await tenant.http.delete(file.removesuffix("/content"), headers=ann.auth)).status_code == 204
    for n in range(10):
        await tenant.http.delete(f"/api/data/cars/c{n}", headers=ann.auth)
    await tenant.create("cars", ann, id="c99", plate="late")
    page = (await tenant.http.get("/api/data/cars?limit=3", headers=ann.auth)).json()
    async with socket(tenant, ann) as socket_:
        await socket_.say("subscribe", id="s", collection="cars", snapshot=True, limit=1)
        cursor = (await socket_.hear("subscribed"))["cursor"]
        result = await done(app, tenant.name, f"snapshots/{taken['id']}/restore")
        assert result == {"tenant": tenant.name, "from": "snapshot"}
        assert await socket_.closed() == 1012
    # Keys are those of now; sessions and cursors are over.
    assert_problem(await tenant.http.get("/api/data/users", headers=tenant.key), "session_invalid")
    assert_problem(await tenant.http.get("/api/auth/me", headers=ann.auth), "session_invalid")
    tenant.key = {"authorization": f"Bearer {late.json()['key']}"}
    assert await seen(tenant, file) == before
    taken_up = await tenant.http.get(f"/api/data/cars?limit=3&cursor={page['next']}", headers=tenant.key)
    assert_problem(taken_up, "bad_cursor")
    again = (await tenant.http.post("/api/auth/login", json={"email": ann.email, "password": PASSWORD})).json()
    async with socket(tenant, User(ann.id, again["token"], ann.email)) as socket_:
        await socket_.say("subscribe", id="s", collection="cars", after=cursor)
        await socket_.hear("resync", id="s")
    # It is a tenant like others: written, cloned, restored once more.
    assert (await tenant.http.post("/api/data/cars", json={"plate": "new"}, headers=tenant.key)).status_code == 201
    await done(app, tenant.name, f"snapshots/{taken['id']}/restore")
    assert await seen(tenant, file) == before
    found = app.context.tenants.registry.directory.find(tenant.name)
    assert found is not None
    folder = app.context.tenants.folders.root / found.id
    assert sorted(await asyncio.to_thread(os.listdir, folder)) == sorted([found.generation, "snapshots"])


@pytest.mark.starts_server
async def test_snapshots_keep_what_is_new_and_go_alone(tmp_path: Path) -> None:
    async with running_app(tmp_path, max_body=4_000_000) as app:
        tenant = await app.tenant("shop")
        ann, file = await filled(app, tenant)
        large = [{"id": f"n{n:04}", "text": "x" * 2000} for n in range(1000)]
        assert (await tenant.http.post("/api/data/notes", json=large, headers=ann.auth)).status_code == 201
        for _ in range(4):
            form = {"file": ("big", b"x" * 3_000_000)}
            await tenant.http.post("/api/files", files=form, headers=ann.auth)
        one = await done(app, "shop", "snapshots")
        two = await done(app, "shop", "snapshots")
        assert (one["size"], two["added"]) == (two["size"], 0)
        assert one["size"] >= one["added"] + 9_000_000  # four files with the same bytes are one
        assert one["added"] > 5_000_000
        before = await seen(tenant, file)
        await tenant.create("cars", ann, id="c99", plate="late")
        three = await done(app, "shop", "snapshots")
        assert 0 < three["added"] < 1_000_000 < one["added"]
        listed = (await app.admin.get("/v1/tenants/shop/snapshots")).json()
        assert [item["id"] for item in listed["items"]] == [three["id"], two["id"], one["id"]]
        assert listed["items"][0] == (await app.admin.get(f"/v1/tenants/shop/snapshots/{three['id']}")).json()
        assert (listed["lastProvenAt"], listed["schedule"]["every"]) == (None, 24)
        assert (await app.admin.delete(f"/v1/tenants/shop/snapshots/{one['id']}")).status_code == 204
        assert_problem(await app.admin.delete(f"/v1/tenants/shop/snapshots/{one['id']}"), "snapshot_not_found")
        await done(app, "shop", f"snapshots/{two['id']}/restore")
        assert await seen(tenant, file) == before
        for left in (two, three):
            assert (await app.admin.delete(f"/v1/tenants/shop/snapshots/{left['id']}")).status_code == 204
        (folder,) = (tmp_path / "tenants").iterdir()
        assert [path for path in (folder / "snapshots").rglob("*") if path.is_file()] == []
        assert await seen(tenant, file) == before
        for path in (f"snapshots/{one['id']}", "snapshots/..x"):
            assert_problem(await app.admin.get(f"/v1/tenants/shop/{path}"), "snapshot_not_found")
        assert_problem(
            await app.admin.post("/v1/tenants/shop/snapshots", json={"note": "x" * 201}), "invalid_request", "/note"
        )


@pytest.mark.starts_server
async def test_a_new_tenant_has_the_state_of_a_snapshot(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        tenant = await app.tenant("shop")
        ann, file = await filled(app, tenant)
        before = await seen(tenant, file)
        taken = await done(app, "shop", "snapshots")
        await tenant.http.delete("/api/data/cars/c1", headers=ann.auth)
        await done(app, "shop", "clone", **{"as": "yesterday", "snapshot": taken["id"]})
        assert await seen(await opened(app, "yesterday"), file) == before


@pytest.mark.starts_server
async def test_a_snapshot_is_restored_for_trial_and_counted(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        tenant = await app.tenant("shop")
        ann, _ = await filled(app, tenant)
        taken = await done(app, "shop", "snapshots")
        proven = await done(app, "shop", f"snapshots/{taken['id']}/prove")
        assert (proven["proven"]["documents"], proven["proven"]["files"]) == (31, 1)
        shown = (await app.admin.get("/v1/tenants/shop")).json()["snapshots"]
        assert (shown["count"], shown["lastProvenAt"]) == (1, proven["proven"]["at"])
        told = await app.admin.get("/metrics")
        assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
        values = dict(re.findall(r"^(backpack\S+) (\S+)$", told.text, re.MULTILINE))
        assert values['backpack_tenants{state="active"}'] == "1.0"
        for name in ("snapshot", "proof"):
            assert 0 <= float(values[f'backpack_{name}_age_seconds{{tenant="shop"}}']) < 60
        (folder,) = (tmp_path / "tenants").iterdir()
        assert sorted(path.name for path in folder.iterdir()) == [
            "blobs",
            "data.db",
            "data.db-shm",
            "data.db-wal",
            "snapshots",
        ]
        # Damage is found, told, and harms nothing else.
        (pack,) = (folder / "snapshots" / "packs").iterdir()
        content = bytearray(pack.read_bytes())
        content[len(content) // 2] ^= 1
        pack.write_bytes(content)
        error = await failed(app, "shop", f"snapshots/{taken['id']}/prove")
        assert (error["code"], "damaged" in error["detail"]) == ("unavailable", True)
        error = await failed(app, "shop", f"snapshots/{taken['id']}/restore")
        assert "damaged" in error["detail"]
        assert (await tenant.http.get("/api/data/cars/c1", headers=ann.auth)).status_code == 200
        assert sorted(path.name for path in folder.iterdir()) == [
            "blobs",
            "data.db",
            "data.db-shm",
            "data.db-wal",
            "snapshots",
        ]
        # It is marked, and the next one, although nothing has changed, builds on nothing of it.
        shown = (await app.admin.get("/v1/tenants/shop/snapshots")).json()["items"]
        assert [(one["id"], one["damaged"]) for one in shown] == [(taken["id"], True)]
        whole = await done(app, "shop", "snapshots")
        await done(app, "shop", f"snapshots/{whole['id']}/prove")
        await done(app, "shop", "clone", **{"as": "copy", "snapshot": whole["id"]})
        # A summary that cannot be read hides that one alone.
        (folder / "snapshots" / f"{taken['id']}.json").write_bytes(b"{")
        await tenant.create("cars", ann, id="new", plate="new")
        third = await done(app, "shop", "snapshots")
        assert (await app.admin.delete(f"/v1/tenants/shop/snapshots/{whole['id']}")).status_code == 204
        shown = (await app.admin.get("/v1/tenants/shop/snapshots")).json()["items"]
        assert [one["id"] for one in shown] == [third["id"]]
        await done(app, "shop", f"snapshots/{third['id']}/prove")


@pytest.mark.starts_server
async def test_a_tenant_gets_snapshots_by_itself_which_are_proven_and_thinned_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr("tenancy.lifecycle.backups.time.time", lambda: now)
    monkeypatch.setattr("tenancy.lifecycle.snapshots.now_text", lambda: to_text(now))
    monkeypatch.setattr("tenancy.lifecycle.copies.now_text", lambda: to_text(now))
    async with running_app(tmp_path, snapshot_keep="last=2,daily=3", prove_hours=30) as app:
        tenant, look = await app.tenant("shop"), app.context.works.backups.look
        await app.tenant("other")
        assert (await app.admin.patch("/v1/tenants/other", json={"snapshots": {"every": 0}})).status_code == 200
        ann, _ = await filled(app, tenant)
        await done(app, "shop", "previews", label="x")

        async def listed() -> list[dict[str, Any]]:
            return list((await app.admin.get("/v1/tenants/shop/snapshots")).json()["items"])

        await look()
        assert await listed() == []  # a new tenant is not yet due
        for hour in range(6):
            now += 13 * 3600
            await tenant.create("cars", ann, id=f"h{hour}", plate=f"h{hour}")
            await look()
        found = await listed()
        assert [one["reason"] for one in found] == ["scheduled"] * len(found)
        assert [one["documents"] for one in found] == [37, 35, 33]  # each second visit, 26 hours apart
        # Proven 26 hours after the start, and 65; the newest is proven when that is 30 hours ago.
        assert [one["proven"] is not None for one in found] == [False, True, True]
        now += 40 * 3600
        await look()
        unchanged = await listed()
        assert [{**one, "proven": None} for one in unchanged] == [{**one, "proven": None} for one in found]
        assert unchanged[0]["proven"]["documents"] == 37
        manual = await done(app, "shop", "snapshots", note="mine")
        for hour in range(4):
            now += 25 * 3600
            await tenant.create("cars", ann, id=f"l{hour}", plate=f"l{hour}")
            await look()
        found = await listed()
        assert [one["documents"] for one in found] == [41, 40, 39, manual["documents"]]
        changed = await app.admin.patch(
            "/v1/tenants/shop", json={"snapshots": {"every": 1, "keep": {"last": 1, "daily": 0, "weekly": 0}}}
        )
        assert changed.json()["name"] == "shop"
        now += 2 * 3600
        await tenant.create("cars", ann, id="z", plate="z")
        await look()
        assert [one["documents"] for one in await listed()] == [42, manual["documents"]]
        for name in ("other", "shop--x"):
            assert (await app.admin.get(f"/v1/tenants/{name}/snapshots")).json()["items"] == []
        for wrong, path in [
            ({"every": 0.01}, "/snapshots/every"),
            ({"keep": {"last": -1}}, "/snapshots/keep/last"),
            ({"often": 1}, "/snapshots"),
        ]:
            before = (await app.admin.get("/v1/tenants/shop")).json()
            refused = await app.admin.patch("/v1/tenants/shop", json={"snapshots": wrong, "limits": {"maxRate": 3}})
            assert_problem(refused, "invalid_request", path)
            assert (await app.admin.get("/v1/tenants/shop")).json() == before
        back = await app.admin.patch("/v1/tenants/shop", json={"snapshots": None})
        assert back.status_code == 200
        assert (await app.admin.get("/v1/tenants/shop")).json()["snapshots"]["schedule"]["every"] == 24
    async with running_app(tmp_path) as app:
        assert (await app.admin.get("/v1/tenants/other")).json()["snapshots"]["schedule"]["every"] == 0


async def test_two_operations_at_once_one_of_them_is_refused_with_the_others_address(app: App, tenant: Tenant) -> None:
    await filled(app, tenant)
    path, name = f"/v1/tenants/{tenant.name}", tenant.name
    asked = [
        app.admin.post(f"{path}/clone", json={"as": f"{name}-a"}),
        app.admin.post(f"{path}/clone", json={"as": f"{name}-b"}),
        app.admin.post(f"{path}/snapshots", json={}),
        app.admin.post(f"{path}/rename", json={"to": f"{name}-c"}),
        app.admin.delete(path),
    ]
    answers = await asyncio.gather(*asked)
    begun = [answer for answer in answers if answer.is_success]
    assert len(begun) == 1
    assert begun[0].status_code == 202
    assert begun[0].headers["location"] == f"/v1/operations/{begun[0].json()['id']}"
    for answer in answers:
        if answer is not begun[0]:
            problem = assert_problem(answer, "operation_running")
            assert begun[0].headers["location"] in problem["detail"]
    ended = await app.admin.get(begun[0].headers["location"], headers={"prefer": "wait=60"})
    assert ended.json()["status"] == "done"
    await done(app, tenant.name, "snapshots")


async def test_a_name_that_an_operation_will_take_is_nobody_elses(app: App, tenant: Tenant) -> None:
    await filled(app, tenant)
    other, wanted = await app.tenant(), f"{tenant.name}-wanted"
    answers = await asyncio.gather(
        app.admin.post(f"/v1/tenants/{tenant.name}/clone", json={"as": wanted}),
        app.admin.post("/v1/tenants", json={"name": wanted}),
        app.admin.post(f"/v1/tenants/{other.name}/clone", json={"as": wanted}),
        app.admin.post(f"/v1/tenants/{other.name}/rename", json={"to": wanted}),
    )
    assert sum(answer.is_success for answer in answers) == 1
    assert {answer.status_code for answer in answers if not answer.is_success} == {409}
    for answer in answers:
        if answer.status_code == 202:
            ended = await app.admin.get(answer.headers["location"], headers={"prefer": "wait=60"})
            assert ended.json()["status"] == "done"
    names = [one["name"] for one in (await app.admin.get("/v1/tenants")).json()["items"]]
    assert names.count(wanted) == 1
    assert tenant.name in names


@pytest.mark.starts_server
async def test_a_snapshot_comes_before_the_change_log_forgets(tmp_path: Path) -> None:
    async with running_app(tmp_path, changes_kept=100) as app:
        tenant, look = await app.tenant("shop"), app.context.works.backups.look
        user = await tenant.user()
        await done(app, "shop", "snapshots")

        async def count(writes: int) -> int:
            for n in range(writes):
                await tenant.create("cars", user, n=n)
            await look()
            return len((await app.admin.get("/v1/tenants/shop/snapshots")).json()["items"])

        assert await count(40) == 1
        assert await count(20) == 2
        assert await count(0) == 2


@pytest.mark.starts_server
@pytest.mark.parametrize("what", ["restore", "clone"])
async def test_what_cannot_be_taken_back_is_not_although_its_answer_was_lost(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_app(tmp_path) as app:
        tenant, registry = await app.tenant("shop"), app.context.tenants.registry
        ann, file = await filled(app, tenant)
        before = await seen(tenant, file)
        taken = await done(app, "shop", "snapshots")
        await tenant.http.delete("/api/data/cars/c1", headers=ann.auth)
        name = "set_generation" if what == "restore" else "create"
        commit = getattr(registry, name)

        async def lose(*given: Any) -> None:
            known = registry.directory.find("shop")
            assert known is not None
            made = await commit(*given)
            monkeypatch.undo()
            registry.directory.forget(made)
            registry.directory.put(known)
            raise OutOfSpace

        monkeypatch.setattr(registry, name, lose)
        if what == "restore":
            await done(app, "shop", f"snapshots/{taken['id']}/restore")
            assert await seen(tenant, file) == before
        else:
            await done(app, "shop", "clone", **{"as": "other", "snapshot": taken["id"]})
            assert await seen(await opened(app, "other"), file) == before
    async with running_app(tmp_path) as app:
        again = Tenant("other" if what == "clone" else "shop", app.public_port, tenant.api_key)
        app.tenants.append(again)
        assert (await again.http.get("/api/data/cars/c1")).status_code == 200
        assert (await again.http.get("/")).text == "site"


@pytest.mark.starts_server
async def test_a_state_that_may_be_all_that_is_left_is_never_tidied_away(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        tenant = await app.tenant("shop")
        _, file = await filled(app, tenant)
        before = await seen(tenant, file)
        taken = await done(app, "shop", "snapshots")
        await done(app, "shop", f"snapshots/{taken['id']}/restore")
        (folder,) = (tmp_path / "tenants").iterdir()
    (generation,) = folder.glob("g*")
    old = folder / ("g" + "0" * 24)
    generation.rename(old)  # the record leads nowhere
    async with running_app(tmp_path) as app:
        assert (await app.admin.get("/v1/tenants/shop/keys")).status_code == 503
    assert (old / "data.db").exists()
    old.rename(generation)
    async with running_app(tmp_path) as app:
        back = Tenant("shop", app.public_port, tenant.api_key)
        app.tenants.append(back)
        assert await seen(back, file) == before

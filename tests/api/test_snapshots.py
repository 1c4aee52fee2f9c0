"""Snapshots: taken, by themselves too, proven, kept and forgotten, and what comes back from them."""

import asyncio
import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from tenancy.lifecycle import snapshots
from tenancy.lifecycle.backups import Backups
from tenancy.lifecycle.copies import Copies
from tenancy.lifecycle.restoring import Restoring
from tenancy.model.clock import to_text
from tenancy.operations.kind import Run
from tenancy.stores.embedded.offline import verified
from tests.support.app import PASSWORD, App, Tenant, User, running_app
from tests.support.filled import filled, seen
from tests.support.operations import begin, done, failed, opened
from tests.support.problems import assert_problem
from tests.support.sockets import socket


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
        plates = "/api/data/cars?limit=100&sort=id"
        late_state = (await tenant.http.get(plates, headers=ann.auth)).json()
        result = await done(app, tenant.name, f"snapshots/{taken['id']}/restore")
        assert result == {"tenant": tenant.name, "from": "snapshot", "snapshotBefore": result["snapshotBefore"]}
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
    # There is a way back, to what it was until then.
    kept = result["snapshotBefore"]
    listed = (await app.admin.get(f"/v1/tenants/{tenant.name}/snapshots")).json()["items"]
    assert [(one["reason"], one["note"]) for one in listed if one["id"] == kept] == [
        ("before", "before a snapshot was restored")
    ]
    back = await done(app, tenant.name, f"snapshots/{kept}/restore")
    assert (await tenant.http.get(plates, headers=tenant.key)).json() == late_state
    assert back["snapshotBefore"] not in {kept, taken["id"]}
    # What nothing has changed since costs a list.
    await done(app, tenant.name, "snapshots")
    once_more = (await done(app, tenant.name, f"snapshots/{taken['id']}/restore"))["snapshotBefore"]
    listed = (await app.admin.get(f"/v1/tenants/{tenant.name}/snapshots")).json()["items"]
    assert [(one["reason"], one["added"]) for one in listed if one["id"] == once_more] == [("before", 0)]
    assert await seen(tenant, file) == before
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
        kept = (await done(app, "shop", f"snapshots/{two['id']}/restore"))["snapshotBefore"]
        assert await seen(tenant, file) == before
        for left in (two["id"], three["id"], kept):
            assert (await app.admin.delete(f"/v1/tenants/shop/snapshots/{left}")).status_code == 204
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
async def test_a_proof_counts_what_came_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_app(tmp_path) as app:
        tenant = await app.tenant("shop")
        await filled(app, tenant)
        (folder,) = (tmp_path / "tenants").iterdir()
        cases: list[tuple[str, dict[str, object], str]] = [
            (".json", {"collections": {"cars": 31}}, "not as many documents"),
            (".map", {"blobs": []}, "the bytes of 0 were restored"),
        ]
        for part, wrong, detail in cases:
            taken = await done(app, "shop", "snapshots")
            path = folder / "snapshots" / f"{taken['id']}{part}"
            told = json.loads(path.read_bytes())
            path.write_text(json.dumps({**told, **wrong}))
            error = await failed(app, "shop", f"snapshots/{taken['id']}/prove")
            assert detail in error["detail"], error
            assert (await app.admin.delete(f"/v1/tenants/shop/snapshots/{taken['id']}")).status_code == 204
        # What answers as a tenant is counted too, not only the rows of the file.
        taken = await done(app, "shop", "snapshots")
        monkeypatch.setattr(snapshots, "verified", lambda path: {**verified(path), "cars": 31})
        path = folder / "snapshots" / f"{taken['id']}.json"
        path.write_bytes(path.read_bytes().replace(b'"cars":30', b'"cars":31'))
        error = await failed(app, "shop", f"snapshots/{taken['id']}/prove")
        assert "has 31 documents of cars; 30 were restored" in error["detail"], error


@pytest.mark.starts_server
async def test_what_the_server_does_by_itself_gives_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduled snapshot is under way when an administrator wants something of the tenant."""
    copying = asyncio.Event()

    async def copy_for_long(self: Copies, run: Run, *rest: object) -> None:
        copying.set()
        while True:
            run.advance(0.5)
            await asyncio.sleep(0)

    async with running_app(tmp_path) as app:
        tenant = await app.tenant("shop")
        await filled(app, tenant)
        works = app.context.works
        shop = app.context.tenants.registry.directory.find("shop")
        assert shop is not None
        for path, body in [
            ("shop/suspend", {}), ("shop/resume", {}), ("shop/archive", None), ("shop/rename", {"to": "store"}),
            ("store/snapshots", {}),
        ]:  # fmt: skip
            copying.clear()
            with monkeypatch.context() as patched:
                patched.setattr(Copies, "take", copy_for_long)
                begun = await works.snapshots.begin(shop, "scheduled")
                await copying.wait()
            if body is None:
                answer = await app.admin.get(f"/v1/tenants/{path}")
            else:
                answer = await begin(app, "POST", f"/v1/tenants/{path}", **body)
            assert answer.status_code == 200, (path, answer.text)
            ended = (await app.admin.get(f"/v1/operations/{begun.id}")).json()
            assert ended["status"] == "cancelled", (path, ended)
        listed = (await app.admin.get("/v1/tenants/store/snapshots")).json()["items"]
        assert [one["reason"] for one in listed] == ["manual"]


@pytest.mark.starts_server
async def test_the_way_back_stays_for_a_week(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Snapshots that come by themselves do not take the place of what a restore has kept."""
    now = time.time()
    monkeypatch.setattr("tenancy.lifecycle.backups.time.time", lambda: now)
    monkeypatch.setattr("tenancy.lifecycle.snapshots.time.time", lambda: now)
    monkeypatch.setattr("tenancy.lifecycle.snapshots.now_text", lambda: to_text(now))
    monkeypatch.setattr("tenancy.lifecycle.copies.now_text", lambda: to_text(now))
    async with running_app(tmp_path, snapshot_keep="last=1", prove_hours=0) as app:
        tenant, look = await app.tenant("shop"), app.context.works.backups.look
        await app.tenant("other")
        assert (await app.admin.patch("/v1/tenants/other", json={"snapshots": {"every": 0}})).status_code == 200
        first = await done(app, "shop", "snapshots")
        await done(app, "other", "snapshots")
        kept: list[str] = []
        for n in range(3):
            now += 60
            await tenant.http.post("/api/data/cars", json={"n": n}, headers=tenant.key)
            kept.append((await done(app, "shop", f"snapshots/{first['id']}/restore"))["snapshotBefore"])
            now += 60
            await tenant.http.post("/api/data/cars", json={"n": -n}, headers=tenant.key)
            await look()
        other = (await app.admin.get("/v1/tenants/other/snapshots")).json()["items"][0]["id"]
        alone = (await done(app, "other", f"snapshots/{other}/restore"))["snapshotBefore"]

        async def ids(name: str) -> list[tuple[str, str]]:
            items = (await app.admin.get(f"/v1/tenants/{name}/snapshots")).json()["items"]
            return [(one["id"], one["reason"]) for one in items]

        found = await ids("shop")
        assert {id for id, reason in found if reason == "before"} == set(kept)
        assert [reason for _, reason in found].count("scheduled") == 1
        assert (alone, "before") in await ids("other")
        now += 8 * 24 * 3600
        await look()
        assert {reason for _, reason in await ids("shop")} == {"scheduled", "manual"}
        assert {reason for _, reason in await ids("other")} == {"manual"}  # it gets none by itself


@pytest.mark.starts_server
async def test_who_is_always_busy_gets_backups_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has made way twice insists; definitions that are put end nothing."""
    copying, honest = asyncio.Event(), Copies.take

    async def copy_for_long(self: Copies, run: Run, *rest: Any) -> Any:
        copying.set()
        for _ in range(20):
            run.advance(0.5)
            await asyncio.sleep(0.01)
        return await honest(self, run, *rest)

    async def changed(self: object, tenant: object) -> bool:
        return False

    async with running_app(tmp_path, prove_hours=0) as app:
        tenant, look = await app.tenant("shop"), app.context.works.backups.look
        await filled(app, tenant)
        monkeypatch.setattr(Copies, "take", copy_for_long)
        monkeypatch.setattr(Backups, "_is_due", lambda *of: True)
        monkeypatch.setattr(snapshots.Snapshots, "unchanged", changed)
        answers: list[int] = []
        for what in ("definitions", "suspend", "resume", "suspend"):
            copying.clear()
            looking = asyncio.create_task(look())
            await asyncio.wait([looking, asyncio.create_task(copying.wait())], return_when=asyncio.FIRST_COMPLETED)
            if what == "definitions":
                answer = await app.admin.put(
                    "/v1/tenants/shop/definitions", json={"format": 1, "settings": {"appName": "x"}}
                )
            else:
                answer = await app.admin.post(f"/v1/tenants/shop/{what}")
            answers.append(answer.status_code)
            await looking
        assert answers == [200, 200, 200, 409]
        found = [one["status"] for one in (await app.admin.get("/v1/operations?tenant=shop")).json()["items"]]
        assert found == ["done", "cancelled", "cancelled", "done"]


@pytest.mark.starts_server
async def test_what_is_written_during_a_restore_is_kept_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    late: list[Tenant] = []
    honest = Restoring._keep

    async def keep(self: Restoring, run: Run) -> None:
        await honest(self, run)
        for tenant in late:
            answer = await tenant.http.put("/api/data/cars/late", json={"plate": "late"}, headers=tenant.key)
            assert answer.status_code == 201, answer.text

    monkeypatch.setattr(Restoring, "_keep", keep)
    async with running_app(tmp_path) as app:
        tenant = await app.tenant("shop")
        await filled(app, tenant)
        taken = await done(app, "shop", "snapshots")
        late.append(tenant)
        before = (await done(app, "shop", f"snapshots/{taken['id']}/restore"))["snapshotBefore"]
        assert (await tenant.http.get("/api/data/cars/late", headers=tenant.key)).status_code == 404
        await done(app, "shop", "clone", **{"as": "back", "snapshot": before})
        back = await opened(app, "back")
        assert (await back.http.get("/api/data/cars/late", headers=back.key)).json()["plate"] == "late"
        late.clear()
        again = (await done(app, "shop", f"snapshots/{taken['id']}/restore"))["snapshotBefore"]
        listed = (await app.admin.get("/v1/tenants/shop/snapshots")).json()["items"]
        assert listed[0]["id"] == again  # nothing came: one is enough
        assert [one["reason"] for one in listed] == ["before", "before", "before", "manual"]

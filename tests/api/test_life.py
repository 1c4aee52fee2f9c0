"""The life of a tenant: renamed, deleted, had back, gone; its previews, and what is written down of it."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tenancy.model.clock import now_text
from tests.support.app import App, Tenant, running_app
from tests.support.operations import done
from tests.support.problems import assert_problem
from tests.support.sockets import socket
from tests.support.surfaces import act, answers_of, surfaces_of
from tests.support.zips import make_zip


async def test_a_renamed_tenant_is_led_to_and_its_old_name_rests(app: App, tenant: Tenant) -> None:
    user = await tenant.user()
    await tenant.create("cars", user, id="c1", word="here")
    async with socket(tenant, user) as opened:
        renamed = await act(app, tenant, "rename", to=f"{tenant.name}-new")
        assert (renamed.status_code, renamed.json()["name"]) == (200, f"{tenant.name}-new")
        assert await opened.closed() == 1012
    new = Tenant(f"{tenant.name}-new", app.public_port, tenant.api_key)
    app.tenants.append(new)
    assert (await new.http.get("/api/data/cars/c1", headers=user.auth)).json()["word"] == "here"
    assert (await new.http.get("/api/openapi.json")).json()["servers"][0]["url"] == new.origin
    for method, path in [("GET", "/"), ("POST", "/api/data/cars?a=%2F&b=1"), ("GET", "//evil.example/x")]:
        answer = await tenant.http.request(method, f"{tenant.http.base_url}{path}", headers=user.auth)
        assert_problem(answer, "tenant_moved")
        assert answer.headers["location"] == f"{new.origin}{path}"
    with pytest.raises(ValueError, match=f"ws://{new.host}/api/realtime"):  # where the client would have gone on
        async with socket(tenant, user):
            pass
    assert_problem(await app.admin.get(f"/v1/tenants/{tenant.name}"), "tenant_not_found")
    assert_problem(await app.admin.post("/v1/tenants", json={"name": tenant.name}), "already_exists", "/name")
    other = await app.tenant()
    assert_problem(await act(app, other, "rename", to=tenant.name), "already_exists", "/to")
    assert_problem(await act(app, other, "rename", to=new.name), "already_exists", "/to")
    assert_problem(await act(app, other, "rename", to="www"), "invalid_request", "/to")
    assert_problem(await act(app, other, "rename", to="a--b"), "invalid_request", "/to")
    # Its own old name it can have again; then the newer one leads back.
    assert (await act(app, new, "rename", to=tenant.name)).status_code == 200
    assert (await tenant.http.get("/api/data/cars/c1", headers=user.auth)).status_code == 200
    assert (await new.http.get("/x")).headers["location"] == f"{tenant.origin}/x"
    assert (await app.admin.delete(f"/v1/tenants/{tenant.name}?purge=1")).status_code == 204
    assert_problem(await new.http.get("/x"), "tenant_not_found")


@pytest.mark.starts_server
async def test_an_old_name_leads_for_a_time_then_rests_then_is_free(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        old = await app.tenant("before")
        assert (await act(app, old, "rename", to="after")).status_code == 200
        assert_problem(await old.http.get("/"), "tenant_moved")
    async with running_app(tmp_path) as app:
        old = Tenant("before", app.public_port, "")
        app.tenants.append(old)
        assert_problem(await old.http.get("/"), "tenant_moved")
    async with running_app(tmp_path, rename_days=0) as app:
        old = Tenant("before", app.public_port, "")
        app.tenants.append(old)
        assert_problem(await old.http.get("/"), "tenant_not_found")
        assert_problem(await app.admin.post("/v1/tenants", json={"name": "before"}), "already_exists", "/name")
    async with running_app(tmp_path, rename_days=0, name_rest_days=0) as app:
        made = await app.tenant("before")
        assert (await made.http.get("/api/health")).status_code == 200
        assert (await app.admin.get("/v1/tenants/after")).status_code == 200


@pytest.mark.starts_server
async def test_a_deleted_tenant_comes_back_whole_until_it_is_gone(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        tenant = await app.tenant("shop")
        surfaces = await surfaces_of(tenant)
        user = await tenant.user()
        async with socket(tenant, user) as opened:
            deleted = await app.admin.delete("/v1/tenants/shop")
            assert (deleted.status_code, deleted.json()["status"]) == (200, "deleted")
            assert deleted.json()["purgeAt"] > deleted.json()["createdAt"]
            assert await opened.closed() == 4403
        for answer in await answers_of(tenant, surfaces):
            assert_problem(answer, "tenant_not_found")
        assert_problem(await app.admin.get("/v1/tenants/shop"), "tenant_not_found")
        assert_problem(await app.admin.delete("/v1/tenants/shop"), "tenant_not_found")
        assert_problem(await act(app, tenant, "suspend"), "tenant_not_found")
        assert_problem(await app.admin.post("/v1/tenants", json={"name": "shop"}), "already_exists", "/name")
        assert (await app.admin.get("/v1/tenants")).json()["items"] == []
        assert [one["name"] for one in (await app.admin.get("/v1/tenants?deleted=1")).json()["items"]] == ["shop"]
        assert_problem(await app.admin.get("/v1/tenants?deleted=x"), "invalid_request", "deleted")
    async with running_app(tmp_path) as app:
        tenant = Tenant("shop", app.public_port, tenant.api_key)
        app.tenants.append(tenant)
        assert_problem(await tenant.http.get("/"), "tenant_not_found")
        await app.context.tenants.sweep()  # not yet
        back = await app.admin.post("/v1/tenants/shop/undelete")
        assert (back.status_code, back.json()["status"], back.json()["purgeAt"]) == (200, "active", None)
        assert_problem(await app.admin.post("/v1/tenants/shop/undelete"), "tenant_not_found")
        assert {answer.status_code // 100 for answer in await answers_of(tenant, surfaces)} == {2}
        assert (await app.admin.delete("/v1/tenants/shop")).status_code == 200
        assert (await app.admin.delete("/v1/tenants/shop?purge=1")).status_code == 204
        assert_problem(await app.admin.post("/v1/tenants/shop/undelete"), "tenant_not_found")
        assert list((tmp_path / "tenants").iterdir()) == []
        assert_problem(await app.admin.delete("/v1/tenants/shop?purge=2"), "invalid_request", "purge")


@pytest.mark.starts_server
async def test_what_was_deleted_or_made_for_a_time_is_swept_when_that_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_app(tmp_path, delete_days=1, session_days=300) as app:
        await app.tenant("stays")
        await app.tenant("deleted")
        made = await app.admin.post("/v1/tenants", json={"name": "for-a-time", "ttl": 3600})
        assert made.json()["expiresAt"] > made.json()["createdAt"]
        for wrong in (0, 59, 1e12):
            refused = await app.admin.post("/v1/tenants", json={"name": "no-time", "ttl": wrong})
            assert_problem(refused, "invalid_request", "/ttl")
        await app.admin.delete("/v1/tenants/deleted")
        await app.context.tenants.sweep()
        assert len(list((tmp_path / "tenants").iterdir())) == 3
        later = time.time() + 2 * 24 * 3600
        monkeypatch.setattr("tenancy.lifecycle.tenants.time.time", lambda: later)
        await app.context.tenants.sweep()
        assert [one["name"] for one in (await app.admin.get("/v1/tenants")).json()["items"]] == ["stays"]
        assert (await app.admin.get("/v1/tenants?deleted=1")).json()["items"] == []
        assert len(list((tmp_path / "tenants").iterdir())) == 1


async def _status(app: App, name: str) -> str:
    return str((await app.admin.get(f"/v1/tenants/{name}")).json()["status"])


async def test_previews_stop_and_go_with_their_tenant_and_free_their_names(app: App, tenant: Tenant) -> None:
    name = f"{tenant.name}--pr"
    for _ in range(2):  # the name is free at once
        await done(app, tenant.name, "previews", label="pr")
        assert (await act(app, tenant, "suspend")).json()["status"] == "suspended"
        assert await _status(app, name) == "suspended"
        preview = Tenant(name, app.public_port, "")
        app.tenants.append(preview)
        assert_problem(await preview.http.get("/api/health"), "tenant_suspended")
        # It is not served alone, and what was suspended by itself stays so.
        refused = assert_problem(await act(app, preview, "resume"), "conflict")
        assert refused["hint"] == f"Resume {tenant.name}."
        assert (await act(app, preview, "suspend")).json()["status"] == "suspended"
        assert (await act(app, tenant, "resume")).json()["status"] == "active"
        assert_problem(await preview.http.get("/api/health"), "tenant_suspended")
        assert await _status(app, name) == "suspended"
        assert (await act(app, preview, "resume")).json()["status"] == "active"
        assert (await preview.http.get("/api/health")).status_code == 200
        assert (await app.admin.delete(f"/v1/tenants/{name}")).status_code == 204
        assert_problem(await app.admin.get(f"/v1/tenants/{name}"), "tenant_not_found")


@pytest.mark.starts_server
async def test_a_tenant_comes_back_as_it_was_suspended_or_made_for_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_app(tmp_path, session_days=300) as app:
        tenant, tenants = await app.tenant("shop"), app.context.tenants
        await act(app, tenant, "suspend")
        stale = tenants.registry.directory.find("shop")
        assert stale is not None
        await tenants.allowances.set_limits(stale, None, {"max_rate": 77.0})
        deleted = await tenants.delete(stale)  # looked up before that
        assert deleted is not None and deleted.limits == {"max_rate": 77.0}
    async with running_app(tmp_path, session_days=300) as app:
        tenants = app.context.tenants
        back = (await app.admin.post("/v1/tenants/shop/undelete")).json()
        assert back["status"] == "suspended"
        assert await _status(app, "shop") == "suspended"
        made = await app.admin.post("/v1/tenants", json={"name": "for-a-time", "ttl": 3600})
        assert made.status_code == 201
        await app.admin.delete("/v1/tenants/for-a-time")
        later = time.time() + 2 * 3600
        monkeypatch.setattr("tenancy.registry.registry.time.time", lambda: later)
        assert (await app.admin.post("/v1/tenants/for-a-time/undelete")).json()["expiresAt"] is None
        await tenants.sweep()
        assert await _status(app, "for-a-time") == "active"
        # What had more time by then is left alone by a sweep that looked before.
        known = tenants.registry.directory.find("for-a-time")
        assert known is not None
        assert not await tenants.purge(replace(known, expires_at=1.0), when_due=True)
        assert await _status(app, "for-a-time") == "active"


async def test_what_administrators_do_to_a_tenant_is_in_the_audit_log(app: App, tenant: Tenant) -> None:
    path = f"/v1/tenants/{tenant.name}"
    schedule = {"every": 1, "keep": {"last": 2}}
    assert (await app.admin.patch(path, json={"limits": {"maxDocuments": 5}})).status_code == 200
    assert (await app.admin.patch(path, json={"snapshots": schedule})).status_code == 200
    zipped = {"content-type": "application/zip"}
    site = await app.admin.post(f"{path}/site", content=make_zip({"index.html": b"site"}), headers=zipped)
    assert site.status_code == 201, site.text
    assert_problem(await app.admin.delete("/v1/templates/nothing"), "template_not_found")
    template = f"of-{tenant.name}"
    made = await app.admin.post("/v1/templates", json={"name": template, "tenant": tenant.name})
    assert made.status_code == 201, made.text
    assert (await app.admin.delete(f"/v1/templates/{template}")).status_code == 204
    entries = (await app.admin.get("/v1/audit?limit=100")).json()["items"]
    acts = [(entry["action"], entry["tenant"], entry["target"]) for entry in reversed(entries)]
    own = [act for act in acts if act[1] == tenant.name]
    plain = [(action, tenant.name, "") for action in ("create", "limits", "schedule", "deploy")]
    assert own == [*plain, ("template", tenant.name, template)]
    assert {("delete-template", "", "nothing"), ("delete-template", "", template)} <= set(acts)


async def test_the_operator_is_told_what_became_of_a_name(app: App, tenant: Tenant) -> None:
    new = f"{tenant.name}-new"
    assert (await app.admin.post(f"/v1/tenants/{tenant.name}/rename", json={"to": new})).status_code == 200
    renamed = assert_problem(await app.admin.get(f"/v1/tenants/{tenant.name}"), "tenant_not_found")
    assert renamed["detail"] == f"The tenant {tenant.name} is called {new} now."
    assert (await app.admin.delete(f"/v1/tenants/{new}")).status_code == 200
    deleted = assert_problem(await app.admin.get(f"/v1/tenants/{new}"), "tenant_not_found")
    assert (deleted["detail"], deleted["hint"]) == (
        f"The tenant {new} is deleted.", f"Have it back: backpack tenant undelete {new}",
    )  # fmt: skip
    assert (await app.admin.delete(f"/v1/tenants/{new}?purge=1")).status_code == 204
    gone = assert_problem(await app.admin.get(f"/v1/tenants/{new}"), "tenant_not_found")
    assert gone["detail"] == f"There is no tenant {new}."


async def test_a_taken_name_is_told_where_it_was_said(app: App, tenant: Tenant) -> None:
    path, taken = f"/v1/tenants/{tenant.name}", (await app.tenant()).name
    await done(app, tenant.name, "snapshots")
    await asyncio.sleep(0.005)
    now = now_text()
    await asyncio.sleep(0.005)
    for part, body, place in [
        ("clone", {"as": taken}, "/as"), ("restore", {"at": now, "as": taken}, "/as"), ("rename", {"to": taken}, "/to"),
    ]:  # fmt: skip
        assert_problem(await app.admin.post(f"{path}/{part}", json=body), "already_exists", place)
    assert_problem(await app.admin.post("/v1/tenants", json={"name": taken}), "already_exists", "/name")
    zipped = {"content-type": "application/zip"}
    refused = await app.admin.post(f"/v1/tenants/import?name={taken}", content=b"", headers=zipped)
    assert_problem(refused, "already_exists", "name")


async def test_days_that_are_no_number_are_refused(app: App, tenant: Tenant) -> None:
    for days in ("9" * 5000, "9" * 30, "-1", "x", ""):
        refused = await app.admin.get(f"/v1/tenants/{tenant.name}/usage?days={days}")
        assert_problem(refused, "invalid_request", "/days")

"""The life of a tenant: suspended, resumed, renamed, deleted, had back, gone."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tenancy.model.clock import now_text
from tests.support.app import PASSWORD, App, Tenant, User, running_app
from tests.support.figures import FIGURES
from tests.support.operations import done
from tests.support.problems import assert_problem
from tests.support.sockets import socket
from tests.support.zips import make_zip


async def _act(app: App, tenant: Tenant, what: str, **body: Any) -> httpx.Response:
    return await app.admin.post(f"/v1/tenants/{tenant.name}/{what}", json=body)


async def _surfaces(tenant: Tenant) -> list[tuple[str, str, dict[str, str]]]:
    """One request of each surface that a tenant has, which its user or its key may do."""
    user = await tenant.user()
    form = {"visibility": "public"}
    file = (await tenant.http.post("/api/files", files={"file": ("a", b"1")}, data=form, headers=user.auth)).json()
    zipped = {**tenant.key, "content-type": "application/zip"}
    await tenant.http.post("/api/site", content=make_zip({"index.html": b"here"}), headers=zipped)
    await tenant.create("cars", user, id="c1")
    return [
        ("GET", "/", {}), ("GET", "/backpack.js", {}), ("GET", "/api/openapi.json", {}), ("GET", "/api/health", {}),
        ("GET", file["url"], {}), ("GET", "/api/data/cars", user.auth), ("GET", "/api/data/cars/c1", user.auth),
        ("GET", "/api/auth/me", {"cookie": f"backpack={user.token}"}), ("GET", "/api/collections", tenant.key),
        ("POST", "/api/data/cars", user.auth), ("OPTIONS", "/api/data/cars", {"origin": "https://x.example"}),
        ("GET", "/api/data/cars/export", tenant.key),
    ]  # fmt: skip


async def _answers(tenant: Tenant, surfaces: list[tuple[str, str, dict[str, str]]]) -> list[httpx.Response]:
    return [
        await tenant.http.request(method, path, headers=headers, json={} if method == "POST" else None)
        for method, path, headers in surfaces
    ]


async def test_a_suspended_tenant_answers_nobody_on_any_surface_until_it_is_resumed(app: App, tenant: Tenant) -> None:
    surfaces, beside = await _surfaces(tenant), await app.tenant()
    assert {answer.status_code // 100 for answer in await _answers(tenant, surfaces)} == {2}
    ann = await tenant.user("ann@example.com")
    async with socket(tenant, ann) as opened:
        suspended = await _act(app, tenant, "suspend")
        assert (suspended.status_code, suspended.json()["status"]) == (200, "suspended")
        assert await opened.closed() == 4403
    for answer in await _answers(tenant, surfaces):
        assert_problem(answer, "tenant_suspended")
    login = await tenant.http.post("/api/auth/login", json={"email": ann.email, "password": PASSWORD})
    assert_problem(login, "tenant_suspended")
    with pytest.raises(InvalidStatus) as refused:
        async with socket(tenant, ann):
            pass
    assert refused.value.response.status_code == 503
    assert (await beside.http.get("/api/health")).status_code == 200
    # The operator still sees it, and may look into it.
    assert (await app.admin.get(f"/v1/tenants/{tenant.name}")).json()["status"] == "suspended"
    assert (await app.admin.get(f"/v1/tenants/{tenant.name}/keys")).status_code == 200
    assert_problem(await tenant.http.get("/api/health"), "tenant_suspended")
    assert (await _act(app, tenant, "suspend")).status_code == 200  # it is
    assert (await _act(app, tenant, "resume")).json()["status"] == "active"
    assert {answer.status_code // 100 for answer in await _answers(tenant, surfaces)} == {2}
    async with socket(tenant, ann):
        pass
    acts = [(entry["action"], entry["tenant"]) for entry in (await app.admin.get("/v1/audit")).json()["items"]]
    assert acts[:3] == [("resume", tenant.name), ("suspend", tenant.name), ("suspend", tenant.name)]
    assert_problem(await app.admin.post("/v1/tenants/nobody-here/suspend"), "tenant_not_found")
    assert_problem(await app.admin.post("/v1/tenants/nobody-here/resume"), "tenant_not_found")


async def _send_slowly(tenant: Tenant) -> None:
    """A body that trickles in: a good answer would come long after."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b'{"a":1}\n' * 10
            await asyncio.sleep(0.1)

    try:
        head = {**tenant.key, "content-type": "application/x-ndjson"}
        answer = await tenant.http.post("/api/data/cars/import", content=pieces(), headers=head)
        assert_problem(answer, "tenant_suspended")
    except httpx.TransportError:
        pass


async def _download(tenant: Tenant, url: str, user: User) -> int:
    """Read slowly; how many bytes came."""
    got = 0
    try:
        async with tenant.http.stream("GET", url, headers=user.auth) as answer:
            async for piece in answer.aiter_bytes(65536):
                got += len(piece)
                await asyncio.sleep(0.02)
    except httpx.TransportError:
        pass
    return got


@pytest.mark.starts_server
async def test_suspended_under_load_nothing_succeeds_a_second_later(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Requests that come, an upload and a download under way, and ones that wait for a turn."""
    async with running_app(tmp_path) as app:
        tenant = await app.tenant("loaded")
        user = await tenant.user()
        content = b"x" * 20_000_000
        file = (await tenant.http.post("/api/files", files={"file": ("a", content)}, headers=user.auth)).json()
        done: list[tuple[float, int]] = []
        over = False

        async def load() -> None:
            while not over:
                answer = await tenant.http.post("/api/data/cars", json={"n": 1}, headers=user.auth)
                done.append((time.monotonic(), answer.status_code))
                await asyncio.sleep(0.001)

        loads = [asyncio.create_task(load()) for _ in range(8)]
        slow = asyncio.create_task(_send_slowly(tenant))
        down = asyncio.create_task(_download(tenant, file["url"], user))
        await asyncio.sleep(0.5)
        assert done and not slow.done() and not down.done()
        begun = time.monotonic()
        assert (await _act(app, tenant, "suspend")).status_code == 200
        await asyncio.sleep(1.5)
        over = True
        await asyncio.gather(*loads, slow)
        late = [(round(at - begun, 2), status) for at, status in done if at > begun + 1]
        assert late and {status for _, status in late} == {503}
        assert sum(status == 201 for _, status in done) > 10
        assert await asyncio.wait_for(down, 10) < len(content)
        assert (await _act(app, tenant, "resume")).status_code == 200
        count = (await tenant.http.get("/api/data/cars?count=true&limit=1", headers=user.auth)).json()["total"]
        # All that was acknowledged is there; a request that was cut off may have been done.
        acknowledged = sum(status == 201 for _, status in done)
        assert acknowledged <= count <= acknowledged + len(loads)
        last = max(at for at, status in done if status == 201) - begun
        told = (
            f"{acknowledged} good answers, the last {last * 1000:.0f} ms after the call; {len(late)} refused after 1 s"
        )
        record_property(FIGURES, told)


async def test_a_renamed_tenant_is_led_to_and_its_old_name_rests(app: App, tenant: Tenant) -> None:
    user = await tenant.user()
    await tenant.create("cars", user, id="c1", word="here")
    async with socket(tenant, user) as opened:
        renamed = await _act(app, tenant, "rename", to=f"{tenant.name}-new")
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
    assert_problem(await _act(app, other, "rename", to=tenant.name), "already_exists", "/to")
    assert_problem(await _act(app, other, "rename", to=new.name), "already_exists", "/to")
    assert_problem(await _act(app, other, "rename", to="www"), "invalid_request", "/to")
    assert_problem(await _act(app, other, "rename", to="a--b"), "invalid_request", "/to")
    # Its own old name it can have again; then the newer one leads back.
    assert (await _act(app, new, "rename", to=tenant.name)).status_code == 200
    assert (await tenant.http.get("/api/data/cars/c1", headers=user.auth)).status_code == 200
    assert (await new.http.get("/x")).headers["location"] == f"{tenant.origin}/x"
    assert (await app.admin.delete(f"/v1/tenants/{tenant.name}?purge=1")).status_code == 204
    assert_problem(await new.http.get("/x"), "tenant_not_found")


@pytest.mark.starts_server
async def test_an_old_name_leads_for_a_time_then_rests_then_is_free(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        old = await app.tenant("before")
        assert (await _act(app, old, "rename", to="after")).status_code == 200
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
        surfaces = await _surfaces(tenant)
        user = await tenant.user()
        async with socket(tenant, user) as opened:
            deleted = await app.admin.delete("/v1/tenants/shop")
            assert (deleted.status_code, deleted.json()["status"]) == (200, "deleted")
            assert deleted.json()["purgeAt"] > deleted.json()["createdAt"]
            assert await opened.closed() == 4403
        for answer in await _answers(tenant, surfaces):
            assert_problem(answer, "tenant_not_found")
        assert_problem(await app.admin.get("/v1/tenants/shop"), "tenant_not_found")
        assert_problem(await app.admin.delete("/v1/tenants/shop"), "tenant_not_found")
        assert_problem(await _act(app, tenant, "suspend"), "tenant_not_found")
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
        assert {answer.status_code // 100 for answer in await _answers(tenant, surfaces)} == {2}
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


async def test_a_request_that_waits_for_its_tenant_to_open_finds_it_suspended(
    app: App, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, found = app.context.tenants.pool, app.context.tenants.registry.directory.find(tenant.name)
    assert found is not None
    await pool.retire(found.id)
    honest, opening, go = pool._opener, asyncio.Event(), asyncio.Event()

    async def slowly(wanted: Any) -> Any:
        opening.set()
        await go.wait()
        return await honest(wanted)

    monkeypatch.setattr(pool, "_opener", slowly)
    asked = asyncio.create_task(tenant.http.get("/api/health"))
    await opening.wait()
    suspending = asyncio.create_task(_act(app, tenant, "suspend"))
    while found.state == "active":
        now = app.context.tenants.registry.directory.find(tenant.name)
        assert now is not None
        found = now
        await asyncio.sleep(0.001)
    go.set()
    assert_problem(await asked, "tenant_suspended")
    assert (await suspending).status_code == 200


@pytest.mark.starts_server
async def test_what_is_cut_off_is_told_why(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        for name, what, code in [
            ("suspended", "suspend", "tenant_suspended"), ("deleted", "delete", "tenant_not_found"),
        ]:  # fmt: skip
            tenant = await app.tenant(name)
            reader, writer = await asyncio.open_connection("127.0.0.1", app.public_port)
            head = f"POST /api/data/cars HTTP/1.1\r\nHost: {tenant.host}\r\nAuthorization: Bearer {tenant.api_key}\r\n"
            writer.write(f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{".encode())
            await writer.drain()
            await asyncio.sleep(0.1)
            if what == "suspend":
                assert (await _act(app, tenant, "suspend")).status_code == 200
            else:
                assert (await app.admin.delete(f"/v1/tenants/{name}")).status_code == 200
            answer = (await asyncio.wait_for(reader.readuntil(b'"requestId"'), 10)).decode()
            assert code in answer, answer
            writer.close()


async def _status(app: App, name: str) -> str:
    return str((await app.admin.get(f"/v1/tenants/{name}")).json()["status"])


async def test_previews_stop_and_go_with_their_tenant_and_free_their_names(app: App, tenant: Tenant) -> None:
    name = f"{tenant.name}--pr"
    for _ in range(2):  # the name is free at once
        await done(app, tenant.name, "previews", label="pr")
        assert (await _act(app, tenant, "suspend")).json()["status"] == "suspended"
        assert await _status(app, name) == "suspended"
        preview = Tenant(name, app.public_port, "")
        app.tenants.append(preview)
        assert_problem(await preview.http.get("/api/health"), "tenant_suspended")
        # It is not served alone, and what was suspended by itself stays so.
        refused = assert_problem(await _act(app, preview, "resume"), "conflict")
        assert refused["hint"] == f"Resume {tenant.name}."
        assert (await _act(app, preview, "suspend")).json()["status"] == "suspended"
        assert (await _act(app, tenant, "resume")).json()["status"] == "active"
        assert_problem(await preview.http.get("/api/health"), "tenant_suspended")
        assert await _status(app, name) == "suspended"
        assert (await _act(app, preview, "resume")).json()["status"] == "active"
        assert (await preview.http.get("/api/health")).status_code == 200
        assert (await app.admin.delete(f"/v1/tenants/{name}")).status_code == 204
        assert_problem(await app.admin.get(f"/v1/tenants/{name}"), "tenant_not_found")


@pytest.mark.starts_server
async def test_a_tenant_comes_back_as_it_was_suspended_or_made_for_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_app(tmp_path, session_days=300) as app:
        tenant, tenants = await app.tenant("shop"), app.context.tenants
        await _act(app, tenant, "suspend")
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


async def test_a_site_that_is_sent_slowly_holds_nothing(app: App, tenant: Tenant) -> None:
    """While an administrator's upload trickles in, the tenant can be closed: suspended, renamed, restored."""
    sent, go_on = asyncio.Event(), asyncio.Event()
    content = make_zip({"index.html": b"slow"})

    async def slowly() -> AsyncIterator[bytes]:
        yield content[:20]
        sent.set()
        await go_on.wait()
        yield content[20:]

    name = f"{tenant.name}-new"
    zipped = {"content-type": "application/zip"}
    path = f"/v1/tenants/{tenant.name}/site"
    publishing = asyncio.create_task(app.admin.post(path, content=slowly(), headers=zipped))
    await sent.wait()
    await asyncio.sleep(0.1)
    folder = app.context.archives.uploads.path("x").parent
    (received,) = await asyncio.to_thread(os.listdir, folder)
    assert received.startswith("archive-")
    await asyncio.wait_for(_closed(app, tenant.name), 5)
    renamed = await asyncio.wait_for(_act(app, tenant, "rename", to=name), 10)
    assert renamed.status_code == 200
    go_on.set()
    assert_problem(await publishing, "tenant_not_found")
    assert await asyncio.to_thread(os.listdir, folder) == []
    assert (await app.admin.post(f"/v1/tenants/{name}/site", content=content, headers=zipped)).status_code == 201


async def _closed(app: App, name: str) -> None:
    """Wait until nobody uses a tenant."""
    found = app.context.tenants.registry.directory.find(name)
    assert found is not None
    async with app.context.tenants.pool.held(found.id):
        pass


async def test_days_that_are_no_number_are_refused(app: App, tenant: Tenant) -> None:
    for days in ("9" * 5000, "9" * 30, "-1", "x", ""):
        refused = await app.admin.get(f"/v1/tenants/{tenant.name}/usage?days={days}")
        assert_problem(refused, "invalid_request", "/days")


@pytest.mark.starts_server
async def test_one_bad_template_hides_no_other_and_two_at_once_make_a_whole_one(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    await asyncio.to_thread(folder.mkdir)
    await asyncio.to_thread((folder / "left.new").write_bytes, b"half")
    async with running_app(tmp_path) as app:
        await app.tenant("model")
        body = {"name": "mine", "tenant": "model"}
        made = [await app.admin.post("/v1/templates", json=body)]
        await asyncio.to_thread((folder / "bad.backpack").write_bytes, b"no zip")
        templates, halves = app.context.archives.templates, [asyncio.Event(), asyncio.Event()]
        whole = await asyncio.to_thread((folder / "mine.backpack").read_bytes)

        async def pieces(number: int) -> AsyncIterator[bytes]:
            yield whole[:10]
            halves[number].set()
            await halves[1 - number].wait()
            yield whole[10:]

        await asyncio.gather(templates.put("mine", pieces(0)), templates.put("mine", pieces(1)))
        made.append(await app.admin.get("/v1/templates"))
        for answer in made:
            assert answer.is_success, answer.text
            names = [one["name"] for one in answer.json()["items"]]
            assert "mine" in names and "bad" not in names
        assert set(await asyncio.to_thread(os.listdir, folder)) == {"mine.backpack", "bad.backpack"}

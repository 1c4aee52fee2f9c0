"""The life of a tenant: suspended, resumed, renamed, deleted, had back, gone."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.support.app import PASSWORD, App, Tenant, User, running_app
from tests.support.figures import FIGURES
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
    assert_problem(await _act(app, other, "rename", to=tenant.name), "already_exists", "/name")
    assert_problem(await _act(app, other, "rename", to=new.name), "already_exists", "/name")
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

"""Suspended, resumed, cut off: who is served no longer, and what is told to whom."""

import asyncio
import os
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
from tests.support.surfaces import act, answers_of, surfaces_of
from tests.support.zips import make_zip


async def test_a_suspended_tenant_answers_nobody_on_any_surface_until_it_is_resumed(app: App, tenant: Tenant) -> None:
    surfaces, beside = await surfaces_of(tenant), await app.tenant()
    assert {answer.status_code // 100 for answer in await answers_of(tenant, surfaces)} == {2}
    ann = await tenant.user("ann@example.com")
    async with socket(tenant, ann) as opened:
        suspended = await act(app, tenant, "suspend")
        assert (suspended.status_code, suspended.json()["status"]) == (200, "suspended")
        assert await opened.closed() == 4403
    for answer in await answers_of(tenant, surfaces):
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
    assert (await act(app, tenant, "suspend")).status_code == 200  # it is
    assert (await act(app, tenant, "resume")).json()["status"] == "active"
    assert {answer.status_code // 100 for answer in await answers_of(tenant, surfaces)} == {2}
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
        assert (await act(app, tenant, "suspend")).status_code == 200
        await asyncio.sleep(1.5)
        over = True
        await asyncio.gather(*loads, slow)
        late = [(round(at - begun, 2), status) for at, status in done if at > begun + 1]
        assert late and {status for _, status in late} == {503}
        assert sum(status == 201 for _, status in done) > 10
        assert await asyncio.wait_for(down, 10) < len(content)
        assert (await act(app, tenant, "resume")).status_code == 200
        count = (await tenant.http.get("/api/data/cars?count=true&limit=1", headers=user.auth)).json()["total"]
        # All that was acknowledged is there; a request that was cut off may have been done.
        acknowledged = sum(status == 201 for _, status in done)
        assert acknowledged <= count <= acknowledged + len(loads)
        last = max(at for at, status in done if status == 201) - begun
        told = (
            f"{acknowledged} good answers, the last {last * 1000:.0f} ms after the call; {len(late)} refused after 1 s"
        )
        record_property(FIGURES, told)


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
    suspending = asyncio.create_task(act(app, tenant, "suspend"))
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
                assert (await act(app, tenant, "suspend")).status_code == 200
            else:
                assert (await app.admin.delete(f"/v1/tenants/{name}")).status_code == 200
            answer = (await asyncio.wait_for(reader.readuntil(b'"requestId"'), 10)).decode()
            assert code in answer, answer
            writer.close()


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
    renamed = await asyncio.wait_for(act(app, tenant, "rename", to=name), 10)
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

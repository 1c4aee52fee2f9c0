"""`kill -9` while clients write: what was acknowledged is there afterwards."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.support.app import Tenant, User
from tests.support.figures import FIGURES
from tests.support.process import ServerProcess

pytestmark = pytest.mark.process
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "20"))
WRITERS = 8


async def _write(tenant: Tenant, user: User, run: int, writer: int, acknowledged: dict[str, int]) -> None:
    """Create and update documents until the server is gone; remembers only what was answered."""
    number = 0
    while True:
        number += 1
        id = f"{run}-w{writer}-{(number + 1) // 2}"
        try:
            response = await tenant.http.put(f"/api/data/notes/{id}", json={"number": number}, headers=user.auth)
        except httpx.TransportError:
            return
        assert response.is_success, response.text
        acknowledged[id] = number


@pytest.mark.timeout(60 + 10 * ROUNDS)
async def test_kill_9_loses_no_acknowledged_write(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    server = ServerProcess.on(tmp_path)
    await asyncio.to_thread(server.start)
    try:
        await asyncio.to_thread(server.sign_in)
        made = server.admin("POST", "/v1/tenants", json={"name": "shop"})
        tenant = Tenant("shop", server.port, made["apiKey"])
        user = await tenant.user()
        acknowledged: dict[str, int] = {}
        for round_ in range(ROUNDS):
            before = len(acknowledged)
            writers = [asyncio.create_task(_write(tenant, user, round_, n, acknowledged)) for n in range(WRITERS)]
            while len(acknowledged) < before + 20 + 20 * (round_ % 5):
                await asyncio.sleep(0.005)
            await asyncio.to_thread(server.stop, signal.SIGKILL)
            await asyncio.gather(*writers)
            await asyncio.to_thread(server.start)
            await _all_there(tenant, user, acknowledged)
        record_property(FIGURES, f"{ROUNDS} kills, {len(acknowledged)} documents acknowledged, none lost")
        await tenant.http.aclose()
    finally:
        if server.process is not None:
            await asyncio.to_thread(server.stop)


async def _all_there(tenant: Tenant, user: User, acknowledged: dict[str, int]) -> None:
    """Every acknowledged document is stored as acknowledged, or newer by the one write that was not answered."""
    stored: dict[str, int] = {}
    cursor: str | None = None
    while True:
        params = {"limit": "1000", "sort": "id", **({"cursor": cursor} if cursor else {})}
        page = (await tenant.http.get("/api/data/notes", params=params, headers=user.auth)).json()
        stored |= {item["id"]: item["number"] for item in page["items"]}
        cursor = page["next"]
        if cursor is None:
            break
    assert [id for id, number in acknowledged.items() if stored.get(id, -1) < number] == []
    total = await tenant.http.get("/api/data/notes?count=true&limit=0", headers=user.auth)
    assert total.json()["total"] == len(stored)


@pytest.mark.timeout(60)
async def test_a_restart_keeps_everything_and_ends_sockets_politely(tmp_path: Path) -> None:
    from tests.support.sockets import socket

    server = ServerProcess.on(tmp_path)
    await asyncio.to_thread(server.start)
    try:
        await asyncio.to_thread(server.sign_in)
        made = server.admin("POST", "/v1/tenants", json={"name": "shop"})
        tenant = Tenant("shop", server.port, made["apiKey"])
        user = await tenant.user()
        await tenant.create("cars", user, id="c1", a=1)
        file = await tenant.http.post("/api/files", files={"file": ("a", b"data")}, headers=user.auth)
        async with socket(tenant, user) as opened:
            await opened.say("subscribe", id="s", collection="cars", snapshot=True)
            cursor = (await opened.hear("subscribed"))["cursor"]
            code, exit_code = await asyncio.gather(opened.closed(), asyncio.to_thread(server.stop))
            assert (code, exit_code) == (1012, 0)
        await asyncio.to_thread(server.start)
        assert (await tenant.http.get("/api/data/cars/c1", headers=user.auth)).json()["a"] == 1
        assert (await tenant.http.get(file.json()["url"], headers=user.auth)).content == b"data"
        async with socket(tenant, user) as opened:
            await opened.say("subscribe", id="s", collection="cars", after=cursor)
            await opened.hear("subscribed")
            await opened.nothing_but_pong()
        await tenant.http.aclose()
    finally:
        if server.process is not None:
            await asyncio.to_thread(server.stop)

"""A server under mixed load, with tenants that come and go, holds no more at the end than near the beginning.

Short here; `make soak` goes on for ten minutes (`SOAK_S`).
"""

import asyncio
import io
import os
import time
import zipfile
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import pytest

from tests.support.app import Tenant
from tests.support.figures import FIGURES
from tests.support.process import ServerProcess
from tests.support.sockets import socket

pytestmark = pytest.mark.process
SOAK_S: Final = int(os.environ.get("SOAK_S", "0"))
CYCLES: Final = 12
AT_ONCE: Final = 4
GROWN_MB: Final = 32.0
"""What is taken for noise of the memory: caches fill, and the allocator keeps a little."""


class Held(NamedTuple):
    """Of the server's process: open files, threads, bytes in memory."""

    files: int
    threads: int
    memory: int


def held(pid: int) -> Held:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return Held(files, int(status["Threads"]), int(status["VmRSS"].split()[0]) * 1024)


def _site() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("index.html", "<h1>soak</h1>")
        zipped.writestr("app.js", "x" * 50_000)
    return archive.getvalue()


async def _life(server: ServerProcess, admin: httpx.AsyncClient, name: str) -> None:
    """A tenant from its making to its end, with everything that people do in between."""
    key = (await admin.post("/v1/tenants", json={"name": name})).json()["apiKey"]
    tenant = Tenant(name, server.port, key)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(tenant.http.aclose)
        user = await tenant.user()
        opened = await stack.enter_async_context(socket(tenant, user))
        # Few, and all are heard: a client that leaves many unread does not read the close either.
        await opened.say("subscribe", id="s", collection="notes", filter={"n": 599})
        await opened.hear("subscribed")
        await opened.say("join", channel="room")
        await opened.hear("joined")
        items = [{"n": n, "text": "x" * 200} for n in range(600)]
        made = await tenant.http.post("/api/data/notes", json=items, headers=user.auth)
        assert made.status_code == 201, made.text
        await opened.hear("change")
        for n in range(20):
            await tenant.create("notes", user, n=n)
            await tenant.http.get("/api/data/notes?sort=n&limit=20", headers=user.auth)
        slow = await tenant.http.get('/api/data/notes?filter={"text":{"$regex":"y$"}}', headers=user.auth)
        assert slow.json()["items"] == []
        uploaded = await tenant.http.post("/api/files", files={"file": ("a", b"x" * 300_000)}, headers=user.auth)
        await tenant.http.get(f"{uploaded.json()['url']}", headers=user.auth)
        zip_ = {"content-type": "application/zip"} | tenant.key
        published = await tenant.http.post("/api/site", content=_site(), headers=zip_)
        assert published.status_code == 201, published.text
        assert "soak" in (await tenant.http.get("/")).text
        exported = await tenant.http.get("/api/data/notes/export", headers=tenant.key)
        assert len(exported.text.splitlines()) == 620
        assert (await tenant.http.get("/api/data/notes/none", headers=user.auth)).status_code == 404
        assert (await tenant.http.post("/api/auth/login", json={"email": user.email, "password": "x"})).is_error
    assert (await admin.delete(f"/v1/tenants/{name}?purge=1")).status_code == 204


@pytest.mark.timeout(SOAK_S + 300)
async def test_nothing_grows(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    server = ServerProcess.on(tmp_path)
    await asyncio.to_thread(server.start)
    try:
        assert server.process is not None
        await asyncio.to_thread(server.sign_in)
        headers = {"authorization": f"Bearer {server.token}"}
        seen: list[Held] = []
        begun = time.monotonic()
        async with httpx.AsyncClient(base_url=server.admin_url, headers=headers, timeout=60) as admin:
            while len(seen) < CYCLES or time.monotonic() - begun < SOAK_S:
                names = [f"soak-{len(seen)}-{n}" for n in range(AT_ONCE)]
                await asyncio.gather(*(_life(server, admin, name) for name in names))
                seen.append(held(server.process.pid))
        record_property(FIGURES, _told(seen, time.monotonic() - begun))
        _is_flat(seen)
    finally:
        await asyncio.to_thread(server.stop)


def _is_flat(seen: Sequence[Held]) -> None:
    """The last third beside the second one: by the first everything was used once."""
    third = len(seen) // 3
    before, after = seen[third : 2 * third], seen[2 * third :]
    assert max(one.files for one in after) <= max(one.files for one in before) + 4
    assert max(one.threads for one in after) <= max(one.threads for one in before) + 2
    grown = min(one.memory for one in after) - min(one.memory for one in before)
    assert grown < GROWN_MB * 1e6, f"{grown / 1e6:.1f} MB more"


def _told(seen: Sequence[Held], seconds: float) -> str:
    third = len(seen) // 3
    first, last = seen[third], seen[-1]
    return (
        f"{len(seen) * AT_ONCE} tenants made and deleted in {seconds:.0f} s: open files {first.files} and {last.files}, "
        f"threads {first.threads} and {last.threads}, memory {first.memory / 1e6:.1f} and {last.memory / 1e6:.1f} MB, "
        "after a third and at the end"
    )

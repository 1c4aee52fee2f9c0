"""Tenants that are made, used, copied, renamed and removed leave nothing: files, memory and disk are where they were.

Short here; `make churn` does it with 2,000 (`CHURN`).
"""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.soak.test_soak import Held, held
from tests.support.app import Tenant
from tests.support.figures import FIGURES
from tests.support.process import ServerProcess

pytestmark = pytest.mark.process
TENANTS: Final = int(os.environ.get("CHURN", "40"))
AT_ONCE: Final = 4
GROWN_MB: Final = 16.0
"""What is taken for noise of the memory."""
FLAGS: Final = ("--name-rest-days", "0", "--rename-days", "0", "--cache", "1000000", "--page-cache", "4000000")
"""Names do not rest, and caches are full soon: what grows after that is lost."""


async def _life(server: ServerProcess, admin: httpx.AsyncClient, name: str) -> None:
    """A tenant from its making to its end, with its copies."""

    async def ask(method: str, path: str, status: int = 200, **options: Any) -> Any:
        answer = await admin.request(method, path, headers={"prefer": "wait=60"}, **options)
        assert answer.status_code == status, (path, answer.text)
        ended = answer.json() if answer.content else {}
        assert ended.get("status") not in {"failed", "cancelled"}, ended
        return ended

    made = await ask("POST", "/v1/tenants", 201, json={"name": name, "template": "board"})
    tenant = Tenant(name, server.port, made["apiKey"])
    try:
        user = await tenant.user()
        cards = [{"title": f"card {n}", "column": "todo"} for n in range(50)]
        assert (await tenant.http.post("/api/data/cards", json=cards, headers=user.auth)).status_code == 201
        await tenant.http.post("/api/files", files={"file": ("a", b"x" * 50_000)}, headers=user.auth)
        assert (await tenant.http.get("/")).status_code == 200
        taken = await ask("POST", f"/v1/tenants/{name}/snapshots", json={})
        await ask("POST", f"/v1/tenants/{name}/clone", json={"as": f"{name}-two"})
        await ask("POST", f"/v1/tenants/{name}/previews", json={"label": "p"})
        await ask("POST", f"/v1/tenants/{name}/snapshots/{taken['id']}/restore")
        await ask("POST", f"/v1/tenants/{name}/suspend")
        await ask("POST", f"/v1/tenants/{name}/resume")
        await ask("DELETE", f"/v1/tenants/{name}--p", 204)
        await ask("POST", f"/v1/tenants/{name}/rename", json={"to": f"{name}-new"})
    finally:
        await tenant.http.aclose()
    for left in (f"{name}-two", f"{name}-new"):
        await ask("DELETE", f"/v1/tenants/{left}?purge=1", 204)


def _bytes(data: Path) -> int:
    """What tenants and work under way take."""
    folders = [data / "data" / name for name in ("tenants", "work", "unknown")]
    return sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())


@pytest.mark.timeout(TENANTS + 300)
async def test_nothing_is_left_of_tenants_that_are_gone(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    server = ServerProcess.on(tmp_path, *FLAGS)
    await asyncio.to_thread(server.start)
    try:
        assert server.process is not None
        await asyncio.to_thread(server.sign_in)
        headers = {"authorization": f"Bearer {server.token}"}
        seen: list[Held] = []
        begun = time.monotonic()
        async with httpx.AsyncClient(base_url=server.admin_url, headers=headers, timeout=120) as admin:
            for first in range(0, TENANTS, AT_ONCE):
                await asyncio.gather(*(_life(server, admin, f"churn-{first + n}") for n in range(AT_ONCE)))
                seen.append(held(server.process.pid))
        early, late = seen[len(seen) // 3], seen[-1]
        left = await asyncio.to_thread(_bytes, tmp_path)
        record_property(
            FIGURES,
            f"{TENANTS} tenants with a clone and a preview each in {time.monotonic() - begun:.0f} s: open files "
            f"{early.files} and {late.files}, threads {early.threads} and {late.threads}, memory "
            f"{early.memory / 1e6:.0f} and {late.memory / 1e6:.0f} MB, after a third and at the end; {left} bytes left",
        )
        assert left == 0
        assert late.files <= early.files + 2
        assert late.threads <= early.threads + 2
        assert (late.memory - early.memory) / 1e6 < GROWN_MB
    finally:
        await asyncio.to_thread(server.stop)

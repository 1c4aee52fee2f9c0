"""Copies that are made while money moves: in each of them not a cent is missing."""

import asyncio
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.app import App, Tenant, running_app
from tests.support.archives import entries_of, rows_of
from tests.support.figures import FIGURES
from tests.support.mongo import MongoServer
from tests.support.operations import done, opened

pytestmark = [pytest.mark.starts_server, pytest.mark.timeout(300)]
CLIENTS = 8
ACCOUNTS = 40
EACH = 1000


class Bank:
    """Two collections between which money moves, each transfer in one commit; a file goes with each third."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.transfers = 0
        self.closed = False

    async def open(self) -> None:
        for name in ("accounts", "savings"):
            rows = [{"id": f"a{n:02}", "cents": EACH} for n in range(ACCOUNTS)]
            assert (await self.tenant.http.post(f"/api/data/{name}", json=rows, headers=self.tenant.key)).is_success
        made = await self.tenant.http.post("/api/collections", json={"name": "receipts"}, headers=self.tenant.key)
        assert made.is_success

    async def work(self, seed: int) -> None:
        """Transfers until the bank is closed."""
        dice, http, key = random.Random(seed), self.tenant.http, self.tenant.key
        while not self.closed:
            amount = dice.randrange(1, 50)
            names = dice.sample(["accounts", "savings"], 2)
            operations = [
                {
                    "op": "update",
                    "collection": name,
                    "id": f"a{dice.randrange(ACCOUNTS):02}",
                    "data": {"$inc": {"cents": sign * amount}},
                }
                for name, sign in zip(names, (-1, 1), strict=True)
            ]
            answer = await http.post("/api/batch", json={"operations": operations}, headers=key)
            assert answer.status_code in {200, 503}, answer.text  # closed for a moment, for a restore
            self.transfers += answer.status_code == 200
            if self.transfers % 3 == 0:
                await self._keep_receipt(http, key, dice)

    async def _keep_receipt(self, http: httpx.AsyncClient, key: dict[str, str], dice: random.Random) -> None:
        """Some are thrown away; those that are kept have a document that names them, written after them."""
        made = await http.post("/api/files", files={"file": ("receipt", b"r" * dice.randrange(1, 5000))}, headers=key)
        if made.status_code != 201:
            return
        if dice.randrange(2):
            await http.delete(made.json()["url"].removesuffix("/content"), headers=key)
        else:
            await http.post("/api/data/receipts", json={"file": made.json()["id"]}, headers=key)


async def total(tenant: Tenant) -> int:
    """All the money that a tenant has; every receipt that it names is there."""
    found = 0
    for name in ("accounts", "savings"):
        page = (await tenant.http.get(f"/api/data/{name}?limit=1000", headers=tenant.key)).json()
        found += sum(row["cents"] for row in page["items"])
    files = (await tenant.http.get("/api/files?limit=1000", headers=tenant.key)).json()["items"]
    named = (await tenant.http.get("/api/data/receipts?limit=1000", headers=tenant.key)).json()["items"]
    assert {one["file"] for one in named} <= {one["id"] for one in files}
    for one in files:
        content = await tenant.http.get(one["url"], headers=tenant.key)
        assert (content.status_code, len(content.content)) == (200, one["size"])
    return found


async def _copies(app: App, rounds: int) -> tuple[list[str], list[bytes]]:
    """Clones, clones of snapshots, imports and archives, made one after the other."""
    names: list[str] = []
    archives: list[bytes] = []
    for number in range(rounds):
        taken = await done(app, "bank", "snapshots")
        for name, body in ((f"clone-{number}", {}), (f"snap-{number}", {"snapshot": taken["id"]})):
            await done(app, "bank", "clone", **{"as": name}, **body)
            names.append(name)
        await done(app, "bank", "previews", label=f"p{number}")
        names.append(f"bank--p{number}")
        archives.append((await app.admin.get("/v1/tenants/bank/archive")).content)
        assert (await done(app, "bank", f"snapshots/{taken['id']}/prove"))["proven"]
    return names, archives


def _in_archive(archive: bytes) -> int:
    entries = entries_of(archive)
    files: list[dict[str, Any]] = rows_of(entries, "_files")
    assert {f"files/{row['id']}" for row in files} == {name for name in entries if name.startswith("files/")}
    assert {row["file"] for row in rows_of(entries, "receipts")} <= {row["id"] for row in files}
    return sum(row["cents"] for name in ("accounts", "savings") for row in rows_of(entries, name))


@pytest.mark.parametrize("engine", ["embedded", "mongo"])
async def test_the_sum_is_right_in_every_copy(
    tmp_path: Path, engine: str, record_property: Callable[[str, object], None]
) -> None:
    server = MongoServer() if engine == "mongo" else None
    rounds = 2 if server is not None else 6
    try:
        async with running_app(tmp_path, **({"mongo_url": server.url} if server is not None else {})) as app:
            bank = Bank(await app.tenant("bank"))
            await bank.open()
            working = [asyncio.create_task(bank.work(seed)) for seed in range(CLIENTS)]
            names, archives = await _copies(app, rounds)
            # A restore in the middle of it all takes the money back to another moment, and loses none.
            (newest, *_) = (await app.admin.get("/v1/tenants/bank/snapshots")).json()["items"]
            await done(app, "bank", f"snapshots/{newest['id']}/restore")
            bank.closed = True
            await asyncio.gather(*working)
            wanted = 2 * ACCOUNTS * EACH
            assert bank.transfers > CLIENTS
            for name in ["bank", *names]:
                tenant = bank.tenant if name == "bank" else await opened(app, name)
                assert await total(tenant) == wanted, name
            assert [_in_archive(archive) for archive in archives] == [wanted] * rounds
            said = json.loads(entries_of(archives[0])["backpack.json"])
            assert said["collections"]["accounts"] == ACCOUNTS
            record_property(
                FIGURES, f"{engine}: {len(names) + len(archives) + 1} copies during {bank.transfers} transfers"
            )
    finally:
        if server is not None:
            server.stop()

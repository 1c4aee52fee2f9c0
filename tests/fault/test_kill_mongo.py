"""`kill -9` of the server while clients write and MongoDB keeps the documents."""

import asyncio
import signal
from pathlib import Path

import pytest

from tests.fault.test_kill import WRITERS, _all_there, _write
from tests.support.app import Tenant
from tests.support.mongo import MongoServer
from tests.support.process import ServerProcess

pytestmark = pytest.mark.process
ROUNDS = 4


@pytest.mark.timeout(180)
@pytest.mark.parametrize("alone", [False, True], ids=["replica set", "alone"])
async def test_kill_9_loses_no_acknowledged_write(tmp_path: Path, alone: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    mongo = MongoServer(alone=alone)
    server = ServerProcess.on(tmp_path)
    environment = {**server.environment(), "BACKPACK_MONGO_URL": await asyncio.to_thread(lambda: mongo.url)}
    monkeypatch.setattr(server, "environment", lambda: environment)
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
            while len(acknowledged) < before + 50 + 30 * round_:
                await asyncio.sleep(0.005)
            await asyncio.to_thread(server.stop, signal.SIGKILL)
            await asyncio.gather(*writers)
            await asyncio.to_thread(server.start)
            await _all_there(tenant, user, acknowledged)
        await tenant.http.aclose()
    finally:
        if server.process is not None:
            await asyncio.to_thread(server.stop)
        mongo.stop()

"""Fixtures of all tests.

`app` is one server for the whole run; each test makes tenants of its own in it, so tests cannot meet. A call that blocks
the event loop fails the test (blockbuster).
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

from server.logs import configure_logs
from tests.support.app import App, Tenant, User, running_app

configure_logs("json")


@pytest.fixture(scope="session")
async def app(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[App]:
    """A running server."""
    async with running_app(tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest.fixture
async def tenant(app: App) -> Tenant:
    """A new tenant."""
    return await app.tenant()


@pytest.fixture
async def user(tenant: Tenant) -> User:
    """A signed-in user of the tenant."""
    return await tenant.user()


@pytest.fixture(autouse=True)
def no_blocking(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test whose event loop is blocked by a file, a socket or a sleep."""
    if {"browser", "process", "starts_server"} & set(request.keywords):
        yield
        return
    with blockbuster_ctx() as blockbuster:
        _allow(blockbuster)
        yield


def _allow(blockbuster: BlockBuster) -> None:
    """What may block, and why."""
    allowed = {
        "io.BufferedReader.read": [("server/hosting/assets.py", {"asset"})],  # once per file and process
        "io.TextIOWrapper.read": [("pydantic_settings/sources/base.py", {"__call__"})],
    }
    # Coverage's own lock, which is held for moments where several threads are measured.
    allowed["threading.Lock.acquire"] = [("coverage/collector.py", {"lock_data"})]
    for name, places in allowed.items():
        if name in blockbuster.functions:
            for place, functions in places:
                blockbuster.functions[name].can_block_in(place, functions)
    for name in ("os.stat", "os.unlink", "os.path.exists", "io.FileIO.read"):
        if name in blockbuster.functions:
            blockbuster.functions[name].can_block_in("stores/embedded/layout.py", {"open_file"})
            blockbuster.functions[name].can_block_in("stores/files/local.py", {"put"})
            blockbuster.functions[name].can_block_in("server/hosting/assets.py", {"asset"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder."""
    return tmp_path


@pytest.fixture
async def loop_is_free() -> AsyncIterator[None]:
    """No task of the test is left behind."""
    before = asyncio.all_tasks()
    yield
    assert asyncio.all_tasks() <= before

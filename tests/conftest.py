"""Fixtures of all tests.

`app` is one server for the whole run; each test makes tenants of its own in it, so tests cannot meet. A call that blocks
the event loop fails the test (blockbuster).
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import settings

from server.logs import configure_logs
from tests.support.app import App, Tenant, User, running_app
from tests.support.figures import FIGURES

configure_logs("json")
# The same examples in every run, so that a change fails for what it does and not for what was drawn; `make explore`
# draws others.
settings.register_profile("same", derandomize=True, database=None)
settings.register_profile("drawn", print_blob=True)
settings.load_profile(os.environ.get("EXAMPLES", "same"))


@pytest.fixture(scope="session")
async def app(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[App]:
    """A running server, which does nothing with tenants by itself."""
    data = tmp_path_factory.mktemp("data")
    async with running_app(data, outbound="any", snapshot_hours=0, prove_hours=0) as running:
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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show each figure that a test recorded."""
    for report in [*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])]:
        for name, value in getattr(report, "user_properties", []):
            if name == FIGURES:
                terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {value}")

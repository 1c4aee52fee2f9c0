"""A server as a process of its own, which can be killed and started again."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.app import PASSWORD, SETUP_CODE


def free_port() -> int:
    """A port that the system has just given out."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@dataclass
class ServerProcess:
    """`backpack serve` on a data folder."""

    data: Path
    port: int
    admin_port: int
    process: subprocess.Popen[bytes] | None = None
    token: str = ""
    flags: tuple[str, ...] = ()
    log: Path | None = None
    """Where its output goes; to that of the tests when there is none."""

    @classmethod
    def on(cls, data: Path, *flags: str, log: Path | None = None) -> "ServerProcess":
        return cls(data, free_port(), free_port(), flags=flags, log=log)

    @property
    def admin_url(self) -> str:
        return f"http://127.0.0.1:{self.admin_port}"

    def environment(self) -> dict[str, str]:
        """For commands that talk to this server."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BACKPACK_")}
        config = str(self.data / "config")
        return {**kept, "BACKPACK_URL": self.admin_url, "BACKPACK_SETUP_CODE": SETUP_CODE, "XDG_CONFIG_HOME": config}

    def start(self, *arguments: str) -> None:
        """Start and wait until it answers."""
        command = [
            sys.executable, "-m", "server", "serve", *arguments, "--data", str(self.data / "data"), "--port", str(self.port),
            "--admin-port", str(self.admin_port), "--access-log", "errors", *self.flags,
        ]  # fmt: skip
        output = self.log.open("ab") if self.log is not None else None
        self.process = subprocess.Popen(command, env=self.environment(), stdout=output, stderr=output)
        if output is not None:
            output.close()
        for _ in range(600):
            assert self.process.poll() is None, "the server ended"
            try:
                if httpx.get(f"{self.admin_url}/v1/status", timeout=1).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            threading.Event().wait(0.02)
        raise AssertionError("the server does not answer")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it with a signal; its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(20)
        self.process = None
        return code

    def sign_in(self) -> None:
        """Be the administrator."""
        body: dict[str, Any] = {"email": "admin@example.com", "password": PASSWORD}
        response = httpx.post(f"{self.admin_url}/v1/admins", json={**body, "setupCode": SETUP_CODE})
        if response.status_code == 409:
            response = httpx.post(f"{self.admin_url}/v1/sessions", json=body)
        self.token = response.json()["token"]

    def admin(self, method: str, path: str, **options: Any) -> Any:
        """Call the control plane."""
        headers = {"authorization": f"Bearer {self.token}"}
        response = httpx.request(method, f"{self.admin_url}{path}", headers=headers, timeout=30, **options)
        assert response.is_success, response.text
        return json.loads(response.content) if response.content else None

    def command(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run the command against this server."""
        command = [sys.executable, "-m", "server", *arguments]
        root = str(Path(__file__).parents[2])
        environment = {**self.environment(), "PYTHONPATH": root}
        return subprocess.run(
            command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=60, check=False
        )

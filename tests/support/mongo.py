"""A server that speaks MongoDB's protocol, as a process of its own; the tests know it by its address alone."""

import socket
import subprocess
import sys
import threading
from pathlib import Path

from tests.support.process import free_port


class MongoServer:
    """SecantusDB in a temporary folder: as a replica set of one, or standing alone."""

    def __init__(self, *, alone: bool = False) -> None:
        """Nothing is started yet."""
        self._alone = alone
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address; starts it when it is asked for first."""
        if self._process is None:
            self._start()
        return f"mongodb://127.0.0.1:{self._port}/"

    def _start(self) -> None:
        command = [
            str(Path(sys.executable).with_name("secantusd-py")), "--port", str(self._port), "--storage-path", ":memory:",
            "--log-level", "ERROR", *(["--standalone"] if self._alone else []),
        ]  # fmt: skip
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            assert self._process.poll() is None, "the server ended"
            try:
                socket.create_connection(("127.0.0.1", self._port), 1).close()
                return
            except OSError:
                threading.Event().wait(0.05)
        raise AssertionError("the server does not answer")

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(20)
            self._process = None

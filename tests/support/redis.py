"""A real redis-server, Debian's, on a port of its own."""

import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field

import redis

from tests.support.process import free_port


@dataclass
class RedisServer:
    """Started when it is first asked for; `stop` and `start` again at will. It keeps nothing over a stop."""

    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    folder: str = field(default_factory=lambda: tempfile.mkdtemp(prefix="redis-"))

    @property
    def url(self) -> str:
        if self.process is None:
            self.start()
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.port = self.port or free_port()
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        with redis.Redis(port=self.port) as client:
            for _ in range(500):
                try:
                    if client.ping():
                        return
                except redis.ConnectionError:
                    threading.Event().wait(0.01)
        raise AssertionError("redis-server does not answer")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

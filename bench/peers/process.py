"""A server as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx

from bench.errors import BenchmarkError

_READY_S: Final = 30
_STOP_S: Final = 20
_POLL_S: Final = 0.002


def free_port() -> int:
    """A port that the system has just given out."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def installed(command: str) -> str:
    """A command of this Python environment."""
    path = Path(sys.executable).with_name(command)
    if not path.is_file():
        raise BenchmarkError(f"{command} is not installed beside {path.parent.name}/python.")
    return str(path)


def environment() -> dict[str, str]:
    """The environment without anybody's settings."""
    own = ("BACKPACK_", "PYTHON")
    return {
        name: value for name, value in os.environ.items() if name not in {"HOST", "PORT"} and not name.startswith(own)
    }


@contextmanager
def running(command: Sequence[str], folder: Path, ready: httpx.Request) -> Iterator[float]:
    """Run a server in a folder until the block ends; gives the seconds from the spawn to the first 200.

    Python's compiled modules are kept beside the folder, so that only the very first start has to compile.

    Raises:
        BenchmarkError: it ends by itself, or does not answer.
    """
    log = folder / "server.log"
    settings = {**environment(), "PYTHONPYCACHEPREFIX": str(folder.parent / "compiled")}
    with httpx.Client(timeout=5, trust_env=False) as client, log.open("ab") as output:
        spawned = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=settings, stdout=output, stderr=output)
        try:
            while not _answers(client, ready):
                if _ended(process) or time.perf_counter() - spawned > _READY_S:
                    raise BenchmarkError(f"{command[0]} does not answer: {log.read_text()[-1000:]}")
            yield time.perf_counter() - spawned
            if process.poll() is not None:
                raise BenchmarkError(f"{command[0]} ended by itself: {log.read_text()[-1000:]}")
        finally:
            _stop(process)


def _answers(client: httpx.Client, ready: httpx.Request) -> bool:
    try:
        return client.send(ready).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _ended(process: subprocess.Popen[bytes]) -> bool:
    """Waits a moment."""
    try:
        process.wait(_POLL_S)
    except subprocess.TimeoutExpired:
        return False
    return True


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

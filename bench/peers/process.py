"""A server as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final

import httpx

from bench.errors import BenchmarkError

_READY_S: Final = 60
_STOP_S: Final = 20
_POLL_S: Final = 0.002
_CHECKOUT: Final = Path(__file__).parents[2]


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
    """The environment without anybody's settings; Python finds this checkout's code before an installed one."""
    own = ("BACKPACK_", "PARSE_", "PG", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if name not in {"HOST", "PORT"}}
    return {**{name: value for name, value in kept.items() if not name.startswith(own)}, "PYTHONPATH": str(_CHECKOUT)}


@contextmanager
def running(
    command: Sequence[str], folder: Path, ready: httpx.Request, settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[float]:
    """Run a server in a folder until the block ends; gives the seconds from the spawn to the first 200.

    Python's compiled modules are kept beside the folder, so that only the very first start has to compile.

    Raises:
        BenchmarkError: it ends by itself, or does not answer.
    """
    own = {**environment(), "PYTHONPYCACHEPREFIX": str(folder.parent / "compiled"), **settings}
    with (
        httpx.Client(timeout=5, trust_env=False) as client,
        process(command, folder, lambda: _answers(client, ready), own) as seconds,
    ):
        yield seconds


@contextmanager
def process(
    command: Sequence[str], folder: Path, ready: Callable[[], bool], settings: Mapping[str, str], *,
    user: str | None = None, stop: signal.Signals = signal.SIGTERM,
) -> Iterator[float]:  # fmt: skip
    """Run a process in a folder until the block ends; gives the seconds from the spawn to being ready.

    Args:
        command: what to run.
        folder: where; the process's own output goes to `server.log` there.
        ready: asked every 2 ms.
        settings: the environment.
        user: whose process it is, where it is not ours.
        stop: asks it to end.

    Raises:
        BenchmarkError: it ends by itself, or is not ready in time.
    """
    log = folder / "server.log"
    with log.open("ab") as output:
        spawned = time.perf_counter()
        started = subprocess.Popen(
            command, cwd=folder, env=settings, stdout=output, stderr=output, user=user, group=user,
            extra_groups=[] if user else None,
        )  # fmt: skip
        try:
            while not ready():
                if _ended(started) or time.perf_counter() - spawned > _READY_S:
                    raise BenchmarkError(f"{command[0]} does not answer: {log.read_text()[-1000:]}")
            yield time.perf_counter() - spawned
            if started.poll() is not None:
                raise BenchmarkError(f"{command[0]} ended by itself: {log.read_text()[-1000:]}")
        finally:
            _stop(started, stop)


def _answers(client: httpx.Client, ready: httpx.Request) -> bool:
    try:
        return client.send(ready).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _ended(started: subprocess.Popen[bytes]) -> bool:
    """Waits a moment."""
    try:
        started.wait(_POLL_S)
    except subprocess.TimeoutExpired:
        return False
    return True


def _stop(started: subprocess.Popen[bytes], how: signal.Signals) -> None:
    started.send_signal(how)
    try:
        started.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        started.kill()
        started.wait()

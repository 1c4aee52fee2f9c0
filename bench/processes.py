"""Many small backends: one Backpack for all of them, and a PocketBase process for each."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import httpx

from bench.documents import make_documents
from bench.errors import answer
from bench.load import Request, run_load
from bench.memory import held_bytes
from bench.peers.backpack import administrator, serving
from bench.peers.peer import COLLECTION, Target
from bench.peers.pocketbase import PocketBase
from bench.progress import tell
from bench.table import markdown

_DATA: Final = f"/api/data/{COLLECTION}"
_DOCUMENTS: Final = 100
_ASKED: Final = 16
"""Backends that are asked at the same time, over two connections each."""


class Scale(NamedTuple):
    """How many backends there are, and seconds of load."""

    backends: int = 100
    seconds: int = 8


class _Backend(NamedTuple):
    target: Target
    requests: Sequence[Request]


class _Figures(NamedTuple):
    start_s: float
    idle: int
    rate: float
    busy: int


Running = Callable[[], AbstractContextManager[list[_Backend]]]


def measure(folder: Path, scale: Scale) -> str:
    """Make both, then start each, hold the memory and ask; gives the table.

    Raises:
        BenchmarkError: a server did not start, or an answer was an error.
    """
    tell(f"processes: making {scale.backends} tenants, and as many PocketBases")
    ours = _backpack(folder / "one-process", scale.backends)
    theirs = _pocketbase(folder / "process-each", scale.backends)
    found = {"Backpack": _measured(ours, scale), "PocketBase, a process for each": _measured(theirs, scale)}
    rows = [
        (
            name, f"{one.start_s:.1f} s", f"{one.idle / 1e6:,.0f} MB", f"{one.idle / scale.backends / 1e6:.1f} MB",
            f"{one.rate:,.0f}", f"{one.busy / 1e6:,.0f} MB",
        )
        for name, one in found.items()
    ]  # fmt: skip
    titles = ("", "start of all", "memory, idle", "for each", f"requests/s to {_ASKED} of them", "memory then")
    return markdown(titles, rows)


def _measured(running: Running, scale: Scale) -> _Figures:
    begun = time.perf_counter()
    with running() as backends:
        started = time.perf_counter() - begun
        time.sleep(2)  # noqa: TID251 - what starts in the background has started
        idle = held_bytes()
        step = max(len(backends) // _ASKED, 1)
        rate = _rate(backends[::step][:_ASKED], scale.seconds)
        return _Figures(started, idle, rate, held_bytes())


def _rate(backends: Sequence[_Backend], seconds: int) -> float:
    rates = [0.0] * len(backends)

    def run(number: int) -> None:
        target, requests = backends[number]
        rates[number] = run_load(target.url, target.headers, requests, seconds, 2).rate

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(backends))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(rates)


def _backpack(home: Path, count: int) -> Running:
    home.mkdir()
    made: list[tuple[dict[str, str], list[str]]] = []
    with (
        serving(home) as addresses,
        administrator(addresses.admin) as admin,
        httpx.Client(base_url=addresses.public, timeout=30, trust_env=False) as client,
    ):
        for number in range(count):
            name = f"tenant-{number:03}"
            key = answer(admin.post("/v1/tenants", json={"name": name}))["apiKey"]
            headers = {"Host": f"{name}.localhost", "authorization": f"Bearer {key}"}
            items = answer(client.post(_DATA, json=list(make_documents(_DOCUMENTS)), headers=headers))["items"]
            made.append((headers, [item["id"] for item in items]))

    @contextmanager
    def run() -> Iterator[list[_Backend]]:
        with serving(home) as addresses:
            backends = [
                _Backend(Target(addresses.public, headers), [Request("GET", f"{_DATA}/{id}") for id in ids])
                for headers, ids in made
            ]
            for backend in backends:
                answer(httpx.get(addresses.public + backend.requests[0].path, headers=backend.target.headers))
            yield backends

    return run


def _pocketbase(home: Path, count: int) -> Running:
    home.mkdir()
    made: list[tuple[PocketBase, list[str]]] = []
    for number in range(count):
        folder = home / f"{number:03}"
        folder.mkdir()
        peer = PocketBase(folder)
        made.append((peer, peer.prepare(make_documents(_DOCUMENTS))))

    @contextmanager
    def run() -> Iterator[list[_Backend]]:
        with ExitStack() as stack:
            backends: list[_Backend] = []
            for peer, ids in made:
                target = stack.enter_context(peer.running())
                backends.append(_Backend(target, [Request("GET", peer.path(id)) for id in ids]))
                answer(httpx.get(target.url + backends[-1].requests[0].path, headers=target.headers))
            yield backends

    return run

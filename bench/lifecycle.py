"""The life of a tenant: made, cloned, kept, restored, suspended; beside PocketBase's backup of the same documents."""

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx

from bench.documents import make_documents
from bench.errors import BenchmarkError, answer
from bench.peers.backpack import Backpack, serving
from bench.peers.peer import EMAIL, PASSWORD, Peer, Target
from bench.peers.pocketbase import PocketBase
from bench.progress import tell
from bench.table import markdown

_WRITERS: Final = 4
_WAIT: Final = {"prefer": "wait=120"}
_FILE: Final = 90_000_000


class Scale(NamedTuple):
    """How many documents, files beside them, tenants that are made, and how often each thing is done."""

    documents: int = 180_000
    files: int = 10
    tenants: int = 50
    times: int = 5


class _Writing(NamedTuple):
    """Milliseconds of writes that went on."""

    ms: Sequence[float]

    @property
    def p99(self) -> float:
        return sorted(self.ms)[-(len(self.ms) // 100) - 1]


def measure(folder: Path, scale: Scale) -> str:
    """All of it; gives the tables."""
    rows = [*_backpack(folder / "backpack", scale), *_pocketbase(folder / "pocketbase", scale)]
    return markdown(("", "size", "times", "p50", "writers' p99, alone and meanwhile"), rows)


def _prepared(peer: Peer, folder: Path, scale: Scale) -> None:
    tell(f"{peer.name}: loading {scale.documents:,} documents")
    peer.prepare(make_documents(scale.documents))


def _backpack(folder: Path, scale: Scale) -> list[tuple[str, ...]]:
    folder.mkdir()
    peer = Backpack(folder)
    _prepared(peer, folder, scale)
    with serving(folder, "--snapshot-hours", "0") as addresses, _signed_in(addresses.admin) as admin:
        target = Target(addresses.public, peer.headers)
        rows = [_creating(admin, scale)]
        size = _megabytes(admin)
        rows += _copying(admin, peer, target, scale, size)
        rows += _large(admin, addresses.public, scale)
        rows.append(_suspending(admin, peer, target))
    return rows


@contextmanager
def _signed_in(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=300, trust_env=False, headers=_WAIT) as admin:
        signed = answer(admin.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD}))
        admin.headers["authorization"] = f"Bearer {signed['token']}"
        yield admin


def _megabytes(admin: httpx.Client) -> str:
    return f"{answer(admin.get('/v1/tenants/bench'))['usage']['databaseBytes'] / 1e6:.0f} MB"


def _timed(times: int, act: Callable[[int], Any]) -> list[float]:
    """Seconds of each time."""
    taken: list[float] = []
    for number in range(times):
        begun = time.perf_counter()
        act(number)
        taken.append(time.perf_counter() - begun)
    return taken


def _pause(seconds: float) -> None:
    threading.Event().wait(seconds)


def _row(title: str, size: str, taken: Sequence[float], writing: str = "") -> tuple[str, ...]:
    middle = statistics.median(taken)
    shown = f"{middle * 1000:.0f} ms" if middle < 1 else f"{middle:.2f} s"
    return title, size, f"{len(taken)}", shown, writing


def _creating(admin: httpx.Client, scale: Scale) -> tuple[str, ...]:
    def create(number: int) -> None:
        answer(admin.post("/v1/tenants", json={"name": f"made-{number}"}))

    return _row("create a tenant", "", _timed(scale.tenants, create))


def _done(response: httpx.Response) -> Any:
    ended = answer(response)
    if ended["status"] != "done":
        raise BenchmarkError(f"{ended['kind']}: {ended['error']}")
    return ended["result"]


def _copying(admin: httpx.Client, peer: Peer, target: Target, scale: Scale, size: str) -> list[tuple[str, ...]]:
    """Clones, snapshots and restores of the documents, while nobody writes and while some do."""
    tell("Backpack: clones, snapshots, restores")

    def clone(number: int) -> None:
        _done(admin.post("/v1/tenants/bench/clone", json={"as": f"clone-{time.time_ns()}"[:40]}))

    def snapshot(number: int = 0) -> str:
        return str(_done(admin.post("/v1/tenants/bench/snapshots", json={}))["id"])

    first = _timed(1, snapshot)
    rows = [_row("snapshot, the first", size, first)]
    rows.append(_row("clone", size, _timed(scale.times, clone)))
    alone = _written(peer, target, lambda: _pause(4))
    meanwhile = _written(peer, target, lambda: _timed(scale.times, clone))
    rows.append((f"clone, while {_WRITERS} write", size, f"{scale.times}", "", _ratio(alone, meanwhile)))
    kept = _written(peer, target, lambda: _timed(scale.times, snapshot))
    rows.append((f"snapshot, while {_WRITERS} write", size, f"{scale.times}", "", _ratio(alone, kept)))
    id = snapshot()
    rows.append(_row("restore", size, _timed(scale.times, lambda _: _done(
        admin.post(f"/v1/tenants/bench/snapshots/{id}/restore")
    ))))  # fmt: skip
    rows.append(_row("pull (archive)", size, _timed(1, lambda _: _read(admin, "/v1/tenants/bench/archive"))))
    return rows


def _read(admin: httpx.Client, path: str) -> None:
    with admin.stream("GET", path) as response:
        for _ in response.iter_raw():
            pass


def _ratio(alone: _Writing, meanwhile: _Writing) -> str:
    return f"{alone.p99:.1f} and {meanwhile.p99:.1f} ms ({meanwhile.p99 / alone.p99:.1f}×)"


def _written(peer: Peer, target: Target, act: Callable[[], Any]) -> _Writing:
    """Create documents, one after the other in each of some threads, while something is done."""
    over, taken = threading.Event(), list[float]()
    document = make_documents(1)[0]

    def write() -> None:
        with httpx.Client(base_url=target.url, headers=target.headers, timeout=60, trust_env=False) as client:
            while not over.is_set():
                begun = time.perf_counter()
                response = client.post(peer.path(), json=document)
                if response.status_code != 503:  # closed for a moment
                    answer(response)
                taken.append((time.perf_counter() - begun) * 1000)

    threads = [threading.Thread(target=write) for _ in range(_WRITERS)]
    for thread in threads:
        thread.start()
    try:
        act()
    finally:
        over.set()
        for thread in threads:
            thread.join()
    return _Writing(taken)


def _large(admin: httpx.Client, public: str, scale: Scale) -> list[tuple[str, ...]]:
    """A tenant of a gigabyte, most of it files."""
    tell(f"Backpack: {scale.files} files of {_FILE / 1e6:.0f} MB")
    key = answer(admin.post("/v1/tenants/bench/keys", json={"name": "files", "scope": "admin"}))["key"]
    headers = {"host": "bench.localhost", "authorization": f"Bearer {key}"}
    with httpx.Client(base_url=public, headers=headers, timeout=300, trust_env=False) as client:
        for number in range(scale.files):
            answer(client.post("/api/files", files={"file": (f"f{number}", bytes([number]) * _FILE)}))
        shown = answer(admin.get("/v1/tenants/bench"))["usage"]
        size = f"{(shown['databaseBytes'] + shown['fileBytes']) / 1e6:.0f} MB"

        def snapshot(number: int) -> None:
            _done(admin.post("/v1/tenants/bench/snapshots", json={}))

        rows = [_row("snapshot, the first with the files", size, _timed(1, snapshot))]
        rows.append(_row("snapshot, unchanged", size, _timed(scale.times, snapshot)))

        taken: list[float] = []
        for _ in range(scale.times):
            answer(client.post("/api/data/items", json=make_documents(1)[0]))
            taken += _timed(1, snapshot)
        rows.append(_row("snapshot, one document changed", size, taken))
        rows.append(_row("clone", size, _timed(scale.times, lambda number: _done(
            admin.post("/v1/tenants/bench/clone", json={"as": f"large-{number}"})
        ))))  # fmt: skip
    return rows


def _suspending(admin: httpx.Client, peer: Peer, target: Target) -> tuple[str, ...]:
    """The last good answer after a suspension was asked for, under load."""
    last, over = [0.0], threading.Event()

    def load() -> None:
        with httpx.Client(base_url=target.url, headers=target.headers, timeout=60, trust_env=False) as client:
            while not over.is_set():
                if client.get(peer.newest()).is_success:
                    last[0] = max(last[0], time.perf_counter())

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    _pause(1)
    begun = time.perf_counter()
    answer(admin.post("/v1/tenants/bench/suspend"))
    _pause(1.5)
    over.set()
    for thread in threads:
        thread.join()
    return _row("suspend under load: until the last good answer", "", [max(last[0] - begun, 0.0)])


def _pocketbase(folder: Path, scale: Scale) -> list[tuple[str, ...]]:
    folder.mkdir()
    peer = PocketBase(folder)
    _prepared(peer, folder, scale)
    with peer.running() as target, httpx.Client(base_url=target.url, timeout=300, trust_env=False) as client:
        credentials = {"identity": EMAIL, "password": PASSWORD}
        signed = answer(client.post("/api/collections/_superusers/auth-with-password", json=credentials))
        client.headers["authorization"] = signed["token"]

        def backup(number: int) -> None:
            answer(client.post("/api/backups", json={"name": f"b{time.time_ns()}.zip"}))

        size = f"{(folder / 'pb_data' / 'data.db').stat().st_size / 1e6:.0f} MB"
        tell("PocketBase: backups")
        rows = [_row("PocketBase: backup", size, _timed(scale.times, backup))]
        alone = _written(peer, target, lambda: _pause(4))
        meanwhile = _written(peer, target, lambda: _timed(scale.times, backup))
        rows.append(
            (f"PocketBase: backup, while {_WRITERS} write", size, f"{scale.times}", "", _ratio(alone, meanwhile))
        )
    return rows

"""What tenants cost: to make, to have while nobody asks for them, to ask for the first time."""

import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import httpx

from bench.errors import answer
from bench.memory import held_bytes
from bench.peers.backpack import administrator, serving
from bench.progress import tell
from bench.table import markdown


class Scale(NamedTuple):
    """How many tenants there are, and how often servers start."""

    tenants: int = 1000
    starts: int = 5


class _Restart(NamedTuple):
    """Milliseconds from the spawn to the first answers, bytes of memory then, milliseconds of each first touch."""

    admin_ms: float
    tenant_ms: float
    held: int
    touched_ms: Sequence[float]
    held_open: int


def measure(folder: Path, scale: Scale) -> str:
    """Make tenants one after the other, start servers without any and with all of them; gives the table."""
    home = folder / "tenants"
    home.mkdir()
    tell(f"tenants: making {scale.tenants:,}")
    made = _creations_ms(home, scale.tenants)
    tell(f"start: {scale.starts} times each")
    empty = [_started(folder / f"start-{number}", 0) for number in range(scale.starts)]
    full = [_started(home, scale.tenants) for _ in range(scale.starts)]
    return markdown(("", "times", "p50", "p99"), _rows(made, empty, full, scale))


def _rows(made: list[float], empty: list[_Restart], full: list[_Restart], scale: Scale) -> list[tuple[str, ...]]:
    n = f"{scale.tenants:,} tenants"
    touched = [ms for one in full for ms in one.touched_ms]
    dormant = (_held(full) - _held(empty)) / scale.tenants
    opened = (statistics.median(one.held_open for one in full) - _held(full)) / scale.tenants
    return [
        ("create a tenant over HTTP", f"{len(made):,}", f"{statistics.median(made):.1f} ms", f"{_p99(made):.1f} ms"),
        (f"create {n}, one after the other", "1", f"{sum(made) / 1000:.1f} s", ""),
        _start_row("start without tenants, spawn to first answer", [one.admin_ms for one in empty]),
        _start_row(f"start with {n}, spawn to first answer", [one.admin_ms for one in full]),
        _start_row(f"start with {n}, spawn to first answer of a tenant", [one.tenant_ms for one in full]),
        (
            "first request to a tenant", f"{len(touched):,}", f"{statistics.median(touched):.1f} ms",
            f"{_p99(touched):.1f} ms",
        ),
        ("memory of the server without tenants", f"{len(empty)}", f"{_held(empty) / 1e6:.0f} MB", ""),
        ("memory that a tenant adds which nobody asks for", f"{len(full)}", f"{dormant / 1e3:.1f} KB", ""),
        ("memory that a tenant adds which is open", f"{len(full)}", f"{opened / 1e3:.0f} KB", ""),
    ]  # fmt: skip


def _start_row(title: str, times: Sequence[float]) -> tuple[str, ...]:
    return title, f"{len(times)}", f"{statistics.median(times):.0f} ms", ""


def _held(starts: Sequence[_Restart]) -> float:
    return statistics.median(one.held for one in starts)


def _creations_ms(home: Path, count: int) -> list[float]:
    taken: list[float] = []
    with serving(home) as addresses, administrator(addresses.admin) as admin:
        for number in range(count):
            begun = time.perf_counter()
            answer(admin.post("/v1/tenants", json={"name": f"tenant-{number:04}"}))
            taken.append((time.perf_counter() - begun) * 1000)
    return taken


def _started(home: Path, tenants: int) -> _Restart:
    """Start a server on a folder, with so many tenants in it; ask each once."""
    home.mkdir(exist_ok=True)
    with serving(home) as addresses, httpx.Client(base_url=addresses.public, trust_env=False) as client:
        held = held_bytes()
        touched: list[float] = []
        for number in range(tenants):
            begun = time.perf_counter()
            answer(client.get("/api/health", headers={"host": f"tenant-{number:04}.localhost"}))
            touched.append((time.perf_counter() - begun) * 1000)
        first = addresses.start_s * 1000 + (touched[0] if touched else 0)
        return _Restart(addresses.start_s * 1000, first, held, touched, held_bytes())


def _p99(times: Sequence[float]) -> float:
    """The smallest value that 99 % do not exceed."""
    return sorted(times)[-(len(times) // 100) - 1]

"""What a tenant costs to make, and a server to start."""

import statistics
import time
from pathlib import Path
from typing import NamedTuple

from bench.errors import answer
from bench.peers.backpack import administrator, serving
from bench.progress import tell
from bench.table import markdown


class Scale(NamedTuple):
    """How much is measured."""

    tenants: int = 200
    starts: int = 5


def measure(folder: Path, scale: Scale) -> str:
    """Make tenants one after the other, start servers without any; gives the table."""
    home = folder / "tenants"
    home.mkdir()
    tell(f"tenants: making {scale.tenants}")
    made = sorted(_creations_ms(home, scale.tenants))
    tell(f"start: {scale.starts} times")
    started = sorted(_start_ms(folder / f"start-{number}") for number in range(scale.starts))
    titles = ("", "times", "p50 ms", "p99 ms")
    rows = [
        ("create a tenant over HTTP", f"{len(made)}", f"{statistics.median(made):.1f}", f"{_p99(made):.1f}"),
        ("start without tenants, spawn to first answer", f"{len(started)}", f"{statistics.median(started):.0f}", ""),
    ]
    return markdown(titles, rows)


def _creations_ms(home: Path, count: int) -> list[float]:
    taken: list[float] = []
    with serving(home) as addresses, administrator(addresses.admin) as admin:
        for number in range(count):
            begun = time.perf_counter()
            answer(admin.post("/v1/tenants", json={"name": f"tenant-{number:04}"}))
            taken.append((time.perf_counter() - begun) * 1000)
    return taken


def _start_ms(home: Path) -> float:
    """A first start, which makes the data folder."""
    home.mkdir()
    with serving(home) as addresses:
        return addresses.start_s * 1000


def _p99(ascending: list[float]) -> float:
    """The smallest value that 99 % do not exceed."""
    return ascending[-(len(ascending) // 100) - 1]

"""What WebSockets cost that say nothing: memory, and the time of requests beside them."""

import resource
import time
from pathlib import Path
from typing import NamedTuple

import httpx

from bench.errors import BenchmarkError, answer
from bench.fairness import raw
from bench.fairness.victim import make_tenant, watched
from bench.memory import held_bytes
from bench.peers.backpack import administrator, serving
from bench.progress import tell
from bench.table import markdown


class Scale(NamedTuple):
    """How many sockets, and seconds in which requests are timed beside them."""

    sockets: int = 10_000
    seconds: int = 10


def measure(folder: Path, scale: Scale) -> str:
    """Open them, hold the memory and ask; gives the table.

    Raises:
        BenchmarkError: not all of them could be opened.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    home = folder / "sockets"
    home.mkdir()
    with serving(home, "--max-sockets", str(scale.sockets)) as addresses:
        with (
            administrator(addresses.admin) as admin,
            httpx.Client(base_url=addresses.public, timeout=60, trust_env=False) as client,
        ):
            quiet, small = make_tenant(admin, client, "quiet", 10), make_tenant(admin, client, "small", 1000)
        alone, before = watched(addresses.public, small, scale.seconds), held_bytes()
        tell(f"sockets: opening {scale.sockets:,}")
        begun = time.perf_counter()
        with raw.running(raw.idle, addresses.public, quiet, scale.sockets) as clients:
            taken = _opened(addresses.public, quiet.headers, scale.sockets, begun)
            beside = watched(addresses.public, small, scale.seconds)
            held = held_bytes(clients) - before
    rows = [
        ("opened and signed in, in", f"{taken:.1f} s"), ("memory for each", f"{held / scale.sockets / 1e3:.1f} KB"),
        ("requests of another tenant before, p50 / p99", f"{alone.p50:.1f} / {alone.p99:.1f} ms"),
        ("and beside them", f"{beside.p50:.1f} / {beside.p99:.1f} ms"),
    ]  # fmt: skip
    return markdown((f"{scale.sockets:,} idle WebSockets", ""), rows)


def _opened(url: str, headers: dict[str, str], wanted: int, begun: float) -> float:
    """Seconds until the server counts them all."""
    while time.perf_counter() - begun < 120:
        found = answer(httpx.get(f"{url}/api/usage", headers=headers, timeout=60))["now"]["sockets"]
        if found >= wanted:
            return time.perf_counter() - begun
        time.sleep(0.2)  # noqa: TID251
    raise BenchmarkError(f"Only {found:,} of {wanted:,} sockets were opened.")

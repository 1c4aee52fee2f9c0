"""Creates over more and more connections: those that wait at the same time share one `fsync`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.against import ROWS, Loaded
from bench.documents import make_documents
from bench.load import Request, median
from bench.peers.backpack import Backpack
from bench.peers.peer import Target
from bench.progress import tell
from bench.table import markdown
from bench.trial import Timing, Trial, in_turns, ratio

_CREATE: Final = ROWS[-1]
_TITLES: Final = ("connections", "requests/s", "of those at 1 connection (of the rounds)", "p50 / p99 ms")


class Scale(NamedTuple):
    """How much is measured."""

    documents: int = 2000
    connections: Sequence[int] = (1, 8, 32, 128)
    timing: Timing = Timing(seconds=5)


def measure(folder: Path, scale: Scale) -> str:
    """Create documents for some seconds with each number of connections, in turns; gives the table.

    Raises:
        BenchmarkError: an answer was not what was asked for.
    """
    home = folder / "group-commit"
    home.mkdir()
    peer, documents = Backpack(home), make_documents(scale.documents)
    tell(f"group commit: loading {len(documents)} documents")
    loaded = Loaded(peer, peer.prepare(documents), documents)
    runs = in_turns(_CREATE.title, [_trial(loaded, count) for count in scale.connections], scale.timing)
    rows: list[tuple[str, ...]] = []
    for count, run in zip(scale.connections, runs, strict=True):
        one = median(run)
        rows.append((f"{count}", f"{one.rate:,.0f}", ratio(run, runs[0]), f"{one.p50_ms:.1f} / {one.p99_ms:.1f}"))
    return markdown(_TITLES, rows)


def _trial(loaded: Loaded, connections: int) -> Trial:
    def check(target: Target, request: Request, found: Any) -> bool:
        return _CREATE.check(loaded.peer, target, request, found)

    requests = _CREATE.requests(loaded)
    return Trial(f"{connections} connections", loaded.peer.running, requests, check, connections)

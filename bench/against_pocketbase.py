"""The same requests to Backpack and to PocketBase, one server at a time."""

import json
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx

from bench.documents import BRANDS, Document, make_documents
from bench.errors import BenchmarkError, answer
from bench.load import Figures, Request, run_load
from bench.peers.backpack import Backpack
from bench.peers.peer import PAGE, Peer, Target
from bench.peers.pocketbase import PocketBase
from bench.progress import tell
from bench.table import markdown


class Scale(NamedTuple):
    """How much is measured."""

    documents: int = 20_000
    seconds: int = 8
    warm_up: int = 2
    rounds: int = 3


class Loaded(NamedTuple):
    """A peer with its documents."""

    peer: Peer
    ids: Sequence[str]
    documents: Sequence[Document]


class Row(NamedTuple):
    """A line of the table: the requests, and what a good answer looks like."""

    title: str
    requests: Callable[[Loaded], list[Request]]
    check: Callable[[Request, Any], bool]


def _get(loaded: Loaded) -> list[Request]:
    return [Request("GET", loaded.peer.path(id)) for id in loaded.ids]


def _filtered(loaded: Loaded) -> list[Request]:
    return [Request("GET", loaded.peer.filtered(brand)) for brand in BRANDS]


def _newest(loaded: Loaded) -> list[Request]:
    return [Request("GET", loaded.peer.newest())]


def _update(loaded: Loaded) -> list[Request]:
    return [Request("PATCH", loaded.peer.path(id), '{"price":{n}}') for id in loaded.ids]


def _create(loaded: Loaded) -> list[Request]:
    return [Request("POST", loaded.peer.path(), json.dumps(document)) for document in loaded.documents]


def _is_it(request: Request, found: Any) -> bool:
    return bool(request.path.endswith(f"/{found['id']}"))


def _is_a_page(_: Request, found: Any) -> bool:
    return len(found["items"]) == PAGE


def _is_of_a_brand(request: Request, found: Any) -> bool:
    brands = {item["brand"] for item in found["items"]}
    return _is_a_page(request, found) and len(brands) == 1 and brands.pop() in request.path


def _is_sent(request: Request, found: Any) -> bool:
    return all(found[name] == value for name, value in json.loads(request.body).items())


# Creating comes last: a server that creates more would read from a larger collection.
ROWS: Final = (
    Row("get by id", _get, _is_it),
    Row("30 newest of a brand, by an index", _filtered, _is_of_a_brand),
    Row("30 newest", _newest, _is_a_page),
    Row("update one field", _update, _is_sent),
    Row("create", _create, _is_sent),
)


def compare(folder: Path, scale: Scale) -> str:
    """Measure every row at both; gives the table.

    Raises:
        BenchmarkError: an answer was not what was asked for.
    """
    documents = make_documents(scale.documents)
    pair: list[Loaded] = []
    for made in (Backpack, PocketBase):
        home = folder / made.name.lower()
        home.mkdir()
        peer = made(home)
        tell(f"{peer.name}: loading {len(documents)} documents")
        pair.append(Loaded(peer, peer.prepare(documents), documents))
    return markdown(_TITLES, [_compared(row, pair, scale) for row in ROWS])


_TITLES: Final = (
    "", "Backpack requests/s", "PocketBase requests/s", "ratio (of the rounds)", "Backpack p50 / p99 ms",
    "PocketBase p50 / p99 ms",
)  # fmt: skip


def _compared(row: Row, pair: Sequence[Loaded], scale: Scale) -> tuple[str, ...]:
    runs: dict[str, list[Figures]] = {loaded.peer.name: [] for loaded in pair}
    for number in range(scale.rounds):
        for loaded in pair if number % 2 == 0 else reversed(pair):
            figures = _measured(row, loaded, scale)
            tell(f"{row.title}: {loaded.peer.name} {figures.rate:,.0f}/s, p99 {figures.p99_ms:.1f} ms")
            runs[loaded.peer.name].append(figures)
    ours, theirs = (_median(runs[loaded.peer.name]) for loaded in pair)
    rounds = zip(*(runs[loaded.peer.name] for loaded in pair), strict=True)
    ratios = [one.rate / other.rate for one, other in rounds]
    ratio = f"{ours.rate / theirs.rate:.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
    return (
        row.title, f"{ours.rate:,.0f}", f"{theirs.rate:,.0f}", ratio,
        f"{ours.p50_ms:.1f} / {ours.p99_ms:.1f}", f"{theirs.p50_ms:.1f} / {theirs.p99_ms:.1f}",
    )  # fmt: skip


def _measured(row: Row, loaded: Loaded, scale: Scale) -> Figures:
    requests = row.requests(loaded)
    with loaded.peer.running() as target:
        _probe(row, requests[0].numbered(), target)
        run_load(target.url, target.headers, requests, scale.warm_up)
        return run_load(target.url, target.headers, requests, scale.seconds)


def _probe(row: Row, request: Request, target: Target) -> None:
    """Errors are not measured, nor are answers that are empty or wrong."""
    content = request.body or None
    url = target.url + request.path
    found = answer(
        httpx.request(request.method, url, headers=target.headers, content=content, timeout=30, trust_env=False)
    )
    if not row.check(request, found):
        raise BenchmarkError(f"{row.title}: not the answer to {request}: {json.dumps(found)[:1000]}")


def _median(runs: Sequence[Figures]) -> Figures:
    rates, p50s, p99s = zip(*runs, strict=True)
    return Figures(statistics.median(rates), statistics.median(p50s), statistics.median(p99s))

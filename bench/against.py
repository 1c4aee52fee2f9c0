"""The same requests to Backpack and to another server, one server at a time."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.documents import BRANDS, Document, make_documents
from bench.load import Request, median
from bench.peers.backpack import Backpack
from bench.peers.peer import PAGE, Peer, Target
from bench.progress import tell
from bench.table import markdown
from bench.trial import Timing, Trial, ask, in_turns, ratio


class Scale(NamedTuple):
    """How much is measured."""

    documents: int = 20_000
    timing: Timing = Timing()


class Loaded(NamedTuple):
    """A peer with its documents."""

    peer: Peer
    ids: Sequence[str]
    documents: Sequence[Document]


class Row(NamedTuple):
    """A line of the table: the requests, and whether the JSON is a good answer to one."""

    title: str
    requests: Callable[[Loaded], list[Request]]
    check: Callable[[Peer, Target, Request, Any], bool]


def _get(loaded: Loaded) -> list[Request]:
    return [Request("GET", loaded.peer.path(id)) for id in loaded.ids]


def _filtered(loaded: Loaded) -> list[Request]:
    return [Request("GET", loaded.peer.filtered(brand)) for brand in BRANDS]


def _newest(loaded: Loaded) -> list[Request]:
    return [Request("GET", loaded.peer.newest())]


def _update(loaded: Loaded) -> list[Request]:
    return [Request(loaded.peer.updating, loaded.peer.path(id), '{"price":{n}}') for id in loaded.ids]


def _create(loaded: Loaded) -> list[Request]:
    return [Request("POST", loaded.peer.path(), json.dumps(document)) for document in loaded.documents]


def _is_it(peer: Peer, _: Target, request: Request, found: Any) -> bool:
    return request.path.endswith(f"/{peer.id_of(found)}")


def _is_a_page(peer: Peer, _: Target, __: Request, found: Any) -> bool:
    return len(peer.items_of(found)) == PAGE


def _is_of_a_brand(peer: Peer, target: Target, request: Request, found: Any) -> bool:
    brands = {item["brand"] for item in peer.items_of(found)}
    return _is_a_page(peer, target, request, found) and len(brands) == 1 and brands.pop() in request.path


def _is_updated(peer: Peer, target: Target, request: Request, _: Any) -> bool:
    return _is_kept(target, request, request.path)


def _is_created(peer: Peer, target: Target, request: Request, found: Any) -> bool:
    return _is_kept(target, request, peer.path(peer.id_of(found)))


def _is_kept(target: Target, request: Request, path: str) -> bool:
    """Reads again, since not everybody answers a write with the document."""
    kept = ask(target, Request("GET", path))
    return all(kept[name] == value for name, value in json.loads(request.body).items())


# Creating comes last: a server that creates more would read from a larger collection.
ROWS: Final = (
    Row("get by id", _get, _is_it),
    Row("30 newest of a brand, by an index", _filtered, _is_of_a_brand),
    Row("30 newest", _newest, _is_a_page),
    Row("update one field", _update, _is_updated),
    Row("create", _create, _is_created),
)


def compare(folder: Path, other: type[Peer], scale: Scale) -> str:
    """Measure every row at Backpack and at the other; gives the table.

    Raises:
        BenchmarkError: an answer was not what was asked for.
    """
    documents = make_documents(scale.documents)
    pair: list[Loaded] = []
    for made in (Backpack, other):
        home = folder / made.__name__.lower()
        home.mkdir()
        peer = made(home)
        tell(f"{peer.name}: loading {len(documents)} documents")
        pair.append(Loaded(peer, peer.prepare(documents), documents))
    ours, theirs = (loaded.peer.name for loaded in pair)
    titles = (
        "", f"{ours} requests/s", f"{theirs} requests/s", "ratio (of the rounds)", f"{ours} p50 / p99 ms",
        f"{theirs} p50 / p99 ms",
    )  # fmt: skip
    return markdown(titles, [_compared(row, pair, scale) for row in ROWS])


def _compared(row: Row, pair: Sequence[Loaded], scale: Scale) -> tuple[str, ...]:
    runs = in_turns(row.title, [_trial(row, loaded) for loaded in pair], scale.timing)
    ours, theirs = (median(run) for run in runs)
    return (
        row.title, f"{ours.rate:,.0f}", f"{theirs.rate:,.0f}", ratio(*runs),
        f"{ours.p50_ms:.1f} / {ours.p99_ms:.1f}", f"{theirs.p50_ms:.1f} / {theirs.p99_ms:.1f}",
    )  # fmt: skip


def _trial(row: Row, loaded: Loaded) -> Trial:
    def check(target: Target, request: Request, found: Any) -> bool:
        return row.check(loaded.peer, target, request, found)

    return Trial(loaded.peer.name, loaded.peer.running, row.requests(loaded), check)

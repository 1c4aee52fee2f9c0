"""Where the microseconds of a request go: the same requests to more and more of the server, and the differences."""

import asyncio
import gc
import json
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import count, cycle
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import uvloop

from bench import wire
from bench.documents import BRANDS, make_documents
from bench.errors import BenchmarkError
from bench.inside import DATA, Inside, opened, scope_of, send
from bench.peers.peer import COLLECTION
from bench.progress import tell
from bench.table import markdown
from tenancy.query.options import parse_sort
from tenancy.query.parse import parse_filter
from tenancy.query.tree import Query
from tenancy.writes import Create

_AT_ONCE: Final = 32
_FILL: Final = 1000
_IN_MEMORY: Final = 2000
_SORT: Final = "-createdAt"
Work = Callable[[], Awaitable[object]]


class Scale(NamedTuple):
    """How often a request is sent for a figure, of how many figures the lowest counts, and seconds for the wire.

    The documents have to be more than the server keeps in memory (`bench.inside`).
    """

    documents: int = 30_000
    times: int = 3000
    rounds: int = 9
    seconds: int = 3


class _Turn(NamedTuple):
    """One of the requests that take turns: for the engine alone, and as a path and a body."""

    asked: Any
    path: str
    body: bytes = b""


class _Kind(NamedTuple):
    """A column: a request, what the engine does for it, and how many are under way at a time."""

    title: str
    method: str
    engine: Callable[[Any], Awaitable[object]]
    turns: Iterator[_Turn]
    at_once: int = 1


class _Layers(NamedTuple):
    """Microseconds."""

    wire: float
    front: float
    identity: float
    verb: float
    engine: float


_TITLES: Final = (
    "protocol and sockets (`server/wire`)", "guard, door, routes (as of `GET /api/health`)", "whose credential it is",
    "parameters or body, rule, answer", "engine",
)  # fmt: skip


def measure(folder: Path, scale: Scale) -> str:
    """Take the layers' times; gives the table.

    Raises:
        BenchmarkError: an answer was not what was asked for.
    """
    home = folder / "where"
    home.mkdir()
    tell("where: the wire")
    bare = 1e6 / wire.measure(ours=True, seconds=scale.seconds)
    tell("where: the layers")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        columns = runner.run(_columns(home, scale, bare))
    rows = [[title, *(f"{layers[n]:.0f}" for _, layers in columns)] for n, title in enumerate(_TITLES)]
    rows.append(["together", *(f"{sum(layers):.0f}" for _, layers in columns)])
    return markdown(["µs a request", *(title for title, _ in columns)], rows)


async def _columns(home: Path, scale: Scale, bare: float) -> list[tuple[str, _Layers]]:
    async with opened(home) as inside:
        ids = await _fill(inside, scale.documents)
        return [(kind.title, await _layers(inside, kind, scale, bare)) for kind in _kinds(inside, ids)]


async def _layers(inside: Inside, kind: _Kind, scale: Scale, bare: float) -> _Layers:
    """By difference; a layer that costs less than the noise may come out below nothing, which is said as 0."""

    async def nothing() -> None:
        await send(wire.trivial, scope_of("GET", "/api/health", inside.anonymous), b"")

    async def health() -> None:
        await send(inside.app, scope_of("GET", "/api/health", inside.anonymous), b"")

    async def engine() -> None:
        await kind.engine(next(kind.turns).asked)

    through = [_through(inside, kind, headers) for headers in (inside.anonymous, inside.signed_in)]
    works = [nothing, health, engine, *through]
    ours, front, alone, anonymous, signed_in = await _lowest(works, scale, kind.at_once)
    identity, verb = max(signed_in - anonymous, 0.0), max(anonymous - front - alone, 0.0)
    return _Layers(bare, front - ours, identity, verb, alone)


def _through(inside: Inside, kind: _Kind, headers: dict[str, str]) -> Work:
    async def work() -> None:
        _, path, body = next(kind.turns)
        status, found = await send(inside.app, scope_of(kind.method, path, headers, body), body)
        if not 200 <= status < 300:
            raise BenchmarkError(f"{kind.method} {path}: {status} {found[:500].decode()}")

    return work


async def _lowest(works: Sequence[Work], scale: Scale, at_once: int) -> list[float]:
    """Microseconds that each takes, the works in turns; the lowest of the rounds, since noise only adds."""
    taken: list[list[float]] = [[] for _ in works]
    times = max(scale.times // at_once, 1)
    for number in range(scale.rounds + 1):
        for work, figures in zip(works, taken, strict=True):
            gc.collect()
            begun = time.perf_counter()
            for _ in range(times):
                if at_once == 1:
                    await work()
                else:
                    await asyncio.gather(*(work() for _ in range(at_once)))
            if number:  # the first round warms up
                figures.append((time.perf_counter() - begun) / (times * at_once) * 1e6)
    return [min(figures) for figures in taken]


async def _fill(inside: Inside, documents: int) -> list[str]:
    made = make_documents(documents)
    ids: list[str] = []
    for start in range(0, documents, _FILL):
        answer = await inside.ask("POST", DATA, inside.signed_in, made[start : start + _FILL])
        ids += [item["id"] for item in answer["items"]]
    return ids


def _kinds(inside: Inside, ids: Sequence[str]) -> list[_Kind]:
    store = inside.tenant.documents

    async def get(id: str) -> None:
        await store.get(COLLECTION, id)

    async def find(query: Query) -> None:
        await store.find(COLLECTION, query)

    async def create(write: Create) -> None:
        await store.commit([write])

    by_brand = [{"brand": brand} for brand in BRANDS]
    others = [{**one, "createdAt": {"$lt": f"2100-01-01T00:00:00.{n:03}Z"}} for n in range(200) for one in by_brand]
    return [
        _Kind("get, from memory", "GET", get, cycle(_gets(ids[:_IN_MEMORY]))),
        _Kind("get, from the file", "GET", get, cycle(_gets(ids))),
        _Kind("30 newest of a brand, page in memory", "GET", find, cycle(_finds(by_brand))),
        _Kind("30 newest of a brand, by the index", "GET", find, cycle(_finds(others))),
        _Kind(f"create, {_AT_ONCE} at a time", "POST", create, _creates(), _AT_ONCE),
    ]


def _gets(ids: Sequence[str]) -> list[_Turn]:
    return [_Turn(id, f"{DATA}/{id}") for id in ids]


def _finds(filters: Sequence[dict[str, Any]]) -> list[_Turn]:
    return [
        _Turn(
            Query(parse_filter(filter), parse_sort(_SORT)),
            f"{DATA}?{urlencode({'filter': json.dumps(filter), 'sort': _SORT})}",
        )
        for filter in filters
    ]


def _creates() -> Iterator[_Turn]:
    documents = make_documents(_FILL)
    bodies = [json.dumps(document).encode() for document in documents]
    for number in count():
        fields, body = dict(documents[number % _FILL]), bodies[number % _FILL]
        yield _Turn(Create(COLLECTION, f"made-{number}", fields), DATA, body)  # type: ignore[arg-type]

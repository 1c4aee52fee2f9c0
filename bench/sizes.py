"""The same requests to collections of different sizes, each in a tenant and a server of its own."""

import json
import random
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from bench import engine_times
from bench.collection import DATA, LargeCollection
from bench.documents import BRANDS
from bench.load import Request, median
from bench.peers.peer import PAGE, Target
from bench.progress import tell
from bench.table import markdown
from bench.trial import Timing, Trial, in_turns, ratio

SMALLEST: Final = 20_000
LARGE: Final = 3_000_000
_SAMPLES: Final = 100_000
_LOWEST_PRICES: Final = 50_000  # half of all prices: enough above each for a page


class Scale(NamedTuple):
    """How many documents, the fewest first, and how long."""

    sizes: Sequence[int] = (SMALLEST, 300_000)
    timing: Timing = Timing(seconds=4, warm_up=1)


class _Row(NamedTuple):
    title: str
    requests: Callable[[LargeCollection], list[Request]]
    check: Callable[[Request, Any], bool]


def measure(folder: Path, scale: Scale) -> str:
    """Load each size, then measure every request at all of them in turns; gives the table.

    Raises:
        BenchmarkError: an answer was not what was asked for.
    """
    filled = [_filled(folder / f"size-{count}", count) for count in scale.sizes]
    titles = [
        "", *(f"requests/s at {count:,}" for count in scale.sizes),
        *(f"{count:,} to {scale.sizes[0]:,} (of the rounds)" for count in scale.sizes[1:]),
        *(f"p50 / p99 ms at {count:,}" for count in scale.sizes),
    ]  # fmt: skip
    rates = [f"{collection.load_rate:,.0f}" for collection in filled]
    loads = [f"{collection.load_rate / filled[0].load_rate:.2f}" for collection in filled[1:]]
    imported = ["import (documents/s)", *rates, *loads, *("" for _ in filled)]
    rates_table = markdown(titles, [*(_measured(row, filled, scale.timing) for row in _ROWS), imported])
    return f"{rates_table}\n\n{engine_times.table(filled)}"


def _filled(home: Path, count: int) -> LargeCollection:
    home.mkdir()
    tell(f"sizes: importing {count:,} documents")
    collection = LargeCollection(home, count)
    collection.fill(_SAMPLES)
    tell(f"sizes: {collection.load_rate:,.0f} documents/s")
    return collection


def _measured(row: _Row, filled: Sequence[LargeCollection], timing: Timing) -> list[str]:
    def check(_: Target, request: Request, found: Any) -> bool:
        return row.check(request, found)

    trials = [
        Trial(f"{collection.count:,} documents", collection.running, row.requests(collection), check)
        for collection in filled
    ]
    runs = in_turns(row.title, trials, timing)
    medians = [median(run) for run in runs]
    return [
        row.title, *(f"{one.rate:,.0f}" for one in medians), *(ratio(run, runs[0]) for run in runs[1:]),
        *(f"{one.p50_ms:.1f} / {one.p99_ms:.1f}" for one in medians),
    ]  # fmt: skip


def _get(collection: LargeCollection) -> list[Request]:
    return [Request("GET", f"{DATA}/{id}") for id in collection.ids]


def _one(collection: LargeCollection) -> list[Request]:
    return [_list({"code": code}, limit=2) for code in collection.codes]


def _newest(_: LargeCollection) -> list[Request]:
    return [_list({"brand": brand}, sort="-createdAt") for brand in BRANDS]


def _newest_before(collection: LargeCollection) -> list[Request]:
    """In the newer half of the time in which the documents were made."""
    chance = random.Random(collection.count)
    span = collection.last - collection.first

    def moment() -> str:
        made = collection.last - span * chance.random() / 2
        return _rfc3339(made)

    return [
        _list({"brand": chance.choice(BRANDS), "createdAt": {"$lt": moment()}}, sort="-createdAt")
        for _ in range(_SAMPLES)
    ]


def _from_a_price(collection: LargeCollection) -> list[Request]:
    chance = random.Random(collection.count)
    return [
        _list({"brand": chance.choice(BRANDS), "price": {"$gte": chance.randrange(_LOWEST_PRICES)}}, sort="price")
        for _ in range(_SAMPLES)
    ]


def _list(filter: dict[str, Any], sort: str = "", limit: int = PAGE) -> Request:
    parameters = {"filter": json.dumps(filter), "limit": str(limit), **({"sort": sort} if sort else {})}
    return Request("GET", f"{DATA}?{urlencode(parameters)}")


def _rfc3339(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}Z"


def _is_it(request: Request, found: Any) -> bool:
    return request.path.endswith(f"/{found['id']}")


def _is_the_one(request: Request, found: Any) -> bool:
    return len(found["items"]) == 1 and found["items"][0]["code"] in request.path


def _is_a_brands_page(request: Request, found: Any) -> bool:
    brands = {item["brand"] for item in found["items"]}
    return len(found["items"]) == PAGE and len(brands) == 1 and brands.pop() in request.path


_ROWS: Final = (
    _Row("get by id", _get, _is_it),
    _Row("find one by a unique index", _one, _is_the_one),
    _Row("30 newest of a brand (cached pages)", _newest, _is_a_brands_page),
    _Row("30 newest of a brand before a random moment", _newest_before, _is_a_brands_page),
    _Row("30 of a brand from a random price on", _from_a_price, _is_a_brands_page),
)

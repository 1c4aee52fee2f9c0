"""What the engine itself takes to find one document among many, as `explain` tells it."""

import statistics
from collections.abc import Callable, Sequence
from typing import Any, Final

import httpx

from bench.collection import DATA, LargeCollection
from bench.errors import BenchmarkError, answer
from bench.progress import tell
from bench.table import markdown

_DOCUMENTS: Final = 50
_FILTERS: Final[Sequence[tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]]] = (
    ("`code`, unique", lambda one: {"code": one["code"]}),
    ("`createdAt`", lambda one: {"createdAt": one["createdAt"]}),
    ("`brand` and `createdAt`", lambda one: {"brand": one["brand"], "createdAt": one["createdAt"]}),
    ("`brand` and `price`", lambda one: {"brand": one["brand"], "price": one["price"]}),
)


def table(filled: Sequence[LargeCollection]) -> str:
    """For each filter and size: the index that was used, the most documents that were examined, and the time.

    Raises:
        BenchmarkError: no index was used, or nothing was found.
    """
    titles = ["one document by", "index", *(f"{one.count:,}: examined, p50 / max ms" for one in filled)]
    columns = [_column(collection) for collection in filled]
    rows = [
        [title, columns[0][number][0], *(column[number][1] for column in columns)]
        for number, (title, _) in enumerate(_FILTERS)
    ]
    return markdown(titles, rows)


def _column(collection: LargeCollection) -> list[tuple[str, str]]:
    tell(f"engine times: {collection.count:,} documents")
    with collection.asked_with_key() as client:
        chosen = [_find(client, {"code": code}) for code in collection.codes[:_DOCUMENTS]]
        return [_explained(client, [make(one) for one in chosen]) for _, make in _FILTERS]


def _explained(client: httpx.Client, filters: Sequence[dict[str, Any]]) -> tuple[str, str]:
    found = [_explain(client, filter) for filter in filters]
    used = {one["index"] for one in found}
    if None in used or len(used) != 1 or any(one["returned"] != 1 for one in found):
        raise BenchmarkError(f"Not found by one index: {filters[0]}: {found[0]}")
    times = [one["ms"] for one in found]
    examined = max(one["examined"] for one in found)
    return f"`{used.pop()}`", f"{examined}, {statistics.median(times):.2f} / {max(times):.2f}"


def _find(client: httpx.Client, filter: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer(client.post(f"{DATA}/query", json={"filter": filter, "limit": 1}))["items"][0]
    return found


def _explain(client: httpx.Client, filter: dict[str, Any]) -> dict[str, Any]:
    body = {"filter": filter, "limit": 1}
    found: dict[str, Any] = answer(client.post(f"{DATA}/query", params={"explain": "true"}, json=body))
    return found

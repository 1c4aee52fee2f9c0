"""The small tenant: what it waits for its answers."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

import httpx

from bench.documents import make_documents
from bench.errors import answer
from bench.peers.peer import COLLECTION, EMAIL, PASSWORD

DATA: Final = f"/api/data/{COLLECTION}"
Asks = Literal["all", "logins", "scans"]
RATES: Final[Mapping[Asks, int]] = {"all": 40, "logins": 2, "scans": 20}
"""Requests a second, over one connection."""


class Tenant(NamedTuple):
    """A tenant with documents and a user. `headers` are those of its API key, `host` alone those of nobody."""

    headers: dict[str, str]
    host: dict[str, str]
    ids: Sequence[str]
    token: str


class Seen(NamedTuple):
    """Milliseconds, and the share of requests that were answered with a 2xx."""

    p50: float
    p99: float
    served: float


def watched(url: str, tenant: Tenant, seconds: int, *, asks: Asks = "all") -> Seen:
    """Ask at a steady pace, whether the one before took long or not: a late answer is counted from when it was due.

    `asks`: reads, writes and lists; log-ins; or queries that examine all 1000 documents.
    """
    times: list[float] = []
    good, rate = 0, RATES[asks]
    with httpx.Client(base_url=url, headers=tenant.headers, timeout=30, trust_env=False) as client:
        begun = time.perf_counter()
        for number in range(seconds * rate):
            due = begun + number / rate
            time.sleep(max(due - time.perf_counter(), 0))  # noqa: TID251
            try:
                response = _ASKERS[asks](client, tenant, number)
                good += response.is_success
            except httpx.HTTPError:
                pass
            times.append((time.perf_counter() - due) * 1000)
    times.sort()
    if not times:
        return Seen(0, 0, 1)
    return Seen(times[len(times) // 2], times[int(len(times) * 0.99)], good / len(times))


def median(seen: Sequence[Seen]) -> Seen:
    """Of each figure by itself."""
    return Seen(*(statistics.median(values) for values in zip(*seen, strict=True)))


def _ask(client: httpx.Client, tenant: Tenant, number: int) -> httpx.Response:
    """Seven reads, two writes and a list in ten."""
    kind, id = number % 10, tenant.ids[number % len(tenant.ids)]
    if kind < 7:
        return client.get(f"{DATA}/{id}")
    if kind < 9:
        return client.patch(f"{DATA}/{id}", json={"price": number})
    return client.get(DATA)


def _login(client: httpx.Client, tenant: Tenant, _: int) -> httpx.Response:
    return client.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD}, headers=tenant.host)


def _scan(client: httpx.Client, _: Tenant, number: int) -> httpx.Response:
    return client.post(f"{DATA}/query", json={"filter": {"text": {"$regex": f"x{number}.*y"}}})


_ASKERS: Final[Mapping[Asks, Callable[[httpx.Client, Tenant, int], httpx.Response]]] = {
    "all": _ask, "logins": _login, "scans": _scan,
}  # fmt: skip


def make_tenant(admin: httpx.Client, client: httpx.Client, name: str, count: int) -> Tenant:
    """A tenant with so many documents."""
    key = answer(admin.post("/v1/tenants", json={"name": name}))["apiKey"]
    host = {"Host": f"{name}.localhost"}
    headers = {**host, "authorization": f"Bearer {key}"}
    made = answer(client.post("/api/auth/register", json={"email": EMAIL, "password": PASSWORD}, headers=host))
    ids: list[str] = []
    documents = list(make_documents(count))
    for start in range(0, count, 1000):
        created = answer(client.post(DATA, json=documents[start : start + 1000], headers=headers))
        ids += [item["id"] for item in created["items"]]
    return Tenant(headers, host, ids, made["token"])

"""What a greedy tenant does: each attack runs while the small tenant is watched."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from typing import Final, NamedTuple

from bench.documents import make_documents
from bench.errors import BenchmarkError
from bench.fairness import raw
from bench.fairness.victim import DATA, Asks, Tenant
from bench.load import Request, run_load
from bench.peers.peer import EMAIL

_JSON: Final = ("content-type", "application/json")
Running = AbstractContextManager[Sequence[float]]


class Attack(NamedTuple):
    """`run` sends until its block ends; its rates are there afterwards, if there are any to tell.

    `asks`: what the small tenant does meanwhile. `apart_s`: seconds of it after which
    the greedy one is in quarantine; the small one is watched from then on.
    """

    name: str
    title: str
    run: Callable[[str, Tenant, int], Running]
    asks: Asks = "all"
    apart_s: int = 0


def attacks(greedy: Tenant) -> list[Attack]:
    """All of them, by the names that shared experiments have."""
    get = [Request("GET", f"{DATA}/{id}") for id in greedy.ids[:1000]]
    new = [request._replace(headers=(("connection", "close"),)) for request in get]
    scan = [
        Request("POST", f"{DATA}/query", json.dumps({"filter": {"text": {"$regex": f"x{n}.*y"}}}), (_JSON,))
        for n in range(20)
    ]
    create = [Request("POST", DATA, json.dumps(document), (_JSON,)) for document in make_documents(100)]
    login = [
        Request("POST", "/api/auth/login", json.dumps({"email": EMAIL, "password": f"wrong password {n}"}), (_JSON,))
        for n in range(20)
    ]
    everything = [
        Attack("", "", partial(_load, get, 50)), Attack("", "", partial(_load, scan, 10)),
        Attack("", "", partial(_load, create, 20)), Attack("", "", partial(_load, login, 10)),
        Attack("", "", partial(_raw, raw.slow_heads, 200)), Attack("", "", partial(_raw, raw.uploads, 4)),
    ]  # fmt: skip
    return [
        Attack("F1", "reads over 50 connections", partial(_load, get, 50)),
        Attack("F2", "reads over 400 connections", partial(_load, get, 400)),
        Attack("F3", "reads over 400 connections, each for one request", partial(_load, new, 400)),
        Attack("F4", "queries without an index over 20 connections", partial(_load, scan, 20)),
        Attack(
            "F5", "hostile bodies: 60,000 keys, 5,000 levels, patterns that explode", partial(_load, _hostile(), 20)
        ),
        Attack("F6", "uploads of 100 MB and zip bombs over 20 connections", partial(_raw, raw.uploads, 20)),
        Attack("F7", "log-ins over 50 connections", partial(_load, login, 50)),
        Attack("F7", "the same, while the small one logs in", partial(_load, login, 50), asks="logins"),
        Attack("F8", "messages to 500 WebSockets from 20 of them", partial(_raw, raw.chatter, 500)),
        Attack("F9", "heads, bodies, answers at a crawl over 1,000 connections", partial(_raw, raw.slow_heads, 1000)),
        Attack("F10", "all of these at once, over 300 connections", partial(_all, everything)),
        Attack("F12", "creates over 100 connections", partial(_load, create, 100)),
        Attack(
            "F13", "as F4, while the small one's queries have no index either", partial(_load, scan, 20), asks="scans"
        ),
        Attack("F13", "the same, in quarantine", partial(_load, scan, 20), asks="scans", apart_s=80),
    ]


def _hostile() -> list[Request]:
    wide = json.dumps({f"k{n}": n for n in range(60_000)})
    deep = "[" * 5000 + "]" * 5000
    values = list(range(150_000))
    patterns = ["(a+)+$", "(a|a)*b", "(.*)*x", "a{1,900}" * 3, "(x+x+)+y"]
    return [
        Request("POST", DATA, wide, (_JSON,)), Request("POST", DATA, f'{{"a":{deep}}}', (_JSON,)),
        Request("POST", f"{DATA}/query", json.dumps({"filter": {"price": {"$in": values}}}), (_JSON,)),
        *(
            Request("POST", f"{DATA}/query", json.dumps({"filter": {"text": {"$regex": pattern}}}), (_JSON,))
            for pattern in patterns
        ),
    ]  # fmt: skip


@contextmanager
def _load(
    requests: Sequence[Request], connections: int, url: str, tenant: Tenant, seconds: int
) -> Iterator[Sequence[float]]:
    rates: list[float] = []

    def run() -> None:
        with suppress(BenchmarkError):  # refusals are what this is about
            rates.append(run_load(url, tenant.headers, requests, seconds, connections).rate)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield rates
    finally:
        thread.join()


@contextmanager
def _raw(attack: raw.Raw, connections: int, url: str, tenant: Tenant, seconds: int) -> Iterator[Sequence[float]]:
    with raw.running(attack, url, tenant, connections):
        yield []


@contextmanager
def _all(parts: Sequence[Attack], url: str, tenant: Tenant, seconds: int) -> Iterator[Sequence[float]]:
    with ExitStack() as stack:
        for part in parts:
            stack.enter_context(part.run(url, tenant, seconds))
        yield []

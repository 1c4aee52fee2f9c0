"""What a rule costs a list: the same documents in the same order, chosen by the client's filter and by a rule."""

from pathlib import Path
from typing import NamedTuple

import httpx

from bench.documents import make_documents
from bench.errors import answer
from bench.fairness.victim import make_tenant
from bench.load import Request, run_load
from bench.peers.backpack import administrator, serving
from bench.progress import tell
from bench.table import markdown

_BRAND = "brand-07"


class Scale(NamedTuple):
    """Documents of each collection, seconds of each run, and runs."""

    documents: int = 20_000
    seconds: int = 5
    rounds: int = 3


class _Way(NamedTuple):
    """A collection's rules, and what is asked of it."""

    title: str
    name: str
    rules: dict[str, object]
    query: str


_WAYS = (
    _Way("the client's filter, rule `authenticated`", "plain", {}, f"filter[brand]={_BRAND}&"),
    _Way('rule `{"brand": {"$in": "$user.groups"}}`', "grouped", {"list": {"brand": {"$in": "$user.groups"}}}, ""),
    _Way('rule `{"brand": "$user.brand"}`', "branded", {"list": {"brand": "$user.brand"}}, ""),
)


def measure(folder: Path, scale: Scale) -> str:
    """Fill the collections and ask; gives the table.

    Raises:
        BenchmarkError: something was refused.
    """
    home = folder / "rules"
    home.mkdir()
    with serving(home) as addresses:
        with (
            administrator(addresses.admin) as admin,
            httpx.Client(base_url=addresses.public, timeout=60, trust_env=False) as client,
        ):
            tenant = make_tenant(admin, client, "ruled", 10)
            _fill(client, tenant.headers, tenant.token, scale)
        user = {**tenant.host, "authorization": f"Bearer {tenant.token}"}
        asked = [Request("GET", f"/api/data/{way.name}?{way.query}sort=-price&limit=30") for way in _WAYS]
        runs: list[list[float]] = [[] for _ in _WAYS]
        for _ in range(scale.rounds):
            for request, rates in zip(asked, runs, strict=True):
                rates.append(run_load(addresses.public, user, [request], scale.seconds).rate)
    rates = [sorted(one)[len(one) // 2] for one in runs]
    rows = [
        (way.title, f"{rate:,.0f}/s", f"{rate / rates[0] - 1:+.0%}" if number else "")
        for number, (way, rate) in enumerate(zip(_WAYS, rates, strict=True))
    ]
    return markdown(("30 of a brand, by price, chosen by", "lists", "beside the filter"), rows)


def _fill(client: httpx.Client, key: dict[str, str], token: str, scale: Scale) -> None:
    tell("rules: making collections")
    me = answer(client.get("/api/auth/me", headers={**key, "authorization": f"Bearer {token}"}))["user"]["id"]
    answer(client.patch(f"/api/data/users/{me}", json={"groups": [_BRAND], "brand": _BRAND}, headers=key))
    documents = list(make_documents(scale.documents))
    for way in _WAYS:
        body = {"name": way.name, "rules": way.rules, "indexes": [{"fields": ["brand", "-price"]}]}
        answer(client.post("/api/collections", json=body, headers=key))
        for start in range(0, scale.documents, 1000):
            answer(client.post(f"/api/data/{way.name}", json=documents[start : start + 1000], headers=key))

"""Whether the time of an answer tells which addresses have an account.

Known and unknown addresses are asked for in turn. `AUC` is how often a known one takes longer than an unknown one
(Mann and Whitney's U, divided by the number of pairs): 0.50 tells nothing, 0 and 1 everything.
"""

import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import httpx

from bench.errors import BenchmarkError, answer
from bench.peers.backpack import administrator, serving
from bench.peers.peer import PASSWORD
from bench.progress import tell
from bench.table import markdown


class Scale(NamedTuple):
    """Addresses of each kind."""

    samples: int = 200


class _Way(NamedTuple):
    """What is asked for with an address, and the status that both kinds have to be answered with."""

    title: str
    path: str
    status: int
    body: Callable[[str], Mapping[str, str]]


_WAYS: Final[Sequence[_Way]] = (
    _Way("log-in with a wrong password", "login", 401, lambda email: {"email": email, "password": "a wrong password"}),
    _Way("forgotten password", "password/forgot", 204, lambda email: {"email": email}),
    _Way("mail to confirm an address", "verify/request", 204, lambda email: {"email": email}),
    _Way("code by mail", "otp/request", 204, lambda email: {"email": email}),
    _Way("log-in with a wrong code", "otp/login", 400, lambda email: {"email": email, "code": "000000"}),
)


def measure(folder: Path, scale: Scale) -> str:
    """Ask in each way at a tenant of its own; gives the table.

    Raises:
        BenchmarkError: an answer was another one.
    """
    home = folder / "enumeration"
    home.mkdir()
    rows: list[tuple[str, str, str, str]] = []
    with serving(home) as addresses, administrator(addresses.admin) as admin:
        for number, way in enumerate(_WAYS):
            tell(f"enumeration: {way.title}")
            made = answer(admin.post("/v1/tenants", json={"name": f"way-{number}"}))
            host = made["url"].partition("//")[2]
            with httpx.Client(base_url=addresses.public, headers={"host": host}, timeout=30, trust_env=False) as client:
                key = {"authorization": f"Bearer {made['apiKey']}"}
                answer(client.patch("/api/settings", json={"accounts": {"codeLogin": "known"}}, headers=key))
                known, unknown = _sampled(client, way, scale.samples)
            rows.append((way.title, f"{auc(known, unknown):.2f}", f"{_median(known):.1f}", f"{_median(unknown):.1f}"))
    return markdown(("asked for", "AUC", "known: p50 ms", "unknown: p50 ms"), rows)


def _sampled(client: httpx.Client, way: _Way, samples: int) -> tuple[list[float], list[float]]:
    addresses = [f"known{number}@example.com" for number in range(samples)]
    for email in addresses:
        answer(client.post("/api/auth/register", json={"email": email, "password": PASSWORD}))
    known: list[float] = []
    unknown: list[float] = []
    for number, email in enumerate(addresses):
        pairs = [(known, email), (unknown, f"other{number}@example.com")]
        for times, asked in pairs if number % 2 else reversed(pairs):
            times.append(_ms(client, way, asked))
    return known, unknown


def _ms(client: httpx.Client, way: _Way, email: str) -> float:
    begun = time.perf_counter()
    response = client.post(f"/api/auth/{way.path}", json=dict(way.body(email)))
    elapsed = (time.perf_counter() - begun) * 1000
    if response.status_code != way.status:
        raise BenchmarkError(f"{way.title}: {response.status_code} {response.text[:200]}")
    return elapsed


def auc(first: Sequence[float], second: Sequence[float]) -> float:
    """How often one of the first is larger than one of the second; ties count half."""
    ordered = sorted(second)
    wins = sum((bisect_left(ordered, value) + bisect_right(ordered, value)) / 2 for value in first)
    return wins / (len(first) * len(second))


def _median(times: Sequence[float]) -> float:
    return sorted(times)[len(times) // 2]

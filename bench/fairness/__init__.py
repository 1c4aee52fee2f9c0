"""A small tenant beside a greedy one: what it waits for its answers, alone and with each attack."""

import statistics
import time
from pathlib import Path
from typing import NamedTuple

import httpx

from bench.errors import BenchmarkError, answer
from bench.fairness.alike import ALIKE, share_alike
from bench.fairness.attacks import Attack, attacks
from bench.fairness.victim import Seen, Tenant, make_tenant, median, watched
from bench.peers.backpack import administrator, serving
from bench.progress import tell
from bench.table import markdown


class Scale(NamedTuple):
    """Seconds of each experiment, how often it is done, the documents of the greedy tenant, and which are done."""

    seconds: int = 8
    rounds: int = 3
    documents: int = 50_000
    names: tuple[str, ...] = ()
    """All, unless some are named."""


def measure(folder: Path, scale: Scale) -> str:
    """Do the experiments; gives the tables.

    Raises:
        BenchmarkError: the tenants could not be made, or one was not set apart.
    """
    home = folder / "fairness"
    home.mkdir()
    with serving(home) as addresses:
        with administrator(addresses.admin) as admin, httpx.Client(
            base_url=addresses.public, timeout=60, trust_env=False
        ) as client:  # fmt: skip
            tell("fairness: making tenants")
            small = make_tenant(admin, client, "small", 1000)
            greedy = make_tenant(admin, client, "greedy", scale.documents)
            alike = [make_tenant(admin, client, f"alike-{number:02}", 100) for number in range(ALIKE)]
            chosen = [attack for attack in attacks(greedy) if not scale.names or attack.name in scale.names]
            rows = [_row(addresses.public, admin, small, greedy, attack, scale) for attack in chosen]
        tell("fairness: twenty alike")
        shared = share_alike(addresses.public, alike, scale.seconds)
    titles = (
        "", "beside a tenant that sends", "alone p50 / p99 ms", "beside p50 / p99 ms", "p99, times alone",
        "p99, ms more", "served", "the other's rate",
    )  # fmt: skip
    return f"{markdown(titles, rows)}\n\nF11: {shared}"


def _row(
    url: str, admin: httpx.Client, small: Tenant, greedy: Tenant, attack: Attack, scale: Scale
) -> list[str]:  # fmt: skip
    alone: list[Seen] = []
    beside: list[Seen] = []
    rates: list[float] = []
    for number in range(scale.rounds):
        before = attack.apart_s if number == 0 else 0  # it is still in quarantine in the next round
        alone.append(watched(url, small, scale.seconds, asks=attack.asks))
        with attack.run(url, greedy, before + scale.seconds + 2) as rate:
            watched(url, small, before, asks=attack.asks)  # who is alone is in nobody's way
            if attack.apart_s and answer(admin.get("/v1/tenants/greedy"))["quarantinedSince"] is None:
                raise BenchmarkError("The greedy tenant is not in quarantine.")
            time.sleep(1)  # noqa: TID251
            beside.append(watched(url, small, scale.seconds, asks=attack.asks))
        rates += rate
        tell(f"{attack.name} {attack.title}: {alone[-1]} {beside[-1]}")
    one, two = median(alone), median(beside)
    return [
        attack.name, attack.title, f"{one.p50:.1f} / {one.p99:.1f}", f"{two.p50:.1f} / {two.p99:.1f}",
        f"{two.p99 / one.p99:.1f}", f"{two.p99 - one.p99:.0f}", f"{two.served:.1%}",
        f"{statistics.median(rates):,.0f}/s" if rates else "",
    ]  # fmt: skip

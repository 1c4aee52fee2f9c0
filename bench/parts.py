"""What can be measured, by the name of its place in the page, and how much of it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Literal

from bench import (
    against,
    enumeration,
    fairness,
    group_commit,
    lifecycle,
    many_tenants,
    processes,
    rules,
    sizes,
    sockets,
    tenants,
    where,
)
from bench.peers import parse_server
from bench.peers.parse_server import ParseServer
from bench.peers.pocketbase import PocketBase
from bench.trial import QUICK

Amount = Literal["quick", "full", "large"]
Part = Callable[[Path, Amount], str]


def _tenants(folder: Path, amount: Amount) -> str:
    return tenants.measure(folder, tenants.Scale(tenants=30, starts=2) if amount == "quick" else tenants.Scale())


def _against(amount: Amount) -> against.Scale:
    return against.Scale(documents=2000, timing=QUICK) if amount == "quick" else against.Scale()


def _pocketbase(folder: Path, amount: Amount) -> str:
    return against.compare(folder, PocketBase, _against(amount))


def _parse(folder: Path, amount: Amount) -> str:
    versions = parse_server.versions()  # says what is missing before anything is measured
    return f"{against.compare(folder, ParseServer, _against(amount))}\n\n{versions}."


def _group_commit(folder: Path, amount: Amount) -> str:
    quick = group_commit.Scale(documents=200, connections=(1, 32), timing=QUICK)
    return group_commit.measure(folder, quick if amount == "quick" else group_commit.Scale())


def _sizes(folder: Path, amount: Amount) -> str:
    scale = sizes.Scale()
    if amount == "quick":
        scale = sizes.Scale((4000, sizes.SMALLEST), QUICK)
    elif amount == "large":
        scale = scale._replace(sizes=(*scale.sizes, sizes.LARGE))
    return sizes.measure(folder, scale)


def _many_tenants(folder: Path, amount: Amount) -> str:
    quick = many_tenants.Scale(tenants=40, few=10, all=48, timing=QUICK)
    return many_tenants.measure(folder, quick if amount == "quick" else many_tenants.Scale())


def _fairness(folder: Path, amount: Amount) -> str:
    quick = fairness.Scale(seconds=2, rounds=1, documents=5000)
    return fairness.measure(folder, quick if amount == "quick" else fairness.Scale())


def _processes(folder: Path, amount: Amount) -> str:
    quick = processes.Scale(backends=16, seconds=2)
    return processes.measure(folder, quick if amount == "quick" else processes.Scale())


def _sockets(folder: Path, amount: Amount) -> str:
    return sockets.measure(folder, sockets.Scale(500, 2) if amount == "quick" else sockets.Scale())


def _rules(folder: Path, amount: Amount) -> str:
    return rules.measure(folder, rules.Scale(2000, 1, 1) if amount == "quick" else rules.Scale())


def _enumeration(folder: Path, amount: Amount) -> str:
    return enumeration.measure(folder, enumeration.Scale(20) if amount == "quick" else enumeration.Scale())


def _lifecycle(folder: Path, amount: Amount) -> str:
    return lifecycle.measure(folder, lifecycle.Scale(2000, 1, 5, 2) if amount == "quick" else lifecycle.Scale())


def _where(folder: Path, amount: Amount) -> str:
    quick = where.Scale(documents=3000, times=200, rounds=1, seconds=1)
    return where.measure(folder, quick if amount == "quick" else where.Scale())


PARTS: Final[Mapping[str, Part]] = {
    "tenants": _tenants,
    "pocketbase": _pocketbase,
    "parse": _parse,
    "group-commit": _group_commit,
    "sizes": _sizes,
    "many-tenants": _many_tenants,
    "processes": _processes,
    "sockets": _sockets,
    "fairness": _fairness,
    "rules": _rules,
    "enumeration": _enumeration,
    "where": _where,
    "lifecycle": _lifecycle,
}
BY_ITSELF: Final = frozenset({"parse"})
"""Parts that need more installed than the development dependencies and wrk; measured when they are asked for."""

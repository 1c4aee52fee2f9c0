"""No attempt of one tenant's people shows or changes anything of another; whoever may, can."""

import json
import os
import random
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from pathlib import Path

import pytest

from server.outbound import Outbound
from server.public import tenant_routes
from tenancy.shares import Shares
from tests.isolation.bugs import BUGS
from tests.isolation.matrix import Attempt, Findings, attack, attempts, tried_by_owner, warm_up
from tests.isolation.report import write_report
from tests.isolation.routes import ROWS, SOCKETS
from tests.isolation.world import Person, World, filled, world
from tests.support.figures import FIGURES, Figures

PAIRS = int(os.environ.get("PROVE_PAIRS", "1"))
"""How many attackers against a victim each; every pair is about 99,000 attempts."""
pytestmark = [pytest.mark.starts_server, pytest.mark.timeout(120 * PAIRS)]
REPORT = os.environ.get("PROVE_REPORT")


@pytest.fixture(scope="module")
async def proving(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world(tmp_path_factory.mktemp("world"), max(PAIRS + 1, 3)) as made:
        yield made


def test_every_route_is_attacked() -> None:
    routes = {f"{route.method} {route.path}" for route in tenant_routes("0", Shares(), Outbound()).routes}
    assert routes == (ROWS.keys() - {"GET (site)"}) | SOCKETS


async def test_nothing_of_another_tenant_is_seen_or_changed(proving: World, record_property: Figures) -> None:
    victim, found = proving.people[0], Findings()
    await warm_up(proving, victim)
    before = [await proving.digest(person) for person in proving.people]
    for attacker in proving.people[1 : PAIRS + 1]:
        found += await attack(proving, attempts(attacker, victim))
    assert found.leaks == []
    assert found.surprises == []
    assert [await proving.digest(person) for person in proving.people] == before
    assert found.attempts >= 20_000 * PAIRS
    record_property(FIGURES, found.summary())
    if REPORT:
        write_report(Path(REPORT), found, len(BUGS))


@pytest.mark.parametrize("route", ROWS)
async def test_who_may_can(proving: World, route: str) -> None:
    """The twin of the attack: the same request with the right credential is done, and tells one's own."""
    person = await filled(proving, f"t{1000 + list(ROWS).index(route)}")
    reply = await tried_by_owner(proving, route, person)
    assert reply.status == ROWS[route].own[1], reply
    assert (f"cnry-{person.name}-".encode() in reply.bytes) == ROWS[route].tells, reply


def _mixed(attacker: Person, victim: Person) -> Iterator[Attempt]:
    """In no order, so that a bug is not met last."""
    mixed = list(attempts(attacker, victim))
    random.Random(7).shuffle(mixed)
    return iter(mixed)


@pytest.mark.parametrize("bug", BUGS)
async def test_a_seeded_bug_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bug: str) -> None:
    async with world(tmp_path, 2) as made:
        with monkeypatch.context() as patch:
            BUGS[bug](patch, made)
            made.people += [await filled(made, name) for name in ("t801", "t802")]
            victim, attacker = made.people[-2:]
            made.under_attack = True
            await warm_up(made, victim)
            before = await made.digest(victim)
            tried = _mixed(attacker, victim)
            while batch := list(islice(tried, 250)):
                found = await attack(made, iter(batch))
                if not found.clean or await made.digest(victim) != before:
                    return
    pytest.fail(f"nobody noticed that {bug}")


def test_the_table_of_bugs_is_as_large_as_it_is_said_to_be() -> None:
    assert len(BUGS) >= 25


def test_canaries_are_different_everywhere(proving: World) -> None:
    secrets = [json.dumps([person.key, person.token, person.password, person.ended]) for person in proving.people]
    assert len(set(secrets)) == len(secrets)

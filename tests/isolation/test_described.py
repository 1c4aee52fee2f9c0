"""Whoever reads a tenant's description and tries everything in it finds it true, and nothing of another tenant."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.isolation.apart import Apart, served_apart
from tests.isolation.bugs import BUGS
from tests.isolation.described import run
from tests.isolation.lengths import EXAMPLES, LONG, SEED
from tests.isolation.matrix import warm_up
from tests.isolation.world import filled
from tests.support.figures import FIGURES, Figures

pytestmark = [pytest.mark.starts_server, pytest.mark.slow, pytest.mark.timeout(3600 if LONG else 300)]
SEEN = (
    "sessions are cached for all tenants",
    "identities are cached by token",
    "an administrator's session is a key",
    "documents are cached by collection and id",
    "the hash of a key is a key",
    "everybody may import",
    "a key of one tenant is good at all",
    "the tenant is read from Origin",
    "the hash of a session is a token",
    "any domain below any other is the tenant's",
    "exports have no rule",
    "a name that nobody has is the first tenant's",
    "routes for keys look at no credential",
    "a user before the host is cut off",
    "the tenant is read from X-Forwarded-Host",
    "lists have a rule for the first page alone",
    "a cookie counts from every page",
    "lists have no rule",
)
"""The seeded bugs that show here; those that show soon come first."""
SOON = 5


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    with served_apart(tmp_path_factory.mktemp("apart"), 2) as served:
        yield served


def test_an_attacker_of_every_described_route_gets_nothing(apart: Apart, record_property: Figures) -> None:
    victim, attacker = apart.made.people
    apart.run(warm_up(apart.made, victim))
    before = apart.run(apart.made.digest(victim))
    found = run(apart, attacker, victim, seed=SEED, examples=EXAMPLES)
    record_property(FIGURES, f"{found.summary()}, seed {SEED}")
    assert found.failures == []
    assert apart.run(apart.made.digest(victim)) == before
    assert found.by_check["no_marker_of_another_tenant"] >= 2_000


def test_a_tenants_description_is_true(apart: Apart, record_property: Figures) -> None:
    """Its statuses, content types and schemas; and who leaves the credential out, or sends what does not fit, is
    refused."""
    found = run(apart, apart.made.people[1], None, seed=SEED, examples=EXAMPLES)
    record_property(FIGURES, f"{found.summary()}, seed {SEED}")
    assert found.failures == []
    for check in ("response_schema_conformance", "negative_data_rejection", "ignored_auth", "use_after_free"):
        assert found.by_check[check] > 300


@pytest.mark.parametrize("bug", SEEN if LONG else SEEN[:SOON])
def test_a_seeded_bug_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bug: str) -> None:
    with served_apart(tmp_path, 2) as served, monkeypatch.context() as patch:
        made = served.made
        BUGS[bug](patch, made)
        made.people += [served.run(filled(made, name)) for name in ("t801", "t802")]
        victim, attacker = made.people[-2:]
        made.under_attack = True
        served.run(warm_up(made, victim))
        found = run(served, attacker, victim, seed=1, examples=8, phases=("coverage", "fuzzing"), enough=1)
        assert found.failures != []

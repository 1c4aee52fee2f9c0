"""What outsiders see is the same, whatever the secrets of a tenant are."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from starlette.types import ASGIApp

from server.control.context import ControlContext
from server.realtime.live import Decided
from tests.isolation.bugs import BUGS
from tests.isolation.lengths import LONG, RUNS, SEED, STEPS
from tests.isolation.machine import TwoWorlds
from tests.isolation.raw import Reply
from tests.isolation.transcript import Names
from tests.isolation.twins import found_twins
from tests.isolation.world import World
from tests.support.figures import FIGURES, Figures

pytestmark = [pytest.mark.starts_server, pytest.mark.slow, pytest.mark.timeout(7200 if LONG else 300)]
SEEN = (
    "lists have no rule",
    "changes have no rule",
    "pipelines have no rule",
    "the server's own collections have names",
    "every password fits",
    "sessions are cached for all tenants",
    "identities are cached by token",
    "documents are cached by collection and id",
    "an ended session goes on",
    "the hash of a session is a token",
    "routes for keys look at no credential",
    "everybody may import",
    "a cookie counts from every page",
    "private files are public",
    "a document's history has no rule",
    "exports have no rule",
    "of a list of hosts the last counts",
    "any domain below any other is the tenant's",
    "a user before the host is cut off",
    "all sites are the first one",
    "files of sites are cached by their place",
)
"""The seeded bugs that show here; those that show soon come first."""
SOON = 4


def _changes_have_no_rule(patch: pytest.MonkeyPatch, world: World) -> None:
    told_to = Decided.told_to
    patch.setattr(Decided, "told_to", lambda self, group: told_to(self, replace(group, matches=lambda document: True)))


_ALL = {**BUGS, "changes have no rule": _changes_have_no_rule}


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("founded")
    asyncio.run(found_twins(folder))
    return folder


def _run(founded: Path, runs: int, *, seeded: int | None = None) -> int:
    """Run the machine; how many steps it did. What fails is made smaller where there is time for it."""

    class Machine(TwoWorlds):
        pass

    Machine.founded, Machine.steps = founded, 0
    if seeded is not None:
        seed(seeded)(Machine)
    phases = [Phase.generate, Phase.shrink] if seeded is not None else [Phase.generate]
    run_state_machine_as_test(Machine, settings=settings(
        max_examples=runs, stateful_step_count=STEPS, derandomize=seeded is None, database=None, deadline=None,
        phases=phases, suppress_health_check=list(HealthCheck), print_blob=False, report_multiple_bugs=False,
    ))  # fmt: skip
    return Machine.steps


def test_outsiders_see_the_same_whatever_the_secrets_are(founded: Path, record_property: Figures) -> None:
    steps = _run(founded, RUNS, seeded=SEED if LONG else None)
    record_property(FIGURES, f"{steps:,} steps in two worlds, seed {SEED}")
    assert steps > RUNS * STEPS / 3


@pytest.mark.parametrize("bug", SEEN if LONG else SEEN[:SOON])
def test_a_seeded_bug_is_seen(founded: Path, monkeypatch: pytest.MonkeyPatch, bug: str) -> None:
    nobody = World(cast("ASGIApp", None), cast("ControlContext", None), "", [], under_attack=True)
    with monkeypatch.context() as patch:
        _ALL[bug](patch, nobody)
        with pytest.raises(AssertionError):
            _run(founded, 40)


def _reply(text: str) -> Reply:
    return Reply(200, [(b"x-request-id", b"0123456789abcdef")], text.encode())


@pytest.mark.parametrize("texts", [
    ('{"id":"0123456789abcdef01234567","at":"2026-11-24T09:30:00.123Z"}', '{"id":"aaaaaaaaaaaaaaaaaaaaaaaa","at":"2026-11-25T10:00:00.000Z"}'),
    ('"token":"' + "a" * 43 + '"', '"token":"' + "b" * 43 + '"'),
])  # fmt: skip
def test_what_is_random_is_no_difference(texts: tuple[str, str]) -> None:
    first, second = (Names().of(_reply(text)) for text in texts)
    assert first == second


@pytest.mark.parametrize("texts", [
    ("0123456789abcdef01234567 0123456789abcdef01234567", "0123456789abcdef01234567 aaaaaaaaaaaaaaaaaaaaaaaa"),
    ("0123456789abcdef01234567", "0123456789abcdef0123456"), ('"version":1', '"version":2'), ("a", "b"),
    ('"token":"short"', '"token":"other"'),
])  # fmt: skip
def test_everything_else_is_one(texts: tuple[str, str]) -> None:
    first, second = (Names().of(_reply(text)) for text in texts)
    assert first != second

"""A rate lets through what it says, and a little more after a pause."""

import pytest

from server.http import rate
from server.http.rate import Rate


class Clock:
    """Stands still unless it is told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rate, "monotonic", clock)
    return clock


def _taken(counted: Rate) -> int:
    taken = 0
    while taken < 1000 and counted.take():
        taken += 1
    return taken


def test_what_was_saved_up_then_so_many_a_second(clock: Clock) -> None:
    counted = Rate(lambda: 5.0)
    assert _taken(counted) == 10
    assert counted.wait_s() == pytest.approx(0.2)
    clock.now += 1
    assert _taken(counted) == 5
    clock.now += 3600
    assert _taken(counted) == 10


def test_less_than_one_a_second(clock: Clock) -> None:
    counted = Rate(lambda: 0.1)
    clock.now += 3600
    assert _taken(counted) == 1
    clock.now += 9
    assert _taken(counted) == 0
    assert counted.wait_s() == pytest.approx(1)
    clock.now += 1.01
    assert _taken(counted) == 1


def test_a_limit_that_changes_counts_at_once(clock: Clock) -> None:
    limit = 0.0
    counted = Rate(lambda: limit)
    assert _taken(counted) == 1000
    limit = 2.0
    assert _taken(counted) == 0
    clock.now += 1
    assert _taken(counted) == 2
    limit = 0.0
    assert _taken(counted) == 1000

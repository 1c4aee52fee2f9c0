"""Who is set apart, and who is not."""

from collections.abc import Hashable, Mapping

from tenancy.model.slug import TenantId
from tenancy.registry.quarantine import LOOKS, Quarantine
from tenancy.shares import Shares

GREEDY: Mapping[Hashable, float] = {"greedy": 3.0, "small": 0.5, "other": 0.2}


class Kept:
    """A quarantine, and who it has set apart."""

    def __init__(self) -> None:
        self.apart: set[str] = set()
        self.quarantine = Quarantine(Shares(), self._set_apart)

    def _set_apart(self, id: TenantId, apart: bool) -> None:
        (self.apart.add if apart else self.apart.remove)(id)

    def look(self, used: Mapping[Hashable, float], times: int, cpu_s: float = 5.0) -> set[str]:
        for _ in range(times):
            self.quarantine.look(used, 5.0, cpu_s)
        assert set(self.quarantine.since) == self.apart
        return self.apart


def test_who_takes_most_for_a_minute_is_set_apart_until_a_calm_one() -> None:
    kept = Kept()
    assert kept.look(GREEDY, LOOKS - 1) == set()
    assert kept.look(GREEDY, 1) == {"greedy"}
    assert kept.look({"small": 1.0}, LOOKS - 1) == {"greedy"}
    assert kept.look(GREEDY, 1) == {"greedy"}  # a calm minute has no exception
    assert kept.look({}, LOOKS - 1) == {"greedy"}
    assert kept.look({}, 1) == set()
    assert kept.look(GREEDY, LOOKS - 1) == set()  # and the next one begins from the start


def test_a_break_begins_the_minute_again() -> None:
    kept = Kept()
    kept.look(GREEDY, LOOKS - 1)
    kept.look({"small": 3.0, "greedy": 1.0}, 1)
    assert kept.look(GREEDY, LOOKS - 1) == set()
    assert kept.look(GREEDY, 1) == {"greedy"}


def test_nobody_is_set_apart_who_takes_nothing_from_others() -> None:
    cases: tuple[tuple[Mapping[Hashable, float], float], ...] = (
        ({"greedy": 4.9}, 5.0),  # alone
        ({"greedy": 4.9, "small": 0.01}, 5.0),  # as good as alone
        ({"greedy": 3.0, "small": 0.5}, 1.0),  # on an idle server
        ({"one": 2.0, "two": 2.0, "three": 0.1}, 5.0),  # two alike
        ({}, 5.0),
    )
    for used, cpu_s in cases:
        assert Kept().look(used, 3 * LOOKS, cpu_s) == set(), used
    # Work for nobody in particular, or for administrators, is no tenant's.
    assert Kept().look({None: 4.0, "small": 0.5}, 3 * LOOKS) == set()
    assert Kept().look({object(): 4.0, "small": 0.5}, 3 * LOOKS) == set()


def test_workers_that_are_full_count_although_the_process_is_idle() -> None:
    assert Kept().look({"greedy": 9.0, "small": 0.5}, LOOKS, 0.2) == {"greedy"}


def test_one_that_is_deleted_is_let_out() -> None:
    kept = Kept()
    kept.look(GREEDY, LOOKS)
    kept.quarantine.release(TenantId("greedy"))
    kept.quarantine.release(TenantId("greedy"))
    assert kept.look({}, 1) == set()


def test_shares_are_counted_from_one_look_to_the_next() -> None:
    shares = Shares()
    shares.add("a", 1.0)
    shares.add("a", 0.5)
    shares.add("b", 0.25)
    assert shares.take() == {"a": 1.5, "b": 0.25}
    assert shares.take() == {}

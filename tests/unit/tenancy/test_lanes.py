"""Turns are shared by time, however many wait in a lane."""

from collections import Counter

from tenancy.lanes import Lanes


def _served(lanes: Lanes[str], turns: int, cost: dict[str, float]) -> Counter[str]:
    """Who is served, where each has more to ask as soon as it was answered."""
    served: Counter[str] = Counter()
    for _ in range(turns):
        chosen = lanes.next()
        assert chosen is not None
        lane, one = chosen
        served[one] += 1
        lanes.charge(lane, cost[one])
        lanes.add(one, one)
    return served


def test_many_that_wait_do_not_keep_one_waiting() -> None:
    lanes: Lanes[str] = Lanes()
    for _ in range(400):
        lanes.add("greedy", "greedy")
    assert (lanes.next() or ("", ""))[1] == "greedy"
    lanes.add("small", "small")
    assert (lanes.next() or ("", ""))[1] == "small"


def test_who_costs_more_gets_fewer_turns() -> None:
    lanes: Lanes[str] = Lanes()
    for name in ("dear", "cheap"):
        for _ in range(10):
            lanes.add(name, name)
    served = _served(lanes, 1100, {"dear": 0.010, "cheap": 0.001})
    assert 95 <= served["dear"] <= 105


def test_twenty_alike_are_served_alike() -> None:
    lanes: Lanes[str] = Lanes()
    names = [f"t{number}" for number in range(20)]
    for number, name in enumerate(names):
        for _ in range(1 + number * 10):
            lanes.add(name, name)
    served = _served(lanes, 2000, dict.fromkeys(names, 0.001))
    assert set(served.values()) == {100}


def test_nobody_saves_up_by_waiting() -> None:
    lanes: Lanes[str] = Lanes()
    lanes.add("busy", "busy")
    _served(lanes, 1000, {"busy": 0.001})
    for _ in range(100):
        lanes.add("late", "late")
    served = _served(lanes, 100, {"busy": 0.001, "late": 0.001})
    assert 49 <= served["late"] <= 51


def test_what_was_dear_is_remembered_while_others_wait() -> None:
    """One that comes back at once after a dear answer does not go first again."""
    lanes: Lanes[str] = Lanes()
    lanes.add("dear", "dear")
    for _ in range(10):
        lanes.add("cheap", "cheap")
    (lane, _) = lanes.next() or (None, None)
    assert lane is not None
    lanes.charge(lane, 1.0)
    lanes.add("dear", "dear")
    order = []
    while chosen := lanes.next():
        order.append(chosen[1])
        lanes.charge(chosen[0], 0.001)
    assert order == ["cheap"] * 10 + ["dear"]


def test_lanes_of_thousands_who_left_are_forgotten() -> None:
    lanes: Lanes[str] = Lanes()
    for number in range(10_000):
        lanes.add(number, "one")
        lane, _ = lanes.next() or (None, None)
        assert lane is not None
        lanes.charge(lane, 0.001)
        lanes.add("steady", "steady")
        lane, _ = lanes.next() or (None, None)
        assert lane is not None
        lanes.charge(lane, 0.001)
    assert len(lanes._lanes) < 1000

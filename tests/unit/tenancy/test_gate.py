"""Who waits for a gate goes in by what was used, one at a time of each tenant, and nobody is forgotten."""

import asyncio
from collections import Counter

import pytest

from tenancy import gate as module
from tenancy.errors import TooMany
from tenancy.gate import Gate
from tenancy.shares import Shares
from tenancy.work import Gates, Work


async def _turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


class Clock:
    """Goes on only when it is told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "monotonic", clock)
    return clock


async def test_a_tenant_is_in_once_and_others_beside_it(clock: Clock) -> None:
    gate = Gate(2, most_waiting=10)
    inside: Counter[str] = Counter()
    go = asyncio.Event()

    async def work(key: str) -> None:
        async with gate.turn(key):
            inside[key] += 1
            await go.wait()
            inside[key] -= 1

    tasks = [asyncio.create_task(work(key)) for key in ("a", "a", "a", "b", "c")]
    await _turns()
    assert inside == {"a": 1, "b": 1}
    go.set()
    await asyncio.gather(*tasks)
    assert not +inside


async def test_who_has_used_least_goes_first(clock: Clock) -> None:
    gate = Gate(1, most_waiting=100)
    order: list[str] = []

    async def work(key: str, takes_s: float) -> None:
        async with gate.turn(key):
            await asyncio.sleep(0)
            clock.now += takes_s
            order.append(key)

    tasks = [asyncio.create_task(work("greedy", 1.0)) for _ in range(20)]
    await asyncio.sleep(0)
    tasks += [asyncio.create_task(work("small", 0.25)) for _ in range(12)]
    await asyncio.gather(*tasks)
    # Until the small one is done, each has had about the same time: four of its turns for one of the greedy one's.
    while_both = order[: len(order) - order[::-1].index("small")]
    assert while_both.count("small") == 12
    assert while_both.count("greedy") <= 5


async def test_who_gives_up_keeps_no_place(clock: Clock) -> None:
    gate = Gate(1, most_waiting=10)
    entered = asyncio.Event()
    leave = asyncio.Event()

    async def first() -> None:
        async with gate.turn("a"):
            entered.set()
            await leave.wait()

    async def other() -> str:
        async with gate.turn("b"):
            return "done"

    holding = asyncio.create_task(first())
    await entered.wait()
    waiting, granted, last = (asyncio.create_task(other()) for _ in range(3))
    await _turns()
    waiting.cancel()
    leave.set()
    await holding  # the next has its turn now, and is cancelled before it knows
    granted.cancel()
    async with asyncio.timeout(10):
        assert await last == "done"
        await asyncio.gather(waiting, granted, return_exceptions=True)
        assert await other() == "done"


async def test_too_many_of_one_tenant_are_refused_and_others_not() -> None:
    gate = Gate(1, most_waiting=2)
    go = asyncio.Event()

    async def work(key: str) -> None:
        async with gate.turn(key):
            await go.wait()

    tasks = [asyncio.create_task(work("a")) for _ in range(3)]  # one is in, two wait
    await _turns()
    with pytest.raises(TooMany):
        await work("a")
    other = asyncio.create_task(work("b"))
    go.set()
    await asyncio.gather(*tasks, other)
    await work("a")


async def test_what_the_work_raises_is_raised_and_the_place_is_free() -> None:
    work = Work(Gates(Shares()), "a")

    def broken() -> None:
        raise ZeroDivisionError

    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            await work.do("archive", broken)
    assert await work.do("archive", lambda: 5) == 5


async def test_one_who_is_cancelled_leaves_when_the_thread_is_done() -> None:
    import threading

    work, begun, end = Work(Gates(Shares()), "a"), threading.Event(), threading.Event()

    def long() -> None:
        begun.set()
        end.wait(10)

    task = asyncio.create_task(work.do("archive", long))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    other = asyncio.create_task(work.do("archive", lambda: 5))
    await _turns()
    assert not task.done() and not other.done()
    end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await other == 5


async def test_what_work_takes_is_told_though_it_fails() -> None:
    shares = Shares()

    def failing() -> None:
        sum(range(100_000))
        raise ValueError("cannot be parsed")

    with pytest.raises(ValueError, match="cannot be parsed"):
        await Work(Gates(shares), "a").do("parse", failing)
    assert shares.take()["a"] > 0

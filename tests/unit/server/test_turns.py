"""Frames take turns among tenants, a little in each turn of the loop; a tenant that says too much waits."""

import asyncio
from itertools import pairwise

from server.realtime.outbox import Backlog, Outbox
from server.realtime.protocol import MAX_BACKLOG, MAX_QUEUED, Close
from server.realtime.turns import BUDGET_S, Turns
from tenancy.shares import Shares


async def test_a_little_is_handled_at_once() -> None:
    turns = Turns(Shares())
    for _ in range(10):
        await asyncio.wait_for(turns.take("a", BUDGET_S / 20), 5)


async def test_much_of_one_tenant_waits_and_another_goes_between() -> None:
    turns, order = Turns(Shares()), list[str]()

    async def frame(key: str) -> None:
        await turns.take(key, BUDGET_S / 4)
        order.append(key)

    greedy = [asyncio.create_task(frame("greedy")) for _ in range(400)]
    await asyncio.sleep(0)
    small = asyncio.create_task(frame("small"))
    await small
    assert order.index("small") < 20
    await asyncio.gather(*greedy)
    assert order.count("greedy") == 400


async def test_other_work_is_done_between_frames() -> None:
    turns, handled, between = Turns(Shares()), 0, list[int]()

    async def frame() -> None:
        nonlocal handled
        await turns.take("greedy", BUDGET_S / 2)
        handled += 1

    tasks = [asyncio.create_task(frame()) for _ in range(100)]
    while handled < 100:
        between.append(handled)
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert max(after - before for before, after in pairwise(between)) <= 4


async def test_a_socket_that_goes_while_it_waits_is_left_out() -> None:
    turns = Turns(Shares())
    await turns.take("a", BUDGET_S * 2)
    gone, stays = (asyncio.create_task(turns.take("a", BUDGET_S)) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait_for(stays, 5)


async def test_a_large_backlog_holds_up_who_speaks_until_half_is_sent() -> None:
    backlog = Backlog()
    boxes = [Outbox(backlog) for _ in range(MAX_BACKLOG // (MAX_QUEUED // 2) + 1)]
    frame = bytes(MAX_QUEUED // 2)
    await backlog.small()
    for box in boxes:
        box.put(frame)
    waiting = asyncio.create_task(backlog.small())
    await asyncio.sleep(0)
    assert not waiting.done()
    assert await boxes[0].next() == frame
    await asyncio.sleep(0)
    assert not waiting.done()
    for box in boxes[1:]:
        box.clear()
    await asyncio.wait_for(waiting, 5)


async def test_a_socket_that_is_closed_for_slowness_is_no_backlog() -> None:
    backlog = Backlog()
    slow = Outbox(backlog)
    for _ in range(5):
        slow.put(bytes(MAX_QUEUED // 4 + 1))
    assert slow.closing is not None and slow.closing[0] == Close.OVERLOADED
    other = Outbox(backlog)
    for _ in range(MAX_BACKLOG // MAX_QUEUED):
        other.put(bytes(1))
    await asyncio.wait_for(backlog.small(), 5)
    assert await slow.next() is None

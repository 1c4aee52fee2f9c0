"""Tasks are ended, also those that swallow a cancellation."""

import asyncio

import pytest

from tenancy.tasks import end


async def test_a_task_that_swallows_a_cancellation_is_ended() -> None:
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        for _ in range(2):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                swallowed += 1
        await asyncio.Event().wait()

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    async with asyncio.timeout(20):
        await end(task)
    assert swallowed == 2
    assert task.cancelled()


@pytest.mark.filterwarnings("error")
async def test_results_are_left_to_those_who_want_them() -> None:
    async def broken() -> None:
        raise ValueError

    async def done() -> int:
        return 1

    failed, ended = asyncio.create_task(broken()), asyncio.create_task(done())
    await asyncio.sleep(0)
    await end(failed, ended)
    assert isinstance(failed.exception(), ValueError)
    assert ended.result() == 1

"""A flag for one that waits."""

import asyncio

import pytest

from tenancy.flag import Flag


async def test_who_waits_goes_on_when_it_is_set() -> None:
    flag = Flag()
    waiting = asyncio.create_task(flag.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    flag.set()
    await waiting
    await flag.wait()  # it stays set
    flag.clear()
    again = asyncio.create_task(flag.wait())
    await asyncio.sleep(0)
    assert not again.done()
    flag.set()
    flag.clear()  # before the one that waits has run: it waits on
    await asyncio.sleep(0)
    assert not again.done()
    again.cancel()
    with pytest.raises(asyncio.CancelledError):
        await again
    flag.set()  # nobody waits any more
    await flag.wait()

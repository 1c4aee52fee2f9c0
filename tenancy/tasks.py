"""The end of a task."""

import asyncio
from typing import Any, Final

_AGAIN_S: Final = 0.5


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and return when all have ended, whatever their results.

    One cancellation may get lost: `asyncio.wait_for` of Python 3.11 swallows the one that comes together with its
    result (python/cpython#86296), and PyMongo waits for its sockets by it. So a task that goes on is cancelled again.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_AGAIN_S)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # which says that somebody has seen it

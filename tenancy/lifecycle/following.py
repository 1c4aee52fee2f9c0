"""Work in a thread that is told about, and ended, from the loop."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from tenancy.operations.kind import CancelledByRequestError, Run
from tenancy.tasks import end

_LOOK_S: Final = 0.1


class Following:
    """How far the work in a thread is, and whether it is to end."""

    def __init__(self) -> None:
        """It has not begun."""
        self.done: float | None = None
        self.stopped = False

    def advance(self, done: float) -> None:
        """Told in the thread, every now and then: so much is done, from 0 to 1.

        Raises:
            CancelledByRequestError: it is to end.
        """
        self.done = done
        if self.stopped:
            raise CancelledByRequestError


@asynccontextmanager
async def following(run: Run, start: float = 0.0, stop: float = 1.0) -> AsyncGenerator[Following]:
    """Follow the work that is done in the block, which is the part of a step from `start` to `stop`."""
    found = Following()
    task = asyncio.create_task(_follow(run, found, start, stop))
    try:
        yield found
    finally:
        await end(task)


async def _follow(run: Run, found: Following, start: float, stop: float) -> None:
    while True:
        await asyncio.sleep(_LOOK_S)
        if found.done is not None:
            try:
                run.advance(start + (stop - start) * found.done)
            except CancelledByRequestError:
                found.stopped = True

"""An `asyncio.Event` for one that waits, without the deque that costs 0.7 KB: there is one for each silent socket."""

import asyncio


class Flag:
    """Set or not; not set at first."""

    __slots__ = ("_set", "_waiter")

    def __init__(self) -> None:
        """It is not set."""
        self._set = False
        self._waiter: asyncio.Future[None] | None = None

    def set(self) -> None:
        """Wake the one that waits, and let pass who comes."""
        self._set = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def clear(self) -> None:
        """Have the next one wait."""
        self._set = False

    async def wait(self) -> None:
        """Return when it is set. Of those that wait at the same time only the last is woken."""
        while not self._set:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

"""How many requests of a tenant are under way and how fast they come, decided before a body is read.

Who comes when there is no room waits a moment, and is then refused. A refusal at once would cost next to nothing and so
be a flood of its own: clients that do not wait ask again at once.
"""

import asyncio
from collections import deque
from time import monotonic
from typing import Final

from server.http.rate import Rate
from tenancy.errors import TooMany
from tenancy.gate import PATIENCE_S
from tenancy.model.limits import Limits

MOST_WAITING: Final = 200
"""Of one tenant; more are refused at once."""


class Bodies:
    """The bytes of large bodies that are under way."""

    def __init__(self, limits: Limits) -> None:
        """None are."""
        self._limits = limits
        self.held = 0

    async def take(self, size: int) -> None:
        """Count so many more; a single body always has room.

        Raises:
            TooMany: there was none, nor after a moment.
        """
        if not self._has_room(size):
            await asyncio.sleep(PATIENCE_S)
            if not self._has_room(size):
                most = self._limits.max_held
                raise TooMany(f"Bodies of the tenant with {most} bytes are under way, as many as may.", retry_after_s=1)
        self.held += size

    def _has_room(self, size: int) -> bool:
        return not self.held or self.held + size <= self._limits.max_held

    def give_back(self, size: int) -> None:
        """So many are no longer needed."""
        self.held -= size


class Admission:
    """The requests of one open tenant."""

    def __init__(self, limits: Limits) -> None:
        """Nobody is there yet."""
        self._limits = limits
        self.under_way = 0
        self.bodies = Bodies(limits)
        self._rate = Rate(lambda: limits.max_rate)
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._pausing = 0

    async def aclose(self) -> None:
        """Nothing to close."""

    def enter_now(self) -> bool:
        """Whether the request may begin at once; it is counted then, until it leaves."""
        if not self._has_room() or not self._rate.take():
            return False
        self.under_way += 1
        return True

    def _has_room(self) -> bool:
        return self.under_way < self._limits.max_concurrent and not self._waiting

    async def enter(self) -> None:
        """Wait for room.

        Raises:
            TooMany: there was none in time.
        """
        if len(self._waiting) + self._pausing >= MOST_WAITING:
            raise self._too_many()
        until = monotonic() + PATIENCE_S
        await self._wait_for_the_rate(until)
        if self._has_room():
            self.under_way += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            async with asyncio.timeout(max(until - monotonic(), 0)):
                await place
        except BaseException as error:
            if place in self._waiting:
                self._waiting.remove(place)
            elif not place.cancelled():
                self.leave()  # it was given the room at the moment in which it stopped waiting
            if isinstance(error, TimeoutError):
                raise self._too_many() from None
            raise

    def leave(self) -> None:
        """A request is over: its room goes to the one that waits longest."""
        self.under_way -= 1
        while self._waiting and self.under_way < self._limits.max_concurrent:
            place = self._waiting.popleft()
            if not place.done():
                self.under_way += 1
                place.set_result(None)

    async def _wait_for_the_rate(self, until: float) -> None:
        self._pausing += 1
        try:
            while not self._rate.take():
                await asyncio.sleep(min(self._rate.wait_s(), max(until - monotonic(), 0)))
                if monotonic() >= until:
                    most = self._limits.max_rate
                    raise TooMany(f"The tenant may be asked {most:g} times a second.", retry_after_s=1)
        finally:
            self._pausing -= 1

    def _too_many(self) -> TooMany:
        most = self._limits.max_concurrent
        return TooMany(f"{most} requests of the tenant are under way, as many as may be.", retry_after_s=1)

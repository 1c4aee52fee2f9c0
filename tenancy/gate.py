"""Work of which only a little can be done at once, shared by tenants according to the time that it takes.

Hashing passwords, parsing large bodies, writing files: each of these would let one tenant fill every thread, the disk
or the interpreter. Here a tenant does one piece at a time, and who has used least goes first.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Hashable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final

from tenancy.errors import TooMany
from tenancy.lanes import Lane, Lanes

PATIENCE_S: Final = 0.25
"""A refusal at once would be a flood of its own: clients that do not wait ask again at once."""
_LONGEST_PAUSE_S: Final = 0.1
_BUSY_S: Final = 0.0005
_Place = asyncio.Future[Lane["_Place"]]


class Gate:
    """So many places. Use it from one loop."""

    def __init__(self, places: int, *, most_waiting: int, pause: float = 0.0) -> None:
        """Nobody is there.

        Args:
            places: how many may be in at once; of one tenant, one.
            most_waiting: of one tenant; more are refused after a moment.
            pause: how long a place stays free after a piece of work, in times of that one's, while the loop is busy.
                For work that holds the interpreter, so that the loop gets it too.
        """
        self._free = places
        self._most = most_waiting
        self._pause = pause
        self._lanes: Lanes[_Place] = Lanes()
        self._waiting: Counter[Hashable] = Counter()

    @asynccontextmanager
    async def turn(self, key: Hashable) -> AsyncGenerator[None]:
        """Wait for the turn of this tenant, and do the work in the block.

        Raises:
            TooMany: too many of the tenant wait already.
        """
        if self._waiting[key] >= self._most:
            await asyncio.sleep(PATIENCE_S)
            raise TooMany(f"{self._most} of the tenant's requests wait for such work, as many as may.", retry_after_s=1)
        place: _Place = asyncio.get_running_loop().create_future()
        self._waiting[key] += 1
        try:
            self._lanes.add(key, place)
            self._go_on()
            lane = await place
        except BaseException:
            if place.done() and not place.cancelled():  # its turn came in the moment in which it was given up
                self._leave(place.result(), 0.0)
            raise
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key]
        begun = monotonic()
        try:
            yield
        finally:
            self._leave(lane, monotonic() - begun)

    def _leave(self, lane: Lane[_Place], took_s: float) -> None:
        self._lanes.charge(lane, took_s)
        pause_s = min(took_s * self._pause, _LONGEST_PAUSE_S)
        if pause_s:
            asyncio.get_running_loop().call_soon(self._rest, monotonic(), pause_s)
        else:
            self._free_one()

    def _rest(self, asked: float, pause_s: float) -> None:
        """A loop that comes round at once has nothing else to do."""
        if monotonic() - asked > _BUSY_S:
            asyncio.get_running_loop().call_later(pause_s, self._free_one)
        else:
            self._free_one()

    def _free_one(self) -> None:
        self._free += 1
        self._go_on()

    def _go_on(self) -> None:
        while self._free and (following := self._lanes.next()) is not None:
            lane, place = following
            if place.done():  # given up
                self._lanes.charge(lane, 0.0)
                continue
            self._free -= 1
            place.set_result(lane)

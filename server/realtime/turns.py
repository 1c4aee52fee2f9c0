"""Whose frames are read and written next: fair among tenants, and never so many that requests wait for them.

A message to a channel of a thousand is a thousand frames. Here about a millisecond of frames is handled in each turn of
the loop; what is more waits in the lanes of its tenants, which take turns by what they have cost.
"""

import asyncio
from collections.abc import Hashable
from typing import Final, NamedTuple

from tenancy.lanes import Lanes
from tenancy.shares import Shares

BUDGET_S: Final = 0.001
"""Of the loop's time, for frames between one look at the sockets and the next."""
SENT_S: Final = 15e-6
HEARD_S: Final = 60e-6
TOLD_S: Final = 3e-6
"""What frames cost: one that is sent, one that is handled, and for each member that a message is put before. Only their
proportions matter."""


class _Waiting(NamedTuple):
    place: "asyncio.Future[None]"
    cost_s: float


class Turns:
    """The frames of one server. Use it from one loop."""

    def __init__(self, shares: Shares) -> None:
        """Nobody waits; `shares` is told what each tenant's frames cost."""
        self._shares = shares
        self._lanes: Lanes[_Waiting] = Lanes()
        self._left_s = BUDGET_S
        self._scheduled = False

    async def take(self, key: Hashable, cost_s: float) -> None:
        """Return when a frame of this tenant may be handled, which costs about so much."""
        self._shares.add(key, cost_s)
        if self._lanes or self._left_s <= 0:
            place = asyncio.get_running_loop().create_future()
            self._lanes.add(key, _Waiting(place, cost_s))
            self._schedule()
            await place
        else:
            self._left_s -= cost_s
            self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        """In the next turn of the loop there is time again."""
        self._scheduled = False
        self._left_s = BUDGET_S
        while self._left_s > 0 and (following := self._lanes.next()) is not None:
            lane, (place, cost_s) = following
            if place.done():  # its socket has gone
                cost_s = 0.0
            else:
                place.set_result(None)
            self._left_s -= cost_s
            self._lanes.charge(lane, cost_s)
        if self._lanes or self._left_s <= 0:
            self._schedule()

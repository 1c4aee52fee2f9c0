"""Whose request is answered next: fair among tenants by the time that their answers take, not by how many they send.

Start-time fair queueing (Goyal, Vin, Cheng 1996). Each lane has a virtual time that grows by what its answers cost; the
lane that is furthest behind goes next. A lane that begins anew starts at the present, so that nobody saves up. Nothing
is idle while anybody waits.
"""

from collections import deque
from collections.abc import Hashable
from heapq import heappop, heappush
from itertools import count
from typing import Final, Generic, TypeVar

_MANY: Final = 256
T = TypeVar("T")


class Lane(Generic[T]):
    """Those of one tenant that wait. `start`: its virtual time, in seconds."""

    __slots__ = ("key", "queued", "start", "waiting")

    def __init__(self, key: Hashable, start: float) -> None:
        """Begin at this time."""
        self.key = key
        self.start = start
        self.waiting: deque[T] = deque()
        self.queued = False
        """Whether it is among the lanes to choose from, or being served."""


class Lanes(Generic[T]):
    """All who wait, in the lanes of their tenants."""

    __slots__ = ("_crowded_at", "_lanes", "_numbers", "_order", "_time")

    def __init__(self) -> None:
        """Nobody waits."""
        self._lanes: dict[Hashable, Lane[T]] = {}
        self._order: list[tuple[float, int, Lane[T]]] = []
        self._numbers = count()  # lanes of the same time go in the order in which they came
        self._time = 0.0
        self._crowded_at = _MANY

    def __bool__(self) -> bool:
        """Whether anybody waits."""
        return bool(self._order)

    def add(self, key: Hashable, one: T) -> None:
        """One more waits in this lane."""
        lane = self._lanes.get(key)
        if lane is None:
            if len(self._lanes) >= self._crowded_at:
                self._forget_idle()
            lane = self._lanes[key] = Lane(key, self._time)
        lane.waiting.append(one)
        if not lane.queued:
            lane.queued = True
            lane.start = max(lane.start, self._time)
            self._queue(lane)

    def next(self) -> tuple[Lane[T], T] | None:
        """Who goes next, None when nobody waits; tell `charge` when it is done."""
        if not self._order:
            return None
        self._time, _, lane = heappop(self._order)
        return lane, lane.waiting.popleft()

    def charge(self, lane: Lane[T], cost_s: float) -> None:
        """What the last one of a lane took."""
        lane.start += cost_s
        if lane.waiting:
            self._queue(lane)
        else:
            lane.queued = False

    def _queue(self, lane: Lane[T]) -> None:
        heappush(self._order, (lane.start, next(self._numbers), lane))

    def _forget_idle(self) -> None:
        """Lanes whose time has come are as good as new ones; those that are ahead are remembered until then."""
        for key in [key for key, lane in self._lanes.items() if not lane.queued and lane.start <= self._time]:
            del self._lanes[key]
        # Looked at again when there are twice as many, so that it costs each new lane next to nothing.
        self._crowded_at = max(_MANY, 2 * len(self._lanes))

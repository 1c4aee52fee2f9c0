"""What the connections of one server share: turns, the time, the header lines of every answer, a sweep of deadlines."""

import asyncio
from collections.abc import Hashable
from time import perf_counter
from typing import Protocol
from weakref import WeakKeyDictionary

from uvicorn.server import ServerState

from server.wire import limits
from server.wire.eager import Starter
from tenancy.lanes import Lanes
from tenancy.shares import Shares

# Answers that wait while others of the same turn are made.
_MOST_WAITING = 64
# A turn ends after this time, in seconds, though some still wait: what came meanwhile is read, and may go before them.
_TURN_S = 0.002


class Watched(Protocol):
    """A connection."""

    def advance(self) -> None:
        """Begin to answer the next request."""

    def lane(self) -> Hashable:
        """Whose request it is that comes next."""

    def flush(self) -> None:
        """Write the answer that waits."""

    def check(self, now: float) -> None:
        """Act on what is overdue."""


class Watch:
    """One per server. A timer for each request would cost more than a look at every connection once a second."""

    def __init__(self, loop: asyncio.AbstractEventLoop, state: ServerState, shares: Shares) -> None:
        """Watch nothing yet; `shares` is told how long the answers of each lane take."""
        self._shares = shares
        # Seconds in which clients were listened to. A stall of this process is no client's delay: what was sent
        # meanwhile is not read yet, and a deadline would be over before anybody looked.
        self.now = 0.0
        self._swept = loop.time()
        self.starter = Starter(loop)
        self._loop = loop
        self._state = state
        self._watched: set[Watched] = set()
        self._ready: Lanes[Watched] = Lanes()
        self._waiting: list[Watched] | None = None
        self._sweeping = False
        self._rendered_from: list[tuple[bytes, bytes]] = []
        self._rendered = b""

    def add(self, watched: Watched) -> None:
        """Look after this one too."""
        self._watched.add(watched)
        if not self._sweeping:
            self._sweeping = True
            self._swept = self._loop.time()
            self._loop.call_later(limits.SWEEP_S, self._sweep)

    def discard(self, watched: Watched) -> None:
        """Look after this one no more."""
        self._watched.discard(watched)

    def ready(self, watched: Watched) -> None:
        """This one has a request; it is answered in the next turn.

        First everything is read, then everything answered, then everything written. A system call leaves the
        processor's caches and predictions cold: with one before and one after each, the same code takes twice as long.
        """
        if not self._ready and self._waiting is None:
            self._loop.call_soon(self._turn)
        self._ready.add(watched.lane(), watched)

    def defer(self, watched: Watched) -> bool:
        """Whether this one is flushed at the end of the turn; without a turn it is not."""
        if self._waiting is None:
            return False
        self._waiting.append(watched)
        return True

    def _turn(self) -> None:
        waiting = self._waiting = list[Watched]()
        now = perf_counter()
        until = now + _TURN_S
        try:
            while now < until and (chosen := self._ready.next()) is not None:
                lane, watched = chosen
                try:
                    watched.advance()
                finally:
                    before, now = now, perf_counter()
                    cost_s = now - before
                    self._ready.charge(lane, cost_s)
                    self._shares.add(lane.key, cost_s)
                if len(waiting) >= _MOST_WAITING:
                    _flush(waiting)
        finally:
            self._waiting = None
            _flush(waiting)
            # Some are left after a long turn, or after an error that is not an app's.
            if self._ready:
                self._loop.call_soon(self._turn)

    def standing(self) -> bytes:
        """The header lines of every answer: the date, and what is configured."""
        headers = self._state.default_headers
        # uvicorn makes a new list every second, with a new date.
        if headers is not self._rendered_from:
            self._rendered = b"".join(b"%b: %b\r\n" % header for header in headers)
            self._rendered_from = headers
        return self._rendered

    def _sweep(self) -> None:
        last, self._swept = self._swept, self._loop.time()
        self.now += min(self._swept - last, 2 * limits.SWEEP_S)
        for watched in list(self._watched):
            watched.check(self.now)
        self._sweeping = bool(self._watched)
        if self._sweeping:
            self._loop.call_later(limits.SWEEP_S, self._sweep)


def _flush(waiting: list[Watched]) -> None:
    for watched in waiting:
        watched.flush()
    waiting.clear()


_watches: WeakKeyDictionary[ServerState, Watch] = WeakKeyDictionary()


def watch_of(state: ServerState, loop: asyncio.AbstractEventLoop, shares: Shares) -> Watch:
    """The watch of a server."""
    found = _watches.get(state)
    if found is None:
        found = _watches[state] = Watch(loop, state, shares)
    return found

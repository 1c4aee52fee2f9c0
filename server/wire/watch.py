"""What the connections of one server share: the time, the header lines of every answer, and one sweep of deadlines."""

import asyncio
from typing import Protocol
from weakref import WeakKeyDictionary

from uvicorn.server import ServerState

from server.wire import limits
from server.wire.eager import Starter


class Watched(Protocol):
    """Something with deadlines."""

    def check(self, now: float) -> None:
        """Act on what is overdue."""


class Watch:
    """One per server. A timer for each request would cost more than a look at every connection once a second."""

    def __init__(self, loop: asyncio.AbstractEventLoop, state: ServerState) -> None:
        """Watch nothing yet."""
        self.now = loop.time()
        self.starter = Starter(loop)
        self._loop = loop
        self._state = state
        self._watched: set[Watched] = set()
        self._sweeping = False
        self._rendered_from: list[tuple[bytes, bytes]] = []
        self._rendered = b""

    def add(self, watched: Watched) -> None:
        """Look after this one too."""
        self._watched.add(watched)
        if not self._sweeping:
            self._sweeping = True
            self.now = self._loop.time()
            self._loop.call_later(limits.SWEEP_S, self._sweep)

    def discard(self, watched: Watched) -> None:
        """Look after this one no more."""
        self._watched.discard(watched)

    def standing(self) -> bytes:
        """The header lines of every answer: the date, and what is configured."""
        headers = self._state.default_headers
        # uvicorn makes a new list every second, with a new date.
        if headers is not self._rendered_from:
            self._rendered = b"".join(b"%b: %b\r\n" % header for header in headers)
            self._rendered_from = headers
        return self._rendered

    def _sweep(self) -> None:
        self.now = self._loop.time()
        for watched in list(self._watched):
            watched.check(self.now)
        self._sweeping = bool(self._watched)
        if self._sweeping:
            self._loop.call_later(limits.SWEEP_S, self._sweep)


_watches: WeakKeyDictionary[ServerState, Watch] = WeakKeyDictionary()


def watch_of(state: ServerState, loop: asyncio.AbstractEventLoop) -> Watch:
    """The watch of a server."""
    found = _watches.get(state)
    if found is None:
        found = _watches[state] = Watch(loop, state)
    return found

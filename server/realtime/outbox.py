"""What waits to be sent to one client: bounded, so that a slow reader costs itself its socket and nobody else
anything."""

import asyncio
from collections import deque
from collections.abc import Callable

from server.realtime.protocol import MAX_BACKLOG, MAX_QUEUED, Close
from tenancy.flag import Flag


class Backlog:
    """What waits to be sent to all sockets of one tenant, in bytes."""

    def __init__(self) -> None:
        """Nothing waits."""
        self._size = 0
        self._small = asyncio.Event()
        self._small.set()

    def add(self, size: int) -> None:
        """So much more waits, or less."""
        self._size += size
        if self._size > MAX_BACKLOG:
            self._small.clear()
        elif self._size <= MAX_BACKLOG // 2:
            self._small.set()

    async def small(self) -> None:
        """Return when there is not much: whoever says more than can be sent waits, instead of filling the memory."""
        await self._small.wait()


class Outbox:
    """Frames in order, and at most one reason to close."""

    def __init__(self, backlog: Backlog) -> None:
        """Begin empty; what waits here is part of the backlog."""
        self._backlog = backlog
        self._frames: deque[bytes] | None = None
        """None while nothing waits, which is nearly always: an empty one has 0.7 KB."""
        self._size = 0
        self._more = Flag()
        self.closing: tuple[int, str] | None = None
        self._ending: Callable[[], None] | None = None
        self._finished = False

    def put(self, frame: bytes) -> None:
        """Send it when its turn comes; the socket is closed instead when too much waits."""
        if self.closing is not None:
            return
        self._grow(len(frame))
        if self._size > MAX_QUEUED:
            self.close(Close.OVERLOADED, "The client reads too slowly.")
            return
        if self._frames is None:
            self._frames = deque()
        self._frames.append(frame)
        self._more.set()

    def close(self, code: int, reason: str) -> None:
        """Close the socket; frames that wait are dropped when it reads too slowly, sent before it otherwise."""
        if self.closing is None:
            self.closing = (code, reason)
            if code == Close.OVERLOADED:
                self.clear()
            self._end()

    def when_ending(self, ending: Callable[[], None] | None) -> None:
        """Have this called once there is a reason to close, or the client has gone; at once if there is already."""
        self._ending = ending
        if self.closing is not None or self._finished:
            self._end()

    def _end(self) -> None:
        self._more.set()
        ending, self._ending = self._ending, None
        if ending is not None:
            ending()

    def finish(self, reader: "asyncio.Task[None]") -> None:
        """Nobody reads any more: without a reason to close, the client has gone, and hears nothing."""
        self._finished = True
        if self.closing is None:
            self.clear()
        self._end()

    async def next(self) -> bytes | None:
        """The next frame; None when the socket is to be closed, or its client has gone."""
        while self._frames is None:
            if self.closing is not None or self._finished:
                return None
            self._more.clear()
            await self._more.wait()
        frame = self._frames.popleft()
        if not self._frames:
            self._frames = None
        self._grow(-len(frame))
        return frame

    def clear(self) -> None:
        """Forget what waits: the socket is gone, or will not get it."""
        self._frames = None
        self._grow(-self._size)

    def _grow(self, size: int) -> None:
        self._size += size
        self._backlog.add(size)

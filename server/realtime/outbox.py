"""What waits to be sent to one client: bounded, so that a slow reader costs itself its socket and nobody else
anything."""

import asyncio
from collections import deque

from server.realtime.protocol import MAX_QUEUED, Close


class Outbox:
    """Frames in order, and at most one reason to close."""

    def __init__(self) -> None:
        """Begin empty."""
        self._frames: deque[bytes] = deque()
        self._size = 0
        self._more = asyncio.Event()
        self.closing: tuple[int, str] | None = None

    def put(self, frame: bytes) -> None:
        """Send it when its turn comes; the socket is closed instead when too much waits."""
        if self.closing is not None:
            return
        self._size += len(frame)
        if self._size > MAX_QUEUED:
            self.close(Close.OVERLOADED, "The client reads too slowly.")
            return
        self._frames.append(frame)
        self._more.set()

    def close(self, code: int, reason: str) -> None:
        """Close the socket; frames that wait are dropped when it reads too slowly, sent before it otherwise."""
        if self.closing is None:
            self.closing = (code, reason)
            if code == Close.OVERLOADED:
                self._frames.clear()
            self._more.set()

    async def next(self) -> bytes | None:
        """The next frame; None when the socket is to be closed."""
        while not self._frames:
            if self.closing is not None:
                return None
            self._more.clear()
            await self._more.wait()
        frame = self._frames.popleft()
        self._size -= len(frame)
        return frame

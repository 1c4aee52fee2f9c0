"""The newest part of a change log in memory, and those who wait for more of it. The same for every engine."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

from tenancy.model.change import Change, Seq
from tenancy.ports import CursorGoneError

_MOST: Final = 1024
_MOST_BYTES: Final = 8 * 1024 * 1024


class LogWindow:
    """The last changes that were made known; `head` is the position of the last one of all."""

    def __init__(self, head: Seq) -> None:
        """Hold no change yet."""
        self.head = head
        self.closed = False
        self._recent: deque[Change] = deque()
        self._held = 0
        self._waiting: set[asyncio.Future[None]] = set()

    def publish(self, changes: Sequence[Change]) -> None:
        """Make committed changes known and wake who waits."""
        if changes:
            for change in changes:
                self._recent.append(change)
                self._held += size_of(change)
            while len(self._recent) > _MOST or self._held > _MOST_BYTES:
                self._held -= size_of(self._recent.popleft())
            self.head = changes[-1].seq
            self._wake()

    def clear(self) -> None:
        """Forget the changes: those that are told next do not follow them without a hole."""
        self._recent.clear()
        self._held = 0

    def close(self) -> None:
        """Wake everybody for the last time, and hold nothing: a closed tenant's objects wait for the collector."""
        self.closed = True
        self.clear()
        self._wake()

    def has_news(self, after: Seq) -> bool:
        """Whether there is nothing to wait for."""
        return self.head > after or self.closed

    async def news(self) -> None:
        """Return at the next change, or when this is closed."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await future
        finally:
            self._waiting.discard(future)

    def read(self, after: Seq, limit: int) -> Sequence[Change] | None:
        """The changes that follow a position; None when they are not all here.

        Raises:
            CursorGoneError: the position is beyond the head.
        """
        if after > self.head:
            raise CursorGoneError
        if after == self.head:
            return []
        if not self._recent or self._recent[0].seq > after + 1:
            return None
        start = next(n for n, change in enumerate(self._recent) if change.seq > after)
        return [self._recent[n] for n in range(start, min(start + limit, len(self._recent)))]

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)


def size_of(change: Change) -> int:
    """Bytes of the texts of a change."""
    return len(change.before or b"") + len(change.after or b"")

"""When a connection is read from, what it must bring by when, and how it ends."""

import asyncio
from collections import deque
from collections.abc import Hashable
from http import HTTPStatus
from typing import Any

from server.wire import limits
from server.wire.exchange import Exchange
from server.wire.intake import Intake
from server.wire.refusal import refusal_answer
from server.wire.watch import Watch

_NEVER = float("inf")


class Endings(Intake):
    """The part of a connection that knows its state: idle, in a head, in a body, answering, or ending."""

    __slots__ = (
        "_unsent", "_unsent_until", "current", "deadline", "deaf", "ending", "last_words", "paused", "pending",
        "queue", "transport", "watch",
    )  # fmt: skip

    transport: asyncio.Transport

    def __init__(self, watch: Watch, app_state: dict[str, Any], *, upgradable: bool) -> None:
        """Nothing was read yet."""
        super().__init__(app_state, upgradable=upgradable)
        self.watch = watch
        self.standing = watch.standing
        self.deadline = _NEVER
        self.current: Exchange | None = None  # the one that is being answered
        self.queue: deque[Exchange] = deque()  # those that wait for their turn
        self.paused = False
        self.deaf = False  # what comes is not looked at any more
        self.ending = False  # the transport is closing, or will
        self.last_words = b""  # a refusal that waits for the answers before it
        self.pending = b""  # an answer that is written at the end of the turn
        self._unsent = 0
        self._unsent_until = _NEVER

    def lane(self) -> Hashable:
        """Whose request it is that comes next."""
        raise NotImplementedError

    def advance(self) -> None:
        """Begin to answer the next request."""
        raise NotImplementedError

    @property
    def busy(self) -> bool:
        """Whether requests are being answered or wait for it."""
        return self.current is not None or bool(self.queue)

    def begin_window(self) -> None:
        """The deadline of the body begins anew."""
        self.progress = 0
        if self.incoming is not None:
            self.deadline = self.watch.now + limits.BODY_WINDOW_S

    def take(self, data: bytes) -> None:
        """Parse bytes that came."""
        raise NotImplementedError

    def crowded(self) -> bool:
        """Whether a request waits for the one before it. One that waits for the turn is not yet one too many."""
        return len(self.queue) > (self.current is None)

    def settle(self) -> None:
        """Read from the socket only while there is room for what comes."""
        if self.held and not self.crowded():
            held, self.held = self.held, b""
            self.take(held)
        incoming = self.incoming
        if incoming is not None and not incoming.timed:
            incoming.timed = True
            self.begin_window()
        full = self.crowded() or (
            incoming is not None and not incoming.complete and incoming.buffered > limits.BODY_BUFFER
        )
        if full == self.paused or self.transport.is_closing():
            return
        self.paused = full
        if full:
            self.transport.pause_reading()
        else:
            self.begin_window()
            self.transport.resume_reading()

    def check(self, now: float) -> None:
        """Act on what is overdue."""
        if self.writable is not None or self.ending:
            self._check_unread(now)
        if now < self.deadline:
            return
        incoming = self.incoming
        if self.ending:
            self.deadline = _NEVER
            self.transport.close()
        elif incoming is not None:
            if self.paused or incoming.expecting or self.progress >= limits.BODY_RATE * limits.BODY_WINDOW_S:
                self.begin_window()
            else:
                self.refuse(HTTPStatus.REQUEST_TIMEOUT)
        elif self.busy:
            return
        elif self.read:
            self.refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.close()

    def _check_unread(self, now: float) -> None:
        size = self.transport.get_write_buffer_size()
        if size == 0 or size != self._unsent:
            self._unsent = size
            self._unsent_until = now + limits.UNREAD_S
        elif now >= self._unsent_until:
            self.transport.abort()

    def refuse(self, status: HTTPStatus) -> None:
        """What came last cannot be answered by the app; what came before it still is."""
        self.deaf = True
        incoming, self.incoming = self.incoming, None
        if incoming is None:
            if self.last:
                return
        elif incoming is not self.current:
            self.queue.pop()
        else:
            self.current = None
            incoming.lose()
            if incoming.complete:
                self.linger()
                return
            if incoming.begun:
                self.close()
                return
        words = refusal_answer(status, self.standing())
        if self.busy:
            self.last_words = words
        else:
            self.say(words)

    def write_last(self, data: bytes) -> None:
        """Write a whole answer, at the end of the turn."""
        if self.pending:
            # A pipeline's answers, of which the one before waits already.
            self.pending += data
            if len(self.pending) > limits.JOIN:
                self.flush()
        elif self.watch.defer(self):
            self.pending = data
        else:
            self.write(data)

    def write_next(self, data: bytes) -> None:
        """Write, behind the answers of a pipeline that wait."""
        self.flush()
        self.write(data)

    def flush(self) -> None:
        """Write the answer that waits."""
        if self.pending:
            pending, self.pending = self.pending, b""
            self.write(pending)

    def say(self, words: bytes) -> None:
        """Write this, and nothing more."""
        self.flush()
        if not self.transport.is_closing():
            self.write(words)
            self.linger()

    def linger(self) -> None:
        """Close, but read on for a moment: a reset for unread bytes could overtake what we wrote (RFC 9112, 9.6)."""
        if not self.transport.can_write_eof():
            self.close()
            return
        self.flush()
        self.deaf = self.ending = True
        self.incoming = None
        self._unsent = -1
        self.deadline = self.watch.now + limits.LINGER_S
        if not self.transport.is_closing():
            self.transport.write_eof()
            self.settle()

    def close(self) -> None:
        """Close as soon as all is written."""
        self.flush()
        self.deaf = self.ending = True
        self._unsent = -1
        self.transport.close()

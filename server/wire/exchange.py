"""One request and its answer, in the words of ASGI."""

import asyncio
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any, Protocol

from server.wire import limits
from server.wire.answer import BODILESS, Head, render

Message = MutableMapping[str, Any]


class Line(Protocol):
    """What an exchange needs of its connection."""

    standing: Callable[[], bytes]  # the header lines of every answer; the watch's own, without a call between
    writable: asyncio.Event | None  # set while the client reads slower than we write

    def write_last(self, data: bytes) -> None:
        """Write a whole answer, at the end of the turn."""

    def write_next(self, data: bytes) -> None:
        """Write, behind the answers that wait for the end of the turn."""

    def settle(self) -> None:
        """The app took body, or asks for the first of it: read on."""

    def answered(self, exchange: "Exchange") -> None:
        """The answer is whole."""


class Exchange:
    """A request on its way through the app."""

    __slots__ = (
        "_bodiless", "_chunked", "_head", "_left", "_line", "_news", "_pieces", "_status", "begun", "buffered",
        "complete", "expecting", "gone", "keep_alive", "length", "received", "scope", "taken", "timed", "whole",
    )  # fmt: skip

    def __init__(self, line: Line, scope: dict[str, Any]) -> None:
        """A request of which the head is there."""
        self._line = line
        self.scope = scope
        # Of the request.
        self.expecting = False  # the client waits for 100 Continue
        self.length: int | None = 0  # bytes of the body; None for chunked
        self.received = 0
        self.buffered = 0
        self.whole = False  # it is all there
        self.taken = False  # the app has all of it
        self.timed = False  # the deadline of the body runs
        self._pieces: list[bytes] | None = None
        self._news: asyncio.Event | None = None
        # Of the answer.
        self.gone = False  # there is nobody who waits for it
        self.begun = False  # something of it was written
        self.complete = False  # all of it was
        self.keep_alive = True
        self._head: Head | None = None
        self._status = 0
        self._left: int | None = None  # of its Content-Length
        self._chunked = False
        self._bodiless = False

    def feed(self, piece: bytes) -> None:
        """More of the body."""
        self.expecting = False
        self.received += len(piece)
        self.buffered += len(piece)
        if self._pieces is None:
            self._pieces = [piece]
        else:
            self._pieces.append(piece)
        self._wake()

    def end(self) -> None:
        """The body is whole."""
        self.expecting = False
        self.whole = True
        self._wake()

    def lose(self) -> None:
        """Nobody is there to be answered any more."""
        self.gone = True
        self._pieces = None
        self._wake()

    async def receive(self) -> Message:
        """ASGI's receive."""
        if self.expecting and not self.gone and not self.complete:
            # RFC 9110, 10.1.1: only now is it known that the body is wanted.
            self.expecting = False
            self.timed = False
            self._line.write_next(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._line.settle()
        while True:
            if self.gone or self.complete:
                return {"type": "http.disconnect"}
            if not self.taken and (self.whole or self._pieces):
                return self._take()
            if self._news is None:
                self._news = asyncio.Event()
            self._news.clear()
            await self._news.wait()

    def _take(self) -> Message:
        pieces, self._pieces = self._pieces, None
        body = b"" if pieces is None else pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self.taken = self.whole
        message = {"type": "http.request", "body": body, "more_body": not self.whole}
        if self.buffered:
            self.buffered = 0
            self._line.settle()  # which may bring the rest of the body at once
        return message

    async def send(self, message: Message) -> None:
        """ASGI's send.

        Raises:
            ConnectionResetError: the client has gone (ASGI's OSError), so that nobody makes an answer to its end.
            RuntimeError: the message does not fit here, or cannot be sent.
        """
        writable = self._line.writable
        if writable is not None and not self.gone:
            await writable.wait()
        if self.gone:
            raise ConnectionResetError
        kind = message["type"]
        if kind == "http.response.body" and self._head is not None and not self.complete:
            self._send_body(message.get("body", b""), more=message.get("more_body", False))
        elif kind == "http.response.start" and self._head is None:
            self._status = message["status"]
            self._head = render(self._status, message.get("headers", ()), self._line.standing())
        else:
            raise RuntimeError(f"Not to be sent here: {kind}")

    def answer(self, status: int, fields: Sequence[tuple[bytes, bytes]], body: bytes) -> bool:
        """A whole answer at once, instead of two messages (an extension of ASGI: `backpack.answer`).

        Its Content-Length is the body's, of which nothing is sent to HEAD. False: the client reads slower than we
        write, or has gone; `send` knows what to do about it.

        Raises:
            RuntimeError: an answer was begun, or this one cannot be sent.
        """
        if self._line.writable is not None or self.gone:
            return False
        if self._head is not None:
            raise RuntimeError("There is an answer already.")
        self._status = status
        lines, _, close = render(status, fields, self._line.standing())
        self._head = (lines, len(body), close)
        self._send_body(body, more=False)
        return True

    def _send_body(self, body: bytes, *, more: bool) -> None:
        head = b"" if self.begun else self._begin(len(body), more)
        if self._bodiless:
            body = b""
        elif self._left is not None:
            self._count(len(body), more)
        elif self._chunked:
            body = _chunk(body, last=not more)
        whole = not self.begun and not more
        self.begun = True
        if len(body) <= limits.JOIN:
            body = head + body
            if whole:
                self._line.write_last(body)
                body = b""
        elif head:
            self._line.write_next(head)
        if body:
            self._line.write_next(body)
        if not more:
            self.complete = True
            self._wake()
            self._line.answered(self)

    def _begin(self, size: int, more: bool) -> bytes:
        """The head, with the framing that fits how the body comes (RFC 9112, 6)."""
        assert self._head is not None
        lines, length, close = self._head
        if close or (not self.whole and not more and self.unread_is_much()):
            self.keep_alive = False
        end = b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n"
        head = self.scope["method"] == "HEAD"
        self._bodiless = head or self._status in BODILESS
        if self._status in BODILESS:
            return lines + end
        if length is None and not more and not head:
            length = size
        if length is not None:
            self._left = length
            return b"%bcontent-length: %d\r\n%b" % (lines, length, end)
        if not head and self.scope["http_version"] == "1.1":
            self._chunked = True
            return lines + b"transfer-encoding: chunked\r\n" + end
        # HTTP/1.0 has no framing for what is left: the end of the connection is the end of the body.
        return lines + end

    def _count(self, size: int, more: bool) -> None:
        assert self._left is not None
        if size > self._left or (size < self._left and not more):
            raise RuntimeError("The body has another length than its Content-Length.")
        self._left -= size

    def unread_is_much(self) -> bool:
        """Whether more of the request's body is to come than is worth reading for nothing."""
        return self.expecting or (self.length is not None and self.length - self.received > limits.DRAIN)

    def _wake(self) -> None:
        if self._news is not None:
            self._news.set()


def _chunk(body: bytes, *, last: bool) -> bytes:
    end = b"0\r\n\r\n" if last else b""
    return b"%x\r\n%b\r\n%b" % (len(body), body, end) if body else end

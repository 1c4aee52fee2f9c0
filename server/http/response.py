"""Answers: whole, in pieces, and how they are sent (ASGI)."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from tenancy.model.json import dumps

Header = tuple[bytes, bytes]
JSON_TYPE: Header = (b"content-type", b"application/json")
NO_STORE: Header = (b"cache-control", b"no-store")


@dataclass(slots=True)
class Response:
    """A whole answer."""

    status: int
    body: bytes = b""
    headers: Sequence[Header] = ()

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return len(self.body)

    async def send(self, scope: Scope, send: Send) -> None:
        """Send it; without the body for HEAD."""
        # Our own server takes a whole answer at once (`server/wire/exchange.py`), unless its client is slow to read.
        at_once = scope["extensions"].get("backpack.answer") if "extensions" in scope else None
        if at_once is not None and at_once(self.status, self.headers, self.body):
            return
        headers = [*self.headers]
        if self.status not in {204, 304}:
            headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else self.body})


@dataclass(slots=True)
class Stream:
    """An answer that comes in pieces, of known size in bytes."""

    status: int
    pieces: AsyncGenerator[bytes, None]
    size: int
    headers: Sequence[Header] = ()

    async def send(self, scope: Scope, send: Send) -> None:
        """Send it piece by piece; the pieces are not begun for HEAD."""
        headers = [*self.headers, (b"content-length", str(self.size).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        if scope["method"] != "HEAD":
            # Closed at once when the client has gone, so that no file stays open until garbage collection.
            async with aclosing(self.pieces) as pieces:
                async for piece in pieces:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@dataclass(slots=True)
class Chunks:
    """An answer that comes in pieces, of unknown size."""

    status: int
    first: bytes
    pieces: AsyncGenerator[bytes, None]
    headers: Sequence[Header] = ()
    size: int = 0
    """Bytes of the body so far."""

    @classmethod
    async def begun(cls, status: int, pieces: AsyncGenerator[bytes, None], headers: Sequence[Header]) -> "Chunks":
        """The answer with its first piece, so that what goes wrong at once is still answered as an error."""
        return cls(status, await anext(pieces, b""), pieces, headers)

    async def send(self, scope: Scope, send: Send) -> None:
        """Send it piece by piece."""
        await send({"type": "http.response.start", "status": self.status, "headers": [*self.headers]})
        async with aclosing(self.pieces) as pieces:
            if scope["method"] != "HEAD":
                await self._send_piece(self.first, send)
                async for piece in pieces:
                    await self._send_piece(piece, send)
        await send({"type": "http.response.body", "body": b""})

    async def _send_piece(self, piece: bytes, send: Send) -> None:
        self.size += len(piece)
        await send({"type": "http.response.body", "body": piece, "more_body": True})


Answer = Response | Stream | Chunks
App = Callable[[Scope, Receive, Send], Awaitable[Answer]]
"""What answers by what it returns. `send` is for WebSockets, of whose answer nothing is sent."""


def json_text(text: bytes, status: int = 200, *headers: Header) -> Response:
    """JSON that is text already."""
    return Response(status, text, (JSON_TYPE, NO_STORE, *headers))


def json(value: object, status: int = 200, *headers: Header) -> Response:
    """A value as JSON."""
    return json_text(dumps(value), status, *headers)


def no_content(*headers: Header) -> Response:
    """204."""
    return Response(204, b"", headers)

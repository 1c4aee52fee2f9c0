"""Answers: plain values that know how to send themselves."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from starlette.types import Send

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

    async def send(self, send: Send, *, head: bool = False) -> None:
        """Send it; without the body for HEAD."""
        headers = [*self.headers]
        if self.status not in {204, 304}:
            headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if head else self.body})


@dataclass(slots=True)
class Stream:
    """An answer that comes in pieces, of known size in bytes."""

    status: int
    pieces: AsyncGenerator[bytes, None]
    size: int
    headers: Sequence[Header] = ()

    async def send(self, send: Send, *, head: bool = False) -> None:
        """Send it piece by piece; the pieces are not begun for HEAD."""
        headers = [*self.headers, (b"content-length", str(self.size).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        if not head:
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

    @classmethod
    async def begun(cls, status: int, pieces: AsyncGenerator[bytes, None], headers: Sequence[Header]) -> "Chunks":
        """The answer with its first piece, so that what goes wrong at once is still answered as an error."""
        return cls(status, await anext(pieces, b""), pieces, headers)

    async def send(self, send: Send, *, head: bool = False) -> None:
        """Send it piece by piece."""
        await send({"type": "http.response.start", "status": self.status, "headers": [*self.headers]})
        async with aclosing(self.pieces) as pieces:
            if not head:
                await send({"type": "http.response.body", "body": self.first, "more_body": True})
                async for piece in pieces:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


Answer = Response | Stream | Chunks


def json_text(text: bytes, status: int = 200, *headers: Header) -> Response:
    """JSON that is text already."""
    return Response(status, text, (JSON_TYPE, NO_STORE, *headers))


def json(value: object, status: int = 200, *headers: Header) -> Response:
    """A value as JSON."""
    return json_text(dumps(value), status, *headers)


def no_content(*headers: Header) -> Response:
    """204."""
    return Response(204, b"", headers)

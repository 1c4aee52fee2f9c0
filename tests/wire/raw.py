"""A server on a free port, and clients that speak raw bytes."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Receive, Scope, Send

from server.serving import Listener

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"


@dataclass
class Answer:
    """An answer as it was read."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Client:
    """A connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self, *, head: bool = False) -> Answer:
        """Read one answer."""
        text = (await self._within(self.reader.readuntil(b"\r\n\r\n"))).decode()
        first, *lines = text.strip().split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(": ")
            assert name not in headers, text
            headers[name] = value
        status = int(first.split()[1])
        return Answer(status, headers, b"" if head else await self._body(status, headers))

    async def ask(self, data: bytes) -> Answer:
        self.send(data)
        return await self.answer()

    async def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        return await self._within(self.reader.read())

    async def closed(self) -> None:
        assert await self.rest() == b""

    async def _body(self, status: int, headers: dict[str, str]) -> bytes:
        if status in {100, 101, 204, 304}:
            return b""
        if "content-length" in headers:
            return await self._within(self.reader.readexactly(int(headers["content-length"])))
        if headers.get("transfer-encoding") != "chunked":
            return await self.rest()
        body = b""
        while size := int(await self._within(self.reader.readline()), 16):
            body += (await self._within(self.reader.readexactly(size + 2)))[:-2]
        assert await self._within(self.reader.readline()) == b"\r\n"
        return body

    @staticmethod
    async def _within(reading: Awaitable[bytes]) -> bytes:
        async with asyncio.timeout(5):
            return await reading


@dataclass
class Served:
    """A server that listens."""

    listener: Listener
    clients: list[Client] = field(default_factory=list)

    async def client(self) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.listener.port))
        self.clients.append(client)
        return client

    async def ask(self, data: bytes) -> Answer:
        return await (await self.client()).ask(data)


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[Served]:
    """Serve the app until the block ends."""
    listener = Listener(app, "127.0.0.1", 0, 1)
    task = asyncio.create_task(listener.serve())
    while not listener.server.started:
        await asyncio.sleep(0.005)
    running = Served(listener)
    try:
        yield running
    finally:
        for client in running.clients:
            client.writer.close()
        listener.server.should_exit = True
        await task


def respond(status: int = 200, body: bytes = b"", *headers: tuple[bytes, bytes], more: bool = False) -> ASGIApp:
    """An app that says always the same."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        if more:
            for at in range(len(body)):
                await send({"type": "http.response.body", "body": body[at : at + 1], "more_body": True})
            await send({"type": "http.response.body"})
        else:
            await send({"type": "http.response.body", "body": body})

    return app


async def read_body(receive: Receive) -> bytes:
    """The whole body."""
    body, more = b"", True
    while more:
        message = await receive()
        assert message["type"] == "http.request", message
        body += message["body"]
        more = message["more_body"]
    return body


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the body."""
    body = await read_body(receive)
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": body})


def keeps(into: list[Scope], then: ASGIApp | None = None) -> ASGIApp:
    """An app that keeps the scopes it gets."""
    follow = then or respond()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        into.append(scope)
        await follow(scope, receive, send)

    return app


async def until(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


def statuses(text: bytes) -> list[int]:
    """The statuses of the answers in a text."""
    return [int(found) for found in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", text)]

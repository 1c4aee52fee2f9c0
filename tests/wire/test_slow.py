"""Clients that are slow on purpose, in numbers: all of them are left, and whoever is not slow is served meanwhile."""

import asyncio
from contextlib import suppress
from time import perf_counter
from typing import Final

import pytest
from starlette.types import Receive, Scope, Send

from server.wire import limits
from server.wire.watch import Watch, Watched
from tests.wire.raw import GET, POST, Client, echo, served, until

MANY: Final = 60
HEAD: Final = b"GET /slow HTTP/1.1\r\nHost: a\r\nX: "
BODY: Final = POST + b"Content-Length: 20\r\n\r\n"
CHUNKED: Final = POST + b"Transfer-Encoding: chunked\r\n\r\n"
SLOW: Final = {
    "nothing": (b"", b""),
    "a head that stops": (HEAD, b""),
    "a head in drops": (HEAD, b"a"),
    "fields in drops": (HEAD, b"a\r\nX: "),
    "a body that stops": (BODY + b"a", b""),
    "a body in drops": (POST + b"Content-Length: 100000\r\n\r\n", b"a"),
    "chunks in drops": (CHUNKED, b"1\r\na\r\n"),
    "an answer that is not read": (GET.replace(b"/ ", b"/long "), b""),
    "a pipeline that is not read": (GET.replace(b"/ ", b"/long ") * 20, b""),
}


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    """Echoes; below /long it says more than any buffer holds."""
    if scope["path"] != "/long":
        await echo(scope, receive, send)
        return
    with suppress(ConnectionResetError):
        await send({"type": "http.response.start", "status": 200})
        for _ in range(600):
            await send({"type": "http.response.body", "body": b"a" * 100_000, "more_body": True})
        await send({"type": "http.response.body"})


async def _drip(clients: list[Client], drop: bytes) -> None:
    while drop:
        for client in clients:
            client.send(drop)
        await asyncio.sleep(0.02)


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("kind", SLOW)
async def test_many_slow_clients_are_left_while_others_are_served(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begin, drop = SLOW[kind]
    add, made = Watch.add, list[Watched]()

    def counted(watch: Watch, watched: Watched) -> None:
        made.append(watched)
        add(watch, watched)

    # Some may be left before others are there: it takes a loaded machine longer to open them than to leave them.
    monkeypatch.setattr(Watch, "add", counted)
    async with served(_app) as server:
        connections = server.listener.server.server_state.connections
        slow = [await server.client() for _ in range(MANY)]
        for client in slow:
            client.send(begin)
        dripping = asyncio.create_task(_drip(slow, drop))
        quick, answered = await server.client(), 0
        while len(made) <= MANY or len(connections) > 1:
            assert (await quick.ask(POST + b"Content-Length: 5\r\n\r\nhello")).body == b"hello"
            answered += 1
        dripping.cancel()
        assert answered
        assert (await quick.ask(CHUNKED + b"1\r\na\r\n0\r\n\r\n")).body == b"a"
        long = b"a" * 300_000
        assert (await quick.ask(POST + b"Content-Length: %d\r\n\r\n" % len(long) + long)).body == long


@pytest.mark.usefixtures("soon")
async def test_a_stall_of_the_server_is_no_delay_of_a_client() -> None:
    async with served(_app) as server:
        client = await server.client()
        await until(lambda: server.listener.server.server_state.connections)
        client.send(HEAD)
        end = perf_counter() + 2 * limits.HEAD_S
        while perf_counter() < end:
            pass  # The loop stands still, and finds data and an overdue sweep.
        for _ in range(3):
            await asyncio.sleep(0)
        assert (await client.ask(b"a\r\n\r\n")).status == 200

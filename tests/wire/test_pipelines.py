"""Long pipelines: answered in order, parsed a little at a time, and no further than the client reads."""

import asyncio

import pytest
from starlette.types import Receive, Scope, Send

from server.http.response import Response
from server.wire import limits
from server.wire.connection import Connection
from tests.wire.raw import GET, POST, echo, served

_LARGE = 2_000_000


async def test_answers_that_are_not_read_keep_the_next_requests_waiting() -> None:
    started = 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal started
        started += 1
        await Response(200, b"x" * _LARGE, []).send(scope, send)

    async with served(app) as server:
        client = await server.client()
        client.send(GET * 30)
        await asyncio.sleep(0.3)  # the more time there is, the more could be wrong
        assert 1 <= started < 20
        for _ in range(30):
            assert len((await client.answer()).body) == _LARGE
        assert started == 30


async def test_bodies_and_requests_in_one_piece_are_told_apart() -> None:
    sizes = [0, 1, limits.PORTION - 1, limits.PORTION, limits.PORTION + 1, 70_000, 3, 200_000, 0, 5]
    async with served(echo) as server:
        client = await server.client()
        bodies = [bytes([65 + number]) * size for number, size in enumerate(sizes)]
        pieces = [POST + b"Content-Length: %d\r\n\r\n%b" % (len(body), body) for body in bodies]
        chunked = POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"5\r\nhello\r\n" * 500 + b"0\r\n\r\n"
        client.send(b"".join(pieces[:5]) + chunked + b"".join(pieces[5:]))
        answers = [(await client.answer()).body for _ in range(len(sizes) + 1)]
        assert answers == [*bodies[:5], b"hello" * 500, *bodies[5:]]


async def test_a_pipeline_is_parsed_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes at once: what is parsed before others have their turn is bounded."""
    most, parse = 0, Connection._parse

    def parsing(self: Connection, piece: bytes, data: bytes, place: int) -> bool:
        nonlocal most
        most = max(most, len(piece))
        return parse(self, piece, data, place)

    monkeypatch.setattr(Connection, "_parse", parsing)
    async with served(echo) as server:
        client = await server.client()
        client.send(GET * 2000)
        for _ in range(2000):
            assert (await client.answer()).status == 200
    assert most <= limits.PORTION


async def test_a_body_that_came_behind_a_slow_answer_is_whole() -> None:
    """What was held back is parsed when the app asks for the first piece: there is more to come then, or it is lost."""
    going = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "GET":
            await going.wait()
        await echo(scope, receive, send)

    async with served(app) as server:
        for size in (limits.PORTION, 50_000, 300_000):
            going.clear()
            client = await server.client()
            body = b"x" * size
            client.send(GET + POST + b"Content-Length: %d\r\n\r\n%b" % (size, body) + GET)
            await asyncio.sleep(0.05)
            going.set()
            assert (await client.answer()).body == b""
            assert len((await client.answer()).body) == size
            assert (await client.answer()).body == b""

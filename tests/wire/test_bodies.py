"""Bodies of requests: how they reach the app, and what becomes of those that do not."""

import asyncio

import pytest
from starlette.types import Receive, Scope, Send

from server.wire import limits
from tests.wire.raw import GET, POST, Client, echo, read_body, respond, served, until

EXPECTING = POST + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"


async def test_a_body_can_come_in_pieces() -> None:
    async with served(echo) as server:
        client = await server.client()
        client.send(POST + b"Content-Length: 6\r\n\r\nabc")
        await client.writer.drain()
        await asyncio.sleep(0.05)
        assert (await client.ask(b"def")).body == b"abcdef"


async def test_100_is_sent_when_the_app_reads_and_not_before() -> None:
    reading = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await reading.wait()
        await echo(scope, receive, send)

    async with served(app) as server:
        client = await server.client()
        client.send(EXPECTING)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await client.reader.read(1)
        reading.set()
        assert (await client.answer()).status == 100
        assert (await client.ask(b"hello")).body == b"hello"


async def test_no_100_for_a_body_that_is_there_already() -> None:
    async with served(echo) as server:
        assert (await server.ask(EXPECTING + b"hello")).body == b"hello"


async def test_a_body_that_was_not_asked_for_is_not_waited_for() -> None:
    async with served(respond(413)) as server:
        client = await server.client()
        answer = await client.ask(EXPECTING)
        assert (answer.status, answer.headers["connection"]) == (413, "close")
        await client.closed()


async def test_a_small_rest_of_a_body_is_drained() -> None:
    async with served(respond(200, b"no")) as server:
        client = await server.client()
        assert (await client.ask(POST + b"Content-Length: 6\r\n\r\nabc")).body == b"no"
        assert (await client.ask(b"def" + GET)).body == b"no"


@pytest.mark.parametrize("size", [limits.DRAIN + 1, 10**9])
async def test_a_big_rest_of_a_body_ends_the_connection(size: int) -> None:
    async with served(respond(200, b"no")) as server:
        client = await server.client()
        answer = await client.ask(POST + b"Content-Length: %d\r\n\r\n" % size)
        assert (answer.body, answer.headers["connection"]) == (b"no", "close")
        await client.closed()


async def test_a_rest_of_unknown_size_is_drained_up_to_a_limit() -> None:
    async with served(respond(200, b"no")) as server:
        client = await server.client()
        assert (await client.ask(POST + b"Transfer-Encoding: chunked\r\n\r\n")).body == b"no"
        for _ in range(3):
            client.send(b"8000\r\n" + b"a" * 0x8000 + b"\r\n")
            await client.writer.drain()
        await client.closed()


async def test_a_refused_upload_is_told_while_the_client_still_sends() -> None:
    async with served(respond(413, b"too much")) as server:
        client = await server.client()
        client.send(POST + b"Content-Length: 4000000\r\n\r\n" + b"a" * 4_000_000)
        assert (await client.answer()).body == b"too much"


async def test_the_socket_is_not_read_while_the_app_does_not_read() -> None:
    reading = asyncio.Event()
    sizes = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await reading.wait()
        sizes.append(len((await receive())["body"]))
        body = await read_body(receive)
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"%d" % (sizes[0] + len(body))})

    size = 30_000_000
    async with served(app) as server:
        client = await server.client()
        client.send(POST + b"Content-Length: %d\r\n\r\n" % size + b"a" * size)
        await asyncio.sleep(0.2)
        reading.set()
        assert int((await client.answer()).body) == size
    # What one read of the socket brings may come on top.
    assert limits.BODY_BUFFER < sizes[0] <= limits.BODY_BUFFER + 256 * 1024


async def test_sending_waits_for_a_client_that_does_not_read() -> None:
    sent = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        for _ in range(500):
            await send({"type": "http.response.body", "body": b"a" * 100_000, "more_body": True})
            sent.append(1)
        await send({"type": "http.response.body"})

    async with served(app) as server:
        client = await server.client()
        client.send(GET)
        await asyncio.sleep(0.2)
        assert len(sent) < 400
        assert len((await client.answer()).body) == 50_000_000


async def test_a_pipeline_is_not_read_further_while_it_waits() -> None:
    started = []
    going = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        started.append(scope)
        await going.wait()
        await echo(scope, receive, send)

    async with served(app) as server:
        client = await server.client()
        client.send(GET + GET)
        await until(lambda: started)
        flood = asyncio.create_task(_flood(client))
        await asyncio.sleep(0.2)
        assert len(started) == 1
        assert not flood.done()
        going.set()
        assert (await client.answer()).status == 200
        flood.cancel()
        client.writer.transport.abort()


async def _flood(client: Client) -> None:
    while True:
        client.send(GET * 1000)
        await client.writer.drain()

"""How connections and the app's tasks come to their ends."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send
from websockets.asyncio.client import connect

from server.wire import limits
from server.wire.connection import Connection
from tests.wire.raw import GET, POST, Client, Served, echo, respond, served, statuses, until


async def test_a_client_that_leaves_is_told_to_the_app() -> None:
    messages: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        messages.extend([await receive(), await receive()])
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"to nobody"})

    async with served(app) as server:
        client = await server.client()
        client.send(GET)
        await until(lambda: messages or server.listener.server.server_state.tasks)
        client.writer.close()
        await until(lambda: len(messages) == 2)
        await until(lambda: not server.listener.server.server_state.tasks)
        assert not server.listener.server.server_state.connections
    assert [message["type"] for message in messages] == ["http.request", "http.disconnect"]


async def test_after_its_answer_an_app_hears_of_the_end() -> None:
    messages: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await echo(scope, receive, send)
        messages.append(await receive())

    async with served(app) as server:
        await server.ask(GET)
    assert messages == [{"type": "http.disconnect"}]


async def test_work_after_an_answer_keeps_nobody_waiting() -> None:
    going = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await echo(scope, receive, send)
        await going.wait()

    async with served(app) as server:
        client = await server.client()
        for _ in range(2):
            assert (await client.ask(GET)).status == 200
        assert len(server.listener.server.server_state.tasks) == 2
        going.set()
        await until(lambda: not server.listener.server.server_state.tasks)


async def test_a_writer_whose_client_leaves_is_let_go() -> None:
    ended = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        try:
            for _ in range(1000):
                await send({"type": "http.response.body", "body": b"a" * 100_000, "more_body": True})
        except ConnectionResetError:
            ended.set()

    async with served(app) as server:
        client = await server.client()
        client.send(GET)
        await asyncio.sleep(0.1)
        client.writer.transport.abort()
        async with asyncio.timeout(5):
            await ended.wait()


async def test_an_app_has_a_task_of_its_own_from_its_first_step() -> None:
    tasks: list[asyncio.Task[object] | None] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        tasks.append(asyncio.current_task())
        if scope["path"] == "/waits":
            await asyncio.sleep(0)
            tasks.append(asyncio.current_task())
        await echo(scope, receive, send)

    async with served(app) as server:
        client = await server.client()
        await client.ask(GET)
        await client.ask(GET.replace(b"/ ", b"/waits "))
    at_once, first, second = tasks
    assert isinstance(at_once, asyncio.Task)
    assert at_once is not first
    assert first is second


async def test_timeouts_groups_and_threads_work_in_an_app() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()
        except TimeoutError:
            pass
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            task = group.create_task(asyncio.to_thread(lambda: b"done"))
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": task.result()})

    async with served(app) as server:
        assert (await server.ask(GET)).body == b"done"


async def test_an_app_that_cancels_itself_is_a_500() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(10)

    async with served(app) as server:
        assert (await server.ask(GET)).status == 500


async def _ends_with(client: Client, *expected: int) -> None:
    assert statuses(await client.rest()) == list(expected)


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("begun", [b"G", b"GET / HTTP/1.1\r\nHost: a\r\nX: "])
async def test_a_head_has_to_come_in_time(begun: bytes) -> None:
    async with served(respond()) as server:
        client = await server.client()
        client.send(begun)
        await _ends_with(client, 408)
        client = await server.client()
        await client.ask(GET)
        client.send(begun)
        await _ends_with(client, 408)


@pytest.mark.usefixtures("soon")
async def test_a_dripping_head_is_no_way_around() -> None:
    async with served(respond()) as server:
        client = await server.client()
        drip = asyncio.create_task(_drip(client, b"GET / HTTP/1.1\r\nHost: ", b"a"))
        await _ends_with(client, 408)
        drip.cancel()


@pytest.mark.usefixtures("soon")
async def test_a_dripping_body_is_cut_off() -> None:
    async with served(echo) as server:
        client = await server.client()
        drip = asyncio.create_task(_drip(client, POST + b"Content-Length: 10000\r\n\r\n", b"a"))
        await _ends_with(client, 408)
        drip.cancel()


async def _drip(client: Client, begin: bytes, drop: bytes) -> None:
    client.send(begin)
    while True:
        await asyncio.sleep(0.02)
        client.send(drop)


@pytest.mark.usefixtures("soon")
async def test_a_body_that_gets_ahead_may_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_RATE", 10)
    async with served(echo) as server:
        client = await server.client()
        client.send(POST + b"Content-Length: 400\r\n\r\n")
        for _ in range(40):
            await asyncio.sleep(0.015)
            client.send(b"a" * 10)
        assert (await client.answer()).body == b"a" * 400


@pytest.mark.usefixtures("soon")
async def test_an_app_that_works_long_is_waited_for() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.5)
        await echo(scope, receive, send)

    async with served(app) as server:
        client = await server.client()
        assert (await client.ask(GET)).status == 200
        waiting = await client.ask(POST + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert waiting.status == 100
        assert (await client.ask(b"ok")).body == b"ok"
        size = 20_000_000
        client.send(POST + b"Content-Length: %d\r\n\r\n" % size + b"a" * size)
        assert len((await client.answer()).body) == size


@pytest.mark.usefixtures("soon")
async def test_idle_connections_are_closed_without_a_word() -> None:
    async with served(respond()) as server:
        silent = await server.client()
        await silent.closed()
        server.listener.server.config.timeout_keep_alive = 0
        client = await server.client()
        await client.ask(GET)
        await client.closed()


@pytest.mark.usefixtures("soon")
async def test_a_client_that_never_reads_its_answer_is_left() -> None:
    async with served(respond(200, b"a" * 50_000_000)) as server:
        client = await server.client()
        client.send(GET)
        await until(lambda: server.listener.server.server_state.total_requests)
        await until(lambda: not server.listener.server.server_state.connections)


async def test_shutdown_closes_idle_connections_and_finishes_answers() -> None:
    going = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/waits":
            await going.wait()
        await echo(scope, receive, send)

    async with served(app) as server:
        idle, busy = await server.client(), await server.client()
        await idle.ask(GET)
        busy.send(GET.replace(b"/ ", b"/waits "))
        await until(lambda: server.listener.server.server_state.tasks)
        server.listener.server.should_exit = True
        await idle.closed()
        going.set()
        answer = await busy.answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        await busy.closed()


async def test_shutdown_cancels_what_takes_too_long() -> None:
    cancelled = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    async with served(app) as server:
        client = await server.client()
        client.send(GET)
        await until(lambda: server.listener.server.server_state.tasks)
        server.listener.server.should_exit = True
        await _ends_with(client, 500)
    assert cancelled == [True]


async def _greet(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await echo(scope, receive, send)
        return
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept"})
    text = (await receive())["text"]
    await send({"type": "websocket.send", "text": f"{scope['path']} {text}"})
    await receive()


async def test_websockets_are_handed_over() -> None:
    async with served(_greet) as server, connect(f"ws://127.0.0.1:{server.listener.port}/room") as websocket:
        await websocket.send("hi")
        assert await websocket.recv() == "/room hi"
        assert not [one for one in server.listener.server.server_state.connections if isinstance(one, Connection)]


async def test_frames_that_come_with_the_handshake_are_not_lost() -> None:
    async with served(_greet) as server:
        client = await _handshake(server, b"\x81\x82\0\0\0\0hi")
        assert (await client.answer()).status == 101
        assert await client.reader.readexactly(7) == b"\x81\x05/r hi"


async def test_a_websocket_after_a_request_waits_for_no_answer_to_mix_with() -> None:
    async with served(_greet) as server:
        client = await _handshake(server, before=GET)
        assert statuses(await client.rest()) == [200, 400]


async def _handshake(server: Served, after: bytes = b"", before: bytes = b"") -> Client:
    client = await server.client()
    client.send(
        before
        + b"GET /r HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n" + after
    )
    return client

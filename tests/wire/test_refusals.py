"""What is not taken as a request, and what a body may look like (RFC 9112)."""

import pytest
from starlette.types import Receive, Scope, Send

from tests.wire.raw import GET, POST, echo, keeps, respond, served, statuses, until

LINE = b"GET / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
MALFORMED = {
    "both framings": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "both framings, other order": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "a list of lengths": POST + b"Content-Length: 3, 3\r\n\r\nabc",
    "a signed length": POST + b"Content-Length: +3\r\n\r\nabc",
    "a negative length": POST + b"Content-Length: -3\r\n\r\nabc",
    "a hexadecimal length": POST + b"Content-Length: 0x3\r\n\r\nabc",
    "an empty length": POST + b"Content-Length: \r\n\r\nabc",
    "a huge length": POST + b"Content-Length: 99999999999999999999\r\n\r\nabc",
    "chunked in HTTP/1.0": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked before another": POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunked twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a folded field": LINE + b"X: a\r\n b\r\n\r\n",
    "space after the first line": b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
    "a bare CR in a value": LINE + b"X: a\rb\r\n\r\n",
    "a bare CR after a field": LINE + b"X: a\rY: b\r\n\r\n",
    "bare LFs": b"GET / HTTP/1.1\nHost: a\n\n",
    "a bare LF at the end": LINE + b"\n",
    "space before the colon": LINE + b"Content-Length : 3\r\n\r\nabc",
    "no colon": LINE + b"X\r\n\r\n",
    "no name": LINE + b": a\r\n\r\n",
    "a NUL": LINE + b"X: a\0\r\n\r\n",
    "a name with a parenthesis": LINE + b"X(: a\r\n\r\n",
    "a lower-case method": b"get / HTTP/1.1\r\nHost: a\r\n\r\n",
    "no version": b"GET /a b\r\n\r\n",
    "another protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a fragment": b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
    "a byte above ASCII in the target": b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    "an asterisk": b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "an absolute target of another host": b"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "an absolute target of a foreign scheme": b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "an upgrade before a body": POST + b"Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc",
    "a WebSocket after a body": (
        LINE + b"Connection: upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
}
CHUNKS = [
    b"-1\r\nx\r\n", b"0x3\r\nabc\r\n", b"3 \r\nabc\r\n", b" 3\r\nabc\r\n", b"+3\r\nabc\r\n", b"3\nabc\r\n", b"3_\r\nabc\r\n",
    b"3\r\nabc\n", b"3\r\nabcd\r\n", b"3\rXabc\r\n", b"3;a\rb\r\nabc\r\n", b"3;\nabc\r\n", b"fffffffffffffffff\r\nabc\r\n",
    b"\r\n", b"0\n\n", b"0\r\n\n", b"0\r\nContent-Length: 5\r\n\r\n",
]  # fmt: skip


@pytest.fixture
def calls() -> list[Scope]:
    return []


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED.keys())
async def test_malformed_requests_are_a_400_and_the_end(raw: bytes, calls: list[Scope]) -> None:
    async with served(keeps(calls)) as server:
        client = await server.client()
        answer = await client.ask(raw + GET)
        assert (answer.status, answer.headers["connection"]) == (400, "close")
        await client.closed()
    assert calls == []


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED.keys())
async def test_malformed_requests_are_refused_byte_by_byte_too(raw: bytes, calls: list[Scope]) -> None:
    async with served(keeps(calls)) as server:
        connections = server.listener.server.server_state.connections
        client = await server.client()
        while not connections:
            client.send(b"")
            await client.writer.drain()
        (connection,) = connections
        for at in range(len(raw)):
            connection.data_received(raw[at : at + 1])
        assert (await client.answer()).status == 400
        await client.closed()
    assert calls == []


@pytest.mark.parametrize("chunk", CHUNKS)
async def test_bad_chunks_are_refused(chunk: bytes) -> None:
    async with served(echo) as server:
        client = await server.client()
        answer = await client.ask(CHUNKED + b"2\r\nok\r\n" + chunk + b"0\r\n\r\n" + GET)
        assert (answer.status, answer.headers["connection"]) == (400, "close")
        await client.closed()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (POST + b"Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", 501),
        (POST + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
        (b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        (b"DESCRIBE / RTSP/1.0\r\n\r\n", 501),
        (b"SOURCE / ICE/1.0\r\n\r\n", 501),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        (b"GET /\r\n\r\n", 505),
        (b"GET /" + b"a" * 16 * 1024 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET /" + b"a" * 70 * 1024, 414),
        (LINE + b"X: a\r\n" * 100 + b"\r\n", 431),
        (LINE + b"X: " + b"a" * 65 * 1024 + b"\r\n\r\n", 431),
        (LINE + b"X: " + b"a" * 70 * 1024, 431),
        (LINE + b"X" * 70 * 1024, 431),
        (GET + LINE.replace(b"GET", b"PUT") + b"X: " + b"a" * 65 * 1024 + b"\r\n\r\n", 431),
    ],
)  # fmt: skip
async def test_what_is_foreign_or_too_long_has_its_status(raw: bytes, status: int) -> None:
    async with served(respond()) as server:
        client = await server.client()
        client.send(raw)
        assert statuses(await client.rest())[-1] == status


async def test_a_hundred_fields_and_a_long_target_are_taken(calls: list[Scope]) -> None:
    async with served(keeps(calls)) as server:
        target = b"/" + b"a" * (16 * 1024 - 1)
        answer = await server.ask(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 99 + b"\r\n")
    assert answer.status == 200
    assert (calls[0]["raw_path"], len(calls[0]["headers"])) == (target, 100)


async def test_requests_before_a_malformed_one_are_answered() -> None:
    async with served(echo) as server:
        client = await server.client()
        client.send(GET + POST + b"Content-Length: 2\r\n\r\nok" + b"nonsense\r\n\r\n")
        assert statuses(await client.rest()) == [200, 200, 400]


async def test_a_malformed_body_is_the_end_for_the_app_too() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(2):
            seen.append((await receive())["type"])
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    async with served(app) as server:
        client = await server.client()
        client.send(CHUNKED + b"2\r\nok\r\n")
        await until(lambda: seen)
        client.send(b"x")
        assert statuses(await client.rest()) == [400]
    assert seen == ["http.request", "http.disconnect"]


async def test_chunk_extensions_and_trailers_are_not_kept(calls: list[Scope]) -> None:
    async with served(keeps(calls, echo)) as server:
        client = await server.client()
        body = b'3;a=1;b="c"\r\nabc\r\n2\r\nde\r\n0\r\nHost: b\r\nX: c\r\n\r\n'
        client.send(CHUNKED + body + GET)
        assert (await client.answer()).body == b"abcde"
        assert (await client.answer()).status == 200
    for scope in calls:
        assert [value for name, value in scope["headers"] if name in {b"host", b"x"}] == [b"a"]


@pytest.mark.parametrize(
    "flood", [b"0\r\nX: " + b"a" * 200_000, b"1;" + b"a" * 200_000, b"0\r\n" + b"X: a\r\n" * 40_000]
)
async def test_endless_extensions_and_trailers_are_refused(flood: bytes) -> None:
    async with served(echo) as server:
        client = await server.client()
        client.send(CHUNKED)
        await client.writer.drain()
        client.send(flood)
        assert statuses(await client.rest()) == [400]


async def test_an_absolute_target_of_the_same_host_is_taken(calls: list[Scope]) -> None:
    async with served(keeps(calls)) as server:
        client = await server.client()
        for target in (b"http://A:1/x?y", b"HTTP://a:1?y", b"http://a:1"):
            assert (await client.ask(b"GET " + target + b" HTTP/1.1\r\nHost: a:1\r\n\r\n")).status == 200
    assert [(scope["raw_path"], scope["query_string"]) for scope in calls] == [(b"/x", b"y"), (b"/", b"y"), (b"/", b"")]


async def test_an_upgrade_to_what_we_do_not_speak_is_answered_as_if_not_asked() -> None:
    async with served(respond(200, b"hi")) as server:
        client = await server.client()
        answer = await client.ask(LINE + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
        assert (answer.status, answer.body, answer.headers["connection"]) == (200, b"hi", "close")
        await client.closed()

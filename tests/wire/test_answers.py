"""What is written for what an app says."""

import pytest
from starlette.types import Receive, Scope, Send

from tests.wire.raw import GET, POST, echo, keeps, respond, served, statuses


async def test_a_scope_has_what_asgi_asks_for() -> None:
    scopes: list[Scope] = []
    async with served(keeps(scopes)) as server:
        client = await server.client()
        await client.ask(b"PATCH /a%20b/%C3%A9?q=%201 HTTP/1.1\r\nHOST: a:1\r\nX-Thing:  1 \t\r\nX-Thing: 2\r\n\r\n")
        own = client.writer.get_extra_info("sockname")
    scope = dict(scopes[0])
    assert scope.pop("client") == own
    assert scope.pop("server") == ("127.0.0.1", server.listener.port)
    assert scope == {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "scheme": "http",
        "method": "PATCH", "root_path": "", "path": "/a b/é", "raw_path": b"/a%20b/%C3%A9", "query_string": b"q=%201",
        "headers": [(b"host", b"a:1"), (b"x-thing", b"1"), (b"x-thing", b"2")],
    }  # fmt: skip


async def test_a_connection_is_kept_for_further_requests() -> None:
    async with served(respond(200, b"hi")) as server:
        client = await server.client()
        for _ in range(3):
            answer = await client.ask(GET)
            assert (answer.status, answer.body) == (200, b"hi")
            assert "connection" not in answer.headers


async def test_a_client_can_ask_for_the_connection_to_be_closed() -> None:
    async with served(respond(200, b"hi")) as server:
        client = await server.client()
        answer = await client.ask(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert answer.headers["connection"] == "close"
        await client.closed()


async def test_an_app_can_ask_for_the_connection_to_be_closed() -> None:
    async with served(respond(200, b"hi", (b"Connection", b"Close"))) as server:
        client = await server.client()
        assert (await client.ask(GET)).headers["connection"] == "close"
        await client.closed()


async def test_what_follows_the_last_request_is_not_answered() -> None:
    async with served(respond(200, b"hi")) as server:
        client = await server.client()
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + GET)
        assert statuses(await client.rest()) == [200]


@pytest.mark.parametrize("extra", [b"", b"Connection: keep-alive\r\n"])
async def test_http_1_0_gets_one_answer_without_chunks(extra: bytes) -> None:
    async with served(respond(200, b"pieces", more=True)) as server:
        client = await server.client()
        client.send(b"GET / HTTP/1.0\r\n" + extra + b"\r\n")
        head, _, body = (await client.rest()).partition(b"\r\n\r\n")
    assert body == b"pieces"
    assert b"transfer-encoding" not in head
    assert b"connection: close" in head


async def test_pieces_without_a_length_come_in_chunks() -> None:
    async with served(respond(200, b"pieces", more=True)) as server:
        client = await server.client()
        answer = await client.ask(GET)
        assert answer.headers["transfer-encoding"] == "chunked"
        assert answer.body == b"pieces"
        assert (await client.ask(GET)).body == b"pieces"


async def test_pieces_with_a_length_come_as_they_are() -> None:
    async with served(respond(200, b"pieces", (b"Content-Length", b"6"), more=True)) as server:
        answer = await server.ask(GET)
    assert "transfer-encoding" not in answer.headers
    assert (answer.headers["content-length"], answer.body) == ("6", b"pieces")


async def test_a_whole_body_has_its_length() -> None:
    async with served(respond(200, b"whole")) as server:
        assert (await server.ask(GET)).headers["content-length"] == "5"


async def test_a_big_body_comes_whole() -> None:
    body = b"0123456789" * 200_000
    async with served(respond(200, body)) as server:
        client = await server.client()
        assert (await client.ask(GET)).body == body
        assert (await client.ask(GET)).body == body


@pytest.mark.parametrize("more", [False, True])
async def test_head_has_the_length_and_no_body(more: bool) -> None:
    async with served(respond(200, b"hello", (b"content-length", b"5"), more=more)) as server:
        client = await server.client()
        client.send(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = await client.answer(head=True)
        assert answer.headers["content-length"] == "5"
        assert (await client.ask(GET)).body == b"hello"


@pytest.mark.parametrize("status", [204, 304])
async def test_answers_without_content_have_neither_body_nor_length(status: int) -> None:
    async with served(respond(status, b"no", (b"content-length", b"2"), (b"etag", b'"1"'))) as server:
        client = await server.client()
        for _ in range(2):
            answer = await client.ask(GET)
            assert answer.status == status
            assert set(answer.headers) - {"date"} == {"etag"}


async def test_pipelined_requests_are_answered_in_order() -> None:
    async with served(echo) as server:
        client = await server.client()
        client.send(b"".join(POST + b"Content-Length: 3\r\n\r\n%03d" % number for number in range(200)))
        for number in range(200):
            assert (await client.answer()).body == b"%03d" % number


@pytest.mark.parametrize(
    "header",
    [
        (b"x", b"a\r\nb: c"),
        (b"x", b"a\nb"),
        (b"x", b"a\rb"),
        (b"x", b"\0"),
        (b"x\r\ny", b""),
        (b"x:", b"a"),
        (b"", b""),
    ],
)
async def test_an_answer_cannot_be_split(header: tuple[bytes, bytes]) -> None:
    async with served(respond(200, b"hi", header)) as server:
        client = await server.client()
        client.send(GET)
        text = await client.rest()
    assert statuses(text) == [500]
    assert b"b: c" not in text


@pytest.mark.parametrize("more", [False, True])
@pytest.mark.parametrize("length", [b"3", b"9"])
async def test_a_body_of_another_length_than_promised_ends_the_connection(length: bytes, more: bool) -> None:
    async with served(respond(200, b"hello", (b"content-length", length), more=more)) as server:
        client = await server.client()
        client.send(GET)
        text = await client.rest()
    if more:
        assert statuses(text) == [200]
        assert len(text.partition(b"\r\n\r\n")[2]) == min(5, int(length))
    else:
        assert statuses(text) == [500]


async def fails_at_once(scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError("on purpose")


async def fails_after_the_head(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200})
    raise ValueError("on purpose")


async def says_nothing(scope: Scope, receive: Receive, send: Send) -> None:
    pass


@pytest.mark.parametrize("app", [fails_at_once, fails_after_the_head, says_nothing])
async def test_an_app_that_fails_before_anything_is_sent_is_a_500(app: object) -> None:
    async with served(app) as server:  # type: ignore[arg-type]
        client = await server.client()
        answer = await client.ask(GET + GET)
        assert (answer.status, answer.headers["connection"]) == (500, "close")
        assert b"purpose" not in answer.body
        await client.closed()


async def test_an_app_that_fails_in_its_answer_ends_the_connection() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"some", "more_body": True})
        raise ValueError("on purpose")

    async with served(app) as server:
        client = await server.client()
        client.send(GET)
        text = await client.rest()
    assert text.endswith(b"4\r\nsome\r\n")


async def test_every_answer_has_the_date() -> None:
    async with served(respond()) as server:
        client = await server.client()
        assert (await client.ask(GET)).headers["date"].endswith(" GMT")
        assert "date" in (await client.ask(b"nonsense\r\n\r\n")).headers

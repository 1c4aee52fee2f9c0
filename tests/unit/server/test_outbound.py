"""Where the server calls for a tenant, and where it never does. The listeners are real, and see whether somebody came."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from server.outbound import MAX_ANSWER, Outbound, OutboundRefusedError, is_public


@asynccontextmanager
async def listener(
    answer: bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
) -> AsyncIterator[tuple[int, list[str]]]:
    """A port, and what was asked there."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append("")
        try:
            asked[-1] = (await reader.readuntil(b"\r\n\r\n")).decode()
            writer.write(answer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client had enough
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], asked
    finally:
        server.close()


@asynccontextmanager
async def calling(reach: Any) -> AsyncIterator[httpx2.AsyncClient]:
    outbound = Outbound(reach)
    async with outbound.client("tenant") as client:
        yield client
    await outbound.aclose()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1", "::",
        "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1",
        "2002:7f00:1::", "2001:0:4136:e378::", "224.0.0.1", "255.255.255.255", "198.18.0.1", "240.0.0.1", "ff02::1",
    ],
)  # fmt: skip
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "127.1"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_nobody_is_called_in_ones_own_network(host: str, scheme: str) -> None:
    async with listener() as (port, asked):
        async with calling("public") as client:
            with pytest.raises(httpx2.TransportError):
                await client.get(f"{scheme}://{host}:{port}/")
        await asyncio.sleep(0)
        assert asked == []
        async with calling("any") as client:
            assert (await client.get(f"http://127.0.0.1:{port}/")).json() == {}
        assert len(asked) == 1


async def test_a_name_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with one public address among others is none, and is not asked for again to find that one."""
    answers = [["127.0.0.1", "8.8.8.8"], ["8.8.8.8"]]
    calls: list[str] = []

    def resolve(host: str, port: int, **more: Any) -> list[Any]:
        calls.append(host)
        addresses = answers[min(len(calls) - 1, 1)]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    async with calling("public") as client:
        with pytest.raises(OutboundRefusedError, match="no public address"):
            await client.get("https://rebind.example.com/")
    assert calls == ["rebind.example.com"]


async def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the request keeps its name."""
    async with listener() as (port, asked):
        plain = socket.getaddrinfo

        def resolve(host: Any, port: Any, *rest: Any, **more: Any) -> list[Any]:
            return plain("127.0.0.1" if host == "provider.example.com" else host, port, *rest, **more)

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        async with calling("any") as client:
            assert (await client.get(f"http://provider.example.com:{port}/x")).status_code == 200
        assert f"host: provider.example.com:{port}" in asked[0].lower()


async def test_no_redirect_is_followed() -> None:
    async with listener() as (inner, asked):
        answer = f"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{inner}/\r\ncontent-length: 0\r\n\r\n".encode()
        async with listener(answer) as (port, _), calling("any") as client:
            assert (await client.get(f"http://127.0.0.1:{port}/")).status_code == 302
        assert asked == []


async def test_an_answer_has_an_end() -> None:
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MAX_ANSWER + 1)
    packed = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 0\r\n\r\n"
    for answer in (endless, packed):
        async with listener(answer) as (port, _), calling("any") as client:
            with pytest.raises(OutboundRefusedError):
                await client.get(f"http://127.0.0.1:{port}/")


async def _say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def test_an_answer_that_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.outbound.CALL_S", 0.05)
    async with listener(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nx") as (port, _):
        server = await asyncio.start_server(_say_nothing, "127.0.0.1", 0)
        silent = server.sockets[0].getsockname()[1]
        async with calling("any") as client:
            with pytest.raises(httpx2.TransportError):
                await client.get(f"http://127.0.0.1:{silent}/")
            with pytest.raises(httpx2.TransportError):
                await client.get(f"http://127.0.0.1:{port}/")
        server.close()


async def test_no_cookie_is_kept_between_calls() -> None:
    answer = b"HTTP/1.1 200 OK\r\nset-cookie: a=1\r\ncontent-length: 2\r\n\r\n{}"
    async with listener(answer) as (port, asked):
        outbound = Outbound("any")
        for _ in range(2):
            async with outbound.client("tenant") as client:
                await client.get(f"http://127.0.0.1:{port}/")
        await outbound.aclose()
        assert "cookie" not in asked[1].lower()


async def test_a_name_server_that_does_not_answer_holds_its_own_tenant_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, hanging = socket.getaddrinfo, threading.Event()

    def resolve(host: Any, *rest: Any, **more: Any) -> list[Any]:
        if str(host).startswith("silent"):
            hanging.wait(20)
            raise OSError
        return plain(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr("server.outbound.CALL_S", 0.05)
    outbound = Outbound("any")
    async with listener() as (port, asked), outbound.client("greedy") as greedy, outbound.client("other") as other:
        for number in range(4):
            with pytest.raises(httpx2.ReadTimeout):
                await greedy.get(f"http://silent-{number}.example.com/")
        with pytest.raises(OutboundRefusedError, match="do not answer"):
            await greedy.get(f"http://127.0.0.1:{port}/")
        assert asked == []
        monkeypatch.setattr("server.outbound.CALL_S", 5)
        assert (await other.get(f"http://127.0.0.1:{port}/")).json() == {}
        hanging.set()
        for _ in range(500):
            try:
                assert (await greedy.get(f"http://127.0.0.1:{port}/")).json() == {}
                break
            except OutboundRefusedError:
                await asyncio.sleep(0.01)
        else:
            raise AssertionError("it is held for ever")
    await outbound.aclose()

"""Connections that come at once are taken a few at a time, and all of them."""

import asyncio
import socket

from server.wire.acceptor import Acceptor


async def test_all_are_taken_a_few_in_each_turn() -> None:
    made: list[int] = []
    turn = 0

    class Noted(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            made.append(turn)
            assert isinstance(transport, asyncio.Transport)
            transport.abort()

    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    acceptor = Acceptor(asyncio.get_running_loop(), listening, Noted, 64)
    clients = []
    for _ in range(40):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(listening.getsockname())
        clients.append(client)
    try:
        while len(made) < 40:
            turn += 1
            await asyncio.sleep(0)
        assert max(made.count(one) for one in set(made)) <= 8
    finally:
        acceptor.close()
        await acceptor.wait_closed()
        for client in clients:
            client.close()
        listening.close()

"""Two uvicorn servers in one event loop, with one handling of signals."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import NamedTuple, cast

import uvicorn
from starlette.types import ASGIApp

from server.realtime.protocol import MAX_FRAME
from server.wire.acceptor import Acceptor
from server.wire.connection import Connection, fair
from server.wire.websocket import WebSocket
from tenancy.shares import Shares

_PING_S = 25.0


class _Server(uvicorn.Server):
    """A server that leaves signals to `serve`, and takes connections a few at a time."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take connections of these."""
        await self.lifespan.startup()
        config, loop = self.config, asyncio.get_running_loop()

        def connection() -> asyncio.Protocol:
            kind = cast("Callable[..., asyncio.Protocol]", config.http_protocol_class)
            return kind(config, self.server_state, self.lifespan.state, loop)

        # uvicorn only closes them.
        self.servers = [Acceptor(loop, taken, connection, config.backlog) for taken in sockets or []]  # type: ignore[misc]
        self.started = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class Fairness(NamedTuple):
    """Whose requests those with a Host header are, and what is told how long each one's answers take."""

    lane_of: Callable[[bytes], Hashable]
    shares: Shares


class Listener:
    """An app on an address."""

    def __init__(self, app: ASGIApp, host: str, port: int, stop_s: float, fairness: Fairness | None = None) -> None:
        """Prepare; nothing listens yet."""
        http = Connection if fairness is None else fair(*fairness)
        config = uvicorn.Config(
            app, host=host, port=port, http=http, loop="uvloop", ws=WebSocket, lifespan="off",
            ws_max_size=MAX_FRAME * 2, ws_ping_interval=_PING_S, ws_ping_timeout=_PING_S + 10,
            # Compression would cost about 100 KB of memory a socket, and leak secrets' sizes beside chosen texts.
            ws_per_message_deflate=False, access_log=False, server_header=False, proxy_headers=False, log_config=None,
            timeout_graceful_shutdown=max(1, int(stop_s)), timeout_keep_alive=65, backlog=2048,
        )  # fmt: skip
        self.server = _Server(config)
        self.host = host
        self._port = port
        self._socket: socket.socket | None = None

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._port

    async def serve(self) -> None:
        """Serve until `server.should_exit` is set.

        Raises:
            OSError: the address cannot be used.
        """
        self.bind()
        assert self._socket is not None
        await self.server.serve(sockets=[self._socket])

    def bind(self) -> None:
        """Take the address; uvicorn itself would end the process when it is taken."""
        if self._socket is None:
            family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
            bound = socket.socket(family, socket.SOCK_STREAM)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                bound.bind((self.host, self._port))
            except OSError as error:
                bound.close()
                raise OSError(error.errno, f"{self.host}:{self._port}: {error.strerror}") from None
            self._port = bound.getsockname()[1]
            self._socket = bound


async def serve(listeners: Sequence[Listener], started: asyncio.Event) -> None:
    """Serve until SIGINT or SIGTERM; `started` is set when all listen.

    Raises:
        OSError: an address cannot be used.
    """
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for listener in listeners:
            # A second signal does not wait for open requests.
            listener.server.force_exit = listener.server.should_exit
            listener.server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        for listener in listeners:
            listener.bind()
        async with asyncio.TaskGroup() as group:
            for listener in listeners:
                group.create_task(listener.serve())
            # uvicorn has no event for it.
            while not all(listener.server.started for listener in listeners):  # noqa: ASYNC110
                await asyncio.sleep(0.005)
            started.set()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)

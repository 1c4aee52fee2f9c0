"""Two uvicorn servers in one event loop, with one handling of signals."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator, Sequence

import uvicorn
from starlette.types import ASGIApp

from server.realtime.protocol import MAX_FRAME

_PING_S = 25.0


class _Server(uvicorn.Server):
    """A server that leaves signals to `serve`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class Listener:
    """An app on an address."""

    def __init__(self, app: ASGIApp, host: str, port: int, stop_s: float) -> None:
        """Prepare; nothing listens yet."""
        config = uvicorn.Config(
            app, host=host, port=port, http="httptools", loop="uvloop", ws="websockets-sansio", lifespan="off",
            ws_max_size=MAX_FRAME * 2, ws_ping_interval=_PING_S, ws_ping_timeout=_PING_S + 10,
            # Compression would cost about 100 KB of memory a socket, and leak secrets' sizes beside chosen texts.
            ws_per_message_deflate=False, access_log=False, server_header=False, proxy_headers=False, log_config=None,
            timeout_graceful_shutdown=max(1, int(stop_s)), timeout_keep_alive=65, backlog=2048,
        )  # fmt: skip
        self.server = _Server(config)
        self.host = host

    @property
    def port(self) -> int:
        """The port that it listens on, once started."""
        sockets = self.server.servers[0].sockets
        return int(sockets[0].getsockname()[1])


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
    tasks = [asyncio.create_task(listener.server.serve()) for listener in listeners]
    try:
        while not all(listener.server.started for listener in listeners):
            if any(task.done() for task in tasks):
                stop()
                break
            await asyncio.sleep(0.005)
        else:
            started.set()
        await asyncio.gather(*tasks)
    except SystemExit:
        # uvicorn exits when it cannot bind; its own log says why.
        stop()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise OSError("A listener could not be started; is the port in use?") from None
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)

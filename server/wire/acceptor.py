"""Takes new connections a few in each turn of the loop, so that a thousand that come at once keep nobody waiting.

A server of uvloop's takes all that wait in one go, in which no request is answered. What is not taken yet
waits in the system's queue, where it costs nothing.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Final

import structlog

_AT_ONCE: Final = 8
_PAUSE_S: Final = 0.5
Factory = Callable[[], asyncio.Protocol]
log = structlog.get_logger("server.acceptor")


class Acceptor:
    """Takes connections of one listening socket until it is closed. What uvicorn wants of a server."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, listening: socket.socket, factory: Factory, backlog: int
    ) -> None:
        """Listen, and begin; each connection gets a protocol from `factory`."""
        self._loop = loop
        self._listening = listening
        self._factory = factory
        self._under_way: set[asyncio.Task[object]] = set()
        self._closed = False
        listening.setblocking(False)
        listening.listen(backlog)
        loop.add_reader(listening, self._take)

    def _take(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                taken, _ = self._listening.accept()
            except (BlockingIOError, ConnectionAbortedError, InterruptedError):
                return
            except OSError as error:
                self._pause(error)
                return
            task = self._loop.create_task(self._connect(taken))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _connect(self, taken: socket.socket) -> None:
        taken.setblocking(False)
        try:
            await self._loop.connect_accepted_socket(self._factory, taken)
        except OSError:
            taken.close()  # it has gone again

    def _pause(self, error: OSError) -> None:
        """Most likely the process has as many files as it may: connections wait until some are closed."""
        self._loop.remove_reader(self._listening)
        self._loop.call_later(_PAUSE_S, self._go_on)
        log.warning("accept.paused", error=error.strerror, hint="Raise ulimit -n.")

    def _go_on(self) -> None:
        if not self._closed:
            self._loop.add_reader(self._listening, self._take)

    def close(self) -> None:
        """Take no more."""
        self._closed = True
        self._loop.remove_reader(self._listening)

    async def wait_closed(self) -> None:
        """Return when none is being taken."""
        if self._under_way:
            await asyncio.wait(self._under_way)

"""A client's connection: requests answered one after the other, deadlines, and the ends that it can come to.

Used through `uvicorn.Config(http=Connection)`. Of uvicorn's settings it follows `app`, `ws`, `timeout_keep_alive`, the
default headers and the limit of requests. `root_path`, `limit_concurrency` and `access_log` are not looked at.
"""

import asyncio
from collections.abc import Callable, Hashable
from functools import partial
from http import HTTPStatus
from typing import Any, cast

import httptools
import structlog
from uvicorn.config import Config
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from server.wire import limits
from server.wire.endings import Endings
from server.wire.exchange import Exchange
from server.wire.refusal import Refusal, refusal_answer
from server.wire.watch import watch_of
from tenancy.shares import Shares

log = structlog.get_logger("server.wire")


class Connection(Endings, asyncio.Protocol):
    """HTTP/1.1 for uvicorn."""

    __slots__ = ("_app", "_config", "_start", "_state")
    shares = Shares()
    """Told how long answers take; see `fair`."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Be ready to be connected; the parameters are uvicorn's."""
        loop = _loop or asyncio.get_running_loop()
        super().__init__(
            watch_of(server_state, loop, self.shares), app_state, upgradable=config.ws_protocol_class is not None
        )
        self._config = config
        self._app = config.loaded_app
        self._state = server_state
        self._start = self.watch.starter.start

    @staticmethod
    def lane_of(host: bytes) -> Hashable:
        """Whose requests those with this Host are: nobody's in particular. See `fair`."""
        return None

    # What the transport says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        # uvloop's transports are Transports without saying so.
        self.transport = cast("asyncio.Transport", transport)
        self.write = self.transport.write
        self.server = get_local_addr(self.transport)
        self.client = get_remote_addr(self.transport)
        self.scheme = "https" if is_ssl(self.transport) else "http"
        self._state.connections.add(self)  # type: ignore[arg-type]
        self.watch.add(self)
        self.deadline = self.watch.now + limits.HEAD_S

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        for exchange in (self.current, *self.queue):
            if exchange is not None:
                exchange.lose()
        self.current = self.incoming = None
        self.queue.clear()
        self.pending = self.held = b""
        self.resume_writing()
        self._release()

    def data_received(self, data: bytes) -> None:
        """Some bytes came."""
        if self.deaf:
            return
        if self.held:
            self.held += data
            return
        self.take(data)
        if self.incoming is not None or self.current is not None or len(self.queue) > 1:
            self.settle()

    def take(self, data: bytes) -> None:
        """Parse them, until a request waits for the one before it.

        A few kilobytes can be a pipeline of a hundred requests. Parsing all of them at once would take a time of which
        no lane knows, in which nobody is answered.
        """
        place = 0
        while place < len(data) and not self.deaf:
            if self.crowded():
                self.held = data[place:]
                return
            size = min(self._portion(), len(data) - place)
            if not self._parse(data[place : place + size], data, place):
                return
            place += size

    def _portion(self) -> int:
        """How many bytes are parsed at once: all of a body, little of what may be many requests."""
        incoming = self.incoming
        if incoming is None or incoming.complete:
            return limits.PORTION
        left: int = (incoming.length or 0) - incoming.received
        return max(left, limits.PORTION)

    def _parse(self, piece: bytes, data: bytes, place: int) -> bool:
        """Parse a piece of the data; whether the connection still speaks HTTP."""
        self.read += len(piece)
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:
            self.deaf = True
            if self.upgrading:
                self._hand_over(data[place + upgrade.args[0] :])
                return False
        except httptools.HttpParserError as error:
            self._fail(error)
        if self.moved:
            self.moved = False
            self.read = 0
        else:
            self._stuck(len(piece))
        return True

    def pause_writing(self) -> None:
        """The client reads slower than we write."""
        self.writable = asyncio.Event()
        self._unsent = -1

    def resume_writing(self) -> None:
        """It has caught up."""
        if self.writable is not None:
            self.writable.set()
            self.writable = None
            if self.queue and self.current is None:
                self.watch.ready(self)

    # What uvicorn's server says.

    def shutdown(self) -> None:
        """Answer what was asked, and close."""
        self.last = True
        final = self.queue[-1] if self.queue else self.current
        if final is None:
            self.close()
        else:
            final.keep_alive = False

    # What the exchange says.

    def answered(self, exchange: Exchange) -> None:
        """An answer is whole; the next request's turn, once the rest of this one's body is out of the way."""
        self._state.total_requests += 1
        if exchange.whole:
            self.passed(exchange)
        elif not exchange.keep_alive or exchange.unread_is_much():
            self.current = None
            self.linger()
        else:
            # From here on counts what is drained, and in what time.
            exchange.buffered = 0
            exchange.timed = False
            self.settle()

    # What the parser says.

    def accept(self, exchange: Exchange) -> None:
        """Answer this one after those before it."""
        idle = not self.busy
        self.queue.append(exchange)
        if idle:
            self.watch.ready(self)

    def passed(self, exchange: Exchange) -> None:
        """Both the request and its answer are whole."""
        self.current = None
        if not exchange.keep_alive:
            self.close()
        elif self.queue:
            # Not at once: this may run within a task, and a long pipeline is not to keep others waiting.
            self.watch.ready(self)
        elif self.last_words:
            self.say(self.last_words)
        else:
            self.deadline = self.watch.now + (
                limits.HEAD_S if self.read and not self.moved else self._config.timeout_keep_alive
            )
            if self.paused:
                self.settle()

    def _fail(self, error: httptools.HttpParserError) -> None:
        cause = error.__context__
        if isinstance(cause, Refusal):
            self.refuse(cause.status)
            return
        if isinstance(error, httptools.HttpParserCallbackError):
            log.error("wire.broke", exc_info=cause)
        self.refuse(HTTPStatus.BAD_REQUEST)

    def _stuck(self, size: int) -> None:
        """All of a piece became part of a head, or of what stands between pieces of body."""
        if self.deaf:
            return
        if self.read > limits.MAX_HEAD:
            self.refuse(self.too_much())
        elif self.incoming is None and self.read == size:
            self.deadline = self.watch.now + limits.HEAD_S

    def lane(self) -> Hashable:
        """Whose request it is that comes next, by its Host field."""
        if self.queue:
            for name, value in self.queue[0].scope["headers"]:
                if name == b"host":
                    return self.lane_of(value)
        return None

    def advance(self) -> None:
        """Begin to answer the next request, unless the answers before are not read: they would fill the memory."""
        if self.current is not None or not self.queue or self.writable is not None:
            return
        exchange = self.current = self.queue.popleft()
        task = self._start(self._app(exchange.scope, exchange.receive, exchange.send))
        if task.done():
            self._ended(exchange, task)
        else:
            self._state.tasks.add(task)
            task.add_done_callback(partial(self._ended, exchange))
        if self.paused:
            self.settle()

    def _ended(self, exchange: Exchange, task: asyncio.Task[None]) -> None:
        """The app has nothing more to say."""
        self._state.tasks.discard(task)
        # It leads back to the exchange; without it both are gone now, not when the garbage collector comes.
        exchange.scope.pop("extensions", None)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("app.broke", path=exchange.scope["path"], exc_info=error)
        if exchange.complete or exchange.gone:
            return
        exchange.lose()
        self.current = self.incoming = None
        self.queue.clear()
        if not exchange.begun:
            self.say(refusal_answer(HTTPStatus.INTERNAL_SERVER_ERROR, self.standing()))
        elif exchange.scope["http_version"] == "1.0":
            # A plain end could be that of the body.
            self.transport.abort()
        else:
            self.close()

    def _hand_over(self, rest: bytes) -> None:
        """The WebSocket protocol takes over; it is told the head, and what came behind it."""
        self._release()
        protocol = self._config.ws_protocol_class(  # type: ignore[misc, call-arg]
            config=self._config, server_state=self._state, app_state=self.app_state
        )
        protocol.connection_made(self.transport)
        protocol.data_received(self.upgrading + rest)
        self.transport.set_protocol(protocol)

    def _release(self) -> None:
        self.deaf = True
        self._state.connections.discard(self)
        self.watch.discard(self)
        # The parser holds our callbacks, and so us.
        del self.parser


def fair(lane_of: Callable[[bytes], Hashable], shares: Shares) -> type[Connection]:
    """The protocol for a server that shares its turns fairly among those whom `lane_of` tells apart by their Host."""
    members = {"__slots__": (), "lane_of": staticmethod(lane_of), "shares": shares}
    return type("FairConnection", (Connection,), members)

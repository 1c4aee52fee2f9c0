"""From bytes to exchanges: the callbacks of the parser."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import httptools

from server.wire import limits
from server.wire.exchange import Exchange
from server.wire.head import (
    FRAMING,
    METHODS,
    Fields,
    check_coding,
    check_size,
    check_version,
    has_body,
    rare_method,
    split_target,
)  # fmt: skip
from server.wire.refusal import Refusal

# Shared by all scopes: ASGI lets nobody change it.
_ASGI = {"version": "3.0", "spec_version": "2.4"}


class Intake:
    """Parses requests (llhttp, strict) and hands them on; a connection is one.

    httptools keeps an exception of a callback as the context of its own.
    """

    __slots__ = (
        "_fields", "_framing", "_target", "app_state", "client", "held", "incoming", "last", "moved", "parser",
        "progress", "read", "scheme", "server", "standing", "upgradable", "upgrading", "writable", "write",
    )  # fmt: skip

    write: Callable[[bytes], None]
    standing: Callable[[], bytes]

    def __init__(self, app_state: dict[str, Any], *, upgradable: bool) -> None:
        """Begin to parse."""
        self.parser = httptools.HttpRequestParser(self)
        self.app_state = app_state
        self.upgradable = upgradable
        self.server: tuple[str, int | None] | None = None
        self.client: tuple[str, int] | None = None
        self.scheme = "http"
        self.writable: asyncio.Event | None = None
        # Bytes read since something last got ahead. Of a head, chunk extensions and trailers, this is what is kept.
        self.read = 0
        self.held = b""  # came behind a request that waits for the one before it
        self.moved = False  # something got ahead in this piece: a head, some body, the end of a request
        self.last = False  # no further request is taken
        self.progress = 0  # body bytes in this window of the body's deadline
        self.incoming: Exchange | None = None
        self.upgrading = b""  # the head that the WebSocket protocol will be told
        self._target = b""
        self._fields: Fields | None = []
        self._framing: dict[bytes, bytes] = {}

    def write_last(self, data: bytes) -> None:
        """Write a whole answer, at the end of the turn."""
        raise NotImplementedError

    def write_next(self, data: bytes) -> None:
        """Write, behind the answers that wait for the end of the turn."""
        raise NotImplementedError

    def settle(self) -> None:
        """Read from the socket only while there is room for what comes."""
        raise NotImplementedError

    def answered(self, exchange: Exchange) -> None:
        """An answer is whole."""
        raise NotImplementedError

    def accept(self, exchange: Exchange) -> None:
        """A request's head is there."""
        raise NotImplementedError

    def passed(self, exchange: Exchange) -> None:
        """A request whose answer was whole before it is whole now too."""
        raise NotImplementedError

    @property
    def busy(self) -> bool:
        """Whether requests are being answered or wait for it."""
        raise NotImplementedError

    def too_much(self) -> HTTPStatus:
        """Why too many bytes brought nothing: a long target, a long head, or chunks with little in them."""
        if self.incoming is not None:
            return HTTPStatus.BAD_REQUEST
        long = len(self._target) > limits.MAX_TARGET
        return HTTPStatus.REQUEST_URI_TOO_LONG if long else HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE

    def on_url(self, piece: bytes) -> None:
        """Some of the request target."""
        self._target += piece

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head, or of the trailers, which nobody here reads (RFC 9110, 6.5.1)."""
        fields = self._fields
        if fields is None:
            return
        name = name.lower()
        # llhttp leaves white space at the end of a value; RFC 9112, 5.1 does not count it in.
        value = value.rstrip()
        fields.append((name, value))
        if name in FRAMING:
            value = value.lower()
            if name == b"transfer-encoding":
                check_coding(value)
            self._framing[name] = value

    def on_headers_complete(self) -> None:
        """The head is whole."""
        if self.last:
            raise Refusal(HTTPStatus.BAD_REQUEST)
        self.moved = True
        parser, target, fields, framing = self.parser, self._target, self._fields, self._framing
        assert fields is not None
        self._fields = None
        check_size(target, fields, self.read)
        version = parser.get_http_version()
        code = parser.get_method()
        method = METHODS.get(code) or rare_method(code)
        if framing or version != "1.1":
            check_version(version, framing)
            if self._upgrade(version, method, target, fields):
                return
        raw_path, query = split_target(target, fields)
        path = raw_path.decode("ascii")
        if "%" in path:
            path = unquote(path)
        scope: dict[str, Any] = {
            "type": "http", "asgi": _ASGI, "http_version": version, "server": self.server, "client": self.client,
            "scheme": self.scheme, "method": method, "root_path": "", "path": path, "raw_path": raw_path,
            "query_string": query, "headers": fields,
        }  # fmt: skip
        if self.app_state:
            scope["state"] = self.app_state.copy()
        exchange = self.incoming = Exchange(self, scope)
        scope["extensions"] = {"backpack.answer": exchange.answer}
        if framing:
            self._frame(exchange, version)
        if version == "1.0" or not parser.should_keep_alive() or parser.should_upgrade():
            # After a protocol that we do not speak was offered, the parser reads no further requests.
            exchange.keep_alive = False
            self.last = True
        self.accept(exchange)

    def on_body(self, piece: bytes) -> None:
        """Some of the body."""
        exchange = self.incoming
        if exchange is None:
            return
        self.moved = True
        self.progress += len(piece)
        if not exchange.complete:
            exchange.feed(piece)
        else:
            exchange.received += len(piece)
            exchange.buffered += len(piece)
            if exchange.buffered > limits.DRAIN:
                raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self.moved = True
        self._target = b""
        self._fields = []
        if self._framing:
            self._framing = {}
        exchange, self.incoming = self.incoming, None
        if exchange is None:
            return
        exchange.end()
        if exchange.complete:
            self.passed(exchange)

    def _frame(self, exchange: Exchange, version: str) -> None:
        framing = self._framing
        exchange.length = None if b"transfer-encoding" in framing else int(framing.get(b"content-length", b"0"))
        exchange.expecting = version == "1.1" and framing.get(b"expect") == b"100-continue"

    def _upgrade(self, version: str, method: str, target: bytes, fields: Fields) -> bool:
        """Whether the WebSocket protocol takes over.

        Raises:
            Refusal: 400. A body before the new protocol: llhttp takes it for that protocol, others for the body. Or a
                request before it is not answered: the two protocols would write at once.
        """
        if b"upgrade" not in self._framing or not self.parser.should_upgrade():
            return False
        if has_body(self._framing):
            raise Refusal(HTTPStatus.BAD_REQUEST)
        if not self.upgradable or version != "1.1" or self._framing[b"upgrade"] != b"websocket":
            return False
        if self.busy:
            raise Refusal(HTTPStatus.BAD_REQUEST)
        lines = [b"%b %b HTTP/1.1\r\n" % (method.encode(), target), *(b"%b: %b\r\n" % field for field in fields)]
        self.upgrading = b"".join([*lines, b"\r\n"])
        return True

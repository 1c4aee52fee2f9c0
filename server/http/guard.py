"""The outermost middleware: request id, headers of every answer, errors to problems, one log line.

Nothing is answered twice: an error after the answer has begun only ends the connection and goes to the log.
"""

import os
import time
from itertools import count
from typing import Literal

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.http.call import ClientGoneError
from server.http.headers import Headers
from server.http.problems import problem_response
from tenancy.errors import BackpackError, HeadersTooLarge, Refused

MAX_HEADERS = 16 * 1024
SLOW_S = 1.0
AccessLog = Literal["all", "errors"]
log = structlog.get_logger("server.request")

_RUN = os.urandom(4).hex()
_numbers = count()
"""Request ids: one of this run of the server, then a number, which tells which came first."""
_EVERY_ANSWER = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"strict-origin-when-cross-origin")]


class Guard:
    """Wraps an app; logs every request, or only failed and slow ones."""

    def __init__(self, app: ASGIApp, access_log: AccessLog = "errors") -> None:
        """Guard this app."""
        self._app = app
        self._all = access_log == "all"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request or a WebSocket."""
        if scope["type"] in {"http", "websocket"}:
            await _Guarded(scope, send).run(self._app, receive, self._all)


class _Guarded:
    """The state of one guarded request."""

    __slots__ = ("id", "scope", "send_on", "size", "started", "status")

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope = scope
        self.send_on = send
        self.id = f"{_RUN}{next(_numbers):08x}"
        self.started = False
        self.status = 0
        self.size = 0
        scope["backpack.request_id"] = self.id
        scope["backpack.headers"] = Headers(scope["headers"])

    async def run(self, app: ASGIApp, receive: Receive, log_all: bool) -> None:
        """Run the app and see to it that there is exactly one answer."""
        begun = time.perf_counter()
        try:
            if sum(len(name) + len(value) for name, value in self.scope["headers"]) > MAX_HEADERS:
                raise HeadersTooLarge
            await app(self.scope, receive, self.send)
        except (ClientGoneError, ConnectionResetError):
            self.status = 499
        except BackpackError as error:
            if not isinstance(error, Refused):
                log.warning("request.failed", code=error.code, detail=error.detail, id=self.id)
            await self.refuse(error)
        except Exception:
            log.exception("request.broke", id=self.id, path=self.scope["path"])
            await self.refuse(BackpackError("An unexpected error occurred."))
        finally:
            elapsed = time.perf_counter() - begun
            if log_all or self.status >= 500 or (elapsed > SLOW_S and self.scope["type"] == "http"):
                self.log(elapsed)

    async def send(self, message: Message) -> None:
        """Pass a message on, with the headers of every answer on its first."""
        kind = message["type"]
        if kind in {"http.response.start", "websocket.http.response.start"}:
            self.started = True
            self.status = message["status"]
            message["headers"] = [*message["headers"], (b"x-request-id", self.id.encode()), *_EVERY_ANSWER]
        elif kind == "http.response.body":
            self.size += len(message.get("body", b""))
        elif kind == "websocket.accept":
            self.started = True
            self.status = 101
        await self.send_on(message)

    async def refuse(self, error: BackpackError) -> None:
        """Answer an error, unless an answer has begun already."""
        if self.started:
            log.warning("answer.broken_off", id=self.id, code=error.code)
            # Ending without the promised bytes is how HTTP/1.1 tells a client that the answer is not whole.
            return
        status, headers, body = problem_response(error, self.id)
        headers += self.scope.get("backpack.error_headers", [])
        kind = "http.response" if self.scope["type"] == "http" else "websocket.http.response"
        await self.send({"type": f"{kind}.start", "status": status, "headers": headers})
        await self.send({"type": f"{kind}.body", "body": b"" if self.scope.get("method") == "HEAD" else body})

    def log(self, elapsed: float) -> None:
        """The one line of a request."""
        scope = self.scope
        log.info(
            "request", id=self.id, tenant=scope.get("backpack.tenant"), method=scope.get("method", "WEBSOCKET"),
            route=scope.get("backpack.route", "-"), status=self.status, ms=round(elapsed * 1000, 1), bytes=self.size,
        )  # fmt: skip

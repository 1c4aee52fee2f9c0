"""The outermost layer: request id, headers of every answer, errors to problems, one log line; it alone answers.

What is inside returns its answer, so nothing is answered twice. An error after the answer has begun only ends the
connection and goes to the log.
"""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Literal

import structlog
from starlette.types import Message, Receive, Scope, Send

from server.http.call import ClientGoneError
from server.http.headers import Headers
from server.http.problems import problem_response
from server.http.response import App, Header, Response
from tenancy.context import Reason, TenantContext
from tenancy.errors import BackpackError, HeadersTooLarge, Refused, TenantNotFound, TenantSuspended, Unavailable
from tenancy.model.slug import TenantId

MAX_HEADERS = 16 * 1024
SLOW_S = 1.0
_FULL = 507
_GONE = 499
"""In the log: the client left before it was answered."""
AccessLog = Literal["all", "errors"]
Count = Callable[[TenantId, int, int, int, float], None]
"""Told of each request of a tenant: status, bytes of its body and of the answer's, seconds."""
log = structlog.get_logger("server.request")

_RUN = os.urandom(4).hex()
_numbers = count()
"""Request ids: one of this run of the server, then a number, which tells which came first."""
_EVERY_ANSWER: Sequence[Header] = (
    (b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"strict-origin-when-cross-origin"),
)  # fmt: skip


class Guard:
    """Wraps an app; logs every request, or only failed and slow ones."""

    def __init__(self, app: App, access_log: AccessLog = "errors", count: Count | None = None) -> None:
        """Guard this app."""
        self._app = app
        self._count = count
        self._all = access_log == "all"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request or a WebSocket."""
        if scope["type"] not in {"http", "websocket"}:
            return
        scope["backpack.request_id"] = f"{_RUN}{next(_numbers):08x}"
        scope["backpack.headers"] = Headers(scope["headers"])
        try:
            await (self._answer if scope["type"] == "http" else self._converse)(scope, receive, send)
        finally:
            # An answer in pieces reads from its tenant until it has been sent.
            if "backpack.release" in scope:
                scope["backpack.release"]()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See to it that there is exactly one answer."""
        begun, id, answer, status = time.perf_counter(), scope["backpack.request_id"], None, _GONE
        quiet = False
        try:
            try:
                _check_size(scope)
                answer = await self._app(scope, receive, send)
            except (ClientGoneError, ConnectionResetError):
                raise
            except asyncio.CancelledError:
                answer = _cut(scope)
            except Exception as error:  # noqa: BLE001 - told to the client and the log
                quiet = isinstance(error, Refused)
                answer = _problem(error, scope)
            answer.headers = (*answer.headers, (b"x-request-id", id.encode()), *_EVERY_ANSWER)
            status = answer.status
            await answer.send(scope, send)
        except (ClientGoneError, ConnectionResetError):
            status = _GONE
        except BackpackError as error:
            # Ending without the promised bytes is how HTTP/1.1 tells a client that the answer is not whole.
            log.warning("answer.broken_off", id=id, code=error.code)
        except Exception:
            log.exception("answer.broke", id=id, path=scope["path"])
        finally:
            elapsed = time.perf_counter() - begun
            size = answer.size if answer is not None else 0
            if self._count is not None and "backpack.tenant_id" in scope:
                self._count(scope["backpack.tenant_id"], status, scope.get("backpack.received", 0), size, elapsed)
            # 507 is a tenant that is full, and would fill the log too; a full disk is told by what failed.
            slow = elapsed - scope.get("backpack.waited", 0.0) > SLOW_S  # who wanted to wait is not answered slowly
            if self._all or slow or (status >= 500 and status != _FULL and not quiet):
                _log(scope, status, elapsed, size)

    async def _converse(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A WebSocket: what is inside speaks for itself; a refused handshake is answered here."""
        begun, status, quiet = time.perf_counter(), 0, False

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "websocket.accept":
                status = 101
            await send(message)

        try:
            _check_size(scope)
            await self._app(scope, receive, noted)
        except (ClientGoneError, ConnectionResetError):
            status = _GONE
        except Exception as error:  # noqa: BLE001 - told to the client and the log
            told, quiet = _told(error, scope), isinstance(error, Refused)
            if status == 0:
                status = told.status
                await _refuse(told, scope["backpack.request_id"], send)
        finally:
            if self._all or (status >= 500 and not quiet):
                _log(scope, status, time.perf_counter() - begun, 0)


def _check_size(scope: Scope) -> None:
    if scope["backpack.headers"].size > MAX_HEADERS:
        raise HeadersTooLarge


def _problem(error: Exception, scope: Scope) -> Response:
    answer = problem_response(_told(error, scope), scope["backpack.request_id"])
    answer.headers = (*answer.headers, *scope.get("backpack.error_headers", ()))
    return answer


def _cut(scope: Scope) -> Response:
    """The answer of a request whose tenant has ended under it."""
    context = scope.get("backpack.context")
    if not isinstance(context, TenantContext) or not context.ended.is_set():
        raise asyncio.CancelledError
    return _problem(_ENDED[context.ended.why](), scope)


_ENDED: Mapping[Reason, Callable[[], BackpackError]] = {
    "gone": TenantNotFound, "suspended": TenantSuspended, "moved": Unavailable,
}  # fmt: skip


def _told(error: Exception, scope: Scope) -> BackpackError:
    """What the client hears; what is not its own fault goes to the log."""
    id = scope["backpack.request_id"]
    if not isinstance(error, BackpackError):
        log.error("request.broke", id=id, path=scope["path"], exc_info=error)
        return BackpackError("An unexpected error occurred.")
    if not isinstance(error, Refused):
        log.warning("request.failed", code=error.code, detail=error.detail, id=id)
    return error


async def _refuse(error: BackpackError, id: str, send: Send) -> None:
    """Answer a handshake without accepting it."""
    answer = problem_response(error, id)
    headers = [*answer.headers, (b"x-request-id", id.encode()), *_EVERY_ANSWER]
    await send({"type": "websocket.http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": answer.body})


def _log(scope: Scope, status: int, elapsed_s: float, size: int) -> None:
    """The one line of a request."""
    log.info(
        "request", id=scope["backpack.request_id"], tenant=scope.get("backpack.tenant"),
        method=scope.get("method", "WEBSOCKET"), route=scope.get("backpack.route", "-"), status=status,
        ms=round(elapsed_s * 1000, 1), bytes=size, **({"by": scope["backpack.by"]} if "backpack.by" in scope else {}),
    )  # fmt: skip

"""From a request to its handler: route, credential, policy, call."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from starlette.types import Receive, Scope, Send

from server.http.call import Call, Context
from server.http.cookies import session_cookie
from server.http.credentials import Credential, cookie_name, read_bearer, read_session
from server.http.response import Answer
from server.http.routes import Handler, Route, RouteTable
from tenancy.errors import Forbidden, RouteNotFound, SessionInvalid, Unauthenticated
from tenancy.model.principal import ANONYMOUS, Kind, Principal

C = TypeVar("C", bound=Context)
Identify = Callable[[C, Credential], Awaitable[Principal | None]]


_SCOPES = "GET /api/keys says what each key may do; make one with the scope that this needs."


class Dispatcher(Generic[C]):
    """The app behind the middlewares.

    Args:
        table: the routes.
        identify: whose credential it is, None when it is nobody's.
        fallback: answers GET of paths outside `reserved` that no route has (the hosted site, the panel).
        reserved: the prefix below which there are only routes.
        cookie: the session cookie's name over plain HTTP.
        scheme: `http` or `https`, as browsers see it.
    """

    def __init__(
        self, table: RouteTable[C], identify: Identify[C], fallback: Handler[C], *,
        reserved: bytes, cookie: str, scheme: str,
    ) -> None:  # fmt: skip
        """Serve these routes."""
        self._table = table
        self._identify = identify
        self._fallback = fallback
        self._reserved = reserved
        self._cookie = cookie_name(cookie, f"{scheme}:")
        self._scheme = scheme

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Answer:
        """Answer a request; a WebSocket's route has it through the call."""
        method: str = scope.get("method", "WEBSOCKET")
        route, params = self._route(method, scope.get("raw_path") or scope["path"].encode())
        call = Call(scope, receive, scope["backpack.context"], params, self._scheme, self._cookie, send)
        if route is None:
            scope["backpack.route"] = "(site)"
            answer = await self._fallback(call)
        else:
            scope["backpack.route"] = route.path
            if route.policy != "open":
                await self._authenticate(call, route, method)
            answer = await route.handler(call)
        if call.extra_headers:
            answer.headers = [*answer.headers, *call.extra_headers]
        return answer

    def _route(self, method: str, raw_path: bytes) -> tuple[Route[C] | None, dict[str, str]]:
        try:
            return self._table.find(method, raw_path)
        except RouteNotFound:
            if method in {"GET", "HEAD"} and not raw_path.startswith(self._reserved):
                return None, {}
            raise

    async def _authenticate(self, call: Call[C], route: Route[C], method: str) -> None:
        """Set the caller's principal and hold it against the route's policy."""
        credential = read_bearer(call.headers)
        if credential is None:
            credential = read_session(call.headers, method, call.origin, self._cookie)
        if credential is not None:
            principal = await self._identify(call.context, credential)
            if principal is None and not credential.from_cookie:
                raise SessionInvalid
            if principal is None:
                # A browser cannot drop an HttpOnly cookie itself: one that is over must not lock it out.
                call.extra_headers.append(session_cookie(self._cookie, "", 0))
            call.principal = principal or ANONYMOUS
            if call.principal.by:
                call.scope["backpack.by"] = call.principal.by
        if route.policy != "anyone" and call.principal.kind is Kind.ANONYMOUS:
            raise Unauthenticated
        if route.policy == "key" and call.principal.kind is not Kind.KEY:
            raise Forbidden("Only an API key may do this.", hint="Send an API key as Authorization: Bearer bpk_…")
        if call.principal.scope != "admin":
            _check_scope(call.principal, route)


def _check_scope(key: Principal, route: Route[C]) -> None:
    """Hold a key that is not for everything against a route; which collections it is for the rules know."""
    if route.policy == "key":
        raise Forbidden("The API key has not the scope admin.", hint=_SCOPES)
    if route.changes and key.scope != "write":
        raise Forbidden("The API key may only read.", hint=_SCOPES)
    if key.collections is not None and not route.is_data:
        raise Forbidden("The API key is for some collections alone.", hint=_SCOPES)

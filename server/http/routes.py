"""Routes as data: dispatching, authentication policy and the OpenAPI document all come from one table."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar
from urllib.parse import unquote_to_bytes

from server.http.call import Call
from server.http.response import Answer
from tenancy.errors import BackpackError, MethodNotAllowed, RouteNotFound

C = TypeVar("C")
Handler = Callable[[Call[C]], Awaitable[Answer]]
Policy = Literal["open", "anyone", "user", "key"]
"""Who may call: `open` looks at no credential; `anyone` may be anonymous (rules decide about data); `user` is a
signed-in
user or an API key; `key` an API key alone. On the admin listener a signed-in administrator counts as `key`."""


@dataclass(frozen=True, slots=True)
class Route(Generic[C]):
    """One route.

    Args:
        method: in upper case; "WEBSOCKET" for an upgrade.
        path: with parameters in braces: /api/data/{collection}/{id}.
        handler: answers.
        policy: who may call.
        summary: one line for people, in the OpenAPI document.
        body: the type of the JSON body, or a description of another content type.
        answer: description of the successful answer, and its status.
        errors: what it refuses with, beyond what every route can.
        parameters: query parameters with their descriptions.
    """

    method: str
    path: str
    handler: Handler[C]
    policy: Policy
    summary: str
    body: type | str | None = None
    answer: tuple[int, str] = (200, "The result")
    errors: Sequence[type[BackpackError]] = ()
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])


class _Node(Generic[C]):
    __slots__ = ("children", "parameter", "routes")

    def __init__(self) -> None:
        self.children: dict[str, _Node[C]] = {}
        self.parameter: tuple[str, _Node[C]] | None = None
        self.routes: dict[str, Route[C]] = {}


class RouteTable(Generic[C]):
    """All routes of an app, found by walking the path's segments through dictionaries."""

    def __init__(self, routes: Sequence[Route[C]]) -> None:
        """Index the routes.

        Raises:
            ValueError: two routes share a method and path.
        """
        self.routes = tuple(routes)
        self._root: _Node[C] = _Node()
        for route in routes:
            self._add(route)

    def _add(self, route: Route[C]) -> None:
        node = self._root
        for segment in route.path.strip("/").split("/"):
            if segment.startswith("{"):
                if node.parameter is None:
                    node.parameter = (segment[1:-1], _Node())
                elif node.parameter[0] != segment[1:-1]:
                    raise ValueError(f"{route.path}: the parameter is called {node.parameter[0]} elsewhere")
                node = node.parameter[1]
            else:
                node = node.children.setdefault(segment, _Node())
        if route.method in node.routes:
            raise ValueError(f"{route.method} {route.path} is there twice")
        node.routes[route.method] = route

    def find(self, method: str, raw_path: bytes) -> tuple[Route[C], dict[str, str]]:
        """The route of a path and the values of its parameters.

        Raises:
            RouteNotFound: no route has this path.
            MethodNotAllowed: one has, with other methods.
        """
        node, params = self._root, dict[str, str]()
        for text in _segments(raw_path):
            child = node.children.get(text)
            if child is None:
                if node.parameter is None or not text:
                    raise RouteNotFound
                params[node.parameter[0]] = text
                child = node.parameter[1]
            node = child
        route = node.routes.get("GET" if method == "HEAD" else method)
        if route is None:
            if not node.routes:
                raise RouteNotFound
            allowed = sorted((node.routes.keys() | ({"HEAD"} if "GET" in node.routes else set())) - {"WEBSOCKET"})
            if not allowed:
                raise RouteNotFound("This route is a WebSocket.", hint="Connect with the SDK, or a WebSocket client.")
            raise MethodNotAllowed(allowed)
        return route, params


def _segments(raw_path: bytes) -> list[str]:
    """The names in a path, decoded one by one so that an encoded slash never divides."""
    if b"%" in raw_path or b"." in raw_path or b"\x00" in raw_path or not raw_path.isascii():
        return [_decode(segment) for segment in raw_path.split(b"/")[1:]]
    return raw_path.decode().split("/")[1:]


def _decode(segment: bytes) -> str:
    """A path segment; an encoded slash, a dot segment or bytes that are not UTF-8 fit no route."""
    try:
        text = (unquote_to_bytes(segment) if b"%" in segment else segment).decode()
    except UnicodeDecodeError:
        raise RouteNotFound from None
    if "/" in text or "\x00" in text or text in {".", ".."}:
        raise RouteNotFound
    return text

"""Routes as data: dispatching, authentication policy and the OpenAPI document all come from one table."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Generic, Literal, NamedTuple, TypeVar
from urllib.parse import unquote_to_bytes

from server.http.call import Call, Context
from server.http.response import Answer
from tenancy.errors import BackpackError, MethodNotAllowed, RouteNotFound
from tenancy.model.json import JsonObject

C = TypeVar("C", bound=Context)
_KEPT = 200
_PLAIN = re.compile(rb"[A-Za-z0-9_/-]*\Z")
Handler = Callable[[Call[C]], Awaitable[Answer]]
Policy = Literal["open", "anyone", "user", "key"]
"""Who may call: `open` looks at no credential; `anyone` may be anonymous (rules decide about data); `user` is a
signed-in
user or an API key; `key` an API key alone. On the admin listener a signed-in administrator counts as `key`."""


_DATA = ("/api/data/", "/api/batch")
_READING = frozenset({"GET", "HEAD", "QUERY", "WEBSOCKET"})


class Parameter(NamedTuple):
    """A query parameter or header: what it says, and the JSON Schema of its value; None for any text."""

    description: str
    schema: JsonObject | None = None


class Content(NamedTuple):
    """A body, asked or answered: its JSON Schema, the content types that it may have, and words about it."""

    schema: JsonObject
    media: Sequence[str] = ("application/json",)
    description: str = ""


@dataclass(frozen=True, slots=True)
class Route(Generic[C]):
    """One route.

    Args:
        method: in upper case; "WEBSOCKET" for an upgrade.
        path: with parameters in braces: /api/data/{collection}/{id}.
        handler: answers.
        policy: who may call.
        summary: one line for people, in the OpenAPI document.
        body: the type of the JSON body, its schema, or the content type of one that is no JSON.
        answer: description of the successful answer, and its status.
        errors: what it refuses with, beyond what every route can.
        parameters: query parameters.
        headers: request headers that change what is done.
        reads: it changes nothing, although its method does not say so.
        result: what the successful answer holds, a JSON object by default.
        also: other statuses of success. 201 and 206 hold the same, others nothing.
    """

    method: str
    path: str
    handler: Handler[C]
    policy: Policy
    summary: str
    body: type | str | Content | None = None
    answer: tuple[int, str] = (200, "The result")
    errors: Sequence[type[BackpackError]] = ()
    parameters: Mapping[str, Parameter] = field(default_factory=dict[str, Parameter])
    result: Content | None = None
    also: Mapping[int, str] = field(default_factory=dict[int, str])
    headers: Mapping[str, Parameter] = field(default_factory=dict[str, Parameter])
    reads: bool = False

    @property
    def changes(self) -> bool:
        """Whether it may change something."""
        return not self.reads and self.method not in _READING

    @property
    def is_data(self) -> bool:
        """Whether it is about documents, whose collections are known where it is done."""
        return self.method == "WEBSOCKET" or self.path.startswith(_DATA)


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
        self._walk = lru_cache(maxsize=1024)(self._walk_slowly)
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
        before, _, last = raw_path.rpartition(b"/")
        # What stands before the last slash is the same for all documents of a collection. Long ones are not kept.
        node, params = (self._walk if len(before) <= _KEPT else self._walk_slowly)(before)
        (name,) = _segments(last)
        node, params = _step(node, name, params)
        route = node.routes.get("GET" if method == "HEAD" else method)
        if route is None:
            raise _no_route(node, method)
        return route, params

    def _walk_slowly(self, raw_path: bytes) -> tuple[_Node[C], dict[str, str]]:
        """Where a path leads. The parameters are shared: whoever adds one copies them."""
        node, params = self._root, dict[str, str]()
        for name in _segments(raw_path)[1:]:
            node, params = _step(node, name, params)
        return node, params


def _step(node: _Node[C], name: str, params: dict[str, str]) -> tuple[_Node[C], dict[str, str]]:
    child = node.children.get(name)
    if child is not None:
        return child, params
    if node.parameter is None or not name:
        raise RouteNotFound
    parameter, child = node.parameter
    return child, {**params, parameter: name}


def _no_route(node: _Node[C], method: str) -> BackpackError:
    if not node.routes:
        return RouteNotFound()
    allowed = sorted((node.routes.keys() | ({"HEAD"} if "GET" in node.routes else set())) - {"WEBSOCKET"})
    if not allowed:
        return RouteNotFound("This route is a WebSocket.", hint="Connect with the SDK, or a WebSocket client.")
    return MethodNotAllowed(allowed)


def _segments(raw_path: bytes) -> list[str]:
    """The names in a path, decoded one by one so that an encoded slash never divides."""
    if _PLAIN.match(raw_path):
        return raw_path.decode().split("/")
    return [_decode(segment) for segment in raw_path.split(b"/")]


def _decode(segment: bytes) -> str:
    """A path segment; an encoded slash, a dot segment or bytes that are not UTF-8 fit no route."""
    try:
        text = (unquote_to_bytes(segment) if b"%" in segment else segment).decode()
    except UnicodeDecodeError:
        raise RouteNotFound from None
    if "/" in text or "\x00" in text or text in {".", ".."}:
        raise RouteNotFound
    return text

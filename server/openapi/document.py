"""OpenAPI 3.1 from the table of routes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from server.http.routes import Content, Route
from server.openapi.forms import ANY_OBJECT, PROBLEM, TEXT
from tenancy.errors import (
    BackpackError,
    Forbidden,
    Invalid,
    OutOfSpace,
    OverQuota,
    RouteNotFound,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
)
from tenancy.model.json import Json, JsonObject

_REF: Final = "#/components/schemas/{name}"
_READS: Final = frozenset({"GET", "QUERY"})
_WITH_CONTENT: Final = frozenset({200, 201, 206})


def document(
    routes: Sequence[Route[Any]], *, title: str, server: str, version: str, names: Mapping[str, Iterable[str]]
) -> JsonObject:
    """The description of an app.

    Args:
        routes: the app's routes; WebSockets and QUERY are left out, OpenAPI 3.1 has no words for them.
        title: the app's name.
        server: its origin.
        version: of Backpack.
        names: parameters for which each known value gets paths of its own: `{"collection": ["cars"]}`.
    """
    paths: dict[str, Json] = {}
    for route in routes:
        if route.method in {"WEBSOCKET", "QUERY"}:
            continue
        for path, known in _expanded(route.path, names):
            operations = paths.setdefault(path, {})
            assert isinstance(operations, dict)
            operations[route.method.lower()] = _operation(route, path, known)
    bodies = [route.body for route in routes if isinstance(route.body, type)]
    _, types = msgspec.json.schema_components(bodies, ref_template=_REF)
    schemes: JsonObject = {
        "token": {"type": "http", "scheme": "bearer", "description": "A session token or an API key"}
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {"schemas": {"Problem": PROBLEM, **types}, "securitySchemes": schemes},
    }


def _expanded(path: str, names: Mapping[str, Iterable[str]]) -> Iterable[tuple[str, str]]:
    """The path as it is, and one for each known value of a named parameter under /api/data."""
    yield path, ""
    for parameter, values in names.items():
        if path.startswith("/api/data/{" + parameter + "}"):
            for value in values:
                yield path.replace("{" + parameter + "}", value), value


def _operation(route: Route[Any], path: str, known: str) -> JsonObject:
    operation: JsonObject = {
        "operationId": _operation_id(route, known), "summary": route.summary, "tags": [known or _tag(route.path)],
        "parameters": _parameters(route, path), "responses": _responses(route),
    }  # fmt: skip
    if route.body is not None:
        operation["requestBody"] = _body(route.body)
    if route.policy != "open":
        operation["security"] = [{"token": []}] if route.policy != "anyone" else [{}, {"token": []}]
    return operation


def _responses(route: Route[Any]) -> JsonObject:
    content = _content(route.result or Content(ANY_OBJECT))
    responses: JsonObject = {}
    for status, description in {route.answer[0]: route.answer[1], **route.also}.items():
        responses[str(status)] = {"description": description}
        if status in _WITH_CONTENT:
            responses[str(status)] = {"description": description, "content": content}
    titles: dict[int, list[str]] = {}
    for error in sorted(_errors(route), key=lambda error: (error.status, error.title)):
        titles.setdefault(error.status, []).append(error.title)
    schema: JsonObject = {"schema": {"$ref": _REF.format(name="Problem")}}
    for status, texts in titles.items():
        responses[str(status)] = {"description": "; ".join(texts), "content": {"application/problem+json": schema}}
    return responses


def _errors(route: Route[Any]) -> set[type[BackpackError]]:
    """What a route refuses with: what it says itself, and what follows from its form."""
    errors: set[type[BackpackError]] = {TooMany, Unavailable, *route.errors}
    if route.policy != "open":
        errors |= {Unauthenticated, Forbidden}
    if route.body is not None or route.parameters or route.headers or "{" in route.path:
        errors.add(Invalid)
    if "{" in route.path:
        errors.add(RouteNotFound)
    if route.body is not None:
        errors |= {TooLarge, UnsupportedMedia}
    if route.method not in _READS:
        errors |= {OutOfSpace, OverQuota}
    return errors


def _operation_id(route: Route[Any], known: str) -> str:
    parts = [part for part in route.path.strip("/").split("/") if part not in {"api", "v1"}]
    if known:
        parts = [known if part == "{collection}" else part for part in parts]
    words = [part.replace("{", "by_").replace("}", "").replace(".", "_") for part in parts]
    return "_".join([route.method.lower(), *words])


def _tag(path: str) -> str:
    parts = path.strip("/").split("/")
    return parts[1] if len(parts) > 1 else parts[0]


def _parameters(route: Route[Any], path: str) -> list[Json]:
    in_path: list[Json] = [
        {"name": segment[1:-1], "in": "path", "required": True, "schema": TEXT}
        for segment in path.split("/")
        if segment.startswith("{")
    ]
    others: list[Json] = [
        {"name": name, "in": place, "description": one.description, "schema": one.schema or TEXT}
        for place, known in (("query", route.parameters), ("header", route.headers))
        for name, one in known.items()
    ]
    return in_path + others


def _content(content: Content) -> JsonObject:
    schemas: Sequence[tuple[str, Json]] = [(media, {"schema": content.schema}) for media in content.media]
    return dict(schemas)


def _body(body: type | str | Content) -> JsonObject:
    if isinstance(body, str):
        body = Content({}, (body,))
    elif isinstance(body, type):
        body = Content({"$ref": _REF.format(name=body.__name__)})
    described: JsonObject = {"description": body.description} if body.description else {}
    return {**described, "required": True, "content": _content(body)}

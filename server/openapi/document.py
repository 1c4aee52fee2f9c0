"""OpenAPI 3.1 from the table of routes."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from server.http.routes import Route
from tenancy.errors import BackpackError, Invalid, Unauthenticated
from tenancy.model.json import Json, JsonObject

_RAW: Final = frozenset({"application/zip", "application/x-ndjson"})
_OTHER_MEDIA: Final = _RAW | {"multipart/form-data"}
_PROBLEM: Final[JsonObject] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "requestId"],
    "properties": {
        "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; see docs/errors.md"}, "detail": {"type": "string"},
        "hint": {"type": "string", "description": "What to do next"}, "requestId": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {"type": "object", "properties": {"path": {"type": "string"}, "message": {"type": "string"}}},
        },
    },
}  # fmt: skip


def document(
    routes: Iterable[Route[Any]], *, title: str, server: str, version: str, names: Mapping[str, Iterable[str]]
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
    schemes: JsonObject = {
        "token": {"type": "http", "scheme": "bearer", "description": "A session token or an API key"}
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {"schemas": {"Problem": _PROBLEM}, "securitySchemes": schemes},
    }


def _expanded(path: str, names: Mapping[str, Iterable[str]]) -> Iterable[tuple[str, str]]:
    """The path as it is, and one for each known value of a named parameter under /api/data."""
    yield path, ""
    for parameter, values in names.items():
        if path.startswith("/api/data/{" + parameter + "}"):
            for value in values:
                yield path.replace("{" + parameter + "}", value), value


def _operation(route: Route[Any], path: str, known: str) -> JsonObject:
    status, description = route.answer
    responses: JsonObject = {str(status): {"description": description}}
    errors: list[type[BackpackError]] = [*route.errors]
    if route.policy in {"user", "key"}:
        errors.append(Unauthenticated)
    if route.body is not None or route.parameters:
        errors.append(Invalid)
    for error in errors:
        responses[str(error.status)] = {
            "description": error.title,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    operation: JsonObject = {
        "operationId": _operation_id(route, known), "summary": route.summary, "tags": [known or _tag(route.path)],
        "parameters": _parameters(route, path), "responses": responses,
    }  # fmt: skip
    if route.body is not None:
        operation["requestBody"] = _body(route.body)
    if route.policy != "open":
        operation["security"] = [{"token": []}] if route.policy != "anyone" else [{}, {"token": []}]
    return operation


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
    text: JsonObject = {"type": "string"}
    in_path: list[Json] = [
        {"name": segment[1:-1], "in": "path", "required": True, "schema": text}
        for segment in path.split("/")
        if segment.startswith("{")
    ]
    in_query: list[Json] = [
        {"name": name, "in": "query", "description": description, "schema": text}
        for name, description in route.parameters.items()
    ]
    return in_path + in_query


def _body(body: type | str) -> JsonObject:
    if isinstance(body, str):
        form = body.partition(":")[0]
        media = form if form in _OTHER_MEDIA else "application/json"
        schema: JsonObject = {"type": "object", "description": body} if media not in _RAW else {}
    else:
        media, schema = "application/json", msgspec.json.schema(body)
        schema = schema.get("$defs", {}).get(body.__name__, schema)  # type: ignore[union-attr, assignment]
    return {"required": True, "content": {media: {"schema": schema}}}

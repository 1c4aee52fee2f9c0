"""Errors as problem+json (RFC 9457): the only place that writes an error's body."""

from server.http.response import NO_STORE, Header, Response
from tenancy.errors import (
    BackpackError,
    HeadersTooLarge,
    MethodNotAllowed,
    TenantMoved,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from tenancy.model.json import Json, JsonObject, dumps


def problem(error: BackpackError, request_id: str) -> JsonObject:
    """The body of an error."""
    places: list[Json] = [{"path": place.path, "message": place.message} for place in error.places]
    body: JsonObject = {
        "type": f"/errors#{error.code}", "title": error.title, "status": error.status, "code": error.code,
        "detail": error.detail,
    }  # fmt: skip
    if places:
        body["errors"] = places
    if error.next_step:
        body["hint"] = error.next_step
    body["requestId"] = request_id
    return body


def problem_response(error: BackpackError, request_id: str) -> Response:
    """The answer of an error."""
    headers: list[Header] = [(b"content-type", b"application/problem+json"), NO_STORE]
    if isinstance(error, TooMany | Unavailable):
        headers.append((b"retry-after", str(error.retry_after_s).encode()))
    if isinstance(error, Unauthenticated):
        headers.append((b"www-authenticate", b'Bearer realm="backpack"'))
    if isinstance(error, HeadersTooLarge):
        headers.append((b"connection", b"close"))
    if isinstance(error, MethodNotAllowed):
        headers.append((b"allow", ", ".join(error.allowed).encode()))
    if isinstance(error, TenantMoved):
        headers.append((b"location", error.location.encode("latin-1")))
    return Response(error.status, dumps(problem(error, request_id)), headers)

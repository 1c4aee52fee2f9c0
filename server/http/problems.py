"""Errors as problem+json (RFC 9457): the only place that writes an error's body."""

from tenancy.errors import BackpackError, HeadersTooLarge, MethodNotAllowed, TooMany, Unauthenticated, Unavailable
from tenancy.model.json import Json, JsonObject, dumps

Headers = list[tuple[bytes, bytes]]


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


def problem_response(error: BackpackError, request_id: str) -> tuple[int, Headers, bytes]:
    """Status, headers and body of an error."""
    body = dumps(problem(error, request_id))
    headers: Headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if isinstance(error, TooMany | Unavailable):
        headers.append((b"retry-after", str(error.retry_after_s).encode()))
    if isinstance(error, Unauthenticated):
        headers.append((b"www-authenticate", b'Bearer realm="backpack"'))
    if isinstance(error, HeadersTooLarge):
        headers.append((b"connection", b"close"))
    if isinstance(error, MethodNotAllowed):
        headers.append((b"allow", ", ".join(error.allowed).encode()))
    return error.status, headers, body

"""The one way in which tests read an error."""

from typing import Any

import httpx

from tenancy.errors import all_errors

_STATUS = {error.code: error.status for error in all_errors()}
_WORDS_OF_ENGINES = ("Traceback", "apsw", "sqlite", "SQLITE", 'File "/', "msgspec", "orjson")


def assert_problem(response: httpx.Response, code: str, path: str | None = None) -> dict[str, Any]:
    """The answer is this problem, in the documented form, and says nothing of our insides."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    body: dict[str, Any] = response.json()
    assert body["code"] == code, body
    assert response.status_code == body["status"] == _STATUS[code]
    assert {"type", "title", "status", "code", "detail", "requestId", "hint"} <= set(body)
    assert body["requestId"] == response.headers["x-request-id"]
    assert not any(word in response.text for word in _WORDS_OF_ENGINES), response.text
    if path is not None:
        assert path in [place["path"] for place in body.get("errors", [])], body
    return body

"""The headers of every kind of answer: whole, so that one that is lost or new is seen."""

from typing import Any, Final

import httpx
import pytest

from server.hosting.assets import asset
from tests.support.app import App, Tenant, User
from tests.support.zips import make_zip

OF_THIS_ANSWER: Final = {"date", "content-length", "x-request-id", "etag", "www-authenticate"}
EVERY: Final = {"x-content-type-options": "nosniff", "referrer-policy": "strict-origin-when-cross-origin"}
JSON: Final = {**EVERY, "content-type": "application/json", "cache-control": "no-store"}
PROBLEM: Final = {**JSON, "content-type": "application/problem+json"}
CORS: Final = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "x-request-id, etag, location, link, retry-after, content-range, preference-applied",
}
FILE: Final = {
    **EVERY, "accept-ranges": "bytes", "vary": "origin",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}  # fmt: skip
PRIVATE: Final = {**FILE, "cache-control": "private, no-cache", "cross-origin-resource-policy": "same-origin"}
PUBLIC: Final = {**FILE, "cache-control": "public, max-age=0, must-revalidate"}
PAGE: Final = {
    **EVERY, "content-type": "text/html; charset=utf-8", "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'",
}  # fmt: skip
SDK: Final = {**EVERY, "content-type": "text/javascript; charset=utf-8", "cache-control": "no-cache", "vary": "origin"}
ADMIN: Final = {"cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin"}
PANEL: Final = {
    **EVERY, **ADMIN, "x-frame-options": "DENY",
    "content-security-policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
}  # fmt: skip


def _headers(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in OF_THIS_ANSWER}


async def _upload(tenant: Tenant, user: User, name: str, kind: str, visibility: str) -> str:
    form = {"visibility": visibility}
    stored = await tenant.http.post("/api/files", files={"file": (name, b"x", kind)}, data=form, headers=user.auth)
    url: str = stored.json()["url"]
    return url


def _named(kind: str, name: str) -> dict[str, str]:
    return {"content-disposition": f"{kind}; filename=\"{name}\"; filename*=UTF-8''{name}"}


async def test_what_a_tenants_host_answers(app: App, tenant: Tenant, user: User) -> None:
    await tenant.create("cars", user, id="c1")
    page = await tenant.http.get("/", headers={"accept": "text/html"})
    assert (page.status_code, _headers(page)) == (404, PAGE)
    landing = await tenant.http.get("/", headers={"host": "localhost"})
    assert (landing.status_code, _headers(landing)) == (200, PAGE)
    secret = await _upload(tenant, user, "a.html", "text/html", "private")
    picture = await _upload(tenant, user, "a.png", "image/png", "public")
    site = make_zip({"index.html": b"x", "app-B1c2D3e4.js": b"1", "404.html": b"no"})
    zipped = {**tenant.key, "content-type": "application/zip"}
    assert (await tenant.http.post("/api/site", content=site, headers=zipped)).status_code == 201

    export = {
        **JSON,
        "content-type": "application/x-ndjson",
        "content-disposition": 'attachment; filename="cars.ndjson"',
    }
    attached = {**PRIVATE, **_named("attachment", "a.html"), "content-type": "application/octet-stream"}
    shown = {**PUBLIC, **_named("inline", "a.png"), "content-type": "image/png"}
    seen: list[tuple[str, dict[str, str], int, dict[str, str]]] = [
        ("/api/data/cars", user.auth, 200, JSON), ("/api/data/cars/c1", user.auth, 200, JSON),
        ("/api/data/cars", {}, 401, PROBLEM), ("/api/data/cars/c1/history", user.auth, 200, JSON),
        ("/api/data/cars/export", user.auth, 200, {**export, "transfer-encoding": "chunked"}),
        ("/api/auth/me", user.auth, 200, JSON), ("/api/files", user.auth, 200, JSON),
        ("/api/collections", tenant.key, 200, JSON), ("/api/openapi.json", {}, 200, JSON),
        ("/api/health", {}, 200, JSON), ("/api/nothing", {}, 404, PROBLEM),
        (secret, user.auth, 200, attached), (secret, {}, 404, PROBLEM), (picture, {}, 200, shown),
        (f"{picture}?download=1", {}, 200, {**shown, **_named("attachment", "a.png")}), ("/backpack.js", {}, 200, SDK),
    ]  # fmt: skip
    for path, credential, status, expected in seen:
        for origin, more in (({}, {}), ({"origin": "http://app.example"}, CORS)):
            answer = await tenant.http.get(path, headers={**credential, **origin})
            assert (answer.status_code, _headers(answer)) == (status, {**expected, **more}), path
    html: dict[str, str] = {**EVERY, "content-type": "text/html; charset=utf-8", "cache-control": "no-cache"}
    script = {**html, "content-type": "text/javascript; charset=utf-8"}
    for path, status, expected in (
        ("/", 200, html), ("/nothing.png", 404, html),
        ("/app-B1c2D3e4.js", 200, {**script, "cache-control": "public, max-age=31536000, immutable"}),
    ):  # fmt: skip
        answer = await tenant.http.get(path, headers={"origin": "http://app.example"})
        assert (answer.status_code, _headers(answer)) == (status, expected), path
    gone = await tenant.http.delete("/api/data/cars/c1", headers=user.auth)
    assert (gone.status_code, _headers(gone)) == (204, EVERY)


async def test_what_the_admin_listener_answers(app: App) -> None:
    panel = {**PANEL, "content-type": "text/html; charset=utf-8", "cache-control": "no-cache"}
    script = next(part for part in asset("admin/index.html").data.decode().split('"') if part.endswith(".js"))
    kept = {
        **PANEL,
        "content-type": "text/javascript; charset=utf-8",
        "cache-control": "public, max-age=31536000, immutable",
    }
    seen: list[tuple[str, dict[str, Any], int, dict[str, str]]] = [
        ("/", {}, 200, panel), ("/tenants/shop", {}, 200, panel), (script, {}, 200, kept),
        ("/nothing.js", {}, 404, {**PROBLEM, **ADMIN}), ("/v1/status", {}, 200, {**JSON, **ADMIN}),
        ("/v1/tenants", {}, 200, {**JSON, **ADMIN}), ("/v1/openapi.json", {}, 200, {**JSON, **ADMIN}),
        ("/v1/tenants", {"authorization": "Bearer x"}, 401, {**PROBLEM, **ADMIN}), ("/v1/x", {}, 404, {**PROBLEM, **ADMIN}),
        ("/", {"host": "evil.example"}, 421, {**PROBLEM, **ADMIN}),
    ]  # fmt: skip
    for path, credential, status, expected in seen:
        for origin in ({}, {"origin": "http://app.example"}):
            answer = await app.admin.get(path, headers={**credential, **origin})
            assert (answer.status_code, _headers(answer)) == (status, expected), path


@pytest.mark.parametrize("name", ["x-forwarded-host", "x-reflected", "accept-language", "x-forwarded-prefix"])
async def test_nothing_of_a_request_is_in_an_answer_that_a_cache_keeps(tenant: Tenant, user: User, name: str) -> None:
    """A cache does not know these headers, so what they say must not be in what it gives to others."""
    picture = await _upload(tenant, user, "a.png", "image/png", "public")
    for path in (picture, "/backpack.js", "/"):
        answer = await tenant.http.get(path, headers={name: "canary.example"})
        assert "canary" not in answer.text + str(answer.headers)
    assert (await tenant.http.get(picture)).content == b"x"

"""What a proxy could have said about a request is not believed: neither the tenant, nor the method, nor who asks."""

import json

import httpx
import pytest

from tests.support.app import App, Tenant, User

BELIEVED_ELSEWHERE = {
    "x-forwarded-host": "{host}",
    "x_forwarded_host": "{host}",
    "x-forwarded-server": "{host}",
    "x-host": "{host}",
    "x-original-host": "{host}",
    "x-http-host-override": "{host}",
    "forwarded": "for=192.0.2.1;host={host};proto=https",
    "x-original-url": "http://{host}/api/collections",
    "x-rewrite-url": "/api/collections",
    "x-forwarded-prefix": "/api/collections",
    "x-forwarded-path": "/api/collections",
    "x-http-method-override": "DELETE",
    "x-http-method": "DELETE",
    "x-method-override": "DELETE",
    "x-forwarded-proto": "https",
    "x-forwarded-scheme": "https",
    "x-forwarded-ssl": "on",
    "x-forwarded-port": "443",
    "x-forwarded-for": "192.0.2.1",
    "x-real-ip": "192.0.2.1",
    "true-client-ip": "192.0.2.1",
    "x-tenant": "{name}",
    "x-tenant-id": "{name}",
    "via": "1.1 {host}",
}


def _told(answer: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    """Everything of an answer but what names this very request."""
    headers = {name: value for name, value in answer.headers.items() if name not in {"x-request-id", "date"}}
    body = answer.content
    if headers.get("content-type") == "application/problem+json":
        body = json.dumps({**answer.json(), "requestId": ""}).encode()
    return answer.status_code, headers, body


@pytest.mark.parametrize("header", BELIEVED_ELSEWHERE)
async def test_an_answer_is_the_same_whatever_a_proxy_would_have_said(
    app: App, tenant: Tenant, user: User, header: str
) -> None:
    other = await app.tenant()
    await other.create("cars", await other.user(), id="c1", secret="canary")
    await tenant.create("cars", user, id="c1", name="mine")
    said = {header: BELIEVED_ELSEWHERE[header].format(host=other.host, name=other.name)}
    for method, path, headers in (
        ("GET", "/api/openapi.json", {}),
        ("GET", "/api/data/cars/c1", user.auth),
        ("GET", "/api/data/cars?limit=1", user.auth),
        ("POST", "/api/data/cars", {**user.auth, "origin": tenant.origin, "cookie": "backpack=x"}),
        ("GET", "/api/auth/me", {}),
        ("GET", "/", {"accept": "text/html"}),
    ):
        plain = await tenant.http.request(method, path, headers=headers)
        told = await tenant.http.request(method, path, headers={**headers, **said})
        assert _told(told) == _told(plain), (method, path)
        assert "canary" not in told.text
    assert (await tenant.http.get("/api/data/cars/c1", headers=user.auth)).json()["name"] == "mine"


async def test_the_scheme_of_a_cookie_is_the_settings_not_a_headers(tenant: Tenant, user: User) -> None:
    body = {"email": user.email, "password": "correct horse"}
    for said in ({}, {"x-forwarded-proto": "https"}, {"forwarded": "proto=https"}):
        signed = await tenant.http.post("/api/auth/login", json=body, headers={"origin": tenant.origin, **said})
        assert signed.headers["set-cookie"].startswith("backpack="), said
        secure = {"origin": tenant.origin.replace("http:", "https:"), **said}
        assert "set-cookie" not in (await tenant.http.post("/api/auth/login", json=body, headers=secure)).headers
    tenant.http.cookies.clear()

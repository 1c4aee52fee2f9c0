"""Which host is served, and CORS."""

import asyncio

import httpx
import pytest

from tests.support.app import App, Tenant
from tests.support.problems import assert_problem


async def _raw(port: int, request: bytes) -> bytes:
    """The answer to bytes that no client library would send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("evil.example", "wrong_host"),
        ("127.0.0.1:8000", "wrong_host"),
        ("localhost.evil", "wrong_host"),
        ("evil-localhost", "wrong_host"),
        ("nobody.localhost", "tenant_not_found"),
        ("a.b.localhost", "tenant_not_found"),
        ("www.localhost", "tenant_not_found"),
        ("x_y.localhost", "bad_host"),
        ("a@b.localhost", "bad_host"),
        ("a,b.localhost", "bad_host"),
        ("a%2eb.localhost", "bad_host"),
        ("a..localhost", "bad_host"),
        ("", "bad_host"),
        ("[::1]", "bad_host"),
        ("x.localhost:99999999", "bad_host"),
    ],
)
async def test_a_host_that_is_no_tenant(app: App, tenant: Tenant, host: str, code: str) -> None:
    async with httpx.AsyncClient() as http:
        for path in ("/api/health", "/", "/api/data/cars"):
            answer = await http.get(f"http://127.0.0.1:{app.public_port}{path}", headers={"host": host})
            assert_problem(answer, code)
            assert "access-control-allow-origin" not in answer.headers
    assert (await tenant.http.get("/api/health")).status_code == 200


@pytest.mark.parametrize(
    "spelling", ["{}.localhost", "{}.LOCALHOST", "{}.localhost.", "{}.localhost:1", "{}.LocalHost.:80"]
)
async def test_spellings_of_a_tenants_host(tenant: Tenant, spelling: str) -> None:
    for name in (tenant.name, tenant.name.upper()):
        answer = await tenant.http.get("/api/openapi.json", headers={"host": spelling.format(name)})
        assert answer.json()["info"]["title"] == tenant.name


async def test_two_hosts_are_refused(app: App, tenant: Tenant) -> None:
    other = await app.tenant()
    request = f"GET /api/health HTTP/1.1\r\nHost: {tenant.host}\r\nHost: {other.host}\r\nConnection: close\r\n\r\n"
    answer = await _raw(app.public_port, request.encode())
    assert b" 400 " in answer.split(b"\r\n")[0]
    one = f"GET /api/health HTTP/1.1\r\nHost: {tenant.host}\r\nConnection: close\r\n\r\n"
    assert b" 200 " in (await _raw(app.public_port, one.encode())).split(b"\r\n")[0]


async def test_no_host_is_refused(app: App) -> None:
    answer = await _raw(app.public_port, b"GET / HTTP/1.0\r\n\r\n")
    assert b" 400 " in answer.split(b"\r\n")[0]


async def test_two_tenants_on_one_connection(app: App, tenant: Tenant) -> None:
    other = await app.tenant()
    first = f"GET /api/openapi.json HTTP/1.1\r\nHost: {tenant.host}\r\n\r\n"
    second = f"GET /api/openapi.json HTTP/1.1\r\nHost: {other.host}\r\nConnection: close\r\n\r\n"
    answer = await _raw(app.public_port, (first + second).encode())
    assert answer.index(f'"title":"{tenant.name}"'.encode()) < answer.index(f'"title":"{other.name}"'.encode())


async def test_the_base_domain_has_its_own_pages(app: App) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.public_port}", headers={"host": "localhost"}) as http:
        assert (await http.get("/healthz")).json() == {"status": "ok"}
        assert (await http.get("/readyz")).status_code == 200
        assert "Backpack" in (await http.get("/")).text
        assert_problem(await http.get("/api/data/cars"), "route_not_found")
        assert_problem(await http.get("/v1/tenants"), "route_not_found")


async def test_the_admin_listener_answers_to_its_names_alone(app: App) -> None:
    for host in ("evil.example", "localhost.evil", "shop.localhost"):
        assert_problem(await app.admin.get("/v1/status", headers={"host": host}), "wrong_host")
    for host in ("localhost", "127.0.0.1:8001", "[::1]:8001"):
        assert (await app.admin.get("/v1/status", headers={"host": host})).status_code == 200


async def test_a_frontend_from_anywhere_may_use_a_token(tenant: Tenant) -> None:
    origin = {"origin": "http://localhost:5173"}
    preflight = await tenant.http.options(
        "/api/data/cars", headers={**origin, "access-control-request-method": "PATCH"}
    )
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    user = await tenant.user()
    for answer in (
        await tenant.http.get("/api/data/cars", headers={**origin, **user.auth}),
        await tenant.http.get("/api/data/cars", headers=origin),
        await tenant.http.get("/api/nothing", headers=origin),
    ):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers

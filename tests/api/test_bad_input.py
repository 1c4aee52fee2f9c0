"""Every route refuses what it does not take: a 4xx with a stable code, and nothing changed.

The cases are made from the table of routes, so that a new route is tested the day it is added.
"""

import asyncio
import re
from typing import Any

import httpx
import pytest

from server.admin import admin_routes
from server.http.routes import Route
from server.outbound import Outbound
from server.public import tenant_routes
from tenancy.shares import Shares
from tests.support.app import App, Tenant, User
from tests.support.problems import assert_problem

TENANT = [route for route in tenant_routes("0", Shares(), Outbound()).routes if route.method != "WEBSOCKET"]
ADMIN = list(admin_routes("0").routes)
WITH_JSON = [
    route
    for route in TENANT
    if route.body is not None and not re.search("zip|multipart|ndjson|urlencoded", str(route.body))
]
ADMIN_JSON = [route for route in ADMIN if isinstance(route.body, type)]
JSON = {"content-type": "application/json"}
BODIES = {
    "empty": (b"", "bad_json"),
    "no json": (b"{", "bad_json"),
    "latin": ('{"a":"ä"}'.encode("latin-1"), "bad_json"),
    "surrogate": (b'{"a":"\\ud800"}', "bad_json"),
    "nan": (b'{"a":NaN}', "bad_json"),
    "deep": (b'{"a":' * 200 + b"1" + b"}" * 200, "bad_json"),
    "very deep": (b"[" * 100_000, "bad_json"),
    "large integer": (b'{"a":9223372036854775808}', "bad_json"),
    "list": (b"[]", "invalid_request"),
    "text": (b'"x"', "invalid_request"),
    "null": (b"null", "invalid_request"),
    "large": (b'{"a":"' + b"x" * (1024 * 1024) + b'"}', "too_large"),
}


def _name(route: Route[Any]) -> str:
    return f"{route.method} {route.path}"


def _path(route: Route[Any]) -> str:
    return re.sub(r"\{\w+\}", "c1", route.path)


async def _digest(tenant: Tenant) -> str:
    """What a tenant holds."""
    parts = [await tenant.http.get(f"/api/data/{name}", headers=tenant.key) for name in ("c1", "users")]
    parts.append(await tenant.http.get("/api/collections", headers=tenant.key))
    parts.append(await tenant.http.get("/api/files", headers=tenant.key))
    return "".join(part.text for part in parts)


@pytest.fixture(scope="session")
async def filled(app: App) -> tuple[Tenant, User]:
    """A tenant with a document; no test here changes it."""
    tenant = await app.tenant("filled")
    user = await tenant.user("filled@example.com")
    await tenant.create("c1", user, id="c1", a=1)
    return tenant, user


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("route", WITH_JSON, ids=_name)
async def test_bodies(filled: tuple[Tenant, User], route: Route[Any], body: tuple[bytes, str]) -> None:
    tenant, user = filled
    before = await _digest(tenant)
    content, code = body
    credentials = tenant.key if route.policy == "key" else user.auth if route.policy != "open" else {}
    answer = await tenant.http.request(route.method, _path(route), content=content, headers={**JSON, **credentials})
    assert_problem(answer, code)
    assert await _digest(tenant) == before


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
@pytest.mark.parametrize("route", WITH_JSON, ids=_name)
async def test_content_types(filled: tuple[Tenant, User], route: Route[Any], kind: str) -> None:
    tenant, user = filled
    headers = {**(tenant.key if route.policy == "key" else user.auth), **({"content-type": kind} if kind else {})}
    answer = await tenant.http.request(route.method, _path(route), content=b"{}", headers=headers)
    assert_problem(answer, "unsupported_media_type")


@pytest.mark.parametrize("route", TENANT, ids=_name)
async def test_who_may_call(filled: tuple[Tenant, User], route: Route[Any]) -> None:
    tenant, user = filled
    if route.policy in {"user", "key"}:
        answer = await tenant.http.request(route.method, _path(route))
        assert_problem(answer, "authentication_required")
    if route.policy == "key":
        assert_problem(await tenant.http.request(route.method, _path(route), headers=user.auth), "forbidden")
    if route.policy != "open":
        wrong = {"authorization": "Bearer bpk_wrong"}
        assert_problem(await tenant.http.request(route.method, _path(route), headers=wrong), "session_invalid")


@pytest.mark.parametrize(
    "route", [route for route in TENANT if route.method == "GET" and route.path.startswith("/api/data")], ids=_name
)
async def test_unknown_parameters_and_methods(filled: tuple[Tenant, User], route: Route[Any]) -> None:
    tenant, user = filled
    if route.parameters:
        assert_problem(
            await tenant.http.get(f"{_path(route)}?fliter=x", headers=user.auth), "invalid_request", "fliter"
        )
        doubled = await tenant.http.get(f"{_path(route)}?limit=1&limit=2", headers=user.auth)
        assert_problem(doubled, "invalid_request", "limit")
    for method in ("TRACE", "PROPFIND"):
        answer = await tenant.http.request(method, _path(route), headers=user.auth)
        assert_problem(answer, "method_not_allowed")
        assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(
    ("query", "code", "place"),
    [
        ("limit=x", "invalid_request", "limit"),
        ("limit=-1", "invalid_request", "limit"),
        ("limit=1001", "invalid_request", "limit"),
        ("count=yes", "invalid_request", "count"),
        ("sort=$x", "bad_sort", "sort"),
        ("filter={", "bad_json", None),
        ("filter=[]", "bad_filter", ""),
        ("filter=%FF", "invalid_request", None),
        ("filter={%22$where%22:1}", "bad_filter", "/$where"),
        ("filter={%22a%22:{%22$in%22:5}}", "bad_filter", "/a/$in"),
        ("cursor=x", "bad_cursor", None),
        ("&".join(f"a{n}=1" for n in range(60)), "invalid_request", None),
    ],
)
@pytest.mark.parametrize("path", ["/api/data/c1", "/api/files"])
async def test_list_parameters(
    filled: tuple[Tenant, User], path: str, query: str, code: str, place: str | None
) -> None:
    tenant, user = filled
    assert_problem(await tenant.http.get(f"{path}?{query}", headers=user.auth), code, place)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api", "route_not_found"),
        ("/api/", "route_not_found"),
        ("/api/nothing", "route_not_found"),
        ("/api/data", "route_not_found"),
        ("/api/data/", "route_not_found"),
        ("/api/data//c1", "route_not_found"),
        ("/api/data/c1/", "route_not_found"),
        ("/api/data/c1/c1/x", "route_not_found"),
        ("/api/data/%2e%2e/c1", "route_not_found"),
        ("/api/data/c1%2Fc1", "route_not_found"),
        ("/api/data/%00/c1", "route_not_found"),
        ("/api/data/%ff", "route_not_found"),
        ("/api/data/_sessions", "invalid_request"),
        ("/api/data/_credentials/c1", "invalid_request"),
        ("/api/data/c%C3%A4", "invalid_request"),
        ("/api/data/" + "x" * 65, "invalid_request"),
        ("/api/data/c1/" + "x" * 500, "document_not_found"),
        ("/api/files/..%5c..%5cx", "file_not_found"),
        ("/api/files/missing/content", "file_not_found"),
    ],
)
async def test_paths(filled: tuple[Tenant, User], path: str, code: str) -> None:
    tenant, user = filled
    assert_problem(await tenant.http.get(path, headers=user.auth), code)


@pytest.mark.parametrize("id", ["a b", "ä", "x" * 65, "a.b", "*"])
async def test_ids_that_a_client_may_not_choose(filled: tuple[Tenant, User], id: str) -> None:
    tenant, user = filled
    assert_problem(await tenant.http.post("/api/data/c1", json={"id": id}, headers=user.auth), "invalid_request", "/id")
    put = await tenant.http.put(f"/api/data/c1/{id}", json={}, headers=user.auth)
    assert_problem(put, "invalid_request", "/id")


async def test_an_id_that_contradicts_the_path(filled: tuple[Tenant, User]) -> None:
    tenant, user = filled
    for method in ("PUT", "PATCH"):
        answer = await tenant.http.request(method, "/api/data/c1/c1", json={"id": "other"}, headers=user.auth)
        assert_problem(answer, "invalid_request", "/id")


@pytest.mark.parametrize("name", ["$a", "a.b", "a\0b", "__proto__", ""])
async def test_field_names(filled: tuple[Tenant, User], name: str) -> None:
    tenant, user = filled
    for body in ({name: 1}, {"x": [{name: 1}]}):
        for method, path in (("POST", "/api/data/c1"), ("PUT", "/api/data/c1/c1"), ("PATCH", "/api/data/c1/c1")):
            code = "bad_update" if method == "PATCH" and "$a" in body else "invalid_request"
            assert_problem(await tenant.http.request(method, path, json=body, headers=user.auth), code)


async def test_a_document_cannot_grow_beyond_its_limit(tenant: Tenant, user: User) -> None:
    await tenant.create("big", user, id="b", a="x" * 600_000)
    answer = await tenant.http.patch("/api/data/big/b", json={"b": "x" * 600_000}, headers=user.auth)
    assert_problem(answer, "too_large")
    assert "b" not in (await tenant.http.get("/api/data/big/b", headers=user.auth)).json()


async def test_headers_that_are_too_large(tenant: Tenant) -> None:
    assert_problem(await tenant.http.get("/api/health", headers={"x-large": "x" * 20_000}), "headers_too_large")


async def _raw(tenant: Tenant, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", tenant.port)
    writer.write(request)
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(65536), 5)
    writer.close()
    return answer


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: HOST\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: HOST\r\nContent-Length: x\r\n\r\n",
        b"POST /api/data/c1 HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/data/c1 HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\nXX\r\n",
        b"GET / HTTP/1.1\r\nHost : HOST\r\n\r\n",
    ],
)
async def test_broken_http(tenant: Tenant, request_: bytes) -> None:
    answer = await _raw(tenant, request_.replace(b"HOST", tenant.host.encode()))
    assert re.match(rb"HTTP/1.1 4\d\d", answer), answer[:80]
    assert (await tenant.http.get("/api/health")).status_code == 200


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b'{"name":5}', b'{"name":"shop","x":1}', b'{"email":["a"],"password":1}', b"x"]
)
@pytest.mark.parametrize("route", ADMIN_JSON, ids=_name)
async def test_admin_bodies(app: App, route: Route[Any], body: bytes) -> None:
    before = (await app.admin.get("/v1/tenants")).json()
    answer = await app.admin.request(route.method, route.path, content=body, headers=JSON)
    if body == b"{}" and (route.method == "PATCH" or route.path.endswith(("/impersonate", "/snapshots"))):
        # Everything can be left out; there is no such tenant.
        assert_problem(answer, "tenant_not_found")
    else:
        assert_problem(answer, "bad_json" if body == b"x" else "invalid_request")
    assert (await app.admin.get("/v1/tenants")).json() == before


_GUARDED = [route for route in ADMIN if route.policy == "key" and route.method != "WEBSOCKET"]  # test_operations.py


@pytest.mark.parametrize("route", _GUARDED, ids=_name)
async def test_the_control_plane_is_for_administrators(app: App, tenant: Tenant, user: User, route: Route[Any]) -> None:
    path = route.path.replace("{name}", tenant.name)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.admin_port}") as http:
        assert_problem(await http.request(route.method, path), "authentication_required")
        for headers in (user.auth, tenant.key):
            assert_problem(await http.request(route.method, path, headers=headers), "session_invalid")
    assert (await tenant.http.get("/api/health")).status_code == 200


@pytest.mark.parametrize("name", ["", "a", "Shop", "my--shop", "admin", "../x", "x" * 41])
async def test_names_that_no_tenant_can_have(app: App, name: str) -> None:
    assert_problem(await app.admin.post("/v1/tenants", json={"name": name}), "invalid_request", "/name")

"""Pages of other origins: with a visitor's cookie they change nothing and see nothing, from siblings neither.

SameSite does not tell sibling subdomains apart, and a form can be sent with any of three content types without asking. So
what is tried here is every route that writes, from every origin that is not the tenant's own, with every content type.
"""

import json
from typing import Any, Final, NamedTuple

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from server.admin import admin_routes
from server.outbound import Outbound
from server.public import tenant_routes
from tenancy.shares import Shares
from tests.support.app import PASSWORD, App, Tenant, User
from tests.support.problems import assert_problem
from tests.support.sockets import Socket

ORIGINS: Final = {
    "none": None,
    "null": "null",
    "empty": "",
    "a sibling": "http://evil.localhost:{port}",
    "the parent": "http://localhost:{port}",
    "below": "http://x.{name}.localhost:{port}",
    "another port": "http://{name}.localhost:1",
    "no port": "http://{name}.localhost",
    "https": "https://{name}.localhost:{port}",
    "begins alike": "http://{name}.localhost:{port}.evil.example",
    "ends alike": "http://evil-{name}.localhost:{port}",
    "a user": "http://{name}.localhost:{port}@evil.example",
    "with a slash": "http://{name}.localhost:{port}/",
    "two": "http://{name}.localhost:{port}, http://{name}.localhost:{port}",
}
KINDS: Final = (
    None,
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "application/json",
)
FORM: Final = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx\r\n--b--\r\n'


class Write(NamedTuple):
    """A request that a signed-in user may send."""

    path: str
    body: bytes
    kind: str
    status: int


def _json(path: str, body: object, status: int = 200) -> Write:
    return Write(path, json.dumps(body).encode(), "application/json", status)


WRITES: Final = {
    "POST /api/data/{collection}": _json("/api/data/cars", {"n": 1}, 201),
    "PUT /api/data/{collection}/{id}": _json("/api/data/cars/c1", {"n": 1}),
    "PATCH /api/data/{collection}/{id}": _json("/api/data/cars/c1", {"n": 1}),
    "DELETE /api/data/{collection}/{id}": Write("/api/data/cars/c1", b"", "application/json", 204),
    "POST /api/data/{collection}/query": _json("/api/data/cars/query", {}),
    "QUERY /api/data/{collection}/query": _json("/api/data/cars/query", {}),
    "POST /api/data/{collection}/aggregate": _json("/api/data/cars/aggregate", {"pipeline": [{"$match": {}}]}),
    "POST /api/batch": _json("/api/batch", {"operations": [{"op": "delete", "collection": "cars", "id": "c1"}]}),
    "POST /api/data/{collection}/import": Write("/api/data/cars/import", b'{"n":1}\n', "application/x-ndjson", 200),
    "POST /api/auth/logout": Write("/api/auth/logout", b"", "application/json", 204),
    "PATCH /api/auth/me": _json("/api/auth/me", {"bio": "x"}),
    "DELETE /api/auth/me": _json("/api/auth/me", {"password": PASSWORD}, 204),
    "POST /api/auth/anonymous/upgrade": _json(
        "/api/auth/anonymous/upgrade", {"email": "new@example.com", "password": PASSWORD}, 409
    ),
    "POST /api/auth/mfa/totp/enroll": _json("/api/auth/mfa/totp/enroll", {"password": PASSWORD}),
    "POST /api/auth/mfa/totp/confirm": _json("/api/auth/mfa/totp/confirm", {"code": "123456"}, 409),
    "POST /api/auth/mfa/totp/codes": _json("/api/auth/mfa/totp/codes", {}, 409),
    "POST /api/auth/mfa/totp/disable": _json("/api/auth/mfa/totp/disable", {"password": PASSWORD}, 204),
    "POST /api/auth/refresh": Write("/api/auth/refresh", b"", "application/json", 200),
    "DELETE /api/auth/sessions": Write("/api/auth/sessions", b"", "application/json", 200),
    "DELETE /api/auth/sessions/{id}": Write("/api/auth/sessions/{session}", b"", "application/json", 204),
    "POST /api/auth/verify/request": _json("/api/auth/verify/request", {}, 204),
    "POST /api/auth/password/change": _json(
        "/api/auth/password/change", {"currentPassword": PASSWORD, "newPassword": "another correct horse"}
    ),
    "POST /api/auth/email/change/request": _json(
        "/api/auth/email/change/request", {"email": "new@example.com", "password": PASSWORD}, 204
    ),
    "POST /api/auth/identities": _json(
        "/api/auth/identities", {"code": "x" * 43, "verifier": "x" * 43, "password": PASSWORD}, 400
    ),
    "POST /api/auth/passkeys/options": _json("/api/auth/passkeys/options", {"password": PASSWORD}),
    "POST /api/auth/passkeys": _json("/api/auth/passkeys", {"credential": {"id": "x"}}, 400),
    "PATCH /api/auth/passkeys/{id}": _json("/api/auth/passkeys/x", {"name": "x"}, 404),
    "DELETE /api/auth/passkeys/{id}": Write("/api/auth/passkeys/x", b"", "application/json", 404),
    "DELETE /api/auth/identities/{id}": Write("/api/auth/identities/x", b"", "application/json", 404),
    "POST /api/files": Write("/api/files", FORM, "multipart/form-data; boundary=b", 201),
    "PATCH /api/files/{id}": _json("/api/files/{file}", {"path": "x"}),
    "DELETE /api/files/{id}": Write("/api/files/{file}", b"", "application/json", 204),
}
ROUTES: Final = {
    f"{route.method} {route.path}": route.policy
    for route in tenant_routes("0", Shares(), Outbound()).routes
    if route.method not in {"GET", "WEBSOCKET"} and route.policy != "open"
}


def _origin(tenant: Tenant, name: str) -> dict[str, str]:
    form = ORIGINS[name]
    return {} if form is None else {"origin": form.format(name=tenant.name, port=tenant.port)}


async def _state(tenant: Tenant, user: User) -> str:
    """Everything that the routes could change."""
    found = [await tenant.http.get("/api/auth/me", headers=user.auth)]
    for path in ("/api/data/cars", "/api/data/users", "/api/files", "/api/collections"):
        found.append(await tenant.http.get(path, headers=tenant.key))
    assert all(answer.status_code == 200 for answer in found)
    return "".join(answer.text for answer in found)


def test_every_route_that_writes_is_tried() -> None:
    assert {route for route, policy in ROUTES.items() if policy != "key"} == set(WRITES)


@pytest.mark.parametrize("route", ROUTES)
async def test_a_foreign_page_changes_nothing(tenant: Tenant, user: User, route: str) -> None:
    await tenant.create("cars", user, id="c1", secret="canary")
    file = await tenant.http.post("/api/files", files={"file": ("a", b"canary")}, headers=user.auth)
    method, _, described = route.partition(" ")
    write = WRITES.get(route, _json(described, {}))
    session = (await tenant.http.get("/api/auth/sessions", headers=user.auth)).json()["items"][0]["id"]
    path = write.path.format(
        file=file.json()["id"], session=session, collection="cars", kind="reset", id="x", provider="x"
    )
    cookie = {"cookie": f"backpack={user.token}"}
    before = await _state(tenant, user)
    for origin in ORIGINS:
        for kind in (*KINDS, write.kind):
            headers = {**cookie, **_origin(tenant, origin), **({"content-type": kind} if kind else {})}
            answer = await tenant.http.request(method, path, content=write.body, headers=headers)
            assert_problem(answer, "wrong_origin")
            assert "canary" not in answer.text
            assert "set-cookie" not in answer.headers
    twice = [*cookie.items(), ("origin", tenant.origin), ("origin", tenant.origin)]
    assert_problem(await tenant.http.request(method, path, content=write.body, headers=twice), "wrong_origin")
    assert await _state(tenant, user) == before
    own = {**cookie, "origin": tenant.origin, "content-type": write.kind}
    answer = await tenant.http.request(method, path, content=write.body, headers=own)
    if ROUTES[route] == "key":  # a cookie is never a key
        assert_problem(answer, "forbidden")
    else:
        assert answer.status_code == write.status, answer.text
    tenant.http.cookies.clear()


@pytest.mark.parametrize("origin", ORIGINS)
async def test_a_foreign_page_of_the_panels_changes_nothing(app: App, origin: str) -> None:
    tenant = await app.tenant()
    own = f"http://127.0.0.1:{app.admin_port}"
    form = ORIGINS[origin]
    foreign = {} if form is None else {"origin": form.format(name="127.0.0.1", port=app.admin_port)}
    writes = [
        (route.method, route.path.replace("{name}", tenant.name))
        for route in admin_routes("0").routes
        if route.method not in {"GET", "WEBSOCKET"} and route.policy != "open"
    ]
    assert len(writes) >= 5
    async with httpx.AsyncClient(base_url=own) as http:
        body = {"email": "admin@example.com", "password": PASSWORD}
        assert (await http.post("/v1/sessions", json=body, headers={"origin": own})).status_code == 201
        before = (await http.get("/v1/tenants")).text
        for method, path in writes:
            for kind in KINDS:
                headers = {**foreign, **({"content-type": kind} if kind else {})}
                answer = await http.request(method, path, content=b'{"name":"by-csrf"}', headers=headers)
                assert_problem(answer, "wrong_origin")
        assert (await http.get("/v1/tenants")).text == before
        assert (await http.delete(f"/v1/tenants/{tenant.name}?purge=1", headers={"origin": own})).status_code == 204


@pytest.mark.parametrize("origin", [name for name in ORIGINS if name not in {"none", "empty"}])
async def test_a_foreign_page_reads_as_anybody(tenant: Tenant, user: User, origin: str) -> None:
    """The cookie is left out of account, the answer is for everybody, and what a preflight asks for is not done."""
    await tenant.create("cars", user, id="c1", secret="canary")
    cookie, foreign = {"cookie": f"backpack={user.token}"}, _origin(tenant, origin)
    for path in ("/api/data/cars", "/api/data/cars/c1", "/api/auth/me", "/api/data/cars/export"):
        answer = await tenant.http.get(path, headers={**cookie, **foreign})
        assert_problem(answer, "authentication_required")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        wanted = {
            **foreign,
            "access-control-request-method": "DELETE",
            "access-control-request-headers": "authorization",
        }
        asked = await tenant.http.options(path, headers={**cookie, **user.auth, **wanted})
        assert (asked.status_code, asked.content) == (204, b"")
        assert asked.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in asked.headers
    for headers in ({**cookie, "origin": tenant.origin}, {**user.auth, **foreign}):
        assert "canary" in (await tenant.http.get("/api/data/cars/c1", headers=headers)).text


async def _opened(tenant: Tenant, headers: list[tuple[str, str]]) -> tuple[Any, dict[str, Any]]:
    """Whom a socket is greeted as, and what its subscription is answered."""
    uri = f"ws://{tenant.host}/api/realtime"
    async with connect(uri, host="127.0.0.1", port=tenant.port, proxy=None, additional_headers=headers) as connection:
        opened = Socket(connection)
        user = (await opened.hear("hello"))["user"]
        await opened.say("subscribe", id="s", collection="cars", snapshot=True)
        await opened.say("ping")
        await opened.hear("pong")
        return user, opened.unread[0]


@pytest.mark.parametrize("origin", ORIGINS)
async def test_a_foreign_page_opens_nobodys_socket(tenant: Tenant, user: User, origin: str) -> None:
    await tenant.create("cars", user, id="c1", secret="canary")
    cookie = ("cookie", f"backpack={user.token}")
    who, answer = await _opened(tenant, [cookie, *_origin(tenant, origin).items()])
    assert (who, answer["problem"]["code"]) == (None, "authentication_required")
    who, answer = await _opened(tenant, [cookie, ("origin", tenant.origin)])
    assert (who, answer["items"][0]["secret"]) == ({"id": user.id}, "canary")
    twice = [cookie, ("origin", tenant.origin), ("origin", tenant.origin)]
    with pytest.raises(InvalidStatus):
        await _opened(tenant, twice)


@pytest.mark.parametrize("site", ["same-site", "cross-site"])
@pytest.mark.parametrize("kind", ["image", "script", "iframe", "empty", "video", "object"])
async def test_what_a_foreign_page_embeds_is_answered_as_to_anybody(
    tenant: Tenant, user: User, site: str, kind: str
) -> None:
    """Pictures, scripts and frames are asked for without an Origin; what they bring can be measured."""
    await tenant.create("cars", user, id="c1", secret="canary")
    cookie = {"cookie": f"backpack={user.token}"}
    path = '/api/data/cars?filter={"secret":"canary"}'
    embedded = await tenant.http.get(path, headers={**cookie, "sec-fetch-site": site, "sec-fetch-dest": kind})
    assert_problem(embedded, "authentication_required")
    for headers in (
        {"sec-fetch-site": site, "sec-fetch-dest": "document"},  # a link that was followed
        {"sec-fetch-site": "same-origin", "sec-fetch-dest": kind},
        {"sec-fetch-site": "none", "sec-fetch-dest": "document"},
        {},
    ):
        assert "canary" in (await tenant.http.get(path, headers={**cookie, **headers})).text

"""An administrator acts as a user: marked, noted before it begins, and never the account's master."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.accounts import is_signed_in, settle
from tests.support.app import PASSWORD, App, Tenant, User
from tests.support.problems import assert_problem
from tests.support.process import ServerProcess
from tests.support.sockets import socket


async def act(app: App, tenant: Tenant, id: str, **body: object) -> Any:
    return await app.admin.post(f"/v1/tenants/{tenant.name}/users/{id}/impersonate", json=body)


@pytest.fixture
async def acting(app: App, tenant: Tenant, user: User) -> User:
    """The administrator, as the user."""
    made = await act(app, tenant, user.id, reason="ticket 17")
    assert made.status_code == 201, made.text
    return User(user.id, made.json()["token"], user.email)


async def test_it_sees_and_does_what_the_user_may(tenant: Tenant, user: User, acting: User) -> None:
    await tenant.http.post("/api/collections", json={"name": "notes", "rules": {"list": "owner"}}, headers=tenant.key)
    mine = await tenant.create("notes", user, text="mine")
    other = await tenant.user()
    await tenant.create("notes", other, text="not mine")
    seen = await tenant.http.get("/api/data/notes", headers=acting.auth)
    assert [one["id"] for one in seen.json()["items"]] == [mine["id"]]
    assert (await tenant.create("notes", acting, text="for the user"))["owner"] == user.id
    assert (await tenant.http.get("/api/auth/me", headers=acting.auth)).json()["user"]["id"] == user.id
    assert_problem(await tenant.http.get("/api/collections", headers=acting.auth), "forbidden")


FORBIDDEN = [
    ("POST", "password/change", {"currentPassword": PASSWORD, "newPassword": "another horse"}),
    ("POST", "email/change/request", {"email": "thief@example.com", "password": PASSWORD}),
    ("POST", "mfa/totp/enroll", {"password": PASSWORD}),
    ("POST", "mfa/totp/confirm", {"code": "123456"}),
    ("POST", "mfa/totp/codes", {"totp": "123456"}),
    ("POST", "mfa/totp/disable", {"password": PASSWORD}),
    ("POST", "passkeys/options", {"password": PASSWORD}),
    ("POST", "passkeys", {"credential": {"id": "x"}}),
    ("PATCH", "passkeys/x", {"name": "x"}),
    ("DELETE", "passkeys/x", None),
    ("POST", "identities", {"code": "x", "verifier": "x", "password": PASSWORD}),
    ("DELETE", "identities/x", None),
    ("POST", "anonymous/upgrade", {"email": "thief@example.com", "password": PASSWORD}),
    ("POST", "refresh", None),
    ("DELETE", "sessions", None),
    ("DELETE", "sessions/x", None),
    ("DELETE", "me", {"password": PASSWORD}),
]


@pytest.mark.parametrize(("method", "path", "body"), FORBIDDEN, ids=[f"{one[0]} {one[1]}" for one in FORBIDDEN])
async def test_how_the_account_is_got_into_is_the_users_alone(
    tenant: Tenant, user: User, acting: User, method: str, path: str, body: Any
) -> None:
    options = {"json": body} if body is not None else {}
    response = await tenant.http.request(method, f"/api/auth/{path}", headers=acting.auth, **options)
    assert_problem(response, "forbidden")
    assert "in person" in response.json()["detail"] and await is_signed_in(tenant, user)


def test_every_way_to_change_an_account_is_tried() -> None:
    """A new route that changes something below /api/auth is refused too, or is said here to be harmless."""
    from tests.api.test_foreign_pages import ROUTES

    asked = {f"{method} /api/auth/{path.replace('/x', '/{id}')}" for method, path, _ in FORBIDDEN}
    changing = {route for route, policy in ROUTES.items() if "/api/auth/" in route and policy == "user"}
    assert changing - asked == {"POST /api/auth/logout", "PATCH /api/auth/me"}


async def test_the_user_sees_it_and_ends_it(tenant: Tenant, user: User, acting: User) -> None:
    listed = (await tenant.http.get("/api/auth/sessions", headers=user.auth)).json()["items"]
    assert [one["impersonated"] for one in listed] == [True, False]
    ended = await tenant.http.delete(f"/api/auth/sessions/{listed[0]['id']}", headers=user.auth)
    assert ended.status_code == 204 and not await is_signed_in(tenant, acting)


async def test_it_is_noted(app: App, tenant: Tenant, user: User, acting: User) -> None:
    entry = (await app.admin.get("/v1/audit?limit=1")).json()["items"][0]
    assert entry == {
        "createdAt": entry["createdAt"], "admin": "admin@example.com", "action": "impersonate", "tenant": tenant.name,
        "target": user.id, "reason": "ticket 17", "minutes": 30,
    }  # fmt: skip


@pytest.mark.process
def test_every_line_of_the_log_is_marked(tmp_path: Path) -> None:
    log = tmp_path / "log"
    server = ServerProcess.on(tmp_path, "--access-log", "all", "--log-format", "json", log=log)
    server.start()
    try:
        server.sign_in()
        server.admin("POST", "/v1/tenants", json={"name": "shop"})
        host, url = {"host": f"shop.localhost:{server.port}"}, f"http://127.0.0.1:{server.port}/api"
        account = {"email": "ann@example.com", "password": PASSWORD}
        mine = httpx.post(f"{url}/auth/register", json=account, headers=host).json()
        acting = server.admin("POST", f"/v1/tenants/shop/users/{mine['user']['id']}/impersonate", json={})
        for token in (acting["token"], mine["token"]):
            httpx.get(f"{url}/data/cars", headers={**host, "authorization": f"Bearer {token}"})
    finally:
        server.stop()
    lines = [json.loads(line) for line in log.read_text().splitlines() if '"request"' in line]
    marked = [line.get("by") for line in lines if line["route"] == "/api/data/{collection}"]
    assert marked == ["admin@example.com", None]


async def test_the_link_signs_a_browser_in_once(app: App, tenant: Tenant, user: User) -> None:
    made = (await act(app, tenant, user.id, minutes=5)).json()
    address, _, token = made["link"].partition("#act=")
    assert address == f"{tenant.origin}/api/auth/confirm"
    followed = await tenant.http.post("/api/auth/impersonation", json={"token": token})
    assert followed.status_code == 200
    listed = (await tenant.http.get("/api/auth/sessions", headers=user.auth)).json()["items"]
    assert [one["impersonated"] for one in listed] == [True, True, False]
    assert_problem(await tenant.http.post("/api/auth/impersonation", json={"token": token}), "token_invalid")
    assert_problem(await tenant.http.post("/api/auth/otp/login", json={"token": token}), "token_invalid")
    assert_problem(await tenant.http.post("/api/auth/impersonation", json={"token": made["token"]}), "token_invalid")


async def test_sockets_end_with_it(tenant: Tenant, user: User, acting: User) -> None:
    async with socket(tenant, acting) as connection:
        await connection.say("ping")
        await tenant.http.post("/api/auth/logout", headers=acting.auth)
        assert await connection.closed() == 4401
    assert await is_signed_in(tenant, user)


@pytest.mark.parametrize("body", [{"minutes": 0}, {"minutes": 241}, {"minutes": "x"}, {"reason": "a\nb"}, {"x": 1}])
async def test_bad_input_begins_nothing(app: App, tenant: Tenant, user: User, body: dict[str, Any]) -> None:
    before = (await app.admin.get("/v1/audit")).json()
    assert_problem(await act(app, tenant, user.id, **body), "invalid_request")
    assert_problem(await act(app, tenant, "nobody"), "document_not_found")
    assert (await app.admin.get("/v1/audit")).json() == before
    assert len((await tenant.http.get("/api/auth/sessions", headers=user.auth)).json()["items"]) == 1


async def test_disabled_users_too(app: App, tenant: Tenant, user: User) -> None:
    """To see what went wrong; the settings do not matter either."""
    await settle(tenant, verification="required")
    assert (await act(app, tenant, user.id)).status_code == 201

"""Accounts, sessions and cookies over HTTP."""

import pytest

from tests.support.app import PASSWORD, App, Tenant, User
from tests.support.problems import assert_problem


async def test_register_log_in_and_out(tenant: Tenant) -> None:
    user = await tenant.user("Ann@Example.com", name="Ann")
    body = {"email": " ann@example.COM ", "password": PASSWORD}
    signed = await tenant.http.post("/api/auth/login", json=body)
    assert signed.status_code == 200
    assert signed.json()["user"]["email"] == "ann@example.com"
    assert "password" not in signed.text
    auth = {"authorization": f"Bearer {signed.json()['token']}"}
    assert (await tenant.http.get("/api/auth/me", headers=auth)).json()["user"]["name"] == "Ann"
    assert (await tenant.http.post("/api/auth/logout", headers=auth)).status_code == 204
    assert_problem(await tenant.http.get("/api/auth/me", headers=auth), "session_invalid")
    assert (await tenant.http.get("/api/auth/me", headers=user.auth)).status_code == 200


async def test_an_unknown_email_and_a_wrong_password_answer_alike(tenant: Tenant, user: User) -> None:
    bodies = [{"email": user.email, "password": "wrong one"}, {"email": "nobody@example.com", "password": "wrong one"}]
    answers = [await tenant.http.post("/api/auth/login", json=body) for body in bodies]
    problems = [assert_problem(answer, "wrong_credentials") for answer in answers]
    for problem in problems:
        del problem["requestId"]
    assert problems[0] == problems[1]


async def test_an_email_is_taken_once_in_a_tenant_and_free_in_another(app: App, tenant: Tenant, user: User) -> None:
    again = await tenant.http.post("/api/auth/register", json={"email": user.email.upper(), "password": PASSWORD})
    assert_problem(again, "already_exists", "/email")
    assert (await (await app.tenant()).user(user.email)).id != user.id


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "/email"),
        ({"email": "a@example.com"}, "/password"),
        ({"email": ["a@example.com"], "password": PASSWORD}, "/email"),
        ({"email": "not an email", "password": PASSWORD}, "/email"),
        ({"email": "a@example.com\r\nBcc: x", "password": PASSWORD}, "/email"),
        ({"email": "a@example.com", "password": "short"}, "/password"),
        ({"email": "a@example.com", "password": "x" * 201}, "/password"),
        ({"email": "a@example.com", "password": {"$ne": ""}}, "/password"),
        ({"email": "a@example.com", "password": PASSWORD, "roles": ["admin"]}, "/roles"),
        ({"email": "a@example.com", "password": PASSWORD, "$set": 1}, "/$set"),
    ],
)
async def test_a_bad_registration_changes_nothing(tenant: Tenant, body: dict[str, object], path: str) -> None:
    assert_problem(await tenant.http.post("/api/auth/register", json=body), "invalid_request", path)
    users = await tenant.http.get("/api/data/users?count=true", headers=tenant.key)
    assert users.json()["total"] == 0


async def test_a_profile_is_merged_and_keeps_its_secrets(tenant: Tenant, user: User) -> None:
    patched = await tenant.http.patch("/api/auth/me", json={"name": "Ann", "id": "other"}, headers=user.auth)
    assert (patched.json()["user"]["name"], patched.json()["user"]["id"]) == ("Ann", user.id)
    for field in ("email", "password", "role"):
        refused = await tenant.http.patch("/api/auth/me", json={field: "x"}, headers=user.auth)
        assert_problem(refused, "invalid_request", f"/{field}")


async def test_the_cookie_is_given_to_the_own_origin_alone(tenant: Tenant, user: User) -> None:
    body = {"email": user.email, "password": PASSWORD}
    own = await tenant.http.post("/api/auth/login", json=body, headers={"origin": tenant.origin})
    cookie = own.headers["set-cookie"]
    assert cookie.startswith("backpack=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    for origin in ("http://localhost:5173", "http://evil.localhost:8000", "null"):
        foreign = await tenant.http.post("/api/auth/login", json=body, headers={"origin": origin})
        assert "set-cookie" not in foreign.headers
    tenant.http.cookies.clear()


async def test_a_cookie_writes_from_the_own_origin_alone(tenant: Tenant, user: User) -> None:
    cookie = {"cookie": f"backpack={user.token}"}
    assert (await tenant.http.get("/api/auth/me", headers=cookie)).status_code == 200
    written = await tenant.http.post("/api/data/cars", json={}, headers={**cookie, "origin": tenant.origin})
    assert written.status_code == 201
    for origin in ({}, {"origin": "http://evil.localhost:8000"}, {"origin": "null"}):
        refused = await tenant.http.post("/api/data/cars", json={}, headers={**cookie, **origin})
        assert_problem(refused, "wrong_origin")
    foreign_read = await tenant.http.get("/api/auth/me", headers={**cookie, "origin": "http://evil.example"})
    assert_problem(foreign_read, "authentication_required")


async def test_an_old_cookie_does_not_lock_a_visitor_out(tenant: Tenant) -> None:
    answer = await tenant.http.get("/api/data/cars", headers={"cookie": "backpack=old"})
    assert_problem(answer, "authentication_required")
    signed = {"cookie": "backpack=old", "origin": tenant.origin}
    body = {"email": "a@example.com", "password": PASSWORD}
    assert (await tenant.http.post("/api/auth/register", json=body, headers=signed)).status_code == 201
    tenant.http.cookies.clear()


@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "Bearer a b\x80", "Bearer " + "x" * 600, "bpk_x"])
async def test_a_malformed_authorization_is_refused(tenant: Tenant, header: str) -> None:
    answer = await tenant.http.get("/api/auth/me", headers={b"authorization": header.encode("latin-1")})
    assert_problem(answer, "session_invalid")


async def test_two_session_cookies_are_none(tenant: Tenant, user: User) -> None:
    other = await tenant.user()
    for cookie in (
        f"backpack={user.token}; backpack={other.token}",
        f"backpack={user.token}; \xa0backpack={other.token}",
        f"\x85backpack={user.token}",
        f"backpack={user.token}; backpack",
    ):
        answer = await tenant.http.get("/api/auth/me", headers={b"cookie": cookie.encode("latin-1")})
        assert_problem(answer, "session_invalid")


async def test_a_deleted_user_is_signed_out_everywhere(tenant: Tenant, user: User) -> None:
    gone = await tenant.http.delete(f"/api/data/users/{user.id}", headers=tenant.key)
    assert gone.status_code == 204
    assert_problem(await tenant.http.get("/api/auth/me", headers=user.auth), "session_invalid")
    login = await tenant.http.post("/api/auth/login", json={"email": user.email, "password": PASSWORD})
    assert_problem(login, "wrong_credentials")
    assert (await tenant.user(user.email)).id != user.id

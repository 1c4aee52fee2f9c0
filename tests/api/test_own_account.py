"""One's own account: sessions seen and ended, the password changed, the account removed or disabled; and who only tries."""

import asyncio
from typing import Any

import pytest

from server.identity import attempts
from tests.support.accounts import forgot, is_signed_in, mails, post
from tests.support.app import PASSWORD, App, Tenant, User
from tests.support.problems import assert_problem
from tests.support.sockets import socket

NEW = "another correct horse"


async def test_a_changed_password_ends_every_other_session(tenant: Tenant, user: User) -> None:
    other = (await post(tenant, "login", email=user.email, password=PASSWORD)).json()["token"]
    wrong = await post(tenant, "password/change", user, currentPassword="wrong one", newPassword=NEW)
    assert_problem(wrong, "wrong_credentials")
    short = await post(tenant, "password/change", user, currentPassword=PASSWORD, newPassword="short")
    assert_problem(short, "invalid_request", "/newPassword")
    assert await is_signed_in(tenant, user)
    done = await post(tenant, "password/change", user, currentPassword=PASSWORD, newPassword=NEW)
    assert done.status_code == 200, done.text
    for token, status in ((user.token, 401), (other, 401), (done.json()["token"], 200)):
        response = await tenant.http.get("/api/auth/me", headers={"authorization": f"Bearer {token}"})
        assert response.status_code == status
    assert_problem(await post(tenant, "login", email=user.email, password=PASSWORD), "wrong_credentials")


async def test_sessions_are_seen_and_ended(tenant: Tenant, user: User) -> None:
    body: Any = {"email": user.email, "password": PASSWORD}
    headers = {"user-agent": "Phone/1.0"}
    phone = (await tenant.http.post("/api/auth/login", json=body, headers=headers)).json()["token"]
    items = (await tenant.http.get("/api/auth/sessions", headers=user.auth)).json()["items"]
    assert [(one["agent"], one["current"]) for one in items] == [("Phone/1.0", False), (items[1]["agent"], True)]
    assert phone not in str(items) and user.token not in str(items)
    stranger = await tenant.user()
    path = f"/api/auth/sessions/{items[0]['id']}"
    assert (await tenant.http.delete(path, headers=stranger.auth)).status_code == 404
    assert (await tenant.http.delete(path, headers=user.auth)).status_code == 204
    gone = await tenant.http.get("/api/auth/me", headers={"authorization": f"Bearer {phone}"})
    assert gone.status_code == 401
    for _ in range(2):
        await tenant.http.post("/api/auth/login", json=body)
    ended = await tenant.http.delete("/api/auth/sessions", headers=user.auth)
    assert ended.json() == {"ended": 2}
    assert await is_signed_in(tenant, user) and await is_signed_in(tenant, stranger)


async def test_a_session_is_renewed(tenant: Tenant, user: User) -> None:
    renewed = (await post(tenant, "refresh", user)).json()
    assert renewed["user"]["id"] == user.id and renewed["token"] != user.token
    assert not await is_signed_in(tenant, user)
    auth = {"authorization": f"Bearer {renewed['token']}"}
    assert (await tenant.http.get("/api/auth/me", headers=auth)).status_code == 200


async def test_an_account_is_removed_by_who_knows_its_password(app: App, tenant: Tenant, user: User) -> None:
    token = await forgot(app, tenant, user)

    async def remove(password: str) -> Any:
        return await tenant.http.request("DELETE", "/api/auth/me", json={"password": password}, headers=user.auth)

    assert_problem(await remove("wrong one"), "wrong_credentials")
    assert (await remove(PASSWORD)).status_code == 204
    assert not await is_signed_in(tenant, user)
    assert_problem(await post(tenant, "login", email=user.email, password=PASSWORD), "wrong_credentials")
    assert_problem(await post(tenant, "password/reset", token=token, password=NEW), "token_invalid")
    assert (await tenant.user(user.email)).id != user.id


async def test_a_disabled_account_is_out_at_once(app: App, tenant: Tenant, user: User) -> None:
    async with socket(tenant, user) as one:
        path = f"/api/data/users/{user.id}"
        assert (await tenant.http.patch(path, json={"disabled": True}, headers=tenant.key)).status_code == 200
        assert await one.closed() == 4401
    assert not await is_signed_in(tenant, user)
    assert_problem(await post(tenant, "login", email=user.email, password=PASSWORD), "account_disabled")
    assert_problem(await post(tenant, "login", email=user.email, password="wrong one"), "wrong_credentials")
    assert (await post(tenant, "password/forgot", email=user.email)).status_code == 204
    assert await mails(app, tenant) == []
    assert (await tenant.http.patch(path, json={"disabled": None}, headers=tenant.key)).status_code == 200
    assert (await post(tenant, "login", email=user.email, password=PASSWORD)).status_code == 200


async def test_passwords_are_not_tried_for_ever(tenant: Tenant, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor with other addresses in between, nor many at once, nor in another spelling; and not for ever either."""
    clock = [1000.0]
    monkeypatch.setattr(attempts, "monotonic", lambda: clock[0])
    other = await tenant.user()
    tries = [post(tenant, "login", email=email, password="wrong one") for email in (user.email, "no@x.test") * 15]
    answers = [response.status_code for response in await asyncio.gather(*tries)]
    assert (answers.count(401), answers.count(429)) == (20, 10)
    for email in (user.email, f" {user.email.upper()} "):
        refused = await post(tenant, "login", email=email, password=PASSWORD)
        assert_problem(refused, "too_many")
        assert refused.headers["retry-after"] == "1"
    assert (await post(tenant, "login", email=other.email, password=PASSWORD)).status_code == 200
    assert await is_signed_in(tenant, user)
    for wait in (1, 2, 4, 8, 16, 32, 60, 60):
        clock[0] += wait
        assert (await post(tenant, "login", email=user.email, password="wrong one")).status_code == 401
        refused = await post(tenant, "login", email=user.email, password="wrong one")
        assert int(refused.headers["retry-after"]) == min(2 * wait, 60)
    clock[0] += 60
    assert (await post(tenant, "login", email=user.email, password=PASSWORD)).status_code == 200
    for _ in range(attempts.FREE):
        assert (await post(tenant, "login", email=user.email, password="wrong one")).status_code == 401


@pytest.mark.parametrize("path", ["password/change", "email/change/request", "me"])
async def test_nor_by_who_has_a_session(tenant: Tenant, user: User, path: str) -> None:
    """A stolen session is not enough to find the password out."""
    body = {"password": "wrong one", "currentPassword": "wrong one", "newPassword": NEW, "email": "n@example.com"}
    statuses = []
    for _ in range(attempts.FREE + 1):
        method = "DELETE" if path == "me" else "POST"
        response = await tenant.http.request(method, f"/api/auth/{path}", json=body, headers=user.auth)
        statuses.append(response.status_code)
    assert statuses == [401] * attempts.FREE + [429]

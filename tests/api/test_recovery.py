"""Accounts by mail: confirmed addresses, forgotten passwords, changed addresses; sessions that end."""

import asyncio
import re
from typing import Any

import pytest

from server.identity import attempts
from tests.support.app import PASSWORD, App, Tenant, User
from tests.support.problems import assert_problem
from tests.support.sockets import socket

NEW = "another correct horse"


async def mails(app: App, tenant: Tenant) -> list[dict[str, Any]]:
    """The outbox, the newest first."""
    response = await app.admin.get(f"/v1/tenants/{tenant.name}/outbox")
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def token_of(app: App, tenant: Tenant, kind: str) -> str:
    """The token of the newest mail."""
    found = re.search(rf"/api/auth/confirm#{kind}=([\w-]+)", (await mails(app, tenant))[0]["text"])
    assert found is not None
    return found[1]


async def settle(tenant: Tenant, **accounts: object) -> None:
    response = await tenant.http.patch("/api/settings", json={"accounts": accounts}, headers=tenant.key)
    assert response.status_code == 200, response.text


async def post(tenant: Tenant, path: str, user: User | None = None, **body: Any) -> Any:
    return await tenant.http.post(f"/api/auth/{path}", json=body, headers=user.auth if user else {})


async def is_signed_in(tenant: Tenant, user: User) -> bool:
    return (await tenant.http.get("/api/auth/me", headers=user.auth)).status_code == 200


async def forgot(app: App, tenant: Tenant, user: User) -> str:
    assert (await post(tenant, "password/forgot", email=user.email)).status_code == 204
    return await token_of(app, tenant, "reset")


async def test_a_confirmed_address(app: App, tenant: Tenant, user: User) -> None:
    me = (await tenant.http.get("/api/auth/me", headers=user.auth)).json()["user"]
    assert me["verified"] is False
    assert await mails(app, tenant) == []
    assert (await post(tenant, "verify/request", user)).status_code == 204
    (mail,) = await mails(app, tenant)
    assert (mail["to"], mail["kind"], mail["state"]) == (user.email, "verify", "caught")
    token = await token_of(app, tenant, "verify")
    confirmed = await post(tenant, "verify/confirm", token=token)
    assert confirmed.json()["user"]["verified"] is True
    assert_problem(await post(tenant, "verify/confirm", token=token), "token_invalid")
    assert (await post(tenant, "verify/request", user)).status_code == 204
    assert len(await mails(app, tenant)) == 1  # there is nothing left to confirm


async def test_an_address_that_has_to_be_confirmed_first(app: App, tenant: Tenant) -> None:
    await settle(tenant, verification="required")
    body: Any = {"email": "ann@example.com", "password": PASSWORD}
    made = await tenant.http.post("/api/auth/register", json=body, headers={"origin": tenant.origin})
    assert (made.status_code, made.json()["token"], "set-cookie" in made.headers) == (201, None, False)
    assert_problem(await post(tenant, "login", **body), "not_verified")
    assert_problem(await post(tenant, "login", **{**body, "password": "wrong one"}), "wrong_credentials")
    assert (await post(tenant, "verify/confirm", token=await token_of(app, tenant, "verify"))).status_code == 200
    assert (await post(tenant, "login", **body)).json()["token"]


async def test_an_offered_confirmation_comes_with_the_registration(app: App, tenant: Tenant) -> None:
    await settle(tenant, verification="offered")
    user = await tenant.user()
    assert [mail["to"] for mail in await mails(app, tenant)] == [user.email]
    assert await is_signed_in(tenant, user)


async def test_a_forgotten_password(app: App, tenant: Tenant, user: User) -> None:
    token = await forgot(app, tenant, user)
    async with socket(tenant, user) as one:
        assert (await post(tenant, "password/reset", token=token, password=NEW)).status_code == 204
        assert await one.closed() == 4401
    assert not await is_signed_in(tenant, user)
    assert_problem(await post(tenant, "login", email=user.email, password=PASSWORD), "wrong_credentials")
    signed = await post(tenant, "login", email=user.email, password=NEW)
    assert signed.json()["user"]["verified"] is True
    assert [mail["kind"] for mail in await mails(app, tenant)] == ["password-changed", "reset"]
    assert_problem(await post(tenant, "password/reset", token=token, password=PASSWORD), "token_invalid")


async def test_a_reset_uses_up_all_links_for_one(app: App, tenant: Tenant, user: User) -> None:
    first = await forgot(app, tenant, user)
    second = await forgot(app, tenant, user)
    assert (await post(tenant, "password/reset", token=second, password=NEW)).status_code == 204
    assert_problem(await post(tenant, "password/reset", token=first, password=PASSWORD), "token_invalid")


async def test_a_link_is_good_once_however_fast(app: App, tenant: Tenant, user: User) -> None:
    token = await forgot(app, tenant, user)
    tries = [post(tenant, "password/reset", token=token, password=f"{NEW} {number}") for number in range(6)]
    statuses = sorted([response.status_code for response in await asyncio.gather(*tries)])
    assert statuses == [204, 400, 400, 400, 400, 400]


async def test_a_refused_password_leaves_the_link_good(app: App, tenant: Tenant, user: User) -> None:
    token = await forgot(app, tenant, user)
    assert_problem(await post(tenant, "password/reset", token=token, password="short"), "invalid_request", "/password")
    assert (await post(tenant, "password/reset", token=token, password=NEW)).status_code == 204


@pytest.mark.parametrize("path", ["password/forgot", "verify/request"])
async def test_nobody_learns_which_addresses_are_known(app: App, tenant: Tenant, user: User, path: str) -> None:
    answers = [await post(tenant, path, email=email) for email in (user.email, "nobody@example.com", "no address")]
    assert [(one.status_code, one.content) for one in answers] == [(204, b"")] * 3
    assert [mail["to"] for mail in await mails(app, tenant)] == [user.email]


async def test_an_address_gets_five_mails_an_hour(app: App, tenant: Tenant, user: User) -> None:
    for _ in range(8):
        assert (await post(tenant, "password/forgot", email=user.email)).status_code == 204
    assert len(await mails(app, tenant)) == 5
    other = await tenant.user()
    assert (await post(tenant, "password/forgot", email=other.email)).status_code == 204
    assert len(await mails(app, tenant)) == 6


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


async def test_a_changed_address(app: App, tenant: Tenant, user: User) -> None:
    body: Any = {"email": "New@Example.com", "password": PASSWORD}
    assert_problem(
        await post(tenant, "email/change/request", user, **{**body, "password": "wrong one"}), "wrong_credentials"
    )
    assert (await post(tenant, "email/change/request", user, **body)).status_code == 204
    (mail,) = await mails(app, tenant)
    assert mail["to"] == "new@example.com"
    me = (await tenant.http.get("/api/auth/me", headers=user.auth)).json()["user"]
    assert me["email"] == user.email
    done = await post(tenant, "email/change/confirm", token=await token_of(app, tenant, "email-change"))
    assert (done.json()["user"]["email"], done.json()["user"]["verified"]) == ("new@example.com", True)
    told = (await mails(app, tenant))[0]
    assert (told["kind"], told["to"], "new@example.com" in told["text"]) == ("email-changed", user.email, True)
    assert (await post(tenant, "login", **body)).status_code == 200


async def test_an_address_that_is_taken_by_then_is_not_had(app: App, tenant: Tenant, user: User) -> None:
    body: Any = {"email": "new@example.com", "password": PASSWORD}
    assert (await post(tenant, "email/change/request", user, **body)).status_code == 204
    token = await token_of(app, tenant, "email-change")
    await tenant.user("new@example.com")
    assert_problem(await post(tenant, "email/change/confirm", token=token), "token_invalid")
    assert (await post(tenant, "login", email=user.email, password=PASSWORD)).status_code == 200


async def test_a_link_for_an_old_address_is_good_for_nothing(app: App, tenant: Tenant, user: User) -> None:
    """Whoever reads the old mailbox later must not get the account."""
    old = await forgot(app, tenant, user)
    assert (await post(tenant, "verify/request", user)).status_code == 204
    verify = await token_of(app, tenant, "verify")
    await post(tenant, "email/change/request", user, email="new@example.com", password=PASSWORD)
    token = await token_of(app, tenant, "email-change")
    assert (await post(tenant, "email/change/confirm", token=token)).status_code == 200
    assert_problem(await post(tenant, "password/reset", token=old, password=NEW), "token_invalid")
    assert_problem(await post(tenant, "verify/confirm", token=verify), "token_invalid")


async def test_links_are_the_tenants_whatever_a_request_says(app: App, tenant: Tenant, user: User) -> None:
    headers = {"x-forwarded-host": "evil.test", "forwarded": "host=evil.test", "origin": "http://evil.test"}
    response = await tenant.http.post(
        "/api/auth/password/forgot", json={"email": user.email}, headers={**headers, "host": f"{tenant.name}.localhost:6666"}
    )  # fmt: skip
    assert response.status_code == 204
    (mail,) = await mails(app, tenant)
    assert "evil" not in mail["text"] and ":6666" not in mail["text"]
    assert f"http://{tenant.name}.localhost" in mail["text"]
    change = await tenant.http.patch("/api/settings", json={"appUrl": "https://app.example.com"}, headers=tenant.key)
    assert change.status_code == 200
    await post(tenant, "password/forgot", email=user.email)
    assert "https://app.example.com/#backpack-reset=" in (await mails(app, tenant))[0]["text"]


async def test_every_token_is_good_for_one_thing_at_one_tenant(app: App, tenant: Tenant, user: User) -> None:
    tokens: dict[str, str] = {"session": user.token}
    tokens["reset"] = await forgot(app, tenant, user)
    await post(tenant, "verify/request", user)
    tokens["verify"] = await token_of(app, tenant, "verify")
    await post(tenant, "email/change/request", user, email="n@example.com", password=PASSWORD)
    tokens["email-change"] = await token_of(app, tenant, "email-change")
    tokens["key"] = tenant.api_key
    takers = {"reset": "password/reset", "verify": "verify/confirm", "email-change": "email/change/confirm"}
    other = await app.tenant()
    for kind, token in tokens.items():
        for purpose, path in takers.items():
            for place in (tenant, other):
                if kind != purpose or place is other:
                    assert_problem(await post(place, path, token=token, password=NEW), "token_invalid")
        if kind not in {"session", "key"}:
            response = await tenant.http.get("/api/auth/me", headers={"authorization": f"Bearer {token}"})
            assert_problem(response, "session_invalid")
    for kind, path in takers.items():
        assert (await post(tenant, path, token=tokens[kind], password=NEW)).status_code in {200, 204}, kind


@pytest.mark.parametrize("token", ["", "x", "x" * 1000, "../../x", "\u0000", "ä" * 43])
@pytest.mark.parametrize("path", ["password/reset", "verify/confirm", "email/change/confirm"])
async def test_a_token_that_is_none(tenant: Tenant, path: str, token: str) -> None:
    assert_problem(await post(tenant, path, token=token, password=NEW), "token_invalid")


@pytest.mark.parametrize("value", [None, 5, True, [], {}, {"$ne": ""}, "x" * 1001])
@pytest.mark.parametrize(
    ("path", "name"),
    [("password/forgot", "email"), ("password/reset", "token"), ("password/reset", "password"),
     ("verify/confirm", "token"), ("verify/request", "email"), ("email/change/confirm", "token")],
)  # fmt: skip
async def test_a_scalar_is_one(tenant: Tenant, path: str, name: str, value: object) -> None:
    body: Any = {"email": "a@example.com", "token": "x", "password": NEW, name: value}
    assert_problem(await post(tenant, path, **body), "invalid_request", f"/{name}")


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


@pytest.mark.parametrize(
    ("accounts", "email", "code"),
    [
        ({"signUp": "closed"}, "a@example.com", "sign_up_closed"),
        ({"emailDomains": ["example.com"]}, "a@example.org", "sign_up_closed"),
        ({"emailDomains": ["example.com"]}, "a@sub.example.com", "sign_up_closed"),
        ({"emailDomains": ["example.com"]}, "a@EXAMPLE.com", None),
        ({"passwordMinLength": 20}, "a@example.com", "invalid_request"),
    ],
)
async def test_who_may_register(tenant: Tenant, accounts: dict[str, object], email: str, code: str | None) -> None:
    await settle(tenant, **accounts)
    response = await post(tenant, "register", email=email, password=PASSWORD)
    if code is None:
        assert response.status_code == 201, response.text
    else:
        assert_problem(response, code)
        users = await tenant.http.get("/api/data/users?count=true", headers=tenant.key)
        assert users.json()["total"] == 0


async def test_settings_are_merged_and_kept(tenant: Tenant) -> None:
    before = (await tenant.http.get("/api/settings", headers=tenant.key)).json()
    await settle(tenant, resetMinutes=30)
    changed = await tenant.http.patch("/api/settings", json={"appName": "Shop"}, headers=tenant.key)
    assert changed.json() == {**before, "appName": "Shop", "accounts": {**before["accounts"], "resetMinutes": 30}}
    await tenant.http.patch("/api/settings", json={"appName": None, "accounts": None}, headers=tenant.key)
    assert (await tenant.http.get("/api/settings", headers=tenant.key)).json() == before


@pytest.mark.parametrize(
    ("patch", "place"),
    [
        ([], "/"), ({"app": 1}, "/"), ({"appName": 5}, "/appName"), ({"appName": "a\r\nb"}, "/appName"),
        ({"appUrl": "https://x.test/path"}, "/appUrl"), ({"appUrl": "javascript:alert(1)"}, "/appUrl"),
        ({"defaultRules": "public"}, "/defaultRules"), ({"accounts": {"signUp": "maybe"}}, "/accounts/signUp"),
        ({"accounts": {"passwordMinLength": 7}}, "/accounts/passwordMinLength"),
        ({"accounts": {"passwordMinLength": 65}}, "/accounts/passwordMinLength"),
        ({"accounts": {"resetMinutes": True}}, "/accounts/resetMinutes"),
        ({"accounts": {"verifyHours": 0}}, "/accounts/verifyHours"),
        ({"accounts": {"emailDomains": ["@example.com"]}}, "/accounts/emailDomains"),
    ],
)  # fmt: skip
async def test_settings_that_are_none(tenant: Tenant, patch: object, place: str) -> None:
    before = (await tenant.http.get("/api/settings", headers=tenant.key)).json()
    assert_problem(await tenant.http.patch("/api/settings", json=patch, headers=tenant.key), "invalid_request", place)
    assert (await tenant.http.get("/api/settings", headers=tenant.key)).json() == before


async def test_a_tenants_own_texts(app: App, tenant: Tenant, user: User) -> None:
    path = "/api/settings/mails/reset"
    texts = {"subject": "Hi ${email}", "text": "Go: ${link} $$", "html": "<a href='${link}'>${app}</a>"}
    put = await tenant.http.put(path, json=texts, headers=tenant.key)
    assert (put.status_code, put.json()["own"]) == (200, True)
    name = {"appName": "<script>alert(1)</script> & Co"}
    assert (await tenant.http.patch("/api/settings", json=name, headers=tenant.key)).status_code == 200
    await post(tenant, "password/forgot", email=user.email)
    (mail,) = await mails(app, tenant)
    assert (mail["subject"], mail["text"].endswith(" $")) == (f"Hi {user.email}", True)
    assert "<script>" not in mail["html"] and "&lt;script&gt;" in mail["html"]
    assert (await tenant.http.delete(path, headers=tenant.key)).status_code == 204
    all_ = (await tenant.http.get("/api/settings/mails", headers=tenant.key)).json()
    assert [one["own"] for one in all_.values()] == [False] * len(all_)


@pytest.mark.parametrize(
    ("texts", "place"),
    [
        ({"subject": "a ${token}", "text": "x"}, "/subject"), ({"subject": "a", "text": "${link.x}"}, "/text"),
        ({"subject": "a\nBcc: x@y.z", "text": "x"}, "/subject"), ({"subject": "", "text": "x"}, "/subject"),
        ({"subject": "a", "text": "$"}, "/text"), ({"subject": "a", "text": "x", "html": "$ {x}"}, "/html"),
        ({"subject": "a" * 201, "text": "x"}, "/subject"),
    ],
)  # fmt: skip
async def test_texts_that_are_none(tenant: Tenant, texts: dict[str, str], place: str) -> None:
    response = await tenant.http.put("/api/settings/mails/verify", json=texts, headers=tenant.key)
    assert_problem(response, "invalid_request", place)
    assert (await tenant.http.put("/api/settings/mails/spam", json=texts, headers=tenant.key)).status_code == 404


@pytest.mark.parametrize("path", ["settings", "settings/mails"])
async def test_settings_are_for_keys(tenant: Tenant, user: User, path: str) -> None:
    assert (await tenant.http.get(f"/api/{path}", headers=user.auth)).status_code == 403
    assert (await tenant.http.get(f"/api/{path}")).status_code == 401


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

"""A tenant's settings: who registers, the texts of mails; merged, kept, and refused with the place."""

from typing import Any

import pytest

from tests.support.accounts import mails, post, settle
from tests.support.app import PASSWORD, App, Tenant, User
from tests.support.problems import assert_problem


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


async def test_ways_to_sign_in_are_switched_off(tenant: Tenant) -> None:
    """Each by itself; what is there is kept, and good again when it is switched on."""
    user = await tenant.user()
    account = {"email": user.email, "password": PASSWORD}
    asked: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "passwords": [
            ("register", {"email": "new@example.com", "password": PASSWORD}), ("login", account),
            ("password/forgot", {"email": user.email}), ("password/reset", {"token": "x", "password": PASSWORD}),
            ("password/change", {"currentPassword": PASSWORD, "newPassword": "another horse"}),
            ("anonymous/upgrade", account),
        ],
        "passkeys": [
            ("passkeys/options", {"password": PASSWORD}), ("passkeys", {"credential": {"id": "x"}}),
            ("passkeys/login/options", {}), ("passkeys/login", {"credential": {"id": "x"}}),
        ],
        "secondFactor": [("mfa/totp/enroll", {"password": PASSWORD})],
    }  # fmt: skip
    for switch, requests in asked.items():
        for on in (False, True):
            changed = await tenant.http.patch("/api/settings", json={"accounts": {switch: on}}, headers=tenant.key)
            assert changed.json()["accounts"][switch] is on
            for path, body in requests if not on else []:
                response = await tenant.http.post(f"/api/auth/{path}", json=body, headers=user.auth)
                assert_problem(response, "forbidden")
                assert f"accounts.{switch}" in response.json()["hint"]
    login = await tenant.http.post("/api/auth/login", json=account)
    assert login.status_code == 200

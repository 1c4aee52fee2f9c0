"""Accounts by mail: confirmed addresses, forgotten passwords, changed addresses; sessions that end."""

import asyncio
import time
from typing import Any

import pytest

from server.identity import accounts
from server.identity.passwords import verify_password
from tenancy.work import Work
from tests.support.accounts import forgot, is_signed_in, mails, post, settle, token_of
from tests.support.app import PASSWORD, App, Tenant, User
from tests.support.problems import assert_problem
from tests.support.sockets import socket

NEW = "another correct horse"


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
    for kind in ("verify", "reset"):
        assert (await post(tenant, takers[kind], token=tokens[kind], password=NEW)).status_code in {200, 204}, kind
    # A new password makes a change of the address that waits void; one that is asked for now is good.
    assert_problem(await post(tenant, takers["email-change"], token=tokens["email-change"]), "token_invalid")
    again = await post(tenant, "login", email=user.email, password=NEW)
    owner = User(user.id, again.json()["token"], user.email)
    await post(tenant, "email/change/request", owner, email="n@example.com", password=NEW)
    token = await token_of(app, tenant, "email-change")
    assert (await post(tenant, takers["email-change"], token=token)).status_code == 200


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


@pytest.mark.parametrize(("minutes", "good"), [(59, True), (61, False)])
async def test_a_link_is_good_for_a_time(
    app: App, tenant: Tenant, user: User, monkeypatch: pytest.MonkeyPatch, minutes: int, good: bool
) -> None:
    token = await forgot(app, tenant, user)
    later = time.time() + minutes * 60
    monkeypatch.setattr("server.identity.onetime.time.time", lambda: later)
    done = await post(tenant, "password/reset", token=token, password=NEW)
    assert done.status_code == (204 if good else 400)


async def test_a_log_in_that_a_new_password_overtakes_is_none(
    tenant: Tenant, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old password was right when it was looked at; what it begins is over all the same."""
    verify, overtaken = verify_password, False

    async def slow(work: Work, kept: str | None, password: str) -> bool:
        nonlocal overtaken
        fits = await verify(work, kept, password)
        if not overtaken:
            overtaken = True
            await post(tenant, "password/change", user, currentPassword=PASSWORD, newPassword=NEW)
        return fits

    monkeypatch.setattr(accounts, "verify_password", slow)
    assert_problem(await post(tenant, "login", email=user.email, password=PASSWORD), "wrong_credentials")
    assert overtaken
    assert (await post(tenant, "login", email=user.email, password=NEW)).status_code == 200

"""Signing in by a mail's code or link; guests who become users."""

import asyncio
import re
from typing import Any

import pytest

from server.identity import codes
from tenancy.model.clock import now_ms
from tests.support.accounts import is_signed_in, mails, post, settle
from tests.support.app import PASSWORD, App, Tenant, User
from tests.support.problems import assert_problem

EMAIL = "new@example.com"


async def request(app: App, tenant: Tenant, email: str) -> tuple[str, str]:
    """The code and the link's token of the mail that comes."""
    assert (await post(tenant, "otp/request", email=email)).status_code == 204
    text = (await mails(app, tenant))[0]["text"]
    code, token = re.search(r"^(\d{6})$", text, re.MULTILINE), re.search(r"#link=([\w-]+)", text)
    assert code is not None and token is not None, text
    return code[1], token[1]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


async def test_by_a_code(app: App, tenant: Tenant, user: User) -> None:
    await settle(tenant, codeLogin="known")
    code, token = await request(app, tenant, user.email)
    assert_problem(await post(tenant, "otp/login", email=user.email, code=wrong(code)), "token_invalid")
    spaced = f" {code[:3]} {code[3:]}"
    done = await post(tenant, "otp/login", email=user.email.upper(), code=spaced)
    assert (done.status_code, done.json()["user"]["id"], done.json()["user"]["verified"]) == (200, user.id, True)
    assert_problem(await post(tenant, "otp/login", email=user.email, code=code), "token_invalid")
    assert (await post(tenant, "otp/login", token=token)).status_code == 200  # the other half of the mail
    assert_problem(await post(tenant, "otp/login", token=token), "token_invalid")


async def test_a_code_is_tried_five_times(app: App, tenant: Tenant, user: User) -> None:
    """Also by many at once."""
    await settle(tenant, codeLogin="known")
    code, _ = await request(app, tenant, user.email)
    tries = [post(tenant, "otp/login", email=user.email, code=wrong(code)) for _ in range(codes.TRIES)]
    assert {response.status_code for response in await asyncio.gather(*tries)} == {400}
    assert_problem(await post(tenant, "otp/login", email=user.email, code=code), "token_invalid")
    code, _ = await request(app, tenant, user.email)
    assert (await post(tenant, "otp/login", email=user.email, code=code)).status_code == 200


async def test_one_code_signs_in_once(app: App, tenant: Tenant, user: User) -> None:
    await settle(tenant, codeLogin="known")
    code, _ = await request(app, tenant, user.email)
    tries = [post(tenant, "otp/login", email=user.email, code=code) for _ in range(4)]
    statuses = sorted([response.status_code for response in await asyncio.gather(*tries)])
    assert statuses == [200, 400, 400, 400]


async def test_a_new_code_takes_the_place_of_the_old(app: App, tenant: Tenant, user: User) -> None:
    await settle(tenant, codeLogin="known")
    old, _ = await request(app, tenant, user.email)
    new, _ = await request(app, tenant, user.email)
    if old != new:
        assert_problem(await post(tenant, "otp/login", email=user.email, code=old), "token_invalid")
    assert (await post(tenant, "otp/login", email=user.email, code=new)).status_code == 200


async def test_a_code_is_over_in_time(app: App, tenant: Tenant, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    await settle(tenant, codeLogin="known", codeMinutes=2)
    code, _ = await request(app, tenant, user.email)
    later = now_ms() + 121_000
    monkeypatch.setattr(codes, "now_ms", lambda: later)
    assert_problem(await post(tenant, "otp/login", email=user.email, code=code), "token_invalid")


@pytest.mark.parametrize(
    ("accounts", "sent", "made"),
    [
        ({"codeLogin": "known"}, False, False),
        ({"codeLogin": "anybody"}, True, True),
        ({"codeLogin": "anybody", "signUp": "closed"}, False, False),
        ({"codeLogin": "anybody", "emailDomains": ["example.org"]}, False, False),
    ],
)
async def test_who_is_new(app: App, tenant: Tenant, accounts: dict[str, Any], sent: bool, made: bool) -> None:
    await settle(tenant, **accounts)
    assert (await post(tenant, "otp/request", email=EMAIL)).status_code == 204
    assert (await post(tenant, "otp/request", email="no address")).status_code == 204
    assert len(await mails(app, tenant)) == sent
    if not sent:
        for number in range(3):
            assert_problem(await post(tenant, "otp/login", email=EMAIL, code=f"{number:06}"), "token_invalid")
        return
    code, _ = await request(app, tenant, EMAIL)
    done = await post(tenant, "otp/login", email=EMAIL, code=code)
    assert (done.json()["user"]["email"], done.json()["user"]["verified"]) == (EMAIL, made)


async def test_it_is_off_unless_it_is_switched_on(tenant: Tenant, user: User) -> None:
    assert_problem(await post(tenant, "otp/request", email=user.email), "forbidden")


async def test_who_took_an_address_before_its_owner_loses_it(app: App, tenant: Tenant) -> None:
    """Somebody registers with another's address and waits; the owner signs in by mail."""
    await settle(tenant, codeLogin="known")
    thief = await tenant.user(EMAIL)
    code, _ = await request(app, tenant, EMAIL)
    owner = (await post(tenant, "otp/login", email=EMAIL, code=code)).json()
    assert owner["user"]["id"] == thief.id
    assert not await is_signed_in(tenant, thief)
    assert_problem(await post(tenant, "login", email=EMAIL, password=PASSWORD), "wrong_credentials")
    auth = {"authorization": f"Bearer {owner['token']}"}
    assert (await tenant.http.get("/api/auth/me", headers=auth)).status_code == 200


async def test_a_disabled_user_does_not_come_in_by_mail(app: App, tenant: Tenant, user: User) -> None:
    await settle(tenant, codeLogin="known")
    code, token = await request(app, tenant, user.email)
    path = f"/api/data/users/{user.id}"
    assert (await tenant.http.patch(path, json={"disabled": True}, headers=tenant.key)).status_code == 200
    assert_problem(await post(tenant, "otp/login", email=user.email, code=code), "account_disabled")
    assert_problem(await post(tenant, "otp/login", token=token), "account_disabled")
    before = len(await mails(app, tenant))
    assert (await post(tenant, "otp/request", email=user.email)).status_code == 204
    assert len(await mails(app, tenant)) == before


@pytest.mark.parametrize("value", [None, 5, [], {}, {"$ne": ""}, True])
@pytest.mark.parametrize(("name", "other"), [("email", "code"), ("code", "email"), ("token", "x")])
async def test_a_scalar_is_one(tenant: Tenant, name: str, other: str, value: object) -> None:
    body: Any = {name: value, other: "x"}
    answer = await post(tenant, "otp/login", **body)
    assert_problem(answer, "invalid_request", f"/{name}")


async def test_a_guest(tenant: Tenant) -> None:
    assert_problem(await post(tenant, "anonymous"), "sign_up_closed")
    await settle(tenant, guests=True)
    made = await post(tenant, "anonymous")
    assert (made.status_code, made.json()["user"]["guest"], "email" in made.json()["user"]) == (201, True, False)
    guest = User(made.json()["user"]["id"], made.json()["token"], "")
    note = await tenant.create("notes", guest, word="mine")
    assert note["owner"] == guest.id
    assert_problem(await post(tenant, "verify/request", guest), "conflict")
    assert_problem(
        await post(tenant, "password/change", guest, currentPassword="", newPassword=PASSWORD), "wrong_credentials"
    )
    assert_problem(await post(tenant, "anonymous/upgrade", guest, email="none", password=PASSWORD), "invalid_request")
    done = await post(tenant, "anonymous/upgrade", guest, email=EMAIL, password=PASSWORD)
    assert (done.status_code, done.json()["user"]["id"], done.json()["user"].get("guest")) == (200, guest.id, None)
    assert not await is_signed_in(tenant, guest)
    user = User(guest.id, done.json()["token"], EMAIL)
    assert (await tenant.http.get(f"/api/data/notes/{note['id']}", headers=user.auth)).status_code == 200
    assert_problem(await post(tenant, "anonymous/upgrade", user, email="b@example.com", password=PASSWORD), "conflict")
    assert (await post(tenant, "login", email=EMAIL, password=PASSWORD)).json()["user"]["id"] == guest.id


async def test_guests_are_many_and_leave(tenant: Tenant, user: User) -> None:
    await settle(tenant, guests=True)
    guests = [(await post(tenant, "anonymous")).json() for _ in range(3)]
    assert len({one["user"]["id"] for one in guests}) == 3
    one = User(guests[0]["user"]["id"], guests[0]["token"], "")
    taken = await post(tenant, "anonymous/upgrade", one, email=user.email, password=PASSWORD)
    assert_problem(taken, "already_exists", "/email")
    assert (await tenant.http.request("DELETE", "/api/auth/me", json={}, headers=one.auth)).status_code == 204
    assert not await is_signed_in(tenant, one)


async def test_nobody_calls_oneself_a_guest(tenant: Tenant, user: User) -> None:
    patch = await tenant.http.patch("/api/auth/me", json={"guest": True}, headers=user.auth)
    assert_problem(patch, "invalid_request", "/guest")


async def test_settings_count_when_somebody_comes_in(app: App, tenant: Tenant) -> None:
    await settle(tenant, codeLogin="anybody")
    code, token = await request(app, tenant, EMAIL)
    await settle(tenant, signUp="closed")
    assert_problem(await post(tenant, "otp/login", email=EMAIL, code=code), "sign_up_closed")
    assert_problem(await post(tenant, "otp/login", token=token), "sign_up_closed")
    users = await tenant.http.get("/api/data/users?count=true", headers=tenant.key)
    assert users.json()["total"] == 0

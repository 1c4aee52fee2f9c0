"""Invitations: who was invited has an account, with what the invitation gives, and nobody else."""

import asyncio
from typing import Any

import pytest

from tests.support.accounts import mails, post, settle
from tests.support.app import PASSWORD, App, Tenant, User
from tests.support.problems import assert_problem
from tests.support.provider import provider, sign_in, use_provider

EMAIL = "new@example.com"


async def invite(tenant: Tenant, email: str = EMAIL, **body: object) -> Any:
    return await tenant.http.post("/api/invitations", json={"email": email, **body}, headers=tenant.key)


async def token_for(app: App, tenant: Tenant) -> str:
    text: str = (await mails(app, tenant))[0]["text"]
    return text.partition("#invite=")[2].split()[0]


@pytest.fixture
async def invited(app: App, tenant: Tenant) -> str:
    """An invitation's token, where nobody else may register."""
    await settle(tenant, signUp="invited")
    made = await invite(tenant, roles=["editor"], groups=["north"])
    assert made.status_code == 201, made.text
    return await token_for(app, tenant)


async def test_by_the_link(tenant: Tenant, invited: str) -> None:
    assert_problem(await post(tenant, "register", email=EMAIL, password=PASSWORD), "sign_up_closed")
    done = await post(tenant, "register", invitation=invited, password=PASSWORD, name="Ann")
    assert done.status_code == 201 and done.json()["token"], done.text
    user = done.json()["user"]
    assert (user["email"], user["verified"], user["name"]) == (EMAIL, True, "Ann")
    assert (user["roles"], user["groups"]) == (["editor"], ["north"])
    assert (await post(tenant, "login", email=EMAIL, password=PASSWORD)).status_code == 200
    assert_problem(await post(tenant, "register", invitation=invited, password=PASSWORD), "token_invalid")
    assert (await tenant.http.get("/api/invitations", headers=tenant.key)).json() == {"items": []}


async def test_it_is_for_its_address(tenant: Tenant, invited: str) -> None:
    other = await post(tenant, "register", invitation=invited, email="thief@example.com", password=PASSWORD)
    assert_problem(other, "invalid_request", "/email")
    same = await post(tenant, "register", invitation=invited, email=EMAIL.upper(), password=PASSWORD)
    assert same.status_code == 201


async def test_nobody_gives_oneself_more(tenant: Tenant, invited: str) -> None:
    forbidden: list[dict[str, Any]] = [{"roles": ["admin"]}, {"groups": []}, {"verified": True}, {"disabled": False}]
    for more in forbidden:
        response = await post(tenant, "register", invitation=invited, password=PASSWORD, **more)
        assert_problem(response, "invalid_request")
    assert_problem(await post(tenant, "register", invitation=invited, password="short"), "invalid_request")
    assert (await post(tenant, "register", invitation=invited, password=PASSWORD)).status_code == 201


async def test_rules_of_fields_hold_for_the_profile(tenant: Tenant, invited: str) -> None:
    fields = {"plan": {"write": "nobody"}, "roles": {"write": "nobody"}}
    await tenant.http.patch("/api/collections/users", json={"fields": fields}, headers=tenant.key)
    response = await post(tenant, "register", invitation=invited, password=PASSWORD, plan="gold")
    assert_problem(response, "forbidden")
    done = await post(tenant, "register", invitation=invited, password=PASSWORD)
    assert done.json()["user"]["roles"] == ["editor"]


async def test_one_of_many_at_once(tenant: Tenant, invited: str) -> None:
    tries = [post(tenant, "register", invitation=invited, password=PASSWORD) for _ in range(4)]
    statuses = sorted([one.status_code for one in await asyncio.gather(*tries)])
    assert statuses[0] == 201 and set(statuses[1:]) <= {400, 409}


async def test_a_newer_one_takes_its_place(app: App, tenant: Tenant, invited: str) -> None:
    assert (await invite(tenant)).status_code == 201
    assert_problem(await post(tenant, "register", invitation=invited, password=PASSWORD), "token_invalid")
    newer = await token_for(app, tenant)
    assert (await post(tenant, "register", invitation=newer, password=PASSWORD)).status_code == 201


async def test_taken_back(tenant: Tenant, invited: str) -> None:
    (listed,) = (await tenant.http.get("/api/invitations", headers=tenant.key)).json()["items"]
    assert (listed["email"], listed["roles"]) == (EMAIL, ["editor"]) and len(listed["id"]) == 16
    path = f"/api/invitations/{listed['id']}"
    assert (await tenant.http.delete(path, headers=tenant.key)).status_code == 204
    assert_problem(await tenant.http.delete(path, headers=tenant.key), "document_not_found")
    assert_problem(await post(tenant, "register", invitation=invited, password=PASSWORD), "token_invalid")


async def test_who_proves_the_address_needs_no_link(app: App, tenant: Tenant, invited: str) -> None:
    """By the word of a provider; one that does not say that the address is confirmed proves nothing."""
    async with provider() as fake:
        await use_provider(tenant, fake)
        claims = {"sub": "s1", "email": EMAIL}
        assert_problem(await sign_in(tenant, fake, claims), "sign_up_closed")
        other = {"sub": "s2", "email": "other@example.com", "email_verified": True}
        assert_problem(await sign_in(tenant, fake, other), "sign_up_closed")
        done = await sign_in(tenant, fake, {**claims, "email_verified": True})
        assert done.json()["user"]["roles"] == ["editor"]
    assert_problem(await post(tenant, "register", invitation=invited, password=PASSWORD), "token_invalid")


async def test_by_a_code(app: App, tenant: Tenant, invited: str) -> None:
    await settle(tenant, codeLogin="known")
    await post(tenant, "otp/request", email=EMAIL)
    token = (await mails(app, tenant))[0]["text"].partition("#link=")[2].split()[0]
    done = await post(tenant, "otp/login", token=token)
    assert (done.status_code, done.json()["user"]["roles"]) == (200, ["editor"])
    before = len(await mails(app, tenant))
    await post(tenant, "otp/request", email="stranger@example.com")
    assert len(await mails(app, tenant)) == before


async def test_a_guest(tenant: Tenant, invited: str) -> None:
    await settle(tenant, guests=True)
    guest = (await post(tenant, "anonymous")).json()
    user = User(guest["user"]["id"], guest["token"], "")
    plain = await post(tenant, "anonymous/upgrade", user, email="x@example.com", password=PASSWORD)
    assert_problem(plain, "sign_up_closed")
    done = await post(tenant, "anonymous/upgrade", user, invitation=invited, password=PASSWORD)
    assert done.status_code == 200, done.text
    assert (done.json()["user"]["id"], done.json()["user"]["roles"]) == (user.id, ["editor"])
    assert "guest" not in done.json()["user"]


async def test_closed_means_closed(tenant: Tenant, invited: str) -> None:
    await settle(tenant, signUp="closed")
    assert_problem(await invite(tenant, "b@example.com"), "conflict")
    assert_problem(await post(tenant, "register", invitation=invited, password=PASSWORD), "sign_up_closed")


async def test_where_everybody_may_it_gives_roles(app: App, tenant: Tenant) -> None:
    await settle(tenant, emailDomains=["acme.com"], verification="required")
    await invite(tenant, roles=["editor"])
    done = await post(tenant, "register", invitation=await token_for(app, tenant), password=PASSWORD)
    assert done.status_code == 201 and done.json()["token"]  # confirmed by the link, and of any domain


@pytest.mark.parametrize(
    "body",
    [
        {"email": "none"}, {"email": "a@b.com\r\nBcc: x@y.com"}, {"days": 0}, {"days": 91}, {"roles": "x"}, {"roles": [""]},
        {"roles": ["x"] * 51}, {"groups": [7]}, {"groups": ["x" * 101]}, {"other": 1}, {"email": None}, {"email": ["x"]},
    ],
)  # fmt: skip
async def test_bad_input_invites_nobody(app: App, tenant: Tenant, body: dict[str, Any]) -> None:
    await settle(tenant, signUp="invited")
    response = await tenant.http.post("/api/invitations", json={"email": EMAIL, **body}, headers=tenant.key)
    assert_problem(response, "invalid_request")
    assert await mails(app, tenant) == []


async def test_who_has_an_account_is_not_invited(tenant: Tenant, user: User) -> None:
    assert_problem(await invite(tenant, user.email.upper()), "already_exists")
    assert_problem(await tenant.http.post("/api/invitations", json={"email": EMAIL}, headers=user.auth), "forbidden")


@pytest.mark.parametrize("value", [None, [], {}, 7, "", "x" * 2000, "nonsense"])
async def test_a_token_that_is_none(tenant: Tenant, invited: str, value: object) -> None:
    response = await post(tenant, "register", invitation=value, password=PASSWORD)
    assert response.json()["code"] in {"invalid_request", "token_invalid"} and response.status_code == 400

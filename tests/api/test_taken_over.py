"""What somebody began with an account that is not theirs any more comes to nothing: links, challenges, slow requests."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.identity.accounts import check_own_password
from tenancy.context import TenantContext
from tests.api.test_passkeys import authenticator
from tests.support.accounts import mails, post, settle, token_of
from tests.support.app import PASSWORD, App, Tenant, User
from tests.support.problems import assert_problem
from tests.support.provider import SUBJECT, code_for, provider, sign_in, use_provider

EVIL = "evil@example.com"


async def _begin_email_change(app: App, tenant: Tenant, user: User) -> str:
    asked = await post(tenant, "email/change/request", user, email=EVIL, password=PASSWORD)
    assert asked.status_code == 204, asked.text
    return await token_of(app, tenant, "email-change")


async def _owner_comes(app: App, tenant: Tenant, way: str, email: str) -> None:
    """The one whose address it is."""
    if way == "provider":
        async with provider() as fake:
            await use_provider(tenant, fake)
            done = await sign_in(tenant, fake, {**SUBJECT, "email": email})
    elif way == "code":
        await settle(tenant, codeLogin="known")
        await post(tenant, "otp/request", email=email)
        done = await post(tenant, "otp/login", token=await token_of(app, tenant, "link"))
    else:
        await post(tenant, "password/forgot", email=email)
        token = await token_of(app, tenant, "reset")
        done = await post(tenant, "password/reset", token=token, password="the owner's own")
    assert done.status_code in {200, 204}, done.text


@pytest.mark.parametrize("way", ["provider", "code", "reset"])
async def test_a_link_to_another_address(app: App, tenant: Tenant, way: str) -> None:
    squatter = await tenant.user("ann@example.com")
    link = await _begin_email_change(app, tenant, squatter)
    await _owner_comes(app, tenant, way, squatter.email)
    assert_problem(await post(tenant, "email/change/confirm", token=link), "token_invalid")
    user = (await tenant.http.get(f"/api/data/users/{squatter.id}", headers=tenant.key)).json()
    assert (user["email"], user["verified"]) == ("ann@example.com", True)


async def test_a_link_to_another_address_after_a_new_password(app: App, tenant: Tenant, user: User) -> None:
    link = await _begin_email_change(app, tenant, user)
    changed = {"currentPassword": PASSWORD, "newPassword": "another horse"}
    assert (await tenant.http.post("/api/auth/password/change", json=changed, headers=user.auth)).status_code == 200
    assert_problem(await post(tenant, "email/change/confirm", token=link), "token_invalid")


@pytest.mark.parametrize("way", ["provider", "code", "reset"])
async def test_a_passkeys_challenge(app: App, tenant: Tenant, way: str) -> None:
    squatter = await tenant.user("ann@example.com")
    options = await tenant.http.post("/api/auth/passkeys/options", json={"password": PASSWORD}, headers=squatter.auth)
    await _owner_comes(app, tenant, way, squatter.email)
    device = authenticator(tenant)
    body = {"credential": device.make(options.json())}
    assert_problem(await tenant.http.post("/api/auth/passkeys", json=body, headers=squatter.auth), "session_invalid")
    if way == "reset":  # nor with a session that is good: the challenge was asked for by who has the account no more
        login = await post(tenant, "login", email=squatter.email, password="the owner's own")
        owner = User(squatter.id, login.json()["token"], squatter.email)
        assert_problem(await tenant.http.post("/api/auth/passkeys", json=body, headers=owner.auth), "token_invalid")


SLOW: dict[str, dict[str, Any]] = {
    "email/change/request": {"email": EVIL, "password": PASSWORD},
    "password/change": {"currentPassword": PASSWORD, "newPassword": "another horse"},
    "mfa/totp/enroll": {"password": PASSWORD},
    "passkeys/options": {"password": PASSWORD},
}


@pytest.mark.parametrize("path", [*SLOW, "identities"])
async def test_a_request_that_was_begun_before(app: App, tenant: Tenant, path: str) -> None:
    """Its head came with a good session, and its body comes when the owner is there."""
    squatter = await tenant.user("ann@example.com")
    async with provider() as fake:
        await use_provider(tenant, fake, "lax")
        code, flow = await code_for(tenant, fake, {"sub": "thief"}, "lax")
        body = SLOW.get(path) or {"code": code, "verifier": flow.verifier, "password": PASSWORD}
        go_on, begun = asyncio.Event(), asyncio.Event()

        async def content() -> AsyncIterator[bytes]:
            yield b" "
            begun.set()
            await go_on.wait()
            yield json.dumps(body).encode()

        headers = {**squatter.auth, "content-type": "application/json"}
        request = tenant.http.post(f"/api/auth/{path}", content=content(), headers=headers)
        slow = asyncio.create_task(request)
        await begun.wait()
        await tenant.http.get("/api/health")  # what was sent before has come
        await _owner_comes(app, tenant, "code", squatter.email)
        before = len(await mails(app, tenant))
        go_on.set()
        assert_problem(await slow, "session_invalid")
    assert len(await mails(app, tenant)) == before
    me = await tenant.http.get(f"/api/data/users/{squatter.id}", headers=tenant.key)
    assert me.json()["email"] == "ann@example.com"


async def test_a_new_password_that_is_chosen_meanwhile(
    app: App, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner comes between the question for the old password and the commit of the new one."""
    squatter = await tenant.user("ann@example.com")
    check = check_own_password

    async def and_the_owner_comes(context: TenantContext, user: str, password: str) -> None:
        await check(context, user, password)
        await _owner_comes(app, tenant, "code", squatter.email)

    monkeypatch.setattr("server.identity.change.check_own_password", and_the_owner_comes)
    body = {"currentPassword": PASSWORD, "newPassword": "another horse"}
    response = await tenant.http.post("/api/auth/password/change", json=body, headers=squatter.auth)
    assert_problem(response, "session_invalid")
    login = await post(tenant, "login", email=squatter.email, password="another horse")
    assert_problem(login, "wrong_credentials")

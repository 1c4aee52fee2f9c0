"""Signing in at a provider: accounts that are made, found, linked, taken over, and what providers' presets read."""

import asyncio
from typing import Any

import pytest
from joserfc.jwk import ECKey

from tests.support.accounts import assign, is_signed_in, mails, post, settle
from tests.support.app import PASSWORD, App, Tenant, User
from tests.support.problems import assert_problem
from tests.support.provider import (
    CLIENT,
    SUBJECT,
    FakeProvider,
    SignIn,
    code_for,
    handed_over,
    provider,
    refused,
    sign_in,
    use_provider,
)


@pytest.fixture
async def fake(tenant: Tenant) -> Any:
    """A provider that the tenant uses."""
    async with provider() as made:
        await use_provider(tenant, made)
        yield made


async def test_makes_an_account_and_finds_it_again(tenant: Tenant, fake: FakeProvider) -> None:
    first = await sign_in(tenant, fake, {**SUBJECT, "picture": "https://id.example.com/ann.png"})
    assert first.status_code == 200, first.text
    user = first.json()["user"]
    assert (user["email"], user["verified"], user["name"]) == ("ann@example.com", True, "Ann")
    assert user["avatarUrl"] == "https://id.example.com/ann.png"
    # The address may change at the provider: who it is is said by issuer and subject alone.
    again = await sign_in(tenant, fake, {"sub": "s1", "email": "other@example.com", "email_verified": True})
    assert again.json()["user"]["id"] == user["id"] and again.json()["token"] != first.json()["token"]
    assert fake.asked.count("discovery") == 1 and fake.asked.count("jwks") == 1
    stranger = await sign_in(tenant, fake, {"sub": "s2"})
    assert stranger.json()["user"]["id"] != user["id"] and "email" not in stranger.json()["user"]


async def test_links_a_confirmed_account_by_its_address(tenant: Tenant, fake: FakeProvider) -> None:
    user = await tenant.user("ann@example.com")
    await assign(tenant, user, verified=True)
    done = await sign_in(tenant, fake, {**SUBJECT, "email": "ANN@example.com"})
    assert done.json()["user"]["id"] == user.id and await is_signed_in(tenant, user)
    assert (await post(tenant, "login", email=user.email, password=PASSWORD)).status_code == 200
    listed = (await tenant.http.get("/api/auth/identities", headers=user.auth)).json()["items"]
    assert [(one["provider"], one["email"]) for one in listed] == [("idp", "ann@example.com")]


async def test_an_account_that_nobody_confirmed_becomes_its_owners(tenant: Tenant, fake: FakeProvider) -> None:
    """A squatter registered the address first, with a password and an identity at a lax provider."""
    squatter = await tenant.user("ann@example.com")
    await use_provider(tenant, fake, "lax")
    code, flow = await code_for(tenant, fake, {"sub": "thief"}, "lax")
    body = {"code": code, "verifier": flow.verifier, "password": PASSWORD}
    linked = await tenant.http.post("/api/auth/identities", json=body, headers=squatter.auth)
    assert linked.status_code == 201, linked.text
    assert (await sign_in(tenant, fake, {"sub": "thief"}, "lax")).json()["user"]["id"] == squatter.id
    owner = await sign_in(tenant, fake, SUBJECT)
    assert (owner.json()["user"]["id"], owner.json()["user"]["verified"]) == (squatter.id, True)
    assert not await is_signed_in(tenant, squatter)
    assert_problem(await post(tenant, "login", email="ann@example.com", password=PASSWORD), "wrong_credentials")
    other = await sign_in(tenant, fake, {"sub": "thief"}, "lax")
    assert other.json()["user"]["id"] != squatter.id


async def test_a_new_password_by_mail_drops_what_a_squatter_linked(
    app: App, tenant: Tenant, fake: FakeProvider
) -> None:
    squatter = await tenant.user("ann@example.com")
    code, flow = await code_for(tenant, fake, {"sub": "thief"})
    body = {"code": code, "verifier": flow.verifier, "password": PASSWORD}
    assert (await tenant.http.post("/api/auth/identities", json=body, headers=squatter.auth)).status_code == 201
    await post(tenant, "password/forgot", email="ann@example.com")
    token = (await mails(app, tenant))[0]["text"].partition("#reset=")[2].split()[0]
    assert (await post(tenant, "password/reset", token=token, password="another horse")).status_code == 204
    assert (await post(tenant, "login", email="ann@example.com", password="another horse")).status_code == 200
    assert (await sign_in(tenant, fake, {"sub": "thief"})).json()["user"]["id"] != squatter.id


@pytest.mark.parametrize("confirmed", [False, None, "true", 1, {}])
async def test_an_address_that_is_not_confirmed_finds_no_account(
    tenant: Tenant, fake: FakeProvider, confirmed: object
) -> None:
    user = await tenant.user("ann@example.com")
    await assign(tenant, user, verified=True)
    response = await sign_in(tenant, fake, {**SUBJECT, "email_verified": confirmed})
    assert_problem(response, "account_exists")
    assert await is_signed_in(tenant, user)
    fresh = await sign_in(tenant, fake, {"sub": "s9", "email": "new@example.com", "email_verified": confirmed})
    assert fresh.json()["user"]["verified"] is False


async def test_settings_decide_who_may_come(tenant: Tenant, fake: FakeProvider) -> None:
    await settle(tenant, signUp="closed")
    assert_problem(await sign_in(tenant, fake, SUBJECT), "sign_up_closed")
    await settle(tenant, signUp="open", emailDomains=["acme.com"])
    assert_problem(await sign_in(tenant, fake, SUBJECT), "sign_up_closed")
    assert_problem(await sign_in(tenant, fake, {"sub": "s", "email": "a@acme.com"}), "sign_up_closed")
    assert (await sign_in(tenant, fake, {**SUBJECT, "email": "a@acme.com"})).status_code == 200
    await settle(tenant, emailDomains=[], verification="required")
    assert_problem(await sign_in(tenant, fake, {"sub": "s3"}), "not_verified")
    assert (await sign_in(tenant, fake, {"sub": "s4", "email": "b@x.com", "email_verified": True})).status_code == 200


async def test_disabled_users_stay_out(tenant: Tenant, fake: FakeProvider) -> None:
    id = (await sign_in(tenant, fake, SUBJECT)).json()["user"]["id"]
    await tenant.http.patch(f"/api/data/users/{id}", json={"disabled": True}, headers=tenant.key)
    assert_problem(await sign_in(tenant, fake, SUBJECT), "account_disabled")
    assert_problem(await sign_in(tenant, fake, {**SUBJECT, "sub": "new"}), "account_disabled")


async def test_removed_users_come_back_as_new_ones(tenant: Tenant, fake: FakeProvider) -> None:
    first = (await sign_in(tenant, fake, SUBJECT)).json()
    auth = {"authorization": f"Bearer {first['token']}"}
    assert (await tenant.http.request("DELETE", "/api/auth/me", json={}, headers=auth)).status_code == 204
    again = (await sign_in(tenant, fake, SUBJECT)).json()
    assert again["user"]["id"] != first["user"]["id"]
    await tenant.http.delete(f"/api/data/users/{again['user']['id']}", headers=tenant.key)
    assert (await sign_in(tenant, fake, SUBJECT)).status_code == 200


async def test_the_second_factor_is_asked_for(tenant: Tenant, fake: FakeProvider) -> None:
    import pyotp

    token = (await sign_in(tenant, fake, SUBJECT)).json()["token"]
    auth = {"authorization": f"Bearer {token}"}
    secret = (await tenant.http.post("/api/auth/mfa/totp/enroll", json={}, headers=auth)).json()["secret"]
    codes = await tenant.http.post("/api/auth/mfa/totp/confirm", json={"code": pyotp.TOTP(secret).now()}, headers=auth)
    code, flow = await code_for(tenant, fake, SUBJECT)
    assert_problem(await flow.exchange(code), "second_factor_required")
    assert_problem(await flow.exchange(code, totp="000000"), "wrong_credentials")
    recovery = codes.json()["recoveryCodes"][0]
    assert (await flow.exchange(code, totp=recovery)).status_code == 200  # the code was not used up by the tries
    assert_problem(await flow.exchange(code, totp=recovery), "token_invalid")


async def test_link_and_unlink(tenant: Tenant, fake: FakeProvider, user: User) -> None:
    code, flow = await code_for(tenant, fake, {"sub": "s1"})
    body = {"code": code, "verifier": flow.verifier}
    assert_problem(await tenant.http.post("/api/auth/identities", json=body, headers=user.auth), "invalid_request")
    wrong = {**body, "password": "wrong one"}
    assert_problem(await tenant.http.post("/api/auth/identities", json=wrong, headers=user.auth), "wrong_credentials")
    right = {**body, "password": PASSWORD}
    assert (await tenant.http.post("/api/auth/identities", json=right, headers=user.auth)).status_code == 201
    assert (await sign_in(tenant, fake, {"sub": "s1"})).json()["user"]["id"] == user.id
    other = await tenant.user()
    code, flow = await code_for(tenant, fake, {"sub": "s1"})
    stolen = {"code": code, "verifier": flow.verifier, "password": PASSWORD}
    assert_problem(await tenant.http.post("/api/auth/identities", json=stolen, headers=other.auth), "already_exists")
    (identity,) = (await tenant.http.get("/api/auth/identities", headers=user.auth)).json()["items"]
    path = f"/api/auth/identities/{identity['id']}"
    assert_problem(await tenant.http.delete(path, headers=other.auth), "document_not_found")
    assert (await tenant.http.delete(path, headers=user.auth)).status_code == 204
    assert (await sign_in(tenant, fake, {"sub": "s1"})).json()["user"]["id"] != user.id


async def test_the_last_way_in_stays(tenant: Tenant, fake: FakeProvider) -> None:
    token = (await sign_in(tenant, fake, SUBJECT)).json()["token"]
    auth = {"authorization": f"Bearer {token}"}
    (identity,) = (await tenant.http.get("/api/auth/identities", headers=auth)).json()["items"]
    assert_problem(await tenant.http.delete(f"/api/auth/identities/{identity['id']}", headers=auth), "conflict")
    await settle(tenant, codeLogin="known")  # a mail's code is another way in
    assert (await tenant.http.delete(f"/api/auth/identities/{identity['id']}", headers=auth)).status_code == 204


async def test_a_guest_becomes_a_user(tenant: Tenant, fake: FakeProvider) -> None:
    await settle(tenant, guests=True)
    guest = (await post(tenant, "anonymous")).json()
    auth = {"authorization": f"Bearer {guest['token']}"}
    await tenant.user("taken@example.com")
    code, flow = await code_for(tenant, fake, {**SUBJECT, "email": "taken@example.com"})
    body = {"code": code, "verifier": flow.verifier}
    assert_problem(await tenant.http.post("/api/auth/identities", json=body, headers=auth), "already_exists")
    code, flow = await code_for(tenant, fake, SUBJECT)
    body = {"code": code, "verifier": flow.verifier}
    done = await tenant.http.post("/api/auth/identities", json=body, headers=auth)
    assert done.status_code == 201, done.text
    user = done.json()["user"]
    assert (user["id"], user["email"], user["verified"]) == (guest["user"]["id"], "ann@example.com", True)
    assert "guest" not in user
    assert (await sign_in(tenant, fake, SUBJECT)).json()["user"]["id"] == user["id"]


async def test_a_guest_becomes_nobody_where_nobody_may_register(tenant: Tenant, fake: FakeProvider) -> None:
    await settle(tenant, guests=True, signUp="closed")
    guest = (await post(tenant, "anonymous")).json()
    auth = {"authorization": f"Bearer {guest['token']}"}
    code, flow = await code_for(tenant, fake, SUBJECT)
    body = {"code": code, "verifier": flow.verifier}
    assert_problem(await tenant.http.post("/api/auth/identities", json=body, headers=auth), "sign_up_closed")
    await settle(tenant, signUp="open", emailDomains=["acme.com"])
    assert_problem(await tenant.http.post("/api/auth/identities", json=body, headers=auth), "sign_up_closed")
    await settle(tenant, emailDomains=[])
    assert (await tenant.http.post("/api/auth/identities", json=body, headers=auth)).status_code == 201


async def test_who_has_no_address_can_have_one(app: App, tenant: Tenant, fake: FakeProvider) -> None:
    token = (await sign_in(tenant, fake, {"sub": "s1"})).json()["token"]
    auth = {"authorization": f"Bearer {token}"}
    asked = await tenant.http.post("/api/auth/email/change/request", json={"email": "me@example.com"}, headers=auth)
    assert asked.status_code == 204, asked.text
    link = (await mails(app, tenant))[0]["text"].partition("#email-change=")[2].split()[0]
    done = await post(tenant, "email/change/confirm", token=link)
    assert done.json()["user"]["email"] == "me@example.com" and len(await mails(app, tenant)) == 1


async def test_many_at_once_make_one_account(tenant: Tenant, fake: FakeProvider) -> None:
    codes = [await code_for(tenant, fake, SUBJECT) for _ in range(4)]
    done = await asyncio.gather(*(flow.exchange(code) for code, flow in codes))
    ids = {one.json()["user"]["id"] for one in done if one.status_code == 200}
    assert len(ids) == 1 and {one.status_code for one in done} <= {200, 400}, [one.text for one in done]


async def test_the_schema_of_users_decides_about_the_profile(tenant: Tenant, fake: FakeProvider) -> None:
    schema = {"type": "object", "properties": {"email": {}, "verified": {}}, "additionalProperties": False}
    changed = await tenant.http.patch("/api/collections/users", json={"schema": schema}, headers=tenant.key)
    assert changed.status_code == 200, changed.text
    user = (await sign_in(tenant, fake, SUBJECT)).json()["user"]
    assert user["email"] == "ann@example.com" and "name" not in user


async def test_github(tenant: Tenant) -> None:
    """The address is asked for apart, and the first confirmed one counts, whatever the profile says."""
    async with provider() as fake:
        where = {"authorizeUrl": f"{fake.issuer}/authorize", "tokenUrl": f"{fake.issuer}/token"}
        await use_provider(tenant, fake, "github", issuer=None, userinfoUrl=f"{fake.issuer}/userinfo", **where)
        fake.userinfo = {
            "id": 17,
            "login": "ann",
            "name": None,
            "email": "boss@example.com",
            "avatar_url": "https://x/a",
        }
        fake.emails = [
            {"email": "boss@example.com", "verified": False, "primary": True},
            {"email": "second@example.com", "verified": True, "primary": False},
            {"email": "first@example.com", "verified": True, "primary": True},
        ]
        user = (await sign_in(tenant, fake, {}, "github")).json()["user"]
        assert (user["email"], user["verified"], user["name"]) == ("first@example.com", True, "ann")
        fake.userinfo, fake.emails = {"id": 18, "login": "b", "email": "boss@example.com"}, fake.emails[:1]
        other = (await sign_in(tenant, fake, {}, "github")).json()["user"]
        assert other["id"] != user["id"] and "email" not in other


async def test_discord(tenant: Tenant) -> None:
    async with provider() as fake:
        where = {"authorizeUrl": f"{fake.issuer}/authorize", "tokenUrl": f"{fake.issuer}/token"}
        await use_provider(tenant, fake, "discord", issuer=None, userinfoUrl=f"{fake.issuer}/userinfo", **where)
        fake.userinfo = {"id": "5", "username": "ann", "avatar": "abc", "email": "ann@example.com", "verified": False}
        user = (await sign_in(tenant, fake, {}, "discord")).json()["user"]
        assert (user["verified"], user["avatarUrl"]) == (False, "https://cdn.discordapp.com/avatars/5/abc.png")
        fake.userinfo["verified"] = True
        assert (await sign_in(tenant, fake, {}, "discord")).json()["user"]["verified"] is True


async def test_microsoft_confirms_by_its_own_claim_alone(tenant: Tenant) -> None:
    async with provider() as fake:
        await use_provider(tenant, fake, "microsoft")
        unsure = await sign_in(tenant, fake, SUBJECT, "microsoft")
        assert unsure.json()["user"]["verified"] is False
        sure = {"sub": "s2", "email": "b@example.com", "xms_edov": True}
        assert (await sign_in(tenant, fake, sure, "microsoft")).json()["user"]["verified"] is True


async def test_apple(tenant: Tenant) -> None:
    """It answers by a form from its own page, tells the name there once, and takes a signed statement for a secret."""
    async with provider() as fake:
        key = ECKey.generate_key("P-256").as_pem(private=True).decode()
        form = {"clientSecret": None, "teamId": "T", "keyId": "K", "privateKey": key}
        fake.token = None
        await use_provider(tenant, fake, "apple", **form)
        flow = SignIn(tenant, "apple")
        await flow.begin()
        assert "response_mode=form_post" in flow.location and "name" in flow.location
        claims = {"sub": "a1", "email": "ann@example.com", "email_verified": "true"}
        code = fake.grant(flow.location, claims)
        given = fake.grants[code]
        seen: list[str] = []

        def token() -> Any:
            from starlette.responses import JSONResponse

            seen.append("asked")
            return JSONResponse({"access_token": "at", "token_type": "Bearer", "id_token": fake.signed(given.claims)})

        fake.token = token
        posted = await tenant.http.post(
            "/api/auth/oauth/apple/callback",
            data={"code": code, "state": flow.state, "user": '{"name":{"firstName":"Ann","lastName":"Lee"}}'},
            headers={"origin": "https://appleid.apple.com"},
        )
        assert posted.status_code == 303, posted.text
        other = await tenant.http.post("/api/auth/oauth/apple/callback", json={"code": code, "state": flow.state})
        assert_problem(other, "unsupported_media_type")
        said = handed_over(await tenant.http.get(posted.headers["location"], headers={"cookie": flow.cookie}))
        user = (await flow.exchange(said["backpack-code"])).json()["user"]
        assert (user["name"], user["verified"], seen) == ("Ann Lee", True, ["asked"])


async def test_providers_are_shown_without_their_secrets(tenant: Tenant, fake: FakeProvider) -> None:
    await use_provider(tenant, fake, "off", enabled=False)
    open_ = await tenant.http.get("/api/auth/providers")
    assert open_.json() == {"items": [{"name": "idp", "label": "idp", "kind": "oidc"}]}
    shown = await tenant.http.get("/api/settings/providers", headers=tenant.key)
    assert [one["name"] for one in shown.json()["items"]] == ["idp", "off"] and "secret of" not in shown.text
    assert shown.json()["items"][0]["hasSecret"] is True
    assert_problem(await SignIn(tenant, "off").begin(), "document_not_found")
    # A secret that is left out stays.
    kept = await tenant.http.put(
        "/api/settings/providers/idp", json={"clientId": CLIENT, "issuer": fake.issuer}, headers=tenant.key
    )
    assert kept.json()["hasSecret"] is True and (await sign_in(tenant, fake, SUBJECT)).status_code == 200
    assert (await tenant.http.delete("/api/settings/providers/idp", headers=tenant.key)).status_code == 204
    assert_problem(await SignIn(tenant).begin(), "document_not_found")


@pytest.mark.parametrize(
    ("name", "form", "place"),
    [
        ("idp", {"clientId": ""}, "/clientId"),
        ("idp", {"clientId": "c"}, "/issuer"),
        ("idp", {"clientId": "c", "issuer": "javascript:alert(1)"}, "/issuer"),
        ("idp", {"clientId": "c", "issuer": "https://user@host"}, "/issuer"),
        ("idp", {"clientId": "c", "issuer": "https://host/?x"}, "/issuer"),
        ("Idp", {"clientId": "c", "issuer": "https://host"}, "/name"),
        ("idp", {"clientId": "c", "kind": "oauth2"}, "/authorizeUrl"),
        ("github", {"clientId": "c", "issuer": "https://host"}, "/issuer"),
        ("apple", {"clientId": "c"}, "/privateKey"),
        ("idp", {"clientId": "c", "issuer": "https://host", "scopes": ["a b"]}, "/scopes"),
        ("idp", {"clientId": "c", "issuer": "https://host", "label": "a\nb"}, "/label"),
        ("idp", {"clientId": "c", "clientSecret": "x" * 5000, "issuer": "https://host"}, "/clientSecret"),
        ("idp", {"clientId": "c", "issuer": "https://host", "other": 1}, ""),
    ],
)
async def test_bad_providers_change_nothing(tenant: Tenant, name: str, form: dict[str, Any], place: str) -> None:
    response = await tenant.http.put(f"/api/settings/providers/{name}", json=form, headers=tenant.key)
    assert_problem(response, "invalid_request")
    assert place in {one["path"] for one in response.json()["errors"]} | {""}, response.text
    assert (await tenant.http.get("/api/settings/providers", headers=tenant.key)).json() == {"items": []}


async def test_a_cancelled_sign_in_says_so(tenant: Tenant, fake: FakeProvider) -> None:
    flow = SignIn(tenant)
    await flow.begin(redirect="/welcome?x=1")
    back = await flow.back(error="access_denied", error_description="<script>")
    assert back.headers["location"].startswith(f"{tenant.origin}/welcome?x=1#backpack-error=sign_in_cancelled")
    assert "script" not in back.headers["location"]


async def test_a_window_of_its_own(tenant: Tenant, fake: FakeProvider) -> None:
    await settle(tenant, redirects=["http://localhost:5173"])
    flow = SignIn(tenant)
    await flow.begin(redirect="http://localhost:5173/app", mode="popup")
    back = await flow.back(code=fake.grant(flow.location, SUBJECT))
    assert back.headers["location"].startswith(f"{tenant.origin}/api/auth/popup#")
    said = handed_over(back)
    assert said["origin"] == "http://localhost:5173"
    assert (await flow.exchange(said["code"])).status_code == 200
    page = await tenant.http.get("/api/auth/popup")
    assert page.headers["content-type"].startswith("text/html")


async def test_keys_that_change_are_asked_for_again(tenant: Tenant, fake: FakeProvider, monkeypatch: Any) -> None:
    from joserfc import jwt
    from joserfc.jwk import RSAKey

    from server.identity.oauth import discovery

    assert (await sign_in(tenant, fake, SUBJECT)).status_code == 200
    other = RSAKey.generate_key(2048, {"kid": "k2", "use": "sig"})
    fake.published, fake.sign = [other], lambda claims: jwt.encode({"alg": "RS256", "kid": "k2"}, claims, other)
    assert "provider_failed" in await refused(tenant, fake, SUBJECT)  # asked for a moment ago
    monkeypatch.setattr(discovery, "_AGAIN_S", 0.0)
    assert (await sign_in(tenant, fake, SUBJECT)).status_code == 200
    assert fake.asked.count("jwks") == 2

"""Passkeys, with an authenticator that tells the truth and one that lies. In a real browser: tests/browser."""

import asyncio
from dataclasses import replace
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.accounts import is_signed_in, mails, post, settle
from tests.support.app import PASSWORD, App, Tenant, User
from tests.support.passkey import ATTESTED, USER_PRESENT, USER_VERIFIED, Authenticator, b64
from tests.support.problems import assert_problem

BASE = "/api/auth/passkeys"


def authenticator(tenant: Tenant) -> Authenticator:
    return Authenticator(tenant.origin, f"{tenant.name}.localhost")


async def offered(tenant: Tenant, user: User, **headers: str) -> dict[str, Any]:
    """Options for a new passkey."""
    response = await tenant.http.post(f"{BASE}/options", json={"password": PASSWORD}, headers={**user.auth, **headers})
    assert response.status_code == 200, response.text
    options: dict[str, Any] = response.json()
    return options


async def add(tenant: Tenant, user: User, device: Authenticator, **more: object) -> Any:
    body = {"credential": device.make(await offered(tenant, user)), **more}
    return await tenant.http.post(BASE, json=body, headers=user.auth)


async def asked(tenant: Tenant, **headers: str) -> dict[str, Any]:
    """Options for signing in."""
    options: dict[str, Any] = (await tenant.http.post(f"{BASE}/login/options", headers=headers)).json()
    return options


async def sign_in(tenant: Tenant, device: Authenticator, **headers: str) -> Any:
    body = {"credential": device.answer(await asked(tenant, **headers))}
    return await tenant.http.post(f"{BASE}/login", json=body, headers=headers)


@pytest.fixture
async def device(tenant: Tenant, user: User) -> Authenticator:
    """The user's passkey."""
    made = authenticator(tenant)
    response = await add(tenant, user, made, name="Phone")
    assert response.status_code == 201, response.text
    return made


async def test_added_used_renamed_removed(tenant: Tenant, user: User, device: Authenticator) -> None:
    (listed,) = (await tenant.http.get(BASE, headers=user.auth)).json()["items"]
    assert (listed["name"], listed["lastUsedAt"], listed["host"]) == ("Phone", None, f"{tenant.name}.localhost")
    assert set(listed) == {"id", "name", "createdAt", "lastUsedAt", "host", "synced"}
    done = await sign_in(tenant, device)
    assert (done.status_code, done.json()["user"]["id"]) == (200, user.id)
    (used,) = (await tenant.http.get(BASE, headers=user.auth)).json()["items"]
    assert used["lastUsedAt"] is not None
    path = f"{BASE}/{listed['id']}"
    renamed = await tenant.http.patch(path, json={"name": "Old phone"}, headers=user.auth)
    assert renamed.json()["name"] == "Old phone"
    assert (await sign_in(tenant, device)).status_code == 200
    assert (await tenant.http.delete(path, headers=user.auth)).status_code == 204
    assert_problem(await sign_in(tenant, device), "token_invalid")
    assert_problem(await tenant.http.delete(path, headers=user.auth), "document_not_found")


async def test_what_the_browser_is_told(tenant: Tenant, user: User, device: Authenticator) -> None:
    """The tenant's own host, never its parent; the owner is to be recognised; keys that are there are not made again."""
    options = await offered(tenant, user)
    assert options["rp"] == {"id": f"{tenant.name}.localhost", "name": tenant.name}
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert [one["id"] for one in options["excludeCredentials"]] == [b64(device.id)]
    login = await asked(tenant)
    assert (login["rpId"], login["userVerification"]) == (f"{tenant.name}.localhost", "required")
    assert login["allowCredentials"] == []  # nobody learns who has one


async def test_the_password_is_asked_for(tenant: Tenant, user: User) -> None:
    assert_problem(await tenant.http.post(f"{BASE}/options", json={}, headers=user.auth), "invalid_request")
    wrong = await tenant.http.post(f"{BASE}/options", json={"password": "wrong one"}, headers=user.auth)
    assert_problem(wrong, "wrong_credentials")


LIES: dict[str, Any] = {
    "another page": lambda tenant: {"origin": "https://evil.example.com"},
    "a sibling's page": lambda tenant: {"origin": tenant.origin.replace(tenant.name, "sibling")},
    "another host": lambda tenant: {"host": "evil.example.com"},
    "the parent's host": lambda tenant: {"host": "localhost"},
    "its owner was not recognised": lambda tenant: {"flags": USER_PRESENT},
    "nobody was there": lambda tenant: {"flags": USER_VERIFIED},
    "another ceremony": lambda tenant: {"kind": "payment.get"},
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_new_passkey_that_lies(tenant: Tenant, user: User, lie: str) -> None:
    device = replace(authenticator(tenant), **LIES[lie](tenant))
    assert_problem(await add(tenant, user, device), "invalid_request")
    assert (await tenant.http.get(BASE, headers=user.auth)).json()["items"] == []


@pytest.mark.parametrize("lie", LIES)
async def test_an_answer_that_lies(tenant: Tenant, device: Authenticator, lie: str) -> None:
    assert_problem(await sign_in(tenant, replace(device, **LIES[lie](tenant))), "token_invalid")
    assert (await sign_in(tenant, device)).status_code == 200


async def test_another_key_signs(tenant: Tenant, device: Authenticator) -> None:
    other = replace(device, key=ec.generate_private_key(ec.SECP256R1()))
    assert_problem(await sign_in(tenant, other), "token_invalid")


async def test_the_answer_names_another_user(tenant: Tenant, device: Authenticator) -> None:
    other = await tenant.user()
    assert_problem(await sign_in(tenant, replace(device, user=other.id.encode())), "token_invalid")


async def test_a_copied_key_is_seen_by_its_counter(tenant: Tenant, device: Authenticator) -> None:
    device.count = 5
    assert (await sign_in(tenant, device)).status_code == 200
    device.count = 4
    assert_problem(await sign_in(tenant, device), "token_invalid")
    device.count = 6
    assert (await sign_in(tenant, device)).status_code == 200


async def test_a_challenge_is_good_once_and_for_one_thing(tenant: Tenant, user: User, device: Authenticator) -> None:
    options = await asked(tenant)
    body = {"credential": device.answer(options)}
    answers = await asyncio.gather(*(tenant.http.post(f"{BASE}/login", json=body) for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [200, 400, 400, 400]
    assert_problem(await tenant.http.post(f"{BASE}/login", json=body), "token_invalid")
    invented = {**options, "challenge": b64(b"x" * 32)}
    assert_problem(
        await tenant.http.post(f"{BASE}/login", json={"credential": device.answer(invented)}), "token_invalid"
    )
    to_add = await offered(tenant, user)
    crossed = {"credential": device.answer(to_add)}
    assert_problem(await tenant.http.post(f"{BASE}/login", json=crossed), "token_invalid")
    second = authenticator(tenant)
    login = {**to_add, "challenge": (await asked(tenant))["challenge"]}
    made = await tenant.http.post(BASE, json={"credential": second.make(login)}, headers=user.auth)
    assert_problem(made, "token_invalid")


async def test_a_challenge_is_for_who_asked(tenant: Tenant, user: User) -> None:
    other = await tenant.user()
    made = {"credential": authenticator(tenant).make(await offered(tenant, other))}
    assert_problem(await tenant.http.post(BASE, json=made, headers=user.auth), "token_invalid")


async def test_a_passkey_is_of_one_account(tenant: Tenant, device: Authenticator) -> None:
    other = await tenant.user()
    assert_problem(await add(tenant, other, device), "already_exists")


async def test_a_passkey_of_one_tenant_is_nothing_at_another(
    app: App, tenant: Tenant, user: User, device: Authenticator
) -> None:
    other = await app.tenant()
    await other.user(user.email)
    assert_problem(await sign_in(other, device), "token_invalid")
    assert_problem(
        await sign_in(other, replace(device, origin=other.origin, host=f"{other.name}.localhost")), "token_invalid"
    )
    body = {"credential": device.answer(await asked(tenant))}
    assert_problem(await other.http.post(f"{BASE}/login", json=body), "token_invalid")
    assert (await tenant.http.post(f"{BASE}/login", json=body)).status_code == 200


async def test_disabled_and_unconfirmed_accounts(tenant: Tenant, user: User, device: Authenticator) -> None:
    await settle(tenant, verification="required")
    assert_problem(await sign_in(tenant, device), "not_verified")
    await tenant.http.patch(f"/api/data/users/{user.id}", json={"verified": True}, headers=tenant.key)
    assert (await sign_in(tenant, device)).status_code == 200
    await tenant.http.patch(f"/api/data/users/{user.id}", json={"disabled": True}, headers=tenant.key)
    assert_problem(await sign_in(tenant, device), "account_disabled")
    await tenant.http.delete(f"/api/data/users/{user.id}", headers=tenant.key)
    assert_problem(await sign_in(tenant, device), "token_invalid")


async def test_a_squatters_passkey_is_dropped(app: App, tenant: Tenant, user: User, device: Authenticator) -> None:
    await settle(tenant, codeLogin="known")
    await post(tenant, "otp/request", email=user.email)
    token = (await mails(app, tenant))[0]["text"].partition("#link=")[2].split()[0]
    assert (await post(tenant, "otp/login", token=token)).status_code == 200
    assert_problem(await sign_in(tenant, device), "token_invalid")
    assert not await is_signed_in(tenant, user)


async def test_the_applications_own_origin(tenant: Tenant, user: User) -> None:
    """A page elsewhere that the settings name has passkeys of its own host; one that they do not name has none."""
    await settle(tenant, redirects=["https://app.example.com"])
    device = Authenticator("https://app.example.com", "app.example.com")
    options = await offered(tenant, user, origin="https://app.example.com")
    assert options["rp"]["id"] == "app.example.com"
    body, headers = {"credential": device.make(options)}, {"origin": "https://app.example.com"}
    assert (await tenant.http.post(BASE, json=body, headers={**user.auth, **headers})).status_code == 201
    assert (await sign_in(tenant, device, **headers)).status_code == 200
    assert_problem(await sign_in(tenant, device), "token_invalid")
    assert (await offered(tenant, user, origin="https://evil.example.com"))["rp"]["id"] == f"{tenant.name}.localhost"


async def test_the_second_factor_is_in_it(tenant: Tenant, user: User, device: Authenticator) -> None:
    import pyotp

    enrolled = await tenant.http.post("/api/auth/mfa/totp/enroll", json={"password": PASSWORD}, headers=user.auth)
    code = pyotp.TOTP(enrolled.json()["secret"]).now()
    await tenant.http.post("/api/auth/mfa/totp/confirm", json={"code": code}, headers=user.auth)
    assert (await sign_in(tenant, device)).status_code == 200


@pytest.mark.parametrize(
    "value", [None, [], {}, "x", 7, {"id": 7}, {"id": ""}, {"id": "x" * 2000}, {"id": "x", "response": []}]
)
async def test_no_credential_where_one_belongs(tenant: Tenant, user: User, value: object) -> None:
    assert_problem(await tenant.http.post(BASE, json={"credential": value}, headers=user.auth), "invalid_request")
    assert_problem(await tenant.http.post(f"{BASE}/login", json={"credential": value}), "invalid_request")


PARTS = ("clientDataJSON", "authenticatorData", "signature", "userHandle", "attestationObject")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    "value", [None, 7, "", "!!", b64(b"{"), b64(b"[" * 5000), b64(b"\x9f" * 5000), b64(b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff"), "x" * 50_000]
)  # fmt: skip
async def test_parts_that_cannot_be_read(
    tenant: Tenant, user: User, device: Authenticator, part: str, value: object
) -> None:
    answer = device.answer(await asked(tenant))
    made = authenticator(tenant).make(await offered(tenant, user))
    for credential, path in ((answer, f"{BASE}/login"), (made, BASE)):
        if part in credential["response"]:
            credential["response"][part] = value
            response = await tenant.http.post(path, json={"credential": credential}, headers=user.auth)
            assert response.status_code == 400, response.text
    assert len((await tenant.http.get(BASE, headers=user.auth)).json()["items"]) == 1


@pytest.mark.parametrize("name", ["", "x" * 101, 7, None, [], "a\nb"])
async def test_names_that_are_none(tenant: Tenant, user: User, device: Authenticator, name: object) -> None:
    assert_problem(await add(tenant, user, authenticator(tenant), name=name), "invalid_request")
    (one,) = (await tenant.http.get(BASE, headers=user.auth)).json()["items"]
    renamed = await tenant.http.patch(f"{BASE}/{one['id']}", json={"name": name}, headers=user.auth)
    assert_problem(renamed, "invalid_request")


@pytest.mark.parametrize(
    "key", [[1], {}, {1: 2}, {1: 2, 3: -7, -1: 1}, "key", b"key", 7, None, {1: 3, 3: -257}, {1: [2]}]
)
async def test_a_public_key_that_is_none(tenant: Tenant, user: User, key: object) -> None:
    device = authenticator(tenant)
    credential = device.make(await offered(tenant, user))
    attested = device._data(ATTESTED) + bytes(16) + len(device.id).to_bytes(2, "big") + device.id + cbor2.dumps(key)
    statement = {"fmt": "none", "attStmt": {}, "authData": attested}
    credential["response"]["attestationObject"] = b64(cbor2.dumps(statement))
    assert_problem(await tenant.http.post(BASE, json={"credential": credential}, headers=user.auth), "invalid_request")

"""A provider, a browser or another tenant that lies: nobody is signed in as somebody else, and nothing changes.

Each attack runs against the same provider that signs in honestly in the same test, so it is refused for its own reason.
"""

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.responses import JSONResponse, RedirectResponse, Response

from tests.support.accounts import is_signed_in, settle
from tests.support.app import App, Tenant
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

OTHER_KEY = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})


@pytest.fixture
async def fake(tenant: Tenant) -> Any:
    """A provider that the tenant uses, and that is honest before and after each attack."""
    async with provider() as made:
        await use_provider(tenant, made)
        yield made
        made.sign, made.token, made.userinfo = None, None, None
        assert (await sign_in(tenant, made, {"sub": "twin"})).status_code == 200


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _unsigned(claims: dict[str, Any]) -> str:
    return f"{_part({'alg': 'none'})}.{_part(claims)}."


def _foreign(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "k1"}, claims, OTHER_KEY)


def _by_the_public_key(fake: FakeProvider) -> Callable[[dict[str, Any]], str]:
    """The public key taken for a shared secret (CVE-2015-9235)."""
    shared = fake.key.as_pem(private=False)

    def sign(claims: dict[str, Any]) -> str:
        signed = f"{_part({'alg': 'HS256', 'kid': 'k1'})}.{_part(claims)}"
        mac = hmac.new(shared, signed.encode(), "sha256").digest()
        return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"

    return sign


def _brought_key(claims: dict[str, Any]) -> str:
    """The attacker's key in the token's own header (CVE-2018-0114)."""
    header = {"alg": "RS256", "jwk": OTHER_KEY.as_dict(private=False)}
    return jwt.encode(header, claims, OTHER_KEY)


def _deep(claims: dict[str, Any]) -> str:
    """More brackets than Python's JSON can take."""
    nested = base64.urlsafe_b64encode(b"[" * 5000).rstrip(b"=").decode()
    return f"{nested}.{nested}.x"


@pytest.mark.parametrize(
    "sign",
    [
        _unsigned,
        _foreign,
        _brought_key,
        lambda claims: "no.token.here",
        lambda claims: "x" * 20_000,
        lambda claims: 7,
        _deep,
    ],
)
async def test_a_token_that_the_provider_did_not_sign(
    tenant: Tenant, fake: FakeProvider, sign: Callable[[dict[str, Any]], str]
) -> None:
    fake.sign = sign
    assert (await refused(tenant, fake, SUBJECT)).startswith("provider_failed: The provider")


async def test_a_token_signed_with_the_public_key(tenant: Tenant, fake: FakeProvider) -> None:
    fake.sign = _by_the_public_key(fake)
    assert "provider_failed" in await refused(tenant, fake, SUBJECT)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://accounts.example.com"}, {"iss": None}, {"aud": "another-client"}, {"aud": None},
        {"aud": [CLIENT, "another-client"]}, {"aud": [CLIENT, "another-client"], "azp": "another-client"},
        {"exp": int(time.time()) - 3600}, {"exp": None}, {"iat": None}, {"exp": "soon"},
        {"nbf": int(time.time()) + 3600}, {"nonce": "of another sign-in"}, {"nonce": ""},
        {"sub": None}, {"sub": ""}, {"sub": 7.5}, {"sub": ["s1"]}, {"sub": {"$ne": 1}}, {"sub": "x" * 600},
        {"sub": "a\nb"},
    ],
)  # fmt: skip
async def test_a_token_that_is_for_something_else(tenant: Tenant, fake: FakeProvider, claims: dict[str, Any]) -> None:
    assert (await refused(tenant, fake, {**SUBJECT, **claims})).startswith("provider_failed: The provider")


async def test_a_token_for_several_clients_that_names_us(tenant: Tenant, fake: FakeProvider) -> None:
    done = await sign_in(tenant, fake, {**SUBJECT, "aud": [CLIENT, "another-client"], "azp": CLIENT})
    assert done.status_code == 200


async def test_a_token_without_a_nonce(tenant: Tenant, fake: FakeProvider) -> None:
    fake.sign = lambda claims: fake.signed({name: value for name, value in claims.items() if name != "nonce"})
    assert "provider_failed" in await refused(tenant, fake, SUBJECT)


@pytest.mark.parametrize("said", [{"sub": "somebody else", "email": "boss@example.com"}, {}, [], "text", {"sub": None}])
async def test_userinfo_of_somebody_else(tenant: Tenant, fake: FakeProvider, said: Any) -> None:
    fake.userinfo = said
    assert "provider_failed" in await refused(tenant, fake, {"sub": "s1"})


@pytest.mark.parametrize(
    "email",
    [
        "a@example.com\r\nBcc: all@example.com",
        ["ann@example.com"],
        {"$ne": None},
        "no address",
        7,
        "a" * 300 + "@x.com",
    ],
)
async def test_an_address_that_is_none(tenant: Tenant, fake: FakeProvider, email: Any) -> None:
    """The sign-in is good, and has no address."""
    user = (await sign_in(tenant, fake, {**SUBJECT, "email": email})).json()["user"]
    assert "email" not in user and user["verified"] is False


@pytest.mark.parametrize("name", [["x"], {"$gt": ""}, 7, "a\x00b", "n" * 5000])
async def test_a_name_that_is_none(tenant: Tenant, fake: FakeProvider, name: Any) -> None:
    picture = "javascript:alert(1)"
    user = (await sign_in(tenant, fake, {**SUBJECT, "name": name, "picture": picture})).json()["user"]
    assert len(user.get("name", "")) <= 200 and "avatarUrl" not in user


async def test_the_callback_in_another_browser(tenant: Tenant, fake: FakeProvider) -> None:
    """The attacker begins, and has the victim finish: the victim would be signed in as the attacker."""
    theirs, mine = SignIn(tenant), SignIn(tenant)
    await theirs.begin()
    await mine.begin()
    code = fake.grant(theirs.location, SUBJECT)
    for cookie in ("", mine.cookie, "backpack-oauth=" + "x" * 43):
        theirs.cookie, kept = cookie, theirs.cookie
        assert_problem(await theirs.back(code=code), "token_invalid")
        theirs.cookie = kept
    assert fake.asked.count("token") == 0
    assert "backpack-code" in handed_over(await theirs.back(code=code))


async def test_a_doubled_cookie_is_none(tenant: Tenant, fake: FakeProvider) -> None:
    flow = SignIn(tenant)
    await flow.begin()
    flow.cookie = f"{flow.cookie}; backpack-oauth={'x' * 43}"
    assert_problem(await flow.back(code=fake.grant(flow.location, SUBJECT)), "session_invalid")


async def test_a_state_is_good_once(tenant: Tenant, fake: FakeProvider) -> None:
    flow = SignIn(tenant)
    await flow.begin()
    assert "backpack-code" in handed_over(await flow.back(code=fake.grant(flow.location, SUBJECT)))
    assert_problem(await flow.back(code=fake.grant(flow.location, SUBJECT)), "token_invalid")
    for state in ("", "nonsense", flow.verifier):
        params = {"state": state, "code": "c"}
        back = await tenant.http.get("/api/auth/oauth/idp/callback", params=params, headers={"cookie": flow.cookie})
        assert_problem(back, "token_invalid")


@pytest.mark.parametrize("name", ["%0d%0aSet-Cookie:x=1", "%7F", "%C3%A9", "A", "..%2f..%2f", "%2F%2Fevil.example.com"])
async def test_a_name_that_is_none_is_in_no_header(tenant: Tenant, fake: FakeProvider, name: str) -> None:
    form = {"state": "x", "code": "x"}
    for method in ("GET", "POST"):
        response = await tenant.http.request(method, f"/api/auth/oauth/{name}/callback", data=form)
        assert response.status_code in {400, 404} and "location" not in response.headers, response.text
    assert (await tenant.http.get(f"/api/auth/oauth/{name}?challenge={'x' * 43}")).status_code == 404


async def test_a_doubled_answer(tenant: Tenant, fake: FakeProvider) -> None:
    flow = SignIn(tenant)
    await flow.begin()
    path = f"/api/auth/oauth/idp/callback?state={flow.state}&state=x&code=c"
    assert_problem(await tenant.http.get(path, headers={"cookie": flow.cookie}), "invalid_request")


async def test_an_answer_of_another_provider(tenant: Tenant, fake: FakeProvider) -> None:
    """Mix-up: the browser was sent to one provider, and another one answers (RFC 9207)."""
    await use_provider(tenant, fake, "other")
    flow = SignIn(tenant)
    await flow.begin()
    code = fake.grant(flow.location, SUBJECT)
    assert_problem(await flow.back("other", code=code), "token_invalid")
    assert "Another provider" in await refused(tenant, fake, SUBJECT, iss="https://evil.example.com")
    assert "backpack-code" in handed_over(await flow.back(code=code))


async def test_a_provider_that_names_itself_always(tenant: Tenant) -> None:
    async with provider() as fake:
        fake.metadata = {"authorization_response_iss_parameter_supported": True}
        await use_provider(tenant, fake)
        assert "Another provider" in await refused(tenant, fake, SUBJECT)
        await code_for(tenant, fake, SUBJECT, iss=fake.issuer)


async def test_our_code_is_for_who_began(tenant: Tenant, fake: FakeProvider) -> None:
    code, flow = await code_for(tenant, fake, SUBJECT)
    for verifier in ("wrong", flow.challenge, "x" * 43):
        body = {"code": code, "verifier": verifier}
        assert_problem(await tenant.http.post("/api/auth/oauth/exchange", json=body), "token_invalid")
    assert_problem(await flow.exchange(flow.state), "token_invalid")
    assert (await flow.exchange(code)).status_code == 200
    assert_problem(await flow.exchange(code), "token_invalid")


@pytest.mark.parametrize("value", [[], {}, {"$ne": ""}, None, 7, True, "x" * 5000])
async def test_no_text_where_one_belongs(tenant: Tenant, fake: FakeProvider, value: object) -> None:
    code, flow = await code_for(tenant, fake, SUBJECT)
    for body in ({"code": value, "verifier": flow.verifier}, {"code": code, "verifier": value}):
        assert_problem(await tenant.http.post("/api/auth/oauth/exchange", json=body), "invalid_request")
    assert (await flow.exchange(code)).status_code == 200


@pytest.mark.parametrize("challenge", ["", "short", "x" * 44, "x" * 42 + "=", "x" * 42 + "$", "x" * 42 + "\n"])
async def test_a_challenge_is_needed(tenant: Tenant, fake: FakeProvider, challenge: str) -> None:
    response = await tenant.http.get("/api/auth/oauth/idp", params={"challenge": challenge})
    assert_problem(response, "invalid_request")


@pytest.mark.parametrize(
    "redirect",
    [
        "https://evil.example.com", "//evil.example.com", "/\\evil.example.com", "\\\\evil.example.com", "javascript:x",
        "https://app.example.com.evil.com", "https://app.example.com@evil.com", "https://app.example.com:444",
        "http://app.example.com", "https://app.example.com\\@evil.com", "https://app.example.com/#x", "/#x", "relative",
        " https://app.example.com", "https://app.example.com/a\r\nSet-Cookie: x=1", "/a\r\nb", "/\t/evil.com",
        "https://app.example.com//evil.com", "data:text/html,x", "https://APP.example.com", "/" + "x" * 3000, "/é",
    ],
)  # fmt: skip
async def test_browsers_come_back_to_the_application_alone(tenant: Tenant, fake: FakeProvider, redirect: str) -> None:
    await settle(tenant, redirects=["https://app.example.com"])
    assert_problem(await SignIn(tenant).begin(redirect=redirect), "invalid_request")
    for good in ("https://app.example.com", "https://app.example.com/a?b=c", tenant.origin + "/x", "/x", ""):
        assert (await SignIn(tenant).begin(redirect=good)).status_code == 302, good


async def test_nothing_of_one_tenant_is_good_at_another(app: App, tenant: Tenant, fake: FakeProvider) -> None:
    other = await app.tenant()
    await use_provider(other, fake)
    flow = SignIn(tenant)
    await flow.begin()
    code = fake.grant(flow.location, SUBJECT)
    flow.tenant = other
    assert_problem(await flow.back(code=code), "token_invalid")
    flow.tenant = tenant
    ours = handed_over(await flow.back(code=code))["backpack-code"]
    flow.tenant = other
    assert_problem(await flow.exchange(ours), "token_invalid")
    flow.tenant = tenant
    done = await flow.exchange(ours)
    headers = {"authorization": f"Bearer {done.json()['token']}"}
    assert (await other.http.get("/api/auth/me", headers=headers)).status_code == 401
    assert (await sign_in(other, fake, SUBJECT)).json()["user"]["id"] != done.json()["user"]["id"]


async def test_the_same_subject_at_two_providers_is_two_people(tenant: Tenant, fake: FakeProvider) -> None:
    first = (await sign_in(tenant, fake, {"sub": "1"})).json()["user"]["id"]
    async with provider() as other:
        await use_provider(tenant, other, "other")
        assert (await sign_in(tenant, other, {"sub": "1"}, "other")).json()["user"]["id"] != first


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://accounts.example.com"}, {"issuer": None},
        {"issuer": "https://login.microsoftonline.com/{tenantid}/v2.0"}, {"token_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"}, {"authorization_endpoint": ["x"]}, {"jwks_uri": "file:///x"},
    ],
)  # fmt: skip
async def test_a_discovery_document_of_somebody_else(tenant: Tenant, changed: dict[str, Any]) -> None:
    async with provider() as fake:
        fake.metadata = changed
        await use_provider(tenant, fake)
        assert_problem(await SignIn(tenant).begin(), "provider_failed")
        fake.metadata = {}
        assert (await sign_in(tenant, fake, SUBJECT)).status_code == 200


@pytest.mark.parametrize(
    "answer",
    [
        lambda: Response(b"x" * 2_000_000), lambda: RedirectResponse("http://127.0.0.1:1/"), lambda: Response(b"[1]"),
        lambda: JSONResponse({"error": "invalid_client"}, 401), lambda: Response(b"", 500), lambda: JSONResponse([]),
        lambda: JSONResponse({"access_token": 7}), lambda: JSONResponse({"access_token": {"$ne": 1}}),
        lambda: Response(b"\x1f\x8b", headers={"content-encoding": "gzip"}), lambda: JSONResponse({"error": [1]}),
        lambda: Response(b'{"access_token":' + b"[" * 5000, media_type="application/json"),
        lambda: JSONResponse({"access_token": "at"}), lambda: JSONResponse({"id_token": "x", "access_token": None}),
    ],
)  # fmt: skip
async def test_a_token_endpoint_that_answers_nonsense(
    tenant: Tenant, fake: FakeProvider, answer: Callable[[], Response]
) -> None:
    fake.token = answer
    assert (await refused(tenant, fake, SUBJECT)).startswith("provider_failed")


async def test_a_provider_that_is_not_there(tenant: Tenant) -> None:
    async with provider() as fake:
        await use_provider(tenant, fake)
    assert_problem(await SignIn(tenant).begin(), "provider_failed")


async def test_a_page_cannot_link_its_own_identity(tenant: Tenant, fake: FakeProvider) -> None:
    """The visitor's cookie from a foreign page is refused before anything is looked at."""
    user = await tenant.user()
    code, flow = await code_for(tenant, fake, {"sub": "thief"})
    response = await tenant.http.post(
        "/api/auth/identities", json={"code": code, "verifier": flow.verifier},
        headers={"cookie": f"backpack={user.token}", "origin": "http://evil.localhost:8000"},
    )  # fmt: skip
    assert_problem(response, "wrong_origin")
    assert await is_signed_in(tenant, user)


async def test_what_is_private_in_a_providers_keys_is_not_looked_at(tenant: Tenant, fake: FakeProvider) -> None:
    """From an RSA key with its secret exponent, and without its primes, the library would compute them: for minutes,
    where the number is large."""
    honest = fake.key.as_dict(private=False)
    fake.listed = [
        {**honest, "d": "AQAB"},
        {"kty": "RSA", "n": "A" * 20_000, "e": "AQAB"},
        {"kty": []},
        7,
        {"kty": "oct"},
    ]
    assert (await sign_in(tenant, fake, SUBJECT)).status_code == 200


async def test_a_secret_goes_to_who_it_was_set_for(tenant: Tenant, fake: FakeProvider) -> None:
    path = "/api/settings/providers/idp"
    kept = await tenant.http.put(path, json={"clientId": CLIENT, "issuer": fake.issuer}, headers=tenant.key)
    assert kept.json()["hasSecret"] is True
    for change in ({"issuer": "https://evil.example.com"}, {"clientId": "other"}, {"kind": "gitlab"}):
        body = {"clientId": CLIENT, "issuer": fake.issuer, **change}
        response = await tenant.http.put("/api/settings/providers/idp", json=body, headers=tenant.key)
        assert response.json()["hasSecret"] is False, response.text
        await use_provider(tenant, fake)

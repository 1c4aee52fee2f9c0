"""The second factor: asked for on every way in, each code once, and never found by trying."""

import asyncio
import re
import time
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest

from server.identity import attempts, second_factor
from tenancy.context import TenantContext
from tests.api.test_codes import request
from tests.support.accounts import assign, forgot, post, settle
from tests.support.app import PASSWORD, App, Tenant, User
from tests.support.problems import assert_problem


class Clock:
    """The server's time, in steps of the test."""

    def __init__(self) -> None:
        self.now = time.time()

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    made = Clock()
    monkeypatch.setattr(second_factor, "time", made)
    return made  # type: ignore[return-value]


class Phone:
    """An authenticator application."""

    def __init__(self, tenant: Tenant, user: User, secret: str, recovery: list[str], clock: Clock) -> None:
        self.tenant = tenant
        self.user = user
        self.totp = pyotp.TOTP(secret)
        self.recovery = recovery
        self.clock = clock

    def code(self, periods: int = 0) -> str:
        return self.totp.at(int(self.clock.now) + 30 * periods)

    async def login(self, totp: object = None, password: str = PASSWORD) -> Any:
        body: Any = {"email": self.user.email, "password": password}
        return await post(self.tenant, "login", **(body if totp is None else {**body, "totp": totp}))


@pytest.fixture
async def phone(tenant: Tenant, user: User, clock: Clock) -> Phone:
    """A user with a second factor, whose last code is two periods old."""
    clock.now -= 90
    begun = await post(tenant, "mfa/totp/enroll", user, password=PASSWORD)
    assert begun.status_code == 200, begun.text
    secret = begun.json()["secret"]
    assert pyotp.parse_uri(begun.json()["uri"]).name == user.email
    confirmed = await post(tenant, "mfa/totp/confirm", user, code=pyotp.TOTP(secret).now())
    assert confirmed.status_code == 200, confirmed.text
    codes = confirmed.json()["recoveryCodes"]
    assert len(set(codes)) == 10 and all(re.fullmatch(r"[A-Z2-9]{5}(-[A-Z2-9]{5}){2}", code) for code in codes)
    clock.now = time.time() + 90
    return Phone(tenant, user, secret, codes, clock)


async def test_a_log_in_needs_both(phone: Phone) -> None:
    assert_problem(await phone.login(), "second_factor_required")
    assert_problem(await phone.login(password="wrong one"), "wrong_credentials")
    assert_problem(await phone.login(phone.code(), password="wrong one"), "wrong_credentials")
    assert_problem(await phone.login(f"{(int(phone.code()) + 1) % 10**6:06}"), "wrong_credentials")
    code = phone.code()
    assert (await phone.login(f"{code[:3]} {code[3:]}")).status_code == 200
    state = await phone.tenant.http.get("/api/auth/mfa", headers=phone.user.auth)
    assert state.json() == {"totp": True, "recoveryCodes": 10}


async def test_a_code_is_good_once(phone: Phone) -> None:
    """Also for two at once; and none that is older than the last."""
    answers = await asyncio.gather(*(phone.login(phone.code()) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    assert_problem(await phone.login(phone.code(-1)), "wrong_credentials")
    assert (await phone.login(phone.code(1))).status_code == 200  # a clock that goes before
    assert_problem(await phone.login(phone.code()), "wrong_credentials")
    phone.clock.now += 60
    assert (await phone.login(phone.code())).status_code == 200


@pytest.mark.parametrize("periods", [-3, -2, 2, 3])
async def test_a_code_of_another_time_is_none(phone: Phone, periods: int) -> None:
    assert_problem(await phone.login(phone.code(periods)), "wrong_credentials")


async def test_recovery_codes_are_good_once_each(phone: Phone) -> None:
    first, second = phone.recovery[:2]
    assert (await phone.login(first.lower())).status_code == 200
    assert_problem(await phone.login(first), "wrong_credentials")
    made = await post(phone.tenant, "mfa/totp/codes", phone.user, totp=phone.code())
    assert len(made.json()["recoveryCodes"]) == 10
    assert_problem(await phone.login(second), "wrong_credentials")
    answers = await asyncio.gather(*(phone.login(made.json()["recoveryCodes"][0]) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401]
    state = await phone.tenant.http.get("/api/auth/mfa", headers=phone.user.auth)
    assert state.json() == {"totp": True, "recoveryCodes": 9}


async def test_it_is_asked_for_on_every_way_in(app: App, phone: Phone) -> None:
    tenant, user = phone.tenant, phone.user
    await assign(tenant, user, verified=True)
    await settle(tenant, codeLogin="known")
    code, token = await request(app, tenant, user.email)
    bodies: list[Any] = [{"email": user.email, "code": code}, {"token": token}]
    for body in bodies:
        assert_problem(await post(tenant, "otp/login", **body), "second_factor_required")
        assert_problem(await post(tenant, "otp/login", **body, totp="123456"), "wrong_credentials")
        assert (await post(tenant, "otp/login", **body, totp=phone.code())).status_code == 200
        phone.clock.now += 60
    reset = await forgot(app, tenant, user)
    assert (await post(tenant, "password/reset", token=reset, password="another horse")).status_code == 204
    assert_problem(await phone.login(password="another horse"), "second_factor_required")


@pytest.mark.parametrize("way", ["code", "reset"])
async def test_nobody_keeps_the_owner_of_an_address_out(app: App, phone: Phone, way: str) -> None:
    """Whoever made the account never confirmed the address; the owner of the mailbox did not ask for a second factor."""
    tenant, user = phone.tenant, phone.user
    if way == "code":
        await settle(tenant, codeLogin="known")
        _, token = await request(app, tenant, user.email)
        assert (await post(tenant, "otp/login", token=token)).status_code == 200
        assert_problem(await phone.login(phone.code()), "wrong_credentials")
    else:
        reset = await forgot(app, tenant, user)
        assert (await post(tenant, "password/reset", token=reset, password="another horse")).status_code == 204
        assert (await phone.login(password="another horse")).status_code == 200


async def test_codes_are_not_found_by_trying(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password alone, in between, does not begin the count anew."""
    monkeypatch.setattr(attempts, "monotonic", lambda: 1000.0)
    statuses = []
    for number in range(attempts.FREE + 2):
        answer = await phone.login(None if number % 3 == 0 else "000000")
        statuses.append(answer.status_code)
    assert statuses == [401] * attempts.FREE + [429, 429]


async def test_it_is_switched_off_by_both(phone: Phone) -> None:
    tenant, user = phone.tenant, phone.user
    assert_problem(await post(tenant, "mfa/totp/disable", user, password=PASSWORD), "second_factor_required")
    wrong = await post(tenant, "mfa/totp/disable", user, password="wrong one", totp=phone.code())
    assert_problem(wrong, "wrong_credentials")
    assert_problem(await post(tenant, "mfa/totp/enroll", user, password=PASSWORD), "conflict")
    off = await post(tenant, "mfa/totp/disable", user, password=PASSWORD, totp=phone.code())
    assert off.status_code == 204
    assert (await phone.login()).status_code == 200


async def test_a_key_takes_it_away(phone: Phone) -> None:
    """For who has lost the telephone and the codes."""
    path = f"/api/auth/mfa/totp/{phone.user.id}"
    assert (await phone.tenant.http.delete(path, headers=phone.user.auth)).status_code == 403
    assert (await phone.tenant.http.delete(path, headers=phone.tenant.key)).status_code == 204
    assert (await phone.login()).status_code == 200
    unknown = await phone.tenant.http.delete("/api/auth/mfa/totp/nobody", headers=phone.tenant.key)
    assert_problem(unknown, "document_not_found")


async def test_what_is_not_confirmed_is_not_asked_for(tenant: Tenant, user: User) -> None:
    assert_problem(await post(tenant, "mfa/totp/confirm", user, code="123456"), "conflict")
    assert_problem(await post(tenant, "mfa/totp/enroll", user, password="wrong one"), "wrong_credentials")
    assert_problem(await post(tenant, "mfa/totp/enroll", user), "invalid_request", "/password")
    assert (await post(tenant, "mfa/totp/enroll", user, password=PASSWORD)).status_code == 200
    assert_problem(await post(tenant, "mfa/totp/confirm", user, code="000000"), "invalid_request", "/code")
    assert (await post(tenant, "login", email=user.email, password=PASSWORD)).status_code == 200


@pytest.mark.parametrize("totp", [5, True, [], {}, {"$ne": ""}, "x" * 51, "", "\u0661\u0662\u0663\u0664\u0665\u0666"])
async def test_a_code_that_is_none(phone: Phone, totp: object) -> None:
    assert_problem(await phone.login(totp), "wrong_credentials")


async def test_its_secrets_are_nowhere_to_be_read(phone: Phone) -> None:
    tenant, secret = phone.tenant, phone.totp.secret
    for headers in (phone.user.auth, tenant.key):
        for path in ("data/users", "data/_credentials", "auth/me", f"data/users/{phone.user.id}/history", "auth/mfa"):
            answer = await tenant.http.get(f"/api/{path}", headers=headers)
            assert secret not in answer.text and 'recovery"' not in answer.text


async def test_a_code_is_good_once_for_calls_that_come_together(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have read before either writes."""
    read, both = second_factor.factor_of, asyncio.Barrier(2)

    async def together(context: TenantContext, user: str) -> second_factor.Factor | None:
        found = await read(context, user)
        await both.wait()
        return found

    monkeypatch.setattr(second_factor, "factor_of", together)
    calls = [post(phone.tenant, "mfa/totp/codes", phone.user, totp=phone.code()) for _ in range(2)]
    answers = await asyncio.gather(*calls)
    assert sorted(answer.status_code for answer in answers) == [200, 401]


async def test_the_first_code_is_used_up_too(tenant: Tenant, user: User) -> None:
    secret = (await post(tenant, "mfa/totp/enroll", user, password=PASSWORD)).json()["secret"]
    code = pyotp.TOTP(secret).now()
    assert (await post(tenant, "mfa/totp/confirm", user, code=code)).status_code == 200
    assert_problem(await post(tenant, "mfa/totp/confirm", user, code=code), "conflict")
    body: Any = {"email": user.email, "password": PASSWORD, "totp": code}
    assert_problem(await post(tenant, "login", **body), "wrong_credentials")


@pytest.mark.parametrize("path", ["codes", "disable"])
async def test_codes_are_not_tried_for_ever_by_who_has_a_session(tenant: Tenant, path: str) -> None:
    user = await tenant.user()
    enrolled = await tenant.http.post("/api/auth/mfa/totp/enroll", json={"password": PASSWORD}, headers=user.auth)
    code = pyotp.TOTP(enrolled.json()["secret"]).now()
    await tenant.http.post("/api/auth/mfa/totp/confirm", json={"code": code}, headers=user.auth)
    statuses: list[int] = []
    for _ in range(12):
        body = {"totp": "000000", "password": PASSWORD}
        response = await tenant.http.post(f"/api/auth/mfa/totp/{path}", json=body, headers=user.auth)
        statuses.append(response.status_code)
    assert statuses[0] == 401 and statuses[-1] == 429, statuses

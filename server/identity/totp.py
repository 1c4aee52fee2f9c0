"""The second factor: codes of an authenticator application (TOTP, RFC 6238), and recovery codes for when it is lost.

A code is good for 30 s and one period before and after, for clocks that differ, and once: the period of the last one is
kept and only later ones are taken. What uses up a code is committed on the version that was read, so of two who come
with the same one is refused.
"""

import secrets
import time
from typing import Final, NamedTuple

import pyotp

from server.identity.accounts import check_any_password, scalar
from server.identity.second_factor import PERIOD_S, factor_of, use_factor_as
from tenancy.context import TenantContext
from tenancy.errors import Conflict, DocumentNotFound, Invalid, Place
from tenancy.model.json import Json, JsonObject, trusted
from tenancy.model.system import CREDENTIALS, USERS, secret_hash
from tenancy.writes import Create, Update

RECOVERY_CODES: Final = 10
_ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without letters and digits that look alike."""


class Enrolled(NamedTuple):
    """What an authenticator application is told, as text and as the address behind a QR code."""

    secret: str
    uri: str


async def enroll(context: TenantContext, user: str, body: JsonObject) -> Enrolled:
    """Begin: a new secret, which counts when a code of it was given.

    Raises:
        Conflict: there is a second factor already.
        WrongCredentials: the password is another one.
    """
    if await factor_of(context, user) is not None:
        raise Conflict("There is a second factor.", hint="Disable it first.")
    await check_any_password(context, user, body)
    secret = pyotp.random_base32()
    pending: JsonObject = {"totp": {"secret": secret, "confirmed": False, "last": 0}}
    await context.documents.commit([Update(CREDENTIALS, user, pending, otherwise=Create(CREDENTIALS, user, pending))])
    name = await _account(context, user)
    issuer = context.settings.now.app_name or context.tenant.slug
    return Enrolled(secret, pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer))


async def confirm(context: TenantContext, user: str, body: JsonObject) -> list[str]:
    """Switch it on by a first code; the recovery codes, shown this once.

    Raises:
        Conflict: nothing was begun, or it is on already.
        Invalid: another code.
    """
    (code,) = scalar(body, "code")
    text = await context.documents.get(CREDENTIALS, user)
    totp = trusted(text).get("totp") if text is not None else None
    if not isinstance(totp, dict) or totp.get("confirmed") is True:
        raise Conflict("There is nothing to confirm.", hint="Begin at POST /api/auth/mfa/totp/enroll.")
    if not pyotp.TOTP(str(totp["secret"])).verify(code.replace(" ", ""), valid_window=1):
        raise Invalid("The code is wrong.", places=[Place("/code", "is not the code that the application shows now")])
    codes = _new_codes()
    on: JsonObject = {"totp": {"confirmed": True, "last": int(time.time()) // PERIOD_S}, "recovery": _hashes(codes)}
    await context.documents.commit([Update(CREDENTIALS, user, on)])
    return codes


async def new_codes(context: TenantContext, user: str, body: JsonObject) -> list[str]:
    """Other recovery codes in place of those that are there.

    Raises:
        Conflict: there is no second factor.
        SecondFactorRequired, WrongCredentials: it is missing or wrong.
    """
    if await factor_of(context, user) is None:
        raise Conflict("There is no second factor.", hint="Begin at POST /api/auth/mfa/totp/enroll.")
    await use_factor_as(context, f"factor of {user}", user, body)
    codes = _new_codes()
    await context.documents.commit([Update(CREDENTIALS, user, {"recovery": _hashes(codes)})])
    return codes


async def disable(context: TenantContext, user: str, body: JsonObject) -> None:
    """Switch it off, by the password and the second factor.

    Raises:
        SecondFactorRequired, WrongCredentials: one of them is missing or wrong.
    """
    await check_any_password(context, user, body)
    await use_factor_as(context, f"factor of {user}", user, body)
    await remove_factor(context, user)


async def remove_factor(context: TenantContext, user: str) -> None:
    """Take it away; for who has lost it all, by an API key.

    Raises:
        DocumentNotFound: there is no such user.
    """
    if await context.documents.get(USERS, user) is None:
        raise DocumentNotFound
    if await context.documents.get(CREDENTIALS, user) is not None:
        await context.documents.commit([Update(CREDENTIALS, user, {"totp": None, "recovery": None})])


async def state(context: TenantContext, user: str) -> JsonObject:
    """Whether it is on, and how many recovery codes are left."""
    factor = await factor_of(context, user)
    return {"totp": factor is not None, "recoveryCodes": len(factor.recovery) if factor is not None else 0}


async def _account(context: TenantContext, user: str) -> str:
    text = await context.documents.get(USERS, user)
    return str((trusted(text) if text is not None else {}).get("email") or "guest")


def _new_codes() -> list[str]:
    return ["-".join(_group() for _ in range(3)) for _ in range(RECOVERY_CODES)]


def _group() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(5))


def _hashes(codes: list[str]) -> list[Json]:
    return [secret_hash(code) for code in codes]

"""Whether a second factor is asked for, and whether what was given is one."""

import time
from typing import Final, NamedTuple

import pyotp

from server.identity.attempts import attempts_of
from tenancy.context import TenantContext
from tenancy.errors import PreconditionFailed, SecondFactorRequired, WrongCredentials
from tenancy.model.document import etag_of
from tenancy.model.json import Json, JsonObject, trusted
from tenancy.model.system import CREDENTIALS, secret_hash
from tenancy.writes import Update

PERIOD_S: Final = 30
_LONGEST: Final = 50


class Factor(NamedTuple):
    """A user's second factor as it was read: the last period that was used, hashes of recovery codes, the version."""

    secret: str
    last: int
    recovery: list[Json]
    etag: str


async def factor_of(context: TenantContext, user: str) -> Factor | None:
    """The user's; None where there is none."""
    text = await context.documents.get(CREDENTIALS, user)
    kept = trusted(text) if text is not None else {}
    totp, recovery = kept.get("totp"), kept.get("recovery")
    if text is None or not isinstance(totp, dict) or totp.get("confirmed") is not True:
        return None
    codes = recovery if isinstance(recovery, list) else []
    return Factor(str(totp["secret"]), int(str(totp["last"])), codes, etag_of(text))


async def use_factor(context: TenantContext, user: str, body: JsonObject) -> None:
    """Accept what is given as `totp`, a code of the application or for recovery; nothing is asked without a factor.

    Raises:
        SecondFactorRequired: nothing is given.
        WrongCredentials: it is wrong, or was used before.
    """
    factor = await factor_of(context, user)
    if factor is None:
        return
    given = body.get("totp")
    if given is None:
        raise SecondFactorRequired
    change = _used(factor, given) if isinstance(given, str) and len(given) <= _LONGEST else None
    if change is None:
        raise WrongCredentials("The code is wrong.")
    try:
        await context.documents.commit([Update(CREDENTIALS, user, change, etags=frozenset({factor.etag}))])
    except PreconditionFailed:
        raise WrongCredentials("The code is wrong.") from None


async def use_factor_as(context: TenantContext, account: str, user: str, body: JsonObject) -> None:
    """The same for who came in without a password: wrong codes count as wrong passwords of the account do.

    Raises:
        TooMany: too many tries failed; and what `use_factor` raises.
    """
    attempts = attempts_of(context)
    attempts.begin(account)
    await use_factor(context, user, body)
    attempts.succeeded(account)


def _used(factor: Factor, given: str) -> JsonObject | None:
    """What is kept after the code was used; None: it is none."""
    code = given.replace(" ", "")
    now, totp = int(time.time()) // PERIOD_S, pyotp.TOTP(factor.secret)
    for period in (now - 1, now, now + 1):
        if period > factor.last and pyotp.utils.strings_equal(code, totp.at(period * PERIOD_S)):
            return {"totp": {"last": period}}
    hashed = secret_hash(code.upper())
    if hashed in factor.recovery:
        return {"recovery": [one for one in factor.recovery if one != hashed]}
    return None

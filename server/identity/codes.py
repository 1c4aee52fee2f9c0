"""Signing in by mail: a code of six digits to type, or a link to follow, in one mail.

Whoever reads the mailbox is its owner, so the address counts as confirmed. A code has few digits: it is kept as slow a
hash as a password, is over in minutes, and five tries use it up, counted before each try is looked at.
"""

import secrets
from typing import Final

from server.identity.accounts import SignedIn, find_user, scalar
from server.identity.arrival import Arrival, enter_as_owner
from server.identity.email import parse_email, spelled
from server.identity.invitations import invitation_for
from server.identity.links import link_to
from server.identity.onetime import one_time, redeem
from server.identity.passwords import hash_password, verify_password
from server.identity.registration import open_to
from server.mail.outbox import mail, may_mail
from tenancy.context import TenantContext
from tenancy.errors import (
    DocumentNotFound,
    Forbidden,
    Invalid,
    TokenInvalid,
)
from tenancy.model.clock import from_text, now_ms, to_text
from tenancy.model.json import JsonObject, trusted
from tenancy.model.system import TOKENS, secret_hash
from tenancy.query.tree import Compare
from tenancy.query.update import Change
from tenancy.writes import Create, Delete, Update, Write

TRIES: Final = 5
_DIGITS: Final = 6


async def request_code(context: TenantContext, email: str) -> None:
    """Send a code and a link to an address. One that may not sign in by them costs as much and gets none.

    Raises:
        Forbidden: the tenant's settings do not allow it.
    """
    settings = context.settings.now.accounts
    if settings.code_login == "off":
        raise Forbidden("Signing in by mail is not switched on.", hint="The setting accounts.codeLogin does.")
    if not may_mail(context, email):
        return
    user = await find_user(context, email)
    known = user is not None and user.get("disabled") is not True
    invited = await invitation_for(context, email) is not None
    welcome = known or (user is None and (invited or _may_register(context, email)))
    lifetime_s = settings.code_minutes * 60
    code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
    fields: JsonObject = {
        "purpose": "code", "email": email, "tries": 0, "expiresAt": to_text((now_ms() / 1000) + lifetime_s),
        "hash": await hash_password(context.work, code),
    }  # fmt: skip
    id = _id(email)
    link = one_time("link" if welcome else "none", "", lifetime_s, email=email)
    writes: list[Write] = [Update(TOKENS, id, fields, overwrite=True, otherwise=Create(TOKENS, id, fields)), link.write]
    at = link_to(context, "link", link.token)
    values = {"email": email, "code": code, "link": at, "minutes": str(settings.code_minutes)}
    writes.append(await mail(context, "code", email, values, wanted=welcome))
    await context.documents.commit(writes)
    context.post.collect()


def _may_register(context: TenantContext, email: str) -> bool:
    settings = context.settings.now.accounts
    if settings.code_login != "anybody" or settings.sign_up != "open" or not open_to(settings, email):
        return False
    try:
        parse_email(email)
    except Invalid:
        return False
    return True


async def login_by_code(context: TenantContext, body: JsonObject, agent: str) -> SignedIn:
    """Sign in by a code.

    Raises:
        TokenInvalid: it is another one, over, or was tried too often; the answer does not tell.
        AccountDisabled, SecondFactorRequired: the code is right, and that is not enough.
    """
    email, code = scalar(body, "email", "code")
    email, code = spelled(email), code.replace(" ", "")
    id = _id(email)
    try:
        tried = Update(
            TOKENS, id, operations=(Change(("tries",), "inc", 1),), where=Compare(("tries",), "lt", TRIES)
        )  # fmt: skip
        (written,) = await context.documents.commit([tried])
    except DocumentNotFound:
        await verify_password(context.work, None, code)
        raise TokenInvalid from None
    kept = trusted(written.text or b"{}")
    over = from_text(kept.get("expiresAt"))
    fits = await verify_password(context.work, str(kept["hash"]), code)
    if not fits or over is None or over <= now_ms():
        raise TokenInvalid
    return await enter_as_owner(context, _arrival(context, email, Delete(TOKENS, id)), body, agent)


async def login_by_link(context: TenantContext, body: JsonObject, agent: str) -> SignedIn:
    """Sign in by a link's token.

    Raises:
        TokenInvalid: it is not good.
        AccountDisabled, SecondFactorRequired: it is, and that is not enough.
    """
    (token,) = scalar(body, "token")
    found = await redeem(context, "link", token)
    return await enter_as_owner(context, _arrival(context, str(found.kept["email"]), found.used), body, agent)


def _arrival(context: TenantContext, email: str, used: Delete) -> Arrival:
    return Arrival(email, used, _may_register(context, email))


def _id(email: str) -> str:
    """One code for each address: a new one takes the place of the one before."""
    return secret_hash(f"code for {email}")

"""What goes by mail: confirming an address, choosing a new password, changing the address."""

from collections.abc import Mapping
from typing import Final, Literal

from server.identity.links import link_to
from server.identity.onetime import OneTime, one_time, redeem, stamp_of, use
from server.mail.outbox import mail, may_mail
from tenancy.context import TenantContext
from tenancy.errors import Conflict, TokenInvalid
from tenancy.model.json import JsonObject, trusted
from tenancy.model.system import USERS
from tenancy.writes import Update, Write

Kind = Literal["verify", "reset", "email-change"]
_HOUR_S: Final = 3600


async def mail_verification(context: TenantContext, user: str | None, email: str) -> list[Write]:
    """The writes that send a link which confirms an address; without a user others that cost the same."""
    hours = context.settings.now.accounts.verify_hours
    token = _token("verify", user, hours * _HOUR_S, email)
    return await _link(context, "verify", email, token, {"hours": str(hours)}, wanted=user is not None)


async def request_verification(context: TenantContext, user: JsonObject | None, email: str) -> None:
    """Send a link to a user whose address is not confirmed; an unknown or confirmed one costs as much and gets none."""
    if not may_mail(context, email):
        return
    id = str(user["id"]) if user is not None and user.get("verified") is not True else None
    await _post(context, await mail_verification(context, id, email))


async def confirm_verification(context: TenantContext, token: str) -> str:
    """Use a link's token; the user whose address is confirmed.

    Raises:
        TokenInvalid: it is not good, or the user has another address by now.
    """
    found = await redeem(context, "verify", token)
    user = await _user(context, found.user)
    if user is None or user.get("email") != found.kept["email"]:
        raise TokenInvalid
    await use(context, [Update(USERS, found.user, {"verified": True}), found.used])
    return found.user


async def request_reset(context: TenantContext, user: JsonObject | None, email: str) -> None:
    """Send a link by which a new password is chosen; an unknown address costs as much and gets none."""
    if not may_mail(context, email):
        return
    minutes = context.settings.now.accounts.reset_minutes
    id = str(user["id"]) if user is not None and user.get("disabled") is not True else None
    token = _token("reset", id, minutes * 60, email)
    await _post(context, await _link(context, "reset", email, token, {"minutes": str(minutes)}, wanted=id is not None))


async def request_email_change(context: TenantContext, user: str, email: str) -> None:
    """Send a link to the address that a user wants to have. Whether somebody has it already nobody is told: then the
    link is good for nothing.

    Raises:
        Conflict: the user is a guest.
    """
    known = await _user(context, user)
    if known is not None and known.get("guest") is True:
        raise Conflict("A guest has no address.", hint="Become a user at POST /api/auth/anonymous/upgrade first.")
    if not may_mail(context, email):
        return
    hours = context.settings.now.accounts.verify_hours
    token = one_time("email-change", user, hours * _HOUR_S, email=email, stamp=await stamp_of(context, user))
    await _post(context, await _link(context, "email-change", email, token, {"hours": str(hours)}))


async def confirm_email_change(context: TenantContext, token: str) -> str:
    """Use a link's token: the user has the new address, and the old one is told.

    Raises:
        TokenInvalid: it is not good, the address is taken by now, or the account has another password or owner.
    """
    found = await redeem(context, "email-change", token)
    user = await _user(context, found.user)
    if user is None or found.kept.get("stamp") != await stamp_of(context, found.user):
        raise TokenInvalid
    email = str(found.kept["email"])
    writes: list[Write] = [Update(USERS, found.user, {"email": email, "verified": True}), found.used]
    old = user.get("email")
    if isinstance(old, str):  # who came from a provider may have had none
        writes.append(await mail(context, "email-changed", old, {"email": old, "newEmail": email}))
    await use(context, writes)
    context.post.collect()
    return found.user


async def _user(context: TenantContext, id: str) -> JsonObject | None:
    text = await context.documents.get(USERS, id)
    return trusted(text) if text is not None else None


def _token(purpose: Kind, user: str | None, lifetime_s: float, email: str) -> OneTime:
    """A user's token; where there is nobody to have one, another that is good for nothing."""
    return one_time(purpose if user is not None else "none", user or "", lifetime_s, email=email)


async def _link(
    context: TenantContext, kind: Kind, to: str, token: OneTime, more: Mapping[str, str], *, wanted: bool = True
) -> list[Write]:
    """The writes of a mail with a link; where none is wanted, others that cost the same."""
    values = {"email": to, "link": link_to(context, kind, token.token), **more}
    return [token.write, await mail(context, kind, to, values, wanted=wanted)]


async def _post(context: TenantContext, writes: list[Write]) -> None:
    await context.documents.commit(writes)
    context.post.collect()

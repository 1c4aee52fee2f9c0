"""An administrator acts as a user: a session that is short, marked, and cannot change how the account is got into."""

from typing import Final

from server.identity.accounts import SignedIn, scalar, signed_in
from server.identity.onetime import one_time, redeem, use
from server.identity.tokens import Signed, begin_session
from tenancy.context import TenantContext
from tenancy.errors import DocumentNotFound, Invalid, Place
from tenancy.model.json import JsonObject, trusted
from tenancy.model.system import USERS

LONGEST_MINUTES: Final = 240
LINK_S: Final = 300
_AGENT: Final = "administrator"


def check_minutes(minutes: int) -> None:
    """Accept how long it may last.

    Raises:
        Invalid: not 1 to 240 minutes.
    """
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise Invalid("The time is not valid.", places=[Place("/minutes", f"must be 1 to {LONGEST_MINUTES}")])


async def user_named(context: TenantContext, id: str) -> JsonObject:
    """The user who is acted as.

    Raises:
        DocumentNotFound: there is none.
    """
    text = await context.documents.get(USERS, id)
    if text is None:
        raise DocumentNotFound("There is no such user.")
    return trusted(text)


async def act_as(context: TenantContext, user: str, by: str, minutes: int) -> tuple[Signed, str]:
    """A session of a user for an administrator, and a link that begins another one in a browser, once."""
    session = await begin_session(context.sessions, user, minutes * 60, _AGENT, by)
    token = one_time("act", user, LINK_S, by=by, minutes=minutes)
    await context.documents.commit([token.write])
    return session, f"{context.origin}/api/auth/confirm#act={token.token}"


async def follow(context: TenantContext, body: JsonObject) -> SignedIn:
    """Use a link's token.

    Raises:
        TokenInvalid: it is not good.
    """
    (token,) = scalar(body, "token")
    found = await redeem(context, "act", token)
    await use(context, [found.used])
    minutes = int(str(found.kept["minutes"]))
    return await signed_in(context, found.user, _AGENT, by=str(found.kept["by"]), lifetime_s=minutes * 60)

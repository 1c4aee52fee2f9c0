"""Coming in by the proof that an address is one's own: a mail's code or link, or the word of a provider.

An account that somebody else made with this address, and never confirmed it, becomes its owner's: everything by which
the other one could come in is dropped, sessions too. So nobody gains by registering the addresses of others.
"""

from typing import NamedTuple

from server.identity.accounts import SignedIn, find_user, signed_in
from server.identity.invitations import Invitation, invitation_for
from server.identity.onetime import use
from server.identity.second_factor import use_factor_as
from server.identity.ways import Way, added, first, only
from tenancy.context import TenantContext
from tenancy.errors import AccountDisabled, SchemaViolated, SignUpClosed
from tenancy.model.ids import new_id
from tenancy.model.json import JsonObject
from tenancy.model.system import CREDENTIALS, USERS
from tenancy.writes import Create, Delete, Update, Write


class Arrival(NamedTuple):
    """Somebody who proved that `email` is theirs. `used` is the token of it, `may_register`: who has no account gets
    one; `way`: how they can come in from now on, `profile`: what is known of them for a new account."""

    email: str
    used: Delete
    may_register: bool
    way: Way | None = None
    profile: JsonObject | None = None


async def enter_as_owner(context: TenantContext, arrival: Arrival, body: JsonObject, agent: str) -> SignedIn:
    """Sign in; an account is made, or taken over, where it has to be.

    Raises:
        AccountDisabled, SignUpClosed: there is no way in.
        SecondFactorRequired, WrongCredentials: the second factor is missing or wrong.
        TokenInvalid: somebody else has used the token meanwhile.
    """
    user = await find_user(context, arrival.email)
    if user is None:
        invitation = await invitation_for(context, arrival.email)
        if invitation is None and not arrival.may_register:
            raise SignUpClosed
        return await join(context, arrival, {"email": arrival.email, "verified": True}, agent, invitation)
    if user.get("disabled") is True:
        raise AccountDisabled
    id, taken_over = str(user["id"]), user.get("verified") is not True
    writes: list[Write] = [Update(USERS, id, {"verified": True}), arrival.used]
    if taken_over:
        writes += only(id, arrival.way)
        await context.sessions.remove_user(id)  # before too: what the other one has begun looks for its session
    else:
        await use_factor_as(context, arrival.email, id, body)
        writes += [added(id, arrival.way)] if arrival.way is not None else []
    await use(context, writes)
    if taken_over:
        await context.sessions.remove_user(id)
    return await signed_in(context, id, agent)


async def join(
    context: TenantContext, arrival: Arrival, identity: JsonObject, agent: str, invitation: Invitation | None = None
) -> SignedIn:
    """Make an account and sign in. Of the profile is kept what the schema of users allows.

    Raises:
        SchemaViolated: the schema asks for what is not known.
        TokenInvalid: somebody else has used the token meanwhile.
    """
    id = new_id()
    more: list[Write] = [arrival.used]
    if invitation is not None:
        identity = {**identity, **invitation.fields}
        more.append(invitation.used)
    if arrival.way is not None:
        more.append(Create(CREDENTIALS, id, first(arrival.way)))
    try:
        await use(context, [Create(USERS, id, {**(arrival.profile or {}), **identity}), *more])
    except SchemaViolated:
        await use(context, [Create(USERS, id, identity), *more])
    return await signed_in(context, id, agent)

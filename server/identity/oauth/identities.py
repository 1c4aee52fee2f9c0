"""What a proven identity at a provider is good for: to sign in, to have an account, to be linked to one.

An account is found by the identity itself. By the address it is found only if the provider says that the address is
confirmed (see `arrival` for accounts whose address never was); otherwise whoever can write an address into a profile
somewhere would have the account.
"""

from server.identity.accounts import (
    SignedIn,
    check_any_password,
    find_user,
    me,
    scalar,
    signed_in,
)
from server.identity.arrival import Arrival, enter_as_owner, join
from server.identity.oauth.flow import redeem_code
from server.identity.oauth.profiles import Profile
from server.identity.onetime import Redeemed, use
from server.identity.registration import email_taken, open_to
from server.identity.second_factor import use_factor_as
from server.identity.ways import Way, add_way, seen, user_by
from tenancy.context import TenantContext
from tenancy.errors import (
    AccountDisabled,
    AccountExists,
    DocumentNotFound,
    NotVerified,
    SessionInvalid,
    SignUpClosed,
    TokenInvalid,
)
from tenancy.model.clock import now_text
from tenancy.model.json import JsonObject, trusted
from tenancy.model.principal import Principal
from tenancy.model.settings import AccountSettings
from tenancy.model.system import USERS
from tenancy.writes import Update, Write


async def sign_in(context: TenantContext, body: JsonObject, agent: str) -> SignedIn:
    """Exchange our code for a session; an account is made where there is none.

    Raises:
        TokenInvalid: the code is not good.
        AccountExists: an account has the address, and the provider does not say that it is confirmed.
        AccountDisabled, SignUpClosed, NotVerified: there is no way in.
        SecondFactorRequired, WrongCredentials: the second factor is missing or wrong.
    """
    code, verifier = scalar(body, "code", "verifier")
    profile, found = await redeem_code(context, code, verifier)
    id = await user_by(context, profile.way)
    text = await context.documents.get(USERS, id) if id is not None else None
    if text is not None:
        return await _again(context, trusted(text), profile, found, body, agent)
    settings = context.settings.now.accounts
    arrival = Arrival(profile.email, found.used, settings.sign_up == "open", _way(profile), _fields(profile))
    if profile.confirmed:
        allowed = arrival.may_register and open_to(settings, profile.email)
        return await enter_as_owner(context, arrival._replace(may_register=allowed), body, agent)
    return await _first_time(context, settings, arrival, agent)


async def _again(
    context: TenantContext, user: JsonObject, profile: Profile, found: Redeemed, body: JsonObject, agent: str
) -> SignedIn:
    """Sign in who came by this identity before."""
    if user.get("disabled") is True:
        raise AccountDisabled
    id, writes = str(user["id"]), list[Write]([found.used])
    if user.get("verified") is not True:
        if profile.confirmed and profile.email == user.get("email"):
            writes.append(Update(USERS, id, {"verified": True}))
        elif context.settings.now.accounts.verification == "required":
            raise NotVerified
    await use_factor_as(context, id, id, body)
    await use(context, writes)
    return await signed_in(context, id, agent)


async def _first_time(context: TenantContext, settings: AccountSettings, arrival: Arrival, agent: str) -> SignedIn:
    """An account for somebody whose address, if there is one, nobody has confirmed."""
    if arrival.email and await find_user(context, arrival.email) is not None:
        raise AccountExists("The provider does not say that the address is confirmed.")
    if settings.verification == "required":
        raise NotVerified("The provider does not say that the address is confirmed.", hint="Register with a password.")
    if not arrival.may_register or settings.email_domains:
        raise SignUpClosed
    identity: JsonObject = {"email": arrival.email} if arrival.email else {}
    return await join(context, arrival, {**identity, "verified": False}, agent)


async def link(context: TenantContext, principal: Principal, body: JsonObject) -> bytes:
    """Give the caller's account another way in; a guest becomes a user by it. The user's document.

    Raises:
        TokenInvalid: the code is not good.
        AlreadyExists: the identity, or a guest's new address, is another account's.
        SignUpClosed: the tenant's settings let no guest with this address become a user.
        Invalid, WrongCredentials: the password is missing or wrong, where there is one.
    """
    user = str(principal.owner)
    code, verifier = scalar(body, "code", "verifier")
    before = await seen(context, user)
    if principal.session is None or await context.sessions.find(principal.session) is None:
        raise SessionInvalid  # in this order: who is signed out from now on changes the secrets as well
    await check_any_password(context, user, body)
    profile, found = await redeem_code(context, code, verifier)
    text = await context.documents.get(USERS, user)
    if text is None:
        raise SessionInvalid
    writes: list[Write] = [found.used]
    if trusted(text).get("guest") is True:
        settings = context.settings.now.accounts
        known = open_to(settings, profile.email) if profile.confirmed else not settings.email_domains
        if settings.sign_up != "open" or not known:
            raise SignUpClosed
        if profile.email and await find_user(context, profile.email) is not None:
            raise email_taken()
        named: JsonObject = {"email": profile.email, "verified": profile.confirmed} if profile.email else {}
        writes.append(Update(USERS, user, {"guest": None, **named}))
    try:
        await add_way(context, user, _way(profile), before, writes)
    except DocumentNotFound:
        raise TokenInvalid from None
    return await me(context, principal)


def _way(profile: Profile) -> Way:
    shown: JsonObject = {
        "id": profile.way[:16], "provider": profile.provider, "email": profile.email or None, "addedAt": now_text(),
    }  # fmt: skip
    return Way(profile.way, shown)


def _fields(profile: Profile) -> JsonObject:
    fields: JsonObject = {"name": profile.name, "avatarUrl": profile.picture}
    return {name: value for name, value in fields.items() if value}

"""What people do with their accounts: register, log in, see and change themselves, leave."""

import re
from typing import Final, NamedTuple

from server.identity.attempts import attempts_of
from server.identity.email import spelled
from server.identity.passwords import verify_password
from server.identity.principals import renewed
from server.identity.second_factor import use_factor
from server.identity.tokens import Signed, begin_session
from tenancy.context import TenantContext
from tenancy.errors import (
    AccountDisabled,
    DocumentNotFound,
    Invalid,
    NotVerified,
    Place,
    SessionInvalid,
    WrongCredentials,
)
from tenancy.model.document import client_fields
from tenancy.model.json import JsonObject, trusted
from tenancy.model.principal import Kind, Principal
from tenancy.model.system import CREDENTIALS, USERS
from tenancy.query.tree import Compare, Query
from tenancy.rules.fields import sight
from tenancy.rules.terms import field_terms
from tenancy.writes import Delete, Update

_NOT_PROFILE: Final = ("email", "password", "token", "role", "roles", "groups", "verified", "disabled", "guest")
"""What a user never sets on their own profile: identity, secrets, and what decides about rights."""
_LONGEST: Final = 1000


class SignedIn(NamedTuple):
    """A user's text and the new session; none where the e-mail address has to be confirmed first."""

    user: bytes
    session: Signed | None


async def login(context: TenantContext, body: JsonObject, agent: str) -> SignedIn:
    """Sign a user in.

    Raises:
        WrongCredentials: no such user or another password; as slow and as silent in both cases.
        TooMany: too many tries failed.
        AccountDisabled, NotVerified, SecondFactorRequired: the password is right, and that is not enough.
    """
    email, password = scalar(body, "email", "password")
    account = spelled(email)
    attempts_of(context).begin(account)
    user = await find_user(context, account)
    id = str(user["id"]) if user is not None else None
    hashed = await password_hash(context, id)
    if not await verify_password(context.work, hashed, password) or id is None or user is None:
        raise WrongCredentials
    if user.get("disabled") is True:
        raise AccountDisabled
    if context.settings.now.accounts.verification == "required" and user.get("verified") is not True:
        raise NotVerified
    await use_factor(context, id, body)
    attempts_of(context).succeeded(account)
    done = await signed_in(context, id, agent)
    if await password_hash(context, id) != hashed:
        # It was changed meanwhile, which has ended all sessions but not this one.
        await context.sessions.remove_user(id)
        raise WrongCredentials
    return done


async def find_user(context: TenantContext, email: str) -> JsonObject | None:
    """The user with this address, in whatever spelling it was typed."""
    page = await context.documents.find(USERS, Query(Compare(("email",), "eq", spelled(email)), limit=1))
    return trusted(page.items[0]) if page.items else None


async def password_hash(context: TenantContext, user: str | None) -> str | None:
    """What is kept of a user's password; None where there is no user, or one without a password."""
    kept = await context.documents.get(CREDENTIALS, user) if user is not None else None
    found = trusted(kept).get("password") if kept is not None else None
    return found if isinstance(found, str) else None


async def check_own_password(context: TenantContext, user: str, password: str) -> None:
    """Accept somebody who is signed in as the one who knows the password.

    Raises:
        WrongCredentials: it is another one.
        TooMany: too many tries failed.
    """
    attempts_of(context).begin(user)
    if not await verify_password(context.work, await password_hash(context, user), password):
        raise WrongCredentials("The password is wrong.")
    attempts_of(context).succeeded(user)


async def check_any_password(context: TenantContext, user: str, body: JsonObject) -> None:
    """Ask for the password in a body; who has none, as guests and users of links, is not asked.

    Raises:
        Invalid: it is not there.
        WrongCredentials: it is another one.
        TooMany: too many tries failed.
    """
    if await password_hash(context, user) is not None:
        (password,) = scalar(body, "password")
        await check_own_password(context, user, password)


async def me(context: TenantContext, principal: Principal) -> bytes:
    """A user's own document, without what rules of fields hide from the user.

    Raises:
        SessionInvalid: the user is gone.
    """
    text = await context.documents.get(USERS, str(principal.owner))
    if text is None:
        raise SessionInvalid
    unseen = sight(context.documents.collections().get(USERS), principal)
    return text if unseen is None else unseen.text(text)


async def update_me(context: TenantContext, principal: Principal, body: JsonObject) -> bytes:
    """Merge into a user's own profile.

    Raises:
        Invalid: a field that is not part of a profile.
        Forbidden: a rule of fields does not allow it.
    """
    judge = field_terms(context.documents.collections().get(USERS), principal)
    try:
        await context.documents.commit([Update(USERS, str(principal.owner), profile_in(body), judge=judge)])
    except DocumentNotFound:
        raise SessionInvalid from None
    return await me(context, principal)


async def delete_me(context: TenantContext, user: str, body: JsonObject) -> None:
    """Remove an account with its secrets and sessions; a guest has no password to ask for. Its documents stay.

    Raises:
        WrongCredentials: the password is another one.
    """
    await check_any_password(context, user, body)
    try:
        await context.documents.commit([Delete(USERS, user), Delete(CREDENTIALS, user, optional=True)])
    except DocumentNotFound:
        raise SessionInvalid from None
    await context.sessions.remove_user(user)


async def signed_in(
    context: TenantContext, user: str, agent: str, *, by: str = "", lifetime_s: int | None = None
) -> SignedIn:
    """A new session of a user, as long as the tenant's limits say, or for the administrator who acts as the user."""
    session = await begin_session(context.sessions, user, lifetime_s or context.limits.session_s, agent, by)
    return SignedIn(await me(context, await renewed(context, Principal(Kind.USER, user))), session)


def scalar(body: JsonObject, *names: str) -> list[str]:
    """Texts of a body, all of which have to be there.

    Raises:
        Invalid: one is missing, is no text, or is longer than 1000 characters.
    """
    values = [body.get(name) for name in names]
    found = [value for value in values if isinstance(value, str) and len(value) <= _LONGEST]
    if len(found) < len(names):
        places = [
            Place(f"/{name}", f"is required and must be a string of at most {_LONGEST} characters")
            for name, value in zip(names, values, strict=True)
            if not isinstance(value, str) or len(value) > _LONGEST
        ]
        words = re.sub(r"(?<!^)([A-Z])", r" \1", " and ".join(names)).lower().replace("email", "e-mail")
        raise Invalid(f"{words[0].upper()}{words[1:]} {'are' if len(names) > 1 else 'is'} required.", places=places)
    return found


def profile_in(body: JsonObject) -> JsonObject:
    """A profile's fields.

    Raises:
        Invalid: one is not for users to set.
    """
    problems = [Place(f"/{name}", "cannot be set here") for name in _NOT_PROFILE if name in body]
    if problems:
        raise Invalid("The profile has a field that users cannot set themselves.", places=problems)
    return client_fields(body)

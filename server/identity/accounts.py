"""What people do with their accounts."""

from typing import Final, NamedTuple

from server.identity.email import parse_email
from server.identity.passwords import check_password, hash_password, verify_password
from server.identity.principals import renewed
from server.identity.tokens import Signed, begin_session
from tenancy.context import TenantContext
from tenancy.errors import AlreadyExists, DocumentNotFound, Invalid, Place, SessionInvalid, WrongCredentials
from tenancy.model.document import client_fields
from tenancy.model.ids import new_id
from tenancy.model.json import JsonObject, trusted
from tenancy.model.principal import Kind, Principal
from tenancy.model.system import CREDENTIALS, USERS
from tenancy.query.tree import Compare, Query
from tenancy.rules.fields import sight
from tenancy.rules.terms import field_terms
from tenancy.writes import Create, Update

_NOT_PROFILE: Final = ("email", "password", "token", "role", "roles", "groups", "verified", "disabled")
"""What a user never sets on their own profile: identity, secrets, and what decides about rights."""


class SignedIn(NamedTuple):
    """A user's text and the new session."""

    user: bytes
    session: Signed


async def register(context: TenantContext, body: JsonObject) -> SignedIn:
    """Make a user with a password and sign them in.

    Raises:
        Invalid: e-mail, password or a profile's field is not acceptable.
        AlreadyExists: the e-mail is taken.
    """
    email, password = _scalars(body)
    address = parse_email(email)
    check_password(password)
    profile = _profile({name: value for name, value in body.items() if name not in {"email", "password"}})
    id = new_id()
    judge = field_terms(context.documents.collections().get(USERS), Principal(Kind.USER, id))
    writes = [
        Create(USERS, id, {"email": address, **profile}, judge=judge),
        Create(CREDENTIALS, id, {"password": await hash_password(context.work, password)}),
    ]
    try:
        await context.documents.commit(writes)
    except AlreadyExists:
        hint = "Log in instead, or use another e-mail address."
        raise AlreadyExists("The e-mail is taken.", hint=hint, places=[Place("/email", "is taken")]) from None
    return await _signed_in(context, id)


async def login(context: TenantContext, body: JsonObject) -> SignedIn:
    """Sign a user in.

    Raises:
        WrongCredentials: no such user or another password; as slow and as silent in both cases.
    """
    email, password = _scalars(body)
    page = await context.documents.find(USERS, Query(Compare(("email",), "eq", email.strip().lower()), limit=1))
    id = str(trusted(page.items[0])["id"]) if page.items else None
    kept = await context.documents.get(CREDENTIALS, id) if id is not None else None
    hashed = str(trusted(kept)["password"]) if kept is not None else None
    if not await verify_password(context.work, hashed, password) or id is None:
        raise WrongCredentials
    return await _signed_in(context, id)


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
        await context.documents.commit([Update(USERS, str(principal.owner), _profile(body), judge=judge)])
    except DocumentNotFound:
        raise SessionInvalid from None
    return await me(context, principal)


async def _signed_in(context: TenantContext, user: str) -> SignedIn:
    session = await begin_session(context.sessions, user, context.limits.session_s)
    return SignedIn(await me(context, await renewed(context, Principal(Kind.USER, user))), session)


def _scalars(body: JsonObject) -> tuple[str, str]:
    problems: list[Place] = []
    values: list[str] = []
    for name in ("email", "password"):
        value = body.get(name)
        if isinstance(value, str) and len(value) <= 1000:
            values.append(value)
        else:
            problems.append(Place(f"/{name}", "is required and must be a string of at most 1000 characters"))
    if problems:
        raise Invalid("E-mail and password are required.", places=problems)
    return values[0], values[1]


def _profile(body: JsonObject) -> JsonObject:
    problems = [Place(f"/{name}", "cannot be set here") for name in _NOT_PROFILE if name in body]
    if problems:
        raise Invalid("The profile has a field that users cannot set themselves.", places=problems)
    return client_fields(body)

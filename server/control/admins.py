"""Administrators: the first one, signing in, whose credential it is."""

from typing import NamedTuple

from server.control.context import ControlContext
from server.http.credentials import Credential
from server.identity.email import parse_email
from server.identity.passwords import check_password, hash_password, verify_password
from server.identity.tokens import Signed, begin_session
from tenancy.errors import AlreadyExists, Conflict, Forbidden, Place, SessionInvalid, WrongCredentials
from tenancy.model.collection import Collection, Index
from tenancy.model.ids import new_id
from tenancy.model.json import JsonObject, trusted
from tenancy.model.principal import Kind, Principal
from tenancy.model.system import CREDENTIALS
from tenancy.query.tree import Compare, Query
from tenancy.writes import Create

ADMINS = "admins"
DEFINITION = Collection(ADMINS, indexes=(Index((("email", 1),), unique=True),))
_FIRST = "first"


class SignedIn(NamedTuple):
    """An administrator and the new session."""

    admin: JsonObject
    session: Signed


async def setup_required(context: ControlContext) -> bool:
    """Whether there is no administrator yet."""
    return not (await context.documents.find(ADMINS, Query(limit=1))).items


async def create_first(context: ControlContext, email: str, password: str, code: str) -> SignedIn:
    """Make the first administrator.

    Raises:
        Forbidden: the set-up code is another one.
        Conflict: there is an administrator already.
        Invalid: e-mail or password is not acceptable.
    """
    if not await setup_required(context):
        hint = "Sign in with POST /v1/sessions."
        raise Conflict("There is an administrator already.", hint=hint)
    if not context.setup.fits(code):
        hint = "The code is printed when the server starts; BACKPACK_SETUP_CODE fixes it."
        raise Forbidden("The set-up code is wrong.", hint=hint, places=[Place("/setupCode", "is not the code")])
    address = parse_email(email)
    check_password(password)
    id = new_id()
    hashed = await hash_password(context.work, password)
    writes = [
        Create(ADMINS, id, {"email": address, "role": "operator"}),
        Create(CREDENTIALS, id, {"password": hashed}),
        # Two first administrators at the same time: only one of them can take this id.
        Create("_setup", _FIRST, {}),
    ]
    try:
        await context.documents.commit(writes)
    except AlreadyExists:
        raise Conflict("There is an administrator already.") from None
    return await _signed_in(context, id)


async def sign_in(context: ControlContext, email: str, password: str) -> SignedIn:
    """Sign an administrator in.

    Raises:
        WrongCredentials: unknown, or another password.
    """
    page = await context.documents.find(ADMINS, Query(Compare(("email",), "eq", email.strip().lower()), limit=1))
    id = str(trusted(page.items[0])["id"]) if page.items else None
    kept = await context.documents.get(CREDENTIALS, id) if id is not None else None
    hashed = str(trusted(kept)["password"]) if kept is not None else None
    if not await verify_password(context.work, hashed, password) or id is None:
        raise WrongCredentials(hint="Check both.")
    return await _signed_in(context, id)


async def shown(context: ControlContext, id: str) -> JsonObject:
    """An administrator as answered.

    Raises:
        SessionInvalid: gone.
    """
    text = await context.documents.get(ADMINS, id)
    if text is None:
        raise SessionInvalid
    stored = trusted(text)
    return {name: stored[name] for name in ("id", "email", "role", "createdAt")}


async def identify(context: ControlContext, credential: Credential) -> Principal | None:
    """The administrator that a credential belongs to."""
    session = await context.sessions.find(credential.hashed)
    return Principal(Kind.KEY, session.user, session.id) if session is not None else None


async def _signed_in(context: ControlContext, id: str) -> SignedIn:
    session = await begin_session(context.sessions, id, context.limits.session_s)
    return SignedIn(await shown(context, id), session)

"""Guests: accounts without an address, made without asking, which become accounts of users when they want to stay."""

from server.identity.accounts import SignedIn, signed_in
from server.identity.passwords import hash_password
from server.identity.registration import email_taken, greeting, newcomer_in
from tenancy.context import TenantContext
from tenancy.errors import AlreadyExists, Conflict, DocumentNotFound, SessionInvalid, SignUpClosed
from tenancy.model.ids import new_id
from tenancy.model.json import JsonObject, trusted
from tenancy.model.principal import Principal
from tenancy.model.system import CREDENTIALS, USERS
from tenancy.writes import Create, Update, Write


async def enter_as_guest(context: TenantContext, agent: str) -> SignedIn:
    """Make a guest and sign them in.

    Raises:
        SignUpClosed: the tenant's settings allow no guests.
    """
    if not context.settings.now.accounts.guests:
        raise SignUpClosed("There are no guests here.", hint="The setting accounts.guests allows them.")
    id = new_id()
    await context.documents.commit([Create(USERS, id, {"guest": True, "verified": False})])
    return await signed_in(context, id, agent)


async def upgrade(context: TenantContext, principal: Principal, body: JsonObject, agent: str) -> SignedIn:
    """Give a guest an address and a password; id and documents stay. The guest's sessions are over, here is a new one.

    Raises:
        Conflict: the caller is no guest.
        Invalid: e-mail or password is not acceptable.
        AlreadyExists: the e-mail is taken.
        SignUpClosed: the tenant's settings let nobody register, or nobody with this address.
        TokenInvalid: the invitation is not good.
    """
    user = str(principal.owner)
    text = await context.documents.get(USERS, user)
    if text is None:
        raise SessionInvalid
    if trusted(text).get("guest") is not True:
        raise Conflict("Only a guest can become a user.")
    newcomer = await newcomer_in(context, body)
    secret: JsonObject = {"password": await hash_password(context.work, newcomer.password)}
    writes: list[Write] = [
        Update(USERS, user, {**newcomer.identity, "guest": None}),
        Update(CREDENTIALS, user, secret, otherwise=Create(CREDENTIALS, user, secret)),
        *([newcomer.invitation.used] if newcomer.invitation is not None else []),
        *await greeting(context, user, newcomer),
    ]
    try:
        await context.documents.commit(writes)
    except DocumentNotFound:
        raise SessionInvalid from None
    except AlreadyExists:
        raise email_taken() from None
    context.post.collect()
    await context.sessions.remove_user(user)
    return await signed_in(context, user, agent)

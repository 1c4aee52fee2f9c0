"""Making an account with an address and a password: by oneself, or by an invitation."""

from typing import Final, NamedTuple

from server.identity.accounts import SignedIn, me, profile_in, scalar, signed_in
from server.identity.email import parse_email
from server.identity.invitations import Invitation, invitation_by
from server.identity.passwords import check_password, hash_password
from server.identity.recovery import mail_verification
from tenancy.context import TenantContext
from tenancy.errors import AlreadyExists, DocumentNotFound, Invalid, Place, SignUpClosed, TokenInvalid
from tenancy.model.ids import new_id
from tenancy.model.json import JsonObject
from tenancy.model.principal import Kind, Principal
from tenancy.model.settings import AccountSettings
from tenancy.model.system import CREDENTIALS, USERS
from tenancy.rules.terms import field_terms
from tenancy.writes import Create, Update, Write

_CREDENTIALS: Final = frozenset({"email", "password", "invitation"})


class Newcomer(NamedTuple):
    """Somebody who wants an account: the address in its kept spelling, the password, the invitation if there is one."""

    address: str
    password: str
    invitation: Invitation | None

    @property
    def identity(self) -> JsonObject:
        """What is known of the address: a link of an invitation confirms it, and says what its owner may."""
        more = self.invitation.fields if self.invitation is not None else {}
        return {"email": self.address, "verified": self.invitation is not None, **more}


async def register(context: TenantContext, body: JsonObject, agent: str) -> SignedIn:
    """Make a user with a password and sign them in, unless the address has to be confirmed first.

    Raises:
        Invalid: e-mail, password or a profile's field is not acceptable.
        SignUpClosed: the tenant's settings let nobody register, or nobody with this address.
        TokenInvalid: the invitation is not good.
        AlreadyExists: the e-mail is taken.
    """
    newcomer = await newcomer_in(context, body)
    profile = profile_in({name: value for name, value in body.items() if name not in _CREDENTIALS})
    id = new_id()
    judge = field_terms(context.documents.collections().get(USERS), Principal(Kind.USER, id))
    writes: list[Write] = [
        Create(USERS, id, {**profile, "email": newcomer.address, "verified": False}, judge=judge),
        Create(CREDENTIALS, id, {"password": await hash_password(context.work, newcomer.password)}),
    ]
    if newcomer.invitation is not None:
        # What it gives is the server's word, which rules of fields do not bind as they bind the profile.
        writes += [Update(USERS, id, newcomer.identity), newcomer.invitation.used]
    writes += await greeting(context, id, newcomer)
    try:
        await context.documents.commit(writes)
    except AlreadyExists:
        raise email_taken() from None
    except DocumentNotFound:
        raise TokenInvalid from None
    context.post.collect()
    if newcomer.invitation is None and context.settings.now.accounts.verification == "required":
        return SignedIn(await me(context, Principal(Kind.USER, id)), None)
    return await signed_in(context, id, agent)


async def newcomer_in(context: TenantContext, body: JsonObject) -> Newcomer:
    """Who wants an account.

    Raises:
        Invalid: address or password is not acceptable, or the invitation is another address's.
        SignUpClosed: the tenant's settings let nobody register, or nobody with this address.
        TokenInvalid: the invitation is not good.
    """
    settings = context.settings.now.accounts
    invitation = await invitation_by(context, body)
    if invitation is None and settings.sign_up != "open":
        raise SignUpClosed
    asked = body if invitation is None else {"email": invitation.email, **body}
    email, password = scalar(asked, "email", "password")
    address = parse_email(email)
    check_password(password, settings.password_min_length)
    if invitation is not None and address != invitation.email:
        message = "must be the address that was invited, or be left out"
        raise Invalid("The invitation is for another address.", places=[Place("/email", message)])
    if invitation is None and not open_to(settings, address):
        raise SignUpClosed("Addresses of this domain cannot register.")
    return Newcomer(address, password, invitation)


async def greeting(context: TenantContext, user: str, newcomer: Newcomer) -> list[Write]:
    """The writes that ask a newcomer to confirm the address, where the settings want that."""
    if newcomer.invitation is not None or context.settings.now.accounts.verification == "off":
        return []
    return await mail_verification(context, user, newcomer.address)


def open_to(settings: AccountSettings, address: str) -> bool:
    """Whether the tenant's settings let an address of this domain register."""
    return not settings.email_domains or address.rpartition("@")[2] in settings.email_domains


def email_taken() -> AlreadyExists:
    """The refusal where another account has the address."""
    hint = "Log in instead, or use another e-mail address."
    return AlreadyExists("The e-mail is taken.", hint=hint, places=[Place("/email", "is taken")])

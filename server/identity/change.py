"""A new password: chosen by who is signed in and knows the old one, or by who has a mail's link."""

from server.identity.accounts import SignedIn, check_own_password, scalar, signed_in
from server.identity.onetime import redeem
from server.identity.passwords import check_password, hash_password
from server.identity.ways import Seen, seen
from server.mail.outbox import mail
from tenancy.context import TenantContext
from tenancy.errors import DocumentNotFound, PreconditionFailed, SessionInvalid, TokenInvalid
from tenancy.model.json import JsonObject, trusted
from tenancy.model.system import CREDENTIALS, TOKENS, USERS
from tenancy.query.tree import Compare, Query, both
from tenancy.writes import Create, Delete, Update, Write


async def change_password(context: TenantContext, user: str, body: JsonObject, agent: str) -> SignedIn:
    """Take another password: every session ends, and the caller gets a new one.

    Raises:
        Invalid: the new password is not acceptable.
        WrongCredentials: the current one is another.
    """
    current, new = scalar(body, "currentPassword", "newPassword")
    check_password(new, context.settings.now.accounts.password_min_length, "/newPassword")
    before = await seen(context, user)
    await check_own_password(context, user, current)
    await _replace(context, user, new, [], before)
    return await signed_in(context, user, agent)


async def reset_password(context: TenantContext, body: JsonObject) -> None:
    """Use a link's token: the password is another, every session ends, and the address is confirmed by it.

    Raises:
        Invalid: the new password is not acceptable; the token stays good.
        TokenInvalid: it is not good, or the user has another address by now.
    """
    token, new = scalar(body, "token", "password")
    check_password(new, context.settings.now.accounts.password_min_length)
    found = await redeem(context, "reset", token)
    text = await context.documents.get(USERS, found.user)
    user = trusted(text) if text is not None else {}
    if user.get("email") != found.kept["email"]:
        raise TokenInvalid
    more: list[Write] = [found.used, Update(USERS, found.user, {"verified": True})]
    if user.get("verified") is not True:
        # Whoever made the account may not own the address; ways in and a second factor of theirs are worth nothing.
        more.append(Delete(CREDENTIALS, found.user, optional=True))
    try:
        await _replace(context, found.user, new, more)
    except SessionInvalid:
        raise TokenInvalid from None


async def _replace(
    context: TenantContext, user: str, password: str, more: list[Write], before: Seen | None = None
) -> None:
    """Take another password; with `before` only if the secrets are what they were then."""
    text = await context.documents.get(USERS, user)
    if text is None:
        raise SessionInvalid
    email = trusted(text).get("email")
    secret: JsonObject = {"password": await hash_password(context.work, password)}
    told: list[Write] = []
    if isinstance(email, str):  # a clone may have been made without addresses
        told.append(await mail(context, "password-changed", email, {"email": email}))
    change = Update(CREDENTIALS, user, secret, otherwise=Create(CREDENTIALS, user, secret))
    if before is not None and before.etag is not None:
        change = Update(CREDENTIALS, user, secret, etags=frozenset({before.etag}))
    # Other links for a new password are good no more: whoever asked for them may not be the owner.
    others = await _others(context, user, more)
    await context.sessions.remove_user(user)  # before too: what another one has begun looks for its session
    try:
        await context.documents.commit([*more, change, *others, *told])
    except (DocumentNotFound, PreconditionFailed):
        raise SessionInvalid from None
    await context.sessions.remove_user(user)
    context.post.collect()


async def _others(context: TenantContext, user: str, more: list[Write]) -> list[Write]:
    wanted = both(Compare(("user",), "eq", user), Compare(("purpose",), "eq", "reset"))
    page = await context.documents.find(TOKENS, Query(wanted, limit=100))
    used = {one.id for one in more if isinstance(one, Delete)}
    known = {str(trusted(text)["id"]) for text in page.items} - used
    return [Delete(TOKENS, id, optional=True) for id in known]

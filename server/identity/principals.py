"""Whose credential it is."""

from dataclasses import replace

from server.http.credentials import Credential
from server.identity.keys import key_principal
from tenancy.context import TenantContext
from tenancy.model.principal import Kind, Principal
from tenancy.model.system import KEY_PREFIX, USERS


async def identify(context: TenantContext, credential: Credential) -> Principal | None:
    """The tenant's user or API key that the credential belongs to; None for nobody's.

    One dictionary lookup for a session used before, one index seek otherwise; one more for the user's document.
    """
    hashed = credential.hashed
    if credential.token.startswith(KEY_PREFIX):
        return await key_principal(context, hashed) if not credential.from_cookie else None
    session = await context.sessions.find(hashed)
    if session is None:
        return None
    text = None
    if context.documents.collections().reads_user:
        text = await context.documents.get(USERS, session.user)
    return Principal(Kind.USER, session.user, session.id, text, by=session.by)


async def renewed(context: TenantContext, principal: Principal) -> Principal:
    """The caller with the user's document as it is now, where the tenant's rules ask for more of it than the id."""
    if principal.owner is None or not context.documents.collections().reads_user:
        return principal
    return replace(principal, user=await context.documents.get(USERS, principal.owner))

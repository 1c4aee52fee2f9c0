"""Whose credential it is."""

from server.http.credentials import Credential
from tenancy.context import TenantContext
from tenancy.model.principal import Kind, Principal
from tenancy.model.system import KEY_PREFIX, KEYS


async def identify(context: TenantContext, credential: Credential) -> Principal | None:
    """The tenant's user or API key that the credential belongs to; None for nobody's.

    One dictionary lookup for a session used before, one index seek otherwise.
    """
    hashed = credential.hashed
    if credential.token.startswith(KEY_PREFIX):
        if credential.from_cookie or await context.documents.get(KEYS, hashed) is None:
            return None
        return Principal(Kind.KEY, hashed[:12])
    session = await context.sessions.find(hashed)
    return Principal(Kind.USER, session.user, session.id) if session is not None else None

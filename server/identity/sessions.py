"""A user's sessions: seen, ended, renewed."""

from server.identity.accounts import SignedIn, signed_in
from tenancy.context import TenantContext
from tenancy.errors import DocumentNotFound, SessionInvalid
from tenancy.model.clock import to_text
from tenancy.model.json import JsonObject
from tenancy.model.principal import Principal
from tenancy.ports import Session

_SHOWN = 16
"""Of the 64 characters that a session is kept by: enough to name one, and no help to find its token."""


async def own_sessions(context: TenantContext, principal: Principal) -> list[JsonObject]:
    """The sessions of the caller, the newest first, as `GET /api/auth/sessions` answers them."""
    sessions = sorted(await context.sessions.of(str(principal.owner)), key=lambda one: -one.created_at)
    return [_shown(session, principal) for session in sessions]


def _shown(session: Session, principal: Principal) -> JsonObject:
    return {
        "id": session.id[:_SHOWN], "createdAt": to_text(session.created_at), "expiresAt": to_text(session.expires_at),
        "agent": session.agent, "current": session.id == principal.session, "impersonated": bool(session.by),
    }  # fmt: skip


async def end_session(context: TenantContext, principal: Principal, id: str) -> None:
    """End one of the caller's sessions.

    Raises:
        DocumentNotFound: the caller has none of this id.
    """
    for session in await context.sessions.of(str(principal.owner)):
        if session.id[:_SHOWN] == id:
            await context.sessions.remove(session.id)
            return
    raise DocumentNotFound("You have no session of this id.")


async def end_others(context: TenantContext, principal: Principal) -> int:
    """End all of the caller's sessions but the one that asks; how many."""
    return await context.sessions.remove_user(str(principal.owner), principal.session)


async def refresh(context: TenantContext, principal: Principal, agent: str) -> SignedIn:
    """A new token for the old one, which is over."""
    if principal.session is None:
        raise SessionInvalid
    await context.sessions.remove(principal.session)
    return await signed_in(context, str(principal.owner), agent)

"""Session tokens: 256 random bits for the client, their hash for us."""

import secrets
import time
from typing import Final, NamedTuple

from tenancy.model.clock import to_text
from tenancy.model.system import secret_hash
from tenancy.ports import Session, SessionStore

_LONGEST_AGENT: Final = 200


class Signed(NamedTuple):
    """A session as its user gets it."""

    token: str
    expires_at: str
    lifetime_s: int


async def begin_session(sessions: SessionStore, user: str, lifetime_s: int, agent: str = "", by: str = "") -> Signed:
    """A new session of a user."""
    token, now = secrets.token_urlsafe(32), time.time()
    expires_at = now + lifetime_s
    await sessions.add(Session(secret_hash(token), user, expires_at, now, agent[:_LONGEST_AGENT], by))
    return Signed(token, to_text(expires_at), lifetime_s)

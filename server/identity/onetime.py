"""Tokens that are good once: those of links in mails, of sign-ins at providers, and challenges.

256 random bits, of which only a hash is kept, with what the token is for, whose it is and when it is over. Its removal
is committed together with what it allows, so that of two who come with it one is refused.
"""

import secrets
import time
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from tenancy.context import TenantContext
from tenancy.errors import AlreadyExists, DocumentNotFound, TokenInvalid
from tenancy.model.clock import from_text, to_text
from tenancy.model.json import Json, JsonObject, trusted
from tenancy.model.system import CREDENTIALS, TOKENS, secret_hash
from tenancy.writes import Create, Delete, Write

Purpose = Literal[
    "verify", "reset", "email-change", "link", "invite", "oauth", "oauth-code", "passkey", "passkey-add", "act", "none"
]  # fmt: skip
"""`none`: leads nowhere; made so that an unknown address costs as much time as a known one."""
_LONGEST: Final = 200


async def use(context: TenantContext, writes: Sequence[Write]) -> None:
    """Do what a token is for, its removal among the writes; of two who come with it one is too late.

    Raises:
        TokenInvalid: somebody else was first.
    """
    try:
        await context.documents.commit(writes)
    except (DocumentNotFound, AlreadyExists):
        raise TokenInvalid from None


class OneTime(NamedTuple):
    """A new token, and the write that makes it good."""

    token: str
    write: Create


class Redeemed(NamedTuple):
    """What a token was for, and the write that uses it up."""

    user: str
    kept: JsonObject
    used: Delete


def one_time(purpose: Purpose, user: str, lifetime_s: float, **more: Json) -> OneTime:
    """A new token for a user."""
    token = secrets.token_urlsafe(32)
    over = to_text(time.time() + lifetime_s)
    return OneTime(
        token, Create(TOKENS, secret_hash(token), {"purpose": purpose, "user": user, "expiresAt": over, **more})
    )


async def stamp_of(context: TenantContext, user: str) -> str:
    """What an account's secrets are known by: another one when they were dropped, or the password is another.

    A token that changes how an account is got into has it, and is worth nothing under another: it was asked for by who
    has the account no more.
    """
    text = await context.documents.get(CREDENTIALS, user)
    kept = trusted(text) if text is not None else {}
    return secret_hash(f"{kept.get('createdAt')}\n{kept.get('password')}")


async def redeem(context: TenantContext, purpose: Purpose, token: str) -> Redeemed:
    """What a token is good for. `use` does what it is for, with `used` among the writes.

    Raises:
        TokenInvalid: it is unknown, over, or for something else.
    """
    text = await context.documents.get(TOKENS, secret_hash(token)) if 0 < len(token) <= _LONGEST else None
    kept = trusted(text) if text is not None else {}
    over = from_text(kept.get("expiresAt"))
    if kept.get("purpose") != purpose or over is None or over <= time.time() * 1000:
        raise TokenInvalid
    return Redeemed(str(kept["user"]), kept, Delete(TOKENS, str(kept["id"])))

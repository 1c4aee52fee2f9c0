"""Invitations: somebody with an API key says who may have an account, and what they may then.

An invitation is a link in a mail, good once. Who proves the address in another way, by a code in a mail or by the word
of a provider, needs no link: the invitation is the address's.
"""

import time
from typing import Final, NamedTuple

from server.identity.accounts import find_user, scalar
from server.identity.email import parse_email, spelled
from server.identity.links import link_to
from server.identity.onetime import one_time, redeem
from server.mail.outbox import mail, may_mail
from tenancy.context import TenantContext
from tenancy.errors import AlreadyExists, Conflict, DocumentNotFound, Invalid, Place, TooMany
from tenancy.model.clock import from_text
from tenancy.model.json import Json, JsonObject, trusted
from tenancy.model.system import TOKENS
from tenancy.query.tree import Compare, Query, both
from tenancy.writes import Delete, Write

SHOWN: Final = 16
"""Of the hash that an invitation is kept by: its id, and no help to find its token."""
_MOST: Final = 1000
_MOST_NAMES: Final = 50
_LONGEST_NAME: Final = 100
_LONGEST_DAYS: Final = 90
_PURPOSE: Final = Compare(("purpose",), "eq", "invite")


class Invitation(NamedTuple):
    """Who is invited, what they are given (`roles`, `groups`), and the write that uses it up."""

    email: str
    fields: JsonObject
    used: Delete


async def invite(
    context: TenantContext, email: str, days: int, roles: list[str] | None, groups: list[str] | None
) -> JsonObject:
    """Send an invitation; an earlier one to the address is good no more.

    Raises:
        Invalid: an address, time or name that cannot be, or too many invitations.
        Conflict: the tenant's settings close registration for everybody.
        AlreadyExists: the address has an account.
        TooMany: the address, or the tenant, had as many mails as it may.
    """
    address = parse_email(email)
    fields = _checked(days, roles, groups)
    if context.settings.now.accounts.sign_up == "closed":
        raise Conflict("Registration is closed.", hint="The setting accounts.signUp: invited lets invitations count.")
    if await find_user(context, address) is not None:
        raise AlreadyExists("The address has an account.", places=[Place("/email", "has an account")])
    before = [one for one in await _all(context) if one["email"] == address]
    if not before and len(await _all(context)) >= _MOST:
        raise Invalid(f"There are at most {_MOST} invitations at once.", hint="Take some back first.")
    if not may_mail(context, address):
        raise TooMany("The address, or the tenant, had as many mails as it may.", retry_after_s=3600)
    token = one_time("invite", "", days * 86_400, email=address, **fields)
    values = {"email": address, "link": link_to(context, "invite", token.token), "days": str(days)}
    told = await mail(context, "invite", address, values)
    gone: list[Write] = [Delete(TOKENS, str(one["id"]), optional=True) for one in before]
    written = await context.documents.commit([token.write, told, *gone])
    context.post.collect()
    return _shown(trusted(written[0].text or b"{}"))


def _checked(days: int, roles: list[str] | None, groups: list[str] | None) -> JsonObject:
    places: list[Place] = []
    fields: JsonObject = {}
    if not 1 <= days <= _LONGEST_DAYS:
        places.append(Place("/days", f"must be 1 to {_LONGEST_DAYS}"))
    for field, names in (("roles", roles), ("groups", groups)):
        if names is None:
            continue
        if len(names) > _MOST_NAMES or not all(0 < len(one) <= _LONGEST_NAME for one in names):
            message = f"must be at most {_MOST_NAMES} names of at most {_LONGEST_NAME} characters"
            places.append(Place(f"/{field}", message))
        listed: list[Json] = [*names]
        fields[field] = listed
    if places:
        raise Invalid("The invitation is not valid.", places=places)
    return fields


async def invitations(context: TenantContext) -> list[JsonObject]:
    """Those that were not used yet: `{"id", "email", "roles", "groups", "createdAt", "expiresAt"}`."""
    return [_shown(one) for one in await _all(context)]


async def take_back(context: TenantContext, id: str) -> None:
    """Make an invitation worth nothing.

    Raises:
        DocumentNotFound: there is none.
    """
    for one in await _all(context):
        if str(one["id"])[:SHOWN] == id:
            await context.documents.commit([Delete(TOKENS, str(one["id"]))])
            return
    raise DocumentNotFound("There is no invitation of this id.")


async def invitation_by(context: TenantContext, body: JsonObject) -> Invitation | None:
    """The invitation whose token a registration brings; None where it brings none.

    Raises:
        TokenInvalid: it is not good.
    """
    if "invitation" not in body or context.settings.now.accounts.sign_up == "closed":
        return None
    (token,) = scalar(body, "invitation")
    found = await redeem(context, "invite", token)
    return Invitation(str(found.kept["email"]), _given(found.kept), found.used)


async def invitation_for(context: TenantContext, email: str) -> Invitation | None:
    """The invitation of an address that was proved to be the caller's."""
    wanted = both(Compare(("email",), "eq", spelled(email)), _PURPOSE)
    page = await context.documents.find(TOKENS, Query(wanted, limit=1))
    if not page.items or context.settings.now.accounts.sign_up == "closed":
        return None
    kept = trusted(page.items[0])
    if not _is_good(kept):
        return None
    return Invitation(str(kept["email"]), _given(kept), Delete(TOKENS, str(kept["id"])))


async def _all(context: TenantContext) -> list[JsonObject]:
    page = await context.documents.find(TOKENS, Query(_PURPOSE, sort=((("createdAt",), 1),), limit=_MOST))
    return [kept for kept in map(trusted, page.items) if _is_good(kept)]


def _is_good(kept: JsonObject) -> bool:
    over = from_text(kept.get("expiresAt"))
    return over is not None and over > time.time() * 1000


def _given(kept: JsonObject) -> JsonObject:
    return {name: kept[name] for name in ("roles", "groups") if name in kept}


def _shown(kept: JsonObject) -> JsonObject:
    return {
        "id": str(kept["id"])[:SHOWN], "email": kept["email"], "roles": kept.get("roles"), "groups": kept.get("groups"),
        "createdAt": kept["createdAt"], "expiresAt": kept["expiresAt"],
    }  # fmt: skip

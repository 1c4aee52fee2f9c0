"""Invitations over HTTP; for API keys."""

from typing import Final

import msgspec

from server.http.response import Answer, json, no_content
from server.http.routes import Content, Route
from server.identity.calls import TenantCall
from server.identity.invitations import invitations, invite, take_back
from server.openapi.forms import TEXT, TIME, closed, many
from tenancy.context import TenantContext
from tenancy.errors import AlreadyExists, Conflict, DocumentNotFound, Invalid
from tenancy.model.json import JsonObject

_BASE: Final = "/api/invitations"
_NAMES: Final[JsonObject] = {"type": ["array", "null"], "items": TEXT}
_INVITATION: Final = closed(
    {"id": TEXT, "email": TEXT, "roles": _NAMES, "groups": _NAMES, "createdAt": TIME, "expiresAt": TIME}
)


class NewInvitation(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /api/invitations. `roles` and `groups`: what the user has from the first moment."""

    email: str
    days: int = 7
    roles: list[str] | None = None
    groups: list[str] | None = None


def routes() -> list[Route[TenantContext]]:
    """The routes below /api/invitations."""
    return [
        Route(
            "GET", _BASE, _all, "key", "Invitations that were not used yet", answer=(200, "The oldest first"),
            result=Content(closed({"items": many(_INVITATION)})),
        ),
        Route(
            "POST", _BASE, _invite, "key", "Invite somebody by mail", NewInvitation, (201, "The invitation"),
            (Invalid, AlreadyExists, Conflict), result=Content(_INVITATION),
        ),
        Route(
            "DELETE", _BASE + "/{id}", _take_back, "key", "Take an invitation back", answer=(204, "Gone"),
            errors=(DocumentNotFound,),
        ),
    ]  # fmt: skip


async def _all(call: TenantCall) -> Answer:
    return json({"items": await invitations(call.context)})


async def _invite(call: TenantCall) -> Answer:
    body = await call.read(NewInvitation)
    return json(await invite(call.context, body.email, body.days, body.roles, body.groups), 201)


async def _take_back(call: TenantCall) -> Answer:
    await take_back(call.context, call.params["id"])
    return no_content()

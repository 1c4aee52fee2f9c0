"""Passkeys over HTTP."""

from typing import Final

from server.http.response import Answer, json, no_content
from server.http.routes import Content, Route
from server.identity import passkeys
from server.identity.calls import (
    SIGNED_IN,
    TenantCall,
    agent_of,
    object_of,
    owner_and_body,
    owner_of,
    signed_in_answer,
    user_of,
)
from server.identity.passkeys import Party, party_of
from server.identity.switches import check_on
from server.identity.ways import remove_way, ways_of
from server.openapi.forms import ANY_OBJECT, TEXT, TIME, closed, form, many, optional
from tenancy.context import TenantContext
from tenancy.errors import (
    AccountDisabled,
    AlreadyExists,
    Conflict,
    DocumentNotFound,
    Forbidden,
    Invalid,
    NotVerified,
    TokenInvalid,
    WrongCredentials,
)

_BASE: Final = "/api/auth/passkeys"
_ONE: Final = _BASE + "/{id}"
_PASSKEY: Final = closed(
    {
        "id": TEXT, "name": TEXT, "createdAt": TIME, "lastUsedAt": optional(TIME), "host": TEXT,
        "synced": {"type": "boolean"},
    }
)  # fmt: skip
_OPTIONS: Final = Content(ANY_OBJECT)


def routes() -> list[Route[TenantContext]]:
    """The routes below /api/auth/passkeys."""
    return [
        Route(
            "GET", _BASE, _all, "user", "One's own passkeys", answer=(200, "In the order in which they were added"),
            errors=(Forbidden,), result=Content(closed({"items": many(_PASSKEY)})),
        ),
        Route(
            "POST", _BASE + "/options", _offer, "user", "Begin to add a passkey", Content(form({}, {"password": TEXT})),
            (200, "What navigator.credentials.create takes"), (Invalid, WrongCredentials, Forbidden), result=_OPTIONS,
        ),
        Route(
            "POST", _BASE, _add, "user", "Add the passkey that the browser has made",
            Content(form({"credential": ANY_OBJECT}, {"name": TEXT})), (201, "The passkey"),
            (Invalid, TokenInvalid, AlreadyExists, Forbidden), result=Content(_PASSKEY),
        ),
        Route(
            "PATCH", _ONE, _rename, "user", "Call a passkey something else", Content(form({"name": TEXT})),
            (200, "The passkey"), (Invalid, DocumentNotFound, Conflict, Forbidden), result=Content(_PASSKEY),
        ),
        Route(
            "DELETE", _ONE, _remove, "user", "Take a passkey away", answer=(204, "Gone"),
            errors=(DocumentNotFound, Conflict, Forbidden),
        ),
        Route(
            "POST", _BASE + "/login/options", _ask, "open", "Begin to sign in by a passkey",
            answer=(200, "What navigator.credentials.get takes"), errors=(Forbidden,), result=_OPTIONS,
        ),
        Route(
            "POST", _BASE + "/login", _login, "open", "Sign in by a passkey",
            Content(form({"credential": ANY_OBJECT})), (200, "The user and the session's token"),
            (Invalid, TokenInvalid, AccountDisabled, NotVerified, Forbidden), result=SIGNED_IN,
        ),
    ]  # fmt: skip


def _party(call: TenantCall) -> Party:
    return party_of(call.context, call.origin.claimed)


async def _all(call: TenantCall) -> Answer:
    kept = await ways_of(call.context, str(user_of(call).owner), "passkeys")
    return json({"items": [passkeys.shown(one) for one in kept]})


async def _offer(call: TenantCall) -> Answer:
    check_on(call.context, "passkeys")
    user, body = await owner_and_body(call)
    return json(await passkeys.offer(call.context, user, _party(call), body))


async def _add(call: TenantCall) -> Answer:
    check_on(call.context, "passkeys")
    user, body = await owner_and_body(call)
    return json(await passkeys.add(call.context, user, _party(call), body), 201)


async def _rename(call: TenantCall) -> Answer:
    user, body = await owner_and_body(call)
    return json(await passkeys.rename(call.context, user, call.params["id"], body))


async def _remove(call: TenantCall) -> Answer:
    await remove_way(call.context, str((await owner_of(call)).owner), "passkeys", call.params["id"])
    return no_content()


async def _ask(call: TenantCall) -> Answer:
    check_on(call.context, "passkeys")
    return json(await passkeys.ask(call.context, _party(call)))


async def _login(call: TenantCall) -> Answer:
    check_on(call.context, "passkeys")
    body = await object_of(call)
    return signed_in_answer(call, await passkeys.sign_in(call.context, _party(call), body, agent_of(call)), 200)

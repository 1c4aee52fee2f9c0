"""Accounts over HTTP: registration, sessions, oneself."""

from server.http.cookies import session_cookie
from server.http.response import Answer, json, no_content
from server.http.routes import Content, Route
from server.identity import guests, impersonation, sessions
from server.identity.accounts import delete_me, login, me, update_me
from server.identity.calls import (
    SIGNED_IN,
    USER_RESULT,
    TenantCall,
    agent_of,
    object_of,
    owner_and_body,
    owner_of,
    signed_in_answer,
    user_answer,
    user_of,
)
from server.identity.registration import register
from server.identity.switches import check_on
from server.openapi.forms import ANY_OBJECT, FLAG, NUMBER, TEXT, TIME, closed, form, many
from tenancy.context import TenantContext
from tenancy.errors import (
    AccountDisabled,
    AlreadyExists,
    Conflict,
    DocumentNotFound,
    Forbidden,
    Invalid,
    NotVerified,
    SecondFactorRequired,
    SignUpClosed,
    TokenInvalid,
    WrongCredentials,
)

_ACCOUNT = form({"password": TEXT}, {"email": TEXT, "invitation": TEXT})
_LOGIN = form({"email": TEXT, "password": TEXT}, {"totp": TEXT})
_SESSION = closed(
    {"id": TEXT, "createdAt": TIME, "expiresAt": TIME, "agent": TEXT, "current": FLAG, "impersonated": FLAG}
)


def routes() -> list[Route[TenantContext]]:
    """The routes below /api/auth that need no mail."""
    return [
        Route(
            "POST", "/api/auth/register", _register, "open", "Make an account and sign in",
            Content(_ACCOUNT, description="E-mail or invitation, password and the profile's fields"),
            (201, "The user and the session's token; no token where the address has to be confirmed first"),
            (Invalid, AlreadyExists, SignUpClosed, TokenInvalid, Forbidden), result=SIGNED_IN,
        ),
        Route(
            "POST", "/api/auth/login", _login, "open", "Sign in", Content(_LOGIN),
            (200, "The user and the session's token"),
            (Invalid, WrongCredentials, NotVerified, AccountDisabled, SecondFactorRequired, Forbidden),
            result=SIGNED_IN,
        ),
        Route(
            "POST", "/api/auth/anonymous", _guest, "open", "Make a guest and sign in",
            answer=(201, "The guest and the session's token"), errors=(SignUpClosed,), result=SIGNED_IN,
        ),
        Route(
            "POST", "/api/auth/anonymous/upgrade", _upgrade, "user", "Make the guest a user", Content(_ACCOUNT),
            (200, "The user and a new token"),
            (Invalid, AlreadyExists, Conflict, SignUpClosed, TokenInvalid, Forbidden), result=SIGNED_IN,
        ),
        Route(
            "POST", "/api/auth/impersonation", _follow, "open", "Act as a user, by an administrator's link",
            Content(form({"token": TEXT})), (200, "The user and the session's token"), (Invalid, TokenInvalid),
            result=SIGNED_IN,
        ),
        Route("POST", "/api/auth/logout", _logout, "user", "End the session", answer=(204, "Signed out")),
        Route(
            "POST", "/api/auth/refresh", _refresh, "user", "A new token for the one that asks, which is over",
            answer=(200, "The user and the new token"), errors=(Forbidden,), result=SIGNED_IN,
        ),
        Route("GET", "/api/auth/me", _me, "user", "The signed-in user", answer=(200, "The user"), result=USER_RESULT),
        Route(
            "PATCH", "/api/auth/me", _update_me, "user", "Merge into one's own profile",
            Content(ANY_OBJECT, description="The profile's fields"), (200, "The user"), (Invalid, Forbidden),
            result=USER_RESULT,
        ),
        Route(
            "DELETE", "/api/auth/me", _delete_me, "user", "Remove one's own account",
            Content(form({"password": TEXT})), (204, "Gone, and signed out everywhere"),
            (Invalid, WrongCredentials, Forbidden),
        ),
        Route(
            "GET", "/api/auth/sessions", _sessions, "user", "One's own sessions", answer=(200, "The newest first"),
            errors=(Forbidden,), result=Content(closed({"items": many(_SESSION)})),
        ),
        Route(
            "DELETE", "/api/auth/sessions", _end_others, "user", "End all of one's sessions but this one",
            answer=(200, "How many"), errors=(Forbidden,), result=Content(closed({"ended": NUMBER})),
        ),
        Route(
            "DELETE", "/api/auth/sessions/{id}", _end_session, "user", "End one of one's sessions",
            answer=(204, "Ended"), errors=(DocumentNotFound, Forbidden),
        ),
    ]  # fmt: skip


async def _register(call: TenantCall) -> Answer:
    check_on(call.context, "passwords")
    return signed_in_answer(call, await register(call.context, await object_of(call), agent_of(call)), 201)


async def _login(call: TenantCall) -> Answer:
    check_on(call.context, "passwords")
    return signed_in_answer(call, await login(call.context, await object_of(call), agent_of(call)), 200)


async def _guest(call: TenantCall) -> Answer:
    return signed_in_answer(call, await guests.enter_as_guest(call.context, agent_of(call)), 201)


async def _upgrade(call: TenantCall) -> Answer:
    check_on(call.context, "passwords")
    body = await object_of(call)
    user = await owner_of(call)
    return signed_in_answer(call, await guests.upgrade(call.context, user, body, agent_of(call)), 200)


async def _follow(call: TenantCall) -> Answer:
    return signed_in_answer(call, await impersonation.follow(call.context, await object_of(call)), 200)


async def _logout(call: TenantCall) -> Answer:
    if call.principal.session is not None:
        await call.context.sessions.remove(call.principal.session)
    return no_content(session_cookie(call.cookie, "", 0))


async def _refresh(call: TenantCall) -> Answer:
    return signed_in_answer(call, await sessions.refresh(call.context, await owner_of(call), agent_of(call)), 200)


async def _me(call: TenantCall) -> Answer:
    return user_answer(await me(call.context, user_of(call)))


async def _update_me(call: TenantCall) -> Answer:
    return user_answer(await update_me(call.context, user_of(call), await object_of(call)))


async def _delete_me(call: TenantCall) -> Answer:
    user, body = await owner_and_body(call)
    await delete_me(call.context, user, body)
    return no_content(session_cookie(call.cookie, "", 0))


async def _sessions(call: TenantCall) -> Answer:
    return json({"items": await sessions.own_sessions(call.context, user_of(call))})


async def _end_others(call: TenantCall) -> Answer:
    return json({"ended": await sessions.end_others(call.context, await owner_of(call))})


async def _end_session(call: TenantCall) -> Answer:
    await sessions.end_session(call.context, await owner_of(call), call.params["id"])
    return no_content()

"""Accounts over HTTP."""

from server.http.call import Call
from server.http.cookies import session_cookie
from server.http.response import Answer, json_text, no_content
from server.http.routes import Content, Route
from server.identity.accounts import SignedIn, login, me, register, update_me
from server.openapi.forms import ANY_OBJECT, TEXT, TIME, USER, closed, form
from tenancy.context import TenantContext
from tenancy.errors import AlreadyExists, Forbidden, Invalid, Unauthenticated, WrongCredentials
from tenancy.model.json import JsonObject, dumps
from tenancy.model.principal import Principal

TenantCall = Call[TenantContext]
_ACCOUNT = form({"email": TEXT, "password": TEXT})
_SIGNED_IN = Content(closed({"user": USER, "token": TEXT, "expiresAt": TIME}))
_USER = Content(closed({"user": USER}))


def routes() -> list[Route[TenantContext]]:
    """The routes below /api/auth."""
    return [
        Route(
            "POST",
            "/api/auth/register",
            _register,
            "open",
            "Make an account and sign in",
            Content(_ACCOUNT, description="E-mail, password and the profile's fields"),
            (201, "The user and the session's token"),
            (Invalid, AlreadyExists),
            result=_SIGNED_IN,
        ),
        Route(
            "POST",
            "/api/auth/login",
            _login,
            "open",
            "Sign in",
            Content(_ACCOUNT),
            (200, "The user and the session's token"),
            (Invalid, WrongCredentials),
            result=_SIGNED_IN,
        ),
        Route("POST", "/api/auth/logout", _logout, "user", "End the session", answer=(204, "Signed out")),
        Route("GET", "/api/auth/me", _me, "user", "The signed-in user", answer=(200, "The user"), result=_USER),
        Route(
            "PATCH",
            "/api/auth/me",
            _update_me,
            "user",
            "Merge into one's own profile",
            Content(ANY_OBJECT, description="The profile's fields"),
            (200, "The user"),
            (Invalid,),
            result=_USER,
        ),
    ]


async def _object(call: TenantCall) -> JsonObject:
    body = await call.json()
    if not isinstance(body, dict):
        raise Invalid("The body must be a JSON object.")
    return body


async def _register(call: TenantCall) -> Answer:
    return _signed_in(call, await register(call.context, await _object(call)), 201)


async def _login(call: TenantCall) -> Answer:
    return _signed_in(call, await login(call.context, await _object(call)), 200)


def _signed_in(call: TenantCall, done: SignedIn, status: int) -> Answer:
    session = done.session
    if call.origin.same:
        # Only a page of the tenant's own origin gets the cookie: no other page can sign a visitor in as somebody else.
        call.extra_headers.append(session_cookie(call.cookie, session.token, session.lifetime_s))
    rest = dumps({"token": session.token, "expiresAt": session.expires_at})
    return json_text(b'{"user":' + done.user + b"," + rest[1:], status)


async def _logout(call: TenantCall) -> Answer:
    if call.principal.session is not None:
        await call.context.sessions.remove(call.principal.session)
    return no_content(session_cookie(call.cookie, "", 0))


async def _me(call: TenantCall) -> Answer:
    return json_text(b'{"user":' + await me(call.context, _user(call)) + b"}")


async def _update_me(call: TenantCall) -> Answer:
    return json_text(b'{"user":' + await update_me(call.context, _user(call), await _object(call)) + b"}")


def _user(call: TenantCall) -> Principal:
    if call.principal.owner is None:
        if call.principal.trusted:
            raise Forbidden("An API key is not a user.", hint="Use a session token here.")
        raise Unauthenticated
    return call.principal

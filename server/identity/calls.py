"""What the routes of accounts share: who calls, what a call brings, and how a sign-in is answered."""

from server.http.call import Call
from server.http.cookies import session_cookie
from server.http.response import Answer, json_text
from server.http.routes import Content
from server.identity.accounts import SignedIn
from server.openapi.forms import TEXT, TIME, USER, closed, optional
from tenancy.context import TenantContext
from tenancy.errors import Forbidden, Invalid, SessionInvalid, Unauthenticated
from tenancy.model.json import JsonObject, dumps
from tenancy.model.principal import Principal

TenantCall = Call[TenantContext]
SIGNED_IN = Content(closed({"user": USER, "token": optional(TEXT), "expiresAt": optional(TIME)}))
USER_RESULT = Content(closed({"user": USER}))


async def object_of(call: TenantCall) -> JsonObject:
    """The body, which has to be an object."""
    body = await call.json()
    if not isinstance(body, dict):
        raise Invalid("The body must be a JSON object.")
    return body


def agent_of(call: TenantCall) -> str:
    """What the browser calls itself, for the list of one's sessions."""
    return call.header(b"user-agent") or ""


def user_of(call: TenantCall) -> Principal:
    """The signed-in user.

    Raises:
        Forbidden: an API key.
        Unauthenticated: nobody.
    """
    if call.principal.owner is None:
        if call.principal.trusted:
            raise Forbidden("An API key is not a user.", hint="Use a session token here.")
        raise Unauthenticated
    return call.principal


async def owner_of(call: TenantCall) -> Principal:
    """The signed-in user in person, for what changes how the account is got into. The session is looked for once more:
    whoever sends a body slowly may have been signed out since the head came.

    Raises:
        Forbidden: an administrator who acts as the user, or an API key.
        SessionInvalid, Unauthenticated: nobody, or nobody any more.
    """
    user = user_of(call)
    if user.by:
        hint = "The session is an administrator's who acts as the user."
        raise Forbidden("Only the user in person may do this.", hint=hint)
    if user.session is not None and await call.context.sessions.find(user.session) is None:
        raise SessionInvalid
    return user


async def owner_and_body(call: TenantCall) -> tuple[str, JsonObject]:
    """The id of the user in person, looked at when the whole body is there, and the body. Raises what both raise."""
    body = await object_of(call)
    return str((await owner_of(call)).owner), body


def signed_in_answer(call: TenantCall, done: SignedIn, status: int) -> Answer:
    """The user and the session's token; the cookie too, for a page of the tenant's own origin."""
    session = done.session
    if session is None:
        return json_text(b'{"user":' + done.user + b',"token":null,"expiresAt":null}', status)
    if call.origin.same:
        # Only a page of the tenant's own origin gets the cookie: no other page can sign a visitor in as somebody else.
        call.extra_headers.append(session_cookie(call.cookie, session.token, session.lifetime_s))
    rest = dumps({"token": session.token, "expiresAt": session.expires_at})
    return json_text(b'{"user":' + done.user + b"," + rest[1:], status)


def user_answer(text: bytes, status: int = 200) -> Answer:
    """A user's document."""
    return json_text(b'{"user":' + text + b"}", status)

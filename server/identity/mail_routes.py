"""Accounts over HTTP: what goes by mail, and passwords."""

from server.http.response import Answer, no_content
from server.http.routes import Content, Route
from server.identity import recovery
from server.identity.accounts import check_any_password, find_user, me, scalar
from server.identity.calls import (
    SIGNED_IN,
    USER_RESULT,
    TenantCall,
    agent_of,
    object_of,
    owner_and_body,
    signed_in_answer,
    user_answer,
)
from server.identity.change import change_password, reset_password
from server.identity.codes import login_by_code, login_by_link, request_code
from server.identity.email import parse_email, spelled
from server.identity.pages import confirm_page
from server.identity.switches import check_on
from server.openapi.forms import TEXT, form
from tenancy.context import TenantContext
from tenancy.errors import (
    AccountDisabled,
    Conflict,
    Forbidden,
    Invalid,
    SecondFactorRequired,
    SignUpClosed,
    TokenInvalid,
    WrongCredentials,
)
from tenancy.model.json import trusted
from tenancy.model.principal import Kind, Principal

_EMAIL = Content(form({"email": TEXT}))
_TOKEN = Content(form({"token": TEXT}))
_CODE = Content(
    form({}, {"email": TEXT, "code": TEXT, "token": TEXT, "totp": TEXT}), description="E-mail and code, or a token"
)
_CODE_ERRORS = (Invalid, TokenInvalid, AccountDisabled, SignUpClosed, WrongCredentials, SecondFactorRequired)
_SENT = (204, "A mail is sent if there is such an account; the answer does not tell")


def routes() -> list[Route[TenantContext]]:
    """The routes below /api/auth that have to do with mails."""
    return [
        Route(
            "POST", "/api/auth/verify/request", _request_verification, "anyone", "Send a link that confirms an address",
            Content(form({}, {"email": TEXT}), description="The address; not needed by who is signed in"), _SENT,
            (Invalid, Conflict),
        ),
        Route(
            "POST", "/api/auth/verify/confirm", _confirm_verification, "open", "Confirm an address by a link's token",
            _TOKEN, (200, "The user"), (Invalid, TokenInvalid), result=USER_RESULT,
        ),
        Route(
            "POST", "/api/auth/password/forgot", _forgot, "open", "Send a link for a new password", _EMAIL, _SENT,
            (Invalid, Forbidden),
        ),
        Route(
            "POST", "/api/auth/password/reset", _reset, "open", "Choose a new password by a link's token",
            Content(form({"token": TEXT, "password": TEXT})), (204, "Changed; all sessions are over"),
            (Invalid, TokenInvalid, Forbidden),
        ),
        Route(
            "POST", "/api/auth/password/change", _change, "user", "Choose a new password",
            Content(form({"currentPassword": TEXT, "newPassword": TEXT})),
            (200, "Changed; all sessions are over, here is a new one"), (Invalid, WrongCredentials, Forbidden),
            result=SIGNED_IN,
        ),
        Route(
            "POST", "/api/auth/email/change/request", _request_email, "user", "Send a link to a new address",
            Content(form({"email": TEXT}, {"password": TEXT})), (204, "A mail is sent to the new address"),
            (Invalid, WrongCredentials, Conflict, Forbidden),
        ),
        Route(
            "POST", "/api/auth/email/change/confirm", _confirm_email, "open", "Have the new address by a link's token",
            _TOKEN, (200, "The user"), (Invalid, TokenInvalid), result=USER_RESULT,
        ),
        Route(
            "POST", "/api/auth/otp/request", _request_code, "open", "Send a code and a link to sign in by", _EMAIL,
            _SENT, (Invalid, Forbidden),
        ),
        Route(
            "POST", "/api/auth/otp/login", _login_by_code, "open", "Sign in by a mail's code, or its link's token",
            _CODE, (200, "The user and the session's token"), _CODE_ERRORS, result=SIGNED_IN,
        ),
        Route(
            "GET", "/api/auth/confirm", _page, "open", "The page that links of mails lead to",
            answer=(200, "A page"), result=Content({}, ("text/html",)),
        ),
    ]  # fmt: skip


async def _request_verification(call: TenantCall) -> Answer:
    context, owner = call.context, call.principal.owner
    body = await object_of(call)
    if owner is not None:
        email = str(trusted(await me(context, Principal(Kind.USER, owner))).get("email") or "")
        if not email:
            raise Conflict("A guest has no address.", hint="Become a user at POST /api/auth/anonymous/upgrade first.")
    else:
        email = spelled(scalar(body, "email")[0])
    await recovery.request_verification(context, await find_user(context, email), email)
    return no_content()


async def _confirm_verification(call: TenantCall) -> Answer:
    (token,) = scalar(await object_of(call), "token")
    return await _user(call, await recovery.confirm_verification(call.context, token))


async def _forgot(call: TenantCall) -> Answer:
    check_on(call.context, "passwords")
    email = spelled(scalar(await object_of(call), "email")[0])
    await recovery.request_reset(call.context, await find_user(call.context, email), email)
    return no_content()


async def _reset(call: TenantCall) -> Answer:
    check_on(call.context, "passwords")
    await reset_password(call.context, await object_of(call))
    return no_content()


async def _change(call: TenantCall) -> Answer:
    check_on(call.context, "passwords")
    user, body = await owner_and_body(call)
    return signed_in_answer(call, await change_password(call.context, user, body, agent_of(call)), 200)


async def _request_email(call: TenantCall) -> Answer:
    user, body = await owner_and_body(call)
    (email,) = scalar(body, "email")
    address = parse_email(email)
    await check_any_password(call.context, user, body)
    await recovery.request_email_change(call.context, user, address)
    return no_content()


async def _confirm_email(call: TenantCall) -> Answer:
    (token,) = scalar(await object_of(call), "token")
    return await _user(call, await recovery.confirm_email_change(call.context, token))


async def _request_code(call: TenantCall) -> Answer:
    await request_code(call.context, spelled(scalar(await object_of(call), "email")[0]))
    return no_content()


async def _login_by_code(call: TenantCall) -> Answer:
    body = await object_of(call)
    login = login_by_link if "token" in body else login_by_code
    done = await login(call.context, body, agent_of(call))
    return signed_in_answer(call, done, 200)


async def _page(call: TenantCall) -> Answer:
    return confirm_page()


async def _user(call: TenantCall, id: str) -> Answer:
    return user_answer(await me(call.context, Principal(Kind.USER, id)))

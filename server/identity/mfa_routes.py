"""The second factor over HTTP."""

from server.http.response import Answer, json, no_content
from server.http.routes import Content, Route
from server.identity import totp
from server.identity.calls import TenantCall, owner_and_body, user_of
from server.identity.switches import check_on
from server.openapi.forms import NUMBER, TEXT, closed, form, many
from tenancy.context import TenantContext
from tenancy.errors import Conflict, DocumentNotFound, Forbidden, Invalid, SecondFactorRequired, WrongCredentials

_BASE = "/api/auth/mfa"
_CODES = Content(closed({"recoveryCodes": many(TEXT)}))
_PROVED = Content(form({}, {"password": TEXT, "totp": TEXT}))
_WRONG = (Invalid, WrongCredentials, SecondFactorRequired, Forbidden)


def routes() -> list[Route[TenantContext]]:
    """The routes below /api/auth/mfa."""
    return [
        Route(
            "GET", _BASE, _state, "user", "Whether one has a second factor", answer=(200, "Whether, and codes left"),
            errors=(Forbidden,), result=Content(closed({"totp": {"type": "boolean"}, "recoveryCodes": NUMBER})),
        ),
        Route(
            "POST", f"{_BASE}/totp/enroll", _enroll, "user", "Begin to have an authenticator application",
            Content(form({}, {"password": TEXT})), (200, "The secret, as text and for a QR code"),
            (*_WRONG, Conflict), result=Content(closed({"secret": TEXT, "uri": TEXT})),
        ),
        Route(
            "POST", f"{_BASE}/totp/confirm", _confirm, "user", "Switch it on by its first code",
            Content(form({"code": TEXT})), (200, "Recovery codes, shown this once"), (Invalid, Conflict, Forbidden),
            result=_CODES,
        ),
        Route(
            "POST", f"{_BASE}/totp/codes", _codes, "user", "Other recovery codes", _PROVED,
            (200, "Recovery codes, shown this once"), (*_WRONG, Conflict), result=_CODES,
        ),
        Route(
            "POST", f"{_BASE}/totp/disable", _disable, "user", "Switch it off", _PROVED, (204, "Off"), _WRONG,
        ),
        Route(
            "DELETE", f"{_BASE}/totp/{{id}}", _remove, "key", "Take a user's second factor away",
            answer=(204, "Gone"), errors=(DocumentNotFound,),
        ),
    ]  # fmt: skip


async def _state(call: TenantCall) -> Answer:
    return json(await totp.state(call.context, str(user_of(call).owner)))


async def _enroll(call: TenantCall) -> Answer:
    check_on(call.context, "second_factor")
    user, body = await owner_and_body(call)
    enrolled = await totp.enroll(call.context, user, body)
    return json({"secret": enrolled.secret, "uri": enrolled.uri})


async def _confirm(call: TenantCall) -> Answer:
    user, body = await owner_and_body(call)
    return json({"recoveryCodes": await totp.confirm(call.context, user, body)})


async def _codes(call: TenantCall) -> Answer:
    user, body = await owner_and_body(call)
    return json({"recoveryCodes": await totp.new_codes(call.context, user, body)})


async def _disable(call: TenantCall) -> Answer:
    user, body = await owner_and_body(call)
    await totp.disable(call.context, user, body)
    return no_content()


async def _remove(call: TenantCall) -> Answer:
    await totp.remove_factor(call.context, call.params["id"])
    return no_content()

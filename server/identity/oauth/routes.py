"""Signing in at providers, over HTTP."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from server.http.call import read_pairs, read_query
from server.http.cookies import read_cookie, session_cookie
from server.http.credentials import cookie_name
from server.http.response import NO_STORE, Answer, Response, json, no_content
from server.http.routes import Content, Parameter, Route
from server.identity.calls import (
    SIGNED_IN,
    USER_RESULT,
    TenantCall,
    agent_of,
    object_of,
    owner_of,
    signed_in_answer,
    user_answer,
    user_of,
)
from server.identity.oauth import flow, identities
from server.identity.oauth.providers import (
    ProviderForm,
    all_providers,
    check_name,
    delete_provider,
    enabled_providers,
    put_provider,
)
from server.identity.pages import popup_page
from server.identity.ways import remove_way, ways_of
from server.openapi.forms import ANY_OBJECT, TEXT, TIME, closed, form, many, optional
from server.outbound import Outbound
from tenancy.context import TenantContext
from tenancy.errors import (
    AccountDisabled,
    AccountExists,
    AlreadyExists,
    Conflict,
    DocumentNotFound,
    Forbidden,
    Invalid,
    NotVerified,
    ProviderFailed,
    SecondFactorRequired,
    SessionInvalid,
    SignUpClosed,
    TokenInvalid,
    UnsupportedMedia,
    WrongCredentials,
)
from tenancy.model.json import JsonObject

_CALLBACK: Final = "/api/auth/oauth/{provider}/callback"
_SETTING: Final = "/api/settings/providers/{provider}"
_COOKIE: Final = "backpack-oauth"
_LONGEST: Final = 16_000
_FORM: Final = "application/x-www-form-urlencoded"
_PROVIDER: Final[JsonObject] = closed({"name": TEXT, "label": TEXT, "kind": TEXT})
_IDENTITY: Final[JsonObject] = closed({"id": TEXT, "provider": TEXT, "email": optional(TEXT), "addedAt": TIME})
_CODE: Final[JsonObject] = {"code": TEXT, "verifier": TEXT}
_GONE_ON: Final = Content({}, ("text/html",))


def routes(outbound: Outbound) -> list[Route[TenantContext]]:
    """The routes of sign-ins at providers, which are called through `outbound`."""

    async def begin(call: TenantCall) -> Answer:
        asked = call.query("challenge", "redirect", "mode")
        begun = await flow.begin(call.context, outbound, call.params["provider"], asked, _binding(call))
        return _go(begun.location, session_cookie(_cookie(call), begun.binding, flow.BEGUN_S))

    async def callback(call: TenantCall) -> Answer:
        answer = _single(read_pairs(call.scope["query_string"]))
        return _go(await flow.finish(call.context, outbound, call.params["provider"], answer, _binding(call)))

    return [
        Route(
            "GET", "/api/auth/oauth/{provider}", begin, "open", "Go to a provider to sign in",
            answer=(302, "To the provider"), errors=(Invalid, DocumentNotFound, ProviderFailed, SessionInvalid),
            parameters={
                "challenge": Parameter("SHA-256 of a random verifier that the caller keeps, in base64url", TEXT),
                "redirect": Parameter("Address or path of the application to come back to", TEXT),
                "mode": Parameter("`popup` to come back to a page that tells the window which opened it", TEXT),
            },
            result=_GONE_ON,
        ),
        Route(
            "GET", _CALLBACK, callback, "open", "Where providers send browsers back to",
            answer=(302, "To the application, with `#backpack-code=` or `#backpack-error=`"),
            errors=(Invalid, TokenInvalid, DocumentNotFound, SessionInvalid), result=_GONE_ON,
        ),
        Route(
            "POST", _CALLBACK, _form_post, "open", "The same, of a provider that answers by a form (Apple)",
            _FORM, (303, "To the same address"), (Invalid, DocumentNotFound), result=_GONE_ON,
        ),
        Route(
            "POST", "/api/auth/oauth/exchange", _exchange, "open", "Sign in by the code that a provider led to",
            Content(form(_CODE, {"totp": TEXT})), (200, "The user and the session's token"),
            (
                Invalid, TokenInvalid, AccountExists, AccountDisabled, NotVerified, SignUpClosed, WrongCredentials,
                SecondFactorRequired,
            ),
            result=SIGNED_IN,
        ),
        Route(
            "GET", "/api/auth/popup", _popup, "open", "The page that ends a sign-in in a window of its own",
            answer=(200, "A page"), result=_GONE_ON,
        ),
        Route(
            "GET", "/api/auth/providers", _providers, "open", "Where one can sign in",
            answer=(200, "By name"), result=Content(closed({"items": many(_PROVIDER)})),
        ),
        Route(
            "GET", "/api/auth/identities", _identities, "user", "One's own identities at providers",
            answer=(200, "In the order in which they were added"), errors=(Forbidden,),
            result=Content(closed({"items": many(_IDENTITY)})),
        ),
        Route(
            "POST", "/api/auth/identities", _link, "user", "Link an identity to one's own account",
            Content(form(_CODE, {"password": TEXT})), (201, "The user"),
            (Invalid, TokenInvalid, AlreadyExists, SignUpClosed, WrongCredentials, Forbidden), result=USER_RESULT,
        ),
        Route(
            "DELETE", "/api/auth/identities/{id}", _unlink, "user", "Take an identity from one's own account",
            answer=(204, "Gone"), errors=(DocumentNotFound, Conflict, Forbidden),
        ),
        Route(
            "GET", "/api/settings/providers", _all, "key", "The providers, without their secrets",
            answer=(200, "By name"), result=Content(closed({"items": many(ANY_OBJECT)})),
        ),
        Route(
            "PUT", _SETTING, _put, "key", "Set a provider", ProviderForm, (200, "The provider, without its secrets"),
            (Invalid,), result=Content(ANY_OBJECT),
        ),
        Route(
            "DELETE", _SETTING, _delete, "key", "Remove a provider", answer=(204, "Gone"), errors=(DocumentNotFound,),
        ),
    ]  # fmt: skip


def _cookie(call: TenantCall) -> bytes:
    return cookie_name(_COOKIE, call.origin.own)


def _binding(call: TenantCall) -> str | None:
    return read_cookie(call.headers, _cookie(call))


def _go(location: str, *headers: tuple[bytes, bytes], status: int = 302) -> Response:
    return Response(
        status, b"",
        [(b"location", location.encode()), NO_STORE, *headers],
    )  # fmt: skip


def _single(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """What a provider answers. It may bring more than we know, but nothing that we know twice."""
    known = ("code", "state", "error", "iss")
    return read_query([pair for pair in pairs if pair[0] in known], *known)


async def _form_post(call: TenantCall) -> Answer:
    """Browsers send no cookie with a form of another site. So it goes on to the other callback, by which they do."""
    kind = (call.header(b"content-type") or "").partition(";")[0].strip().lower()
    if kind != _FORM:
        raise UnsupportedMedia(f"The content type {kind or '(none)'} is not taken here; {_FORM} is.")
    pairs = read_pairs(await call.body(_LONGEST))
    answer = _single(pairs)
    name = flow.name_in(dict(pairs).get("user", ""))
    if name:
        await flow.note_name(call.context, answer.get("state", ""), name)
    path = _CALLBACK.replace("{provider}", check_name(call.params["provider"]))
    return _go(f"{path}?{urlencode(answer)}", status=303)


async def _exchange(call: TenantCall) -> Answer:
    done = await identities.sign_in(call.context, await object_of(call), agent_of(call))
    return signed_in_answer(call, done, 200)


async def _popup(call: TenantCall) -> Answer:
    return popup_page()


async def _providers(call: TenantCall) -> Answer:
    return json({"items": await enabled_providers(call.context)})


async def _identities(call: TenantCall) -> Answer:
    return json({"items": await ways_of(call.context, str(user_of(call).owner), "identities")})


async def _link(call: TenantCall) -> Answer:
    body = await object_of(call)
    return user_answer(await identities.link(call.context, await owner_of(call), body), 201)


async def _unlink(call: TenantCall) -> Answer:
    await remove_way(call.context, str((await owner_of(call)).owner), "identities", call.params["id"])
    return no_content()


async def _all(call: TenantCall) -> Answer:
    return json({"items": await all_providers(call.context)})


async def _put(call: TenantCall) -> Answer:
    return json(await put_provider(call.context, call.params["provider"], await call.read(ProviderForm)))


async def _delete(call: TenantCall) -> Answer:
    await delete_provider(call.context, call.params["provider"])
    return no_content()

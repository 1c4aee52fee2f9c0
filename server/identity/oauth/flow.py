"""The way of a browser: from the application to a provider, back to us, and back to the application with a code.

Each step is bound to the one before. `state` is a token that is good once and belongs to one browser, by a cookie;
the provider's code is bound to us by PKCE and the id_token by `nonce`; and our own code is of use only to who began, by
a challenge in the same manner. So nobody can be made to finish a sign-in that another began. Nothing of an account
changes before the application exchanges our code.
Source: RFC 9700, RFC 7636, RFC 9207
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from hmac import compare_digest
from typing import Final, NamedTuple
from urllib.parse import urlencode, urlsplit

from server.identity.oauth.discovery import metadata_of
from server.identity.oauth.profiles import Answered, Profile, profile_of
from server.identity.oauth.providers import Provider, provider_of
from server.identity.oauth.talk import authorization_url, tokens_for
from server.identity.onetime import Redeemed, one_time, redeem, use
from server.outbound import Outbound
from tenancy.context import TenantContext
from tenancy.errors import (
    BackpackError,
    BadJson,
    DocumentNotFound,
    Invalid,
    Place,
    ProviderFailed,
    SignInCancelled,
    TokenInvalid,
    TooLarge,
)
from tenancy.model.json import JsonObject, loads_bounded
from tenancy.model.system import TOKENS, secret_hash
from tenancy.writes import Update

BEGUN_S: Final = 600
"""How long somebody may take at the provider."""
CODE_S: Final = 300
POPUP: Final = "/api/auth/popup"
_RANDOM: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z")
"""256 bits in base64url: a challenge, and the cookie that a sign-in is bound to."""
_PATH: Final = re.compile(r"(/(?!/)[\x21\x22\x24-\x5b\x5d-\x7e]*)?\Z")
"""Neither a fragment, which is ours, nor a backslash, which browsers take for a slash, nor two slashes first."""
_LONGEST: Final = 2000


class Begun(NamedTuple):
    """Where the browser goes, and what its cookie is."""

    location: str
    binding: str


async def begin(
    context: TenantContext, outbound: Outbound, name: str, asked: Mapping[str, str], binding: str | None
) -> Begun:
    """Begin a sign-in.

    Raises:
        DocumentNotFound: there is no such provider.
        Invalid: no challenge, or an address that is not on the tenant's list.
        ProviderFailed: the provider cannot be asked.
    """
    provider = await provider_of(context, name)
    challenge = asked.get("challenge", "")
    if not _RANDOM.match(challenge):
        message = "must be the SHA-256 of a random text, in base64url without ="
        raise Invalid("The challenge is not valid.", places=[Place("challenge", message)])
    mode = asked.get("mode", "redirect")
    if mode not in {"redirect", "popup"}:
        raise Invalid("The mode is not valid.", places=[Place("mode", "must be redirect or popup")])
    target = allowed_target(context, asked.get("redirect", ""))
    metadata = await metadata_of(context, outbound, provider)
    if binding is None or not _RANDOM.match(binding):
        binding = secrets.token_urlsafe(32)
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(32)
    state = one_time(
        "oauth", "", BEGUN_S, provider=name, redirect=target, popup=mode == "popup", verifier=verifier, nonce=nonce,
        binding=secret_hash(binding), challenge=challenge,
    )  # fmt: skip
    await context.documents.commit([state.write])
    own = {"state": state.token, "nonce": nonce, "verifier": verifier}
    return Begun(await authorization_url(context, outbound, provider, metadata, own), binding)


def allowed_target(context: TenantContext, asked: str) -> str:
    """Where the application wants to have the browser back: an address of its own, or the path of one.

    Raises:
        Invalid: its origin is neither the tenant's own, nor the application's, nor on the list.
    """
    settings = context.settings.now
    home = settings.app_url or context.origin
    if len(asked) <= _LONGEST and _PATH.match(asked):
        return home + (asked or "/")
    for origin in {context.origin, *settings.applications}:
        if len(asked) <= _LONGEST and asked.startswith(origin) and _PATH.match(asked[len(origin) :]):
            return asked
    message = "must begin with the tenant's origin, appUrl, or one of accounts.redirects"
    raise Invalid("The address to come back to is not allowed.", places=[Place("redirect", message)])


async def finish(
    context: TenantContext, outbound: Outbound, name: str, answer: Mapping[str, str], binding: str | None
) -> str:
    """Take what a provider sent the browser back with; where the browser goes on to, with our code or an error's.

    Raises:
        TokenInvalid: the sign-in was not begun in this browser, at this provider, or is over.
    """
    begun = await _begun(context, name, answer.get("state", ""), binding)
    try:
        profile = await _profile(context, outbound, name, answer, begun.kept)
    except BackpackError as error:
        return _back(context, begun.kept, error=error.code, detail=error.detail or error.title)
    code = one_time("oauth-code", "", CODE_S, challenge=begun.kept["challenge"], profile=list(profile))
    await context.documents.commit([code.write])
    return _back(context, begun.kept, code=code.token)


async def _begun(context: TenantContext, name: str, state: str, binding: str | None) -> Redeemed:
    """The sign-in that a state is of; it is used up, whatever comes of it."""
    begun = await redeem(context, "oauth", state)
    if begun.kept["provider"] != name or not compare_digest(secret_hash(binding or ""), str(begun.kept["binding"])):
        raise TokenInvalid("The sign-in was begun in another browser.", hint="Begin anew.")
    await use(context, [begun.used])
    return begun


async def _profile(
    context: TenantContext, outbound: Outbound, name: str, answer: Mapping[str, str], begun: JsonObject
) -> Profile:
    provider: Provider = await provider_of(context, name)
    metadata = await metadata_of(context, outbound, provider)
    if "error" in answer:
        raise (
            SignInCancelled
            if answer["error"] in {"access_denied", "user_cancelled_authorize"}
            else ProviderFailed("The provider refused to sign in.")
        )
    said = answer.get("iss")
    if (said is not None or metadata.names_issuer) and metadata.issuer and said != metadata.issuer:
        raise ProviderFailed("Another provider has answered.")
    code = answer.get("code", "")
    if not 0 < len(code) <= _LONGEST:
        raise ProviderFailed("The provider gave no code.")
    given = await tokens_for(context, outbound, provider, metadata, code, str(begun["verifier"]))
    profile = await profile_of(context, outbound, provider, metadata, Answered(given, str(begun["nonce"])))
    return profile if profile.name else profile._replace(name=str(begun.get("name") or ""))


def _back(context: TenantContext, begun: JsonObject, **said: str) -> str:
    """The address with what is handed over behind the #, which is sent to no server."""
    target = str(begun["redirect"])
    if begun.get("popup") is True:
        parts = urlsplit(target)
        return f"{context.origin}{POPUP}#{urlencode({'origin': f'{parts.scheme}://{parts.netloc}', **said})}"
    return f"{target}#{urlencode({f'backpack-{name}': value for name, value in said.items()})}"


def name_in(user: str) -> str:
    """The name in what Apple sends beside its code: `{"name": {"firstName", "lastName"}}`; "" for none."""
    try:
        said = loads_bounded(user.encode(), 100)
    except (BadJson, TooLarge):
        return ""
    name = said.get("name") if isinstance(said, dict) else None
    parts = [name.get("firstName"), name.get("lastName")] if isinstance(name, dict) else []
    whole = " ".join(part.strip() for part in parts if isinstance(part, str))
    return whole if whole.isprintable() else ""


async def note_name(context: TenantContext, state: str, name: str) -> None:
    """Keep the name that Apple tells once, with the browser's way back, which proves nothing yet."""
    named = Update(TOKENS, secret_hash(state), {"name": name[:200]})
    try:
        await redeem(context, "oauth", state)
        await context.documents.commit([named])
    except (TokenInvalid, DocumentNotFound):
        return


async def redeem_code(context: TenantContext, code: str, verifier: str) -> tuple[Profile, Redeemed]:
    """Whose sign-in our code is of. Commit `used` with what is done for it.

    Raises:
        TokenInvalid: it is not good, or of another application.
    """
    found = await redeem(context, "oauth-code", code)
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if not compare_digest(challenge, str(found.kept["challenge"])):
        raise TokenInvalid
    kept = found.kept["profile"]
    assert isinstance(kept, list)
    return Profile(*kept), found  # type: ignore[arg-type]

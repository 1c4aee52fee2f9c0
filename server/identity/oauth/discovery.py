"""What a provider says of itself: its addresses and keys. Kept for an hour while the tenant is open.

Source: https://openid.net/specs/openid-connect-discovery-1_0.html, RFC 8414, RFC 7517
"""

import asyncio
from time import monotonic
from typing import Final, NamedTuple

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet, import_key

from server.identity.oauth.providers import Provider
from server.outbound import Outbound
from tenancy.context import TenantContext
from tenancy.errors import BadJson, ProviderFailed, TooLarge
from tenancy.model.json import JsonObject, loads_bounded

KEPT_S: Final = 3600.0
_AGAIN_S: Final = 60.0
"""After which keys are asked for again because a token names one that is not known."""
_AT_ONCE: Final = 4
"""Calls of one tenant to providers."""
_KEPT: Final = 50
_MEMBERS: Final = 10_000
_HTTP_OK: Final = 200
_MOST_KEYS: Final = 50
_OF_ALL: Final = ("kty", "kid", "alg", "use")
_PUBLIC: Final = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
_LONGEST_MEMBER: Final = 1400
"""Characters: 8192 bits in base64url."""


class Metadata(NamedTuple):
    """A provider's addresses. `issuer` is empty for OAuth 2.0 without OpenID Connect."""

    issuer: str
    authorize_url: str
    token_url: str
    userinfo_url: str
    keys_url: str = ""
    basic: bool = True
    """Whether the client's secret goes into the Authorization header; else into the body."""
    names_issuer: bool = False
    """Whether every answer of the provider carries `iss` (RFC 9207)."""


class Known:
    """What is known of the providers of an open tenant, and how many calls to them are under way."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.metadata: dict[str, tuple[float, Metadata]] = {}
        self.keys: dict[str, tuple[float, KeySet]] = {}
        self.turns = asyncio.Semaphore(_AT_ONCE)

    async def aclose(self) -> None:
        """Nothing to do."""


def known_of(context: TenantContext) -> Known:
    """The open tenant's."""
    return context.attachments.get(Known, Known)


async def metadata_of(context: TenantContext, outbound: Outbound, provider: Provider) -> Metadata:
    """A provider's addresses: as its discovery document says, or as they were set.

    Raises:
        ProviderFailed: the document cannot be had, or is another issuer's.
    """
    if not provider.issuer:
        basic = provider.kind not in {"github", "discord"}
        return Metadata("", provider.authorize_url, provider.token_url, provider.userinfo_url, basic=basic)
    kept = known_of(context).metadata
    found = kept.get(provider.issuer)
    if found is None or found[0] < monotonic() - KEPT_S:
        url = provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
        found = monotonic(), _metadata(await fetch_json(context, outbound, url), provider)
        if len(kept) >= _KEPT:
            kept.clear()
        kept[provider.issuer] = found
    return found[1]


def _metadata(said: JsonObject, provider: Provider) -> Metadata:
    issuer = said.get("issuer")
    if issuer != provider.issuer and not (provider.kind == "microsoft" and _is_template(issuer)):
        raise ProviderFailed(f"The discovery document of {provider.issuer} is of another issuer.")
    addresses: list[str] = []
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        value = said.get(name)
        if not isinstance(value, str) or not value.startswith(("https://", "http://")):
            raise ProviderFailed(f"The discovery document of {provider.issuer} has no {name}.")
        addresses.append(value)
    userinfo, methods = said.get("userinfo_endpoint"), said.get("token_endpoint_auth_methods_supported")
    basic = not isinstance(methods, list) or "client_secret_basic" in methods
    named = said.get("authorization_response_iss_parameter_supported") is True
    authorize, token, keys = addresses
    return Metadata(str(issuer), authorize, token, userinfo if isinstance(userinfo, str) else "", keys, basic, named)


def _is_template(issuer: object) -> bool:
    return issuer == "https://login.microsoftonline.com/{tenantid}/v2.0"


async def keys_of(context: TenantContext, outbound: Outbound, metadata: Metadata, kid: str | None) -> KeySet:
    """The keys that a provider signs with; asked for anew where none has this id, at most once a minute.

    Raises:
        ProviderFailed: they cannot be had.
    """
    kept = known_of(context).keys
    found = kept.get(metadata.keys_url)
    if found is not None:
        age_s = monotonic() - found[0]
        if age_s < _AGAIN_S or (age_s < KEPT_S and (kid is None or kid in {key.kid for key in found[1].keys})):
            return found[1]
    keys = _keys(await fetch_json(context, outbound, metadata.keys_url))
    if len(kept) >= _KEPT:
        kept.clear()
    kept[metadata.keys_url] = monotonic(), keys
    return keys


def _keys(said: JsonObject) -> KeySet:
    """The public keys. What is private in them is not looked at: from an RSA key without its primes the library would
    compute them, for as long as the key is large."""
    listed = said.get("keys")
    keys: list[Key] = []
    for one in listed[:_MOST_KEYS] if isinstance(listed, list) else []:
        kind = one.get("kty") if isinstance(one, dict) else None
        members = _PUBLIC.get(kind) if isinstance(kind, str) else None
        if not isinstance(one, dict) or members is None:
            continue  # RFC 7517: kinds of keys that one does not know are left out
        public = {name: one[name] for name in (*_OF_ALL, *members) if name in one}
        if not all(isinstance(value, str) and len(value) <= _LONGEST_MEMBER for value in public.values()):
            continue
        try:
            keys.append(import_key(public))  # type: ignore[arg-type]
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            continue
    return KeySet(keys)


async def fetch_json(context: TenantContext, outbound: Outbound, url: str, bearer: str | None = None) -> JsonObject:
    """A provider's JSON object.

    Raises:
        ProviderFailed: it cannot be had.
    """
    said = await fetch(context, outbound, url, bearer)
    if not isinstance(said, dict):
        raise ProviderFailed(f"{url} answers no JSON object.")
    return said


async def fetch(context: TenantContext, outbound: Outbound, url: str, bearer: str | None = None) -> object:
    """A provider's JSON, of whatever kind.

    Raises:
        ProviderFailed: it cannot be had.
    """
    headers = {"authorization": f"Bearer {bearer}"} if bearer is not None else {}
    try:
        async with known_of(context).turns, outbound.client(context.tenant.id) as client:
            response = await client.get(url, headers=headers)
        if response.status_code != _HTTP_OK:
            raise ProviderFailed(f"{url} answers {response.status_code}.")
        return loads_bounded(response.content, _MEMBERS)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise ProviderFailed(f"{url} does not answer: {str(error)[:200] or type(error).__name__}.") from None
    except (BadJson, TooLarge):
        raise ProviderFailed(f"{url} answers no JSON that could be read.") from None

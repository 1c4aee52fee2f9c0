"""What is said to a provider: where a browser is sent, and what a code is exchanged for.

Source: RFC 6749, RFC 7636 (PKCE), RFC 9700 (best practice)
"""

import time
from collections.abc import Mapping
from typing import Any, Final

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from server.identity.oauth.discovery import Metadata, known_of
from server.identity.oauth.providers import Provider
from server.outbound import Outbound
from tenancy.context import TenantContext
from tenancy.errors import ProviderFailed

_APPLE_S: Final = 300


def redirect_uri(context: TenantContext, provider: Provider) -> str:
    """The one address that a provider sends browsers back to; each provider has its own, so none can answer for
    another (RFC 9700, section 4.4)."""
    return f"{context.origin}/api/auth/oauth/{provider.name}/callback"


async def authorization_url(
    context: TenantContext, outbound: Outbound, provider: Provider, metadata: Metadata, secrets: Mapping[str, str]
) -> str:
    """Where a browser is sent to sign in. `secrets`: this sign-in's `state`, `nonce` and `verifier`."""
    more = {"nonce": secrets["nonce"]} if metadata.issuer else {}
    if provider.kind == "apple":
        more["response_mode"] = "form_post"  # Apple tells names and addresses on no other way
    async with _client(context, outbound, provider, metadata) as client:
        url, _ = client.create_authorization_url(
            metadata.authorize_url, state=secrets["state"], code_verifier=secrets["verifier"], **more
        )
    return str(url)


async def tokens_for(
    context: TenantContext, outbound: Outbound, provider: Provider, metadata: Metadata, code: str, verifier: str
) -> Mapping[str, Any]:
    """What a provider gives for a code.

    Raises:
        ProviderFailed: it gives nothing.
    """
    try:
        async with known_of(context).turns, _client(context, outbound, provider, metadata) as client:
            given = await client.fetch_token(
                metadata.token_url, code=code, code_verifier=verifier, grant_type="authorization_code"
            )
    except OAuthError as error:
        raise ProviderFailed(f"The provider refused the code: {str(error.error)[:100]}.") from None
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise ProviderFailed(f"{metadata.token_url} does not answer: {str(error)[:200]}.") from None
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        raise ProviderFailed("The provider gave for the code what cannot be read.") from None
    if not isinstance(given, dict) or not isinstance(given.get("access_token"), str):
        raise ProviderFailed("The provider gave no access token for the code.")
    return given


def _client(context: TenantContext, outbound: Outbound, provider: Provider, metadata: Metadata) -> AsyncOAuth2Client:
    secret = _apple_secret(provider) if provider.kind == "apple" else provider.client_secret
    method = "client_secret_basic" if metadata.basic and provider.kind != "apple" else "client_secret_post"
    return AsyncOAuth2Client(
        provider.client_id, secret or None, token_endpoint_auth_method=method if secret else "none",
        scope=" ".join(provider.scopes), redirect_uri=redirect_uri(context, provider), code_challenge_method="S256",
        **outbound.options(context.tenant.id),
    )  # fmt: skip


def _apple_secret(provider: Provider) -> str:
    """Apple wants a signed statement in place of a secret, good for minutes.

    Source: https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret
    """
    now = int(time.time())
    claims = {
        "iss": provider.team_id, "iat": now, "exp": now + _APPLE_S, "aud": "https://appleid.apple.com",
        "sub": provider.client_id,
    }  # fmt: skip
    try:
        key = ECKey.import_key(provider.private_key)
        return jwt.encode({"alg": "ES256", "kid": provider.key_id}, claims, key)
    except (JoseError, ValueError, TypeError):
        raise ProviderFailed("The private key for Apple cannot be read; it must be PEM.") from None

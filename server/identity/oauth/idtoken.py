"""What an id_token says, once its signature and what it is for were checked.

Source: https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation, RFC 8725 (algorithms are listed, never
taken from the token), RFC 7519
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import JoseError

from server.identity.oauth.discovery import Metadata, keys_of
from server.identity.oauth.providers import Provider
from server.outbound import Outbound
from tenancy.context import TenantContext
from tenancy.errors import ProviderFailed

ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
"""Those with a public key alone: with a shared one everybody who knows the key could sign."""
_LARGEST: Final = 16 * 1024
_LEEWAY_S: Final = 60
_DIRECTORY: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


async def read_id_token(
    context: TenantContext, outbound: Outbound, provider: Provider, metadata: Metadata, token: object, nonce: str
) -> Mapping[str, Any]:
    """The claims of a provider's id_token.

    Raises:
        ProviderFailed: it is none, not signed by the provider, for another client or sign-in, or over.
    """
    if not isinstance(token, str) or len(token) > _LARGEST:
        raise ProviderFailed("The provider gave no id_token.")
    keys = await keys_of(context, outbound, metadata, _key_named(token))
    try:
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        wanted = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": _issuer(metadata, claims)},
            sub={"essential": True},
            aud={"essential": True, "value": provider.client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        wanted.validate(claims)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ProviderFailed(f"The provider's id_token is not good: {_words(error)}.") from None
    audience = claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != provider.client_id:
        raise ProviderFailed("The provider's id_token is not good: it was made for another client.")
    return claims


def _key_named(token: str) -> str | None:
    try:
        kid = jws.extract_compact(token.encode()).headers().get("kid")
    except (JoseError, ValueError, TypeError, RecursionError):
        raise ProviderFailed("The provider's id_token cannot be read.") from None
    return kid if isinstance(kid, str) else None


def _issuer(metadata: Metadata, claims: Mapping[str, Any]) -> str:
    """The issuer that a token must have; Microsoft's has the directory of the user in it."""
    directory = claims.get("tid")
    if "{tenantid}" in metadata.issuer and isinstance(directory, str) and _DIRECTORY.match(directory):
        return metadata.issuer.replace("{tenantid}", directory)
    return metadata.issuer


def _words(error: Exception) -> str:
    """What is wrong, in words of the library, which repeat no value of the token."""
    if isinstance(error, JoseError):
        return (error.description or error.error).rstrip(".")[:200]
    return "it cannot be read"

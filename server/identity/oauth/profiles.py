"""Who somebody is at a provider, in one form. An address counts as confirmed only where the provider says so itself.

What each provider's word is worth was learnt from accounts that were taken over: addresses at Microsoft are chosen by
whoever runs a directory, so only its claim `xms_edov` tells that one is confirmed; GitHub has several addresses, of
which the first confirmed one counts; Discord says `verified`.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from server.identity.email import parse_email
from server.identity.oauth.discovery import Metadata, fetch, fetch_json
from server.identity.oauth.idtoken import read_id_token
from server.identity.oauth.providers import Provider
from server.outbound import Outbound
from tenancy.context import TenantContext
from tenancy.errors import Invalid, ProviderFailed
from tenancy.model.system import secret_hash

_LONGEST: Final = 500
_LONGEST_NAME: Final = 200
_OF_USERINFO: Final = ("email", "name", "picture", "xms_edov")


class Profile(NamedTuple):
    """Somebody at a provider.

    `email` is in its kept spelling, "" for none; `confirmed`: the provider says that it is theirs. `picture` is an
    address, or "".
    """

    provider: str
    issuer: str
    subject: str
    email: str = ""
    confirmed: bool = False
    name: str = ""
    picture: str = ""

    @property
    def way(self) -> str:
        """What this identity is found by, whatever address it has: provider, issuer and subject, hashed."""
        return secret_hash("\n".join(("identity", self.provider, self.issuer, self.subject)))


class Answered(NamedTuple):
    """What a provider gave for a code, and the `nonce` that its id_token must have."""

    token: Mapping[str, Any]
    nonce: str


async def profile_of(
    context: TenantContext, outbound: Outbound, provider: Provider, metadata: Metadata, answered: Answered
) -> Profile:
    """Whose sign-in it was.

    Raises:
        ProviderFailed: the provider does not say, or says what cannot be.
    """
    access = answered.token.get("access_token")
    bearer = access if isinstance(access, str) else ""
    if metadata.issuer:
        id_token = answered.token.get("id_token")
        claims = await read_id_token(context, outbound, provider, metadata, id_token, answered.nonce)
        if "email" not in claims and metadata.userinfo_url and bearer:
            more = await fetch_json(context, outbound, metadata.userinfo_url, bearer)
            if more.get("sub") != claims["sub"]:
                raise ProviderFailed("The provider's userinfo is of somebody else.")
            claims = {**claims, **{name: more.get(name, claims.get(name)) for name in _OF_USERINFO}}
            claims["email_verified"] = more.get("email_verified")
        return _made(provider, str(claims["iss"]), claims.get("sub"), claims)
    said = await fetch_json(context, outbound, provider.userinfo_url, bearer)
    if provider.kind == "github":
        addresses = await fetch(context, outbound, provider.userinfo_url.rstrip("/") + "/emails", bearer)
        return _made(provider, "", said.get("id"), _github(said, addresses))
    if provider.kind == "discord":
        return _made(provider, "", said.get("id"), _discord(said))
    return _made(provider, "", said.get("sub", said.get("id")), said)


def _github(said: Mapping[str, Any], addresses: object) -> Mapping[str, Any]:
    listed = [one for one in addresses if isinstance(one, dict)] if isinstance(addresses, list) else []
    confirmed = [one for one in listed if one.get("verified") is True and isinstance(one.get("email"), str)]
    confirmed.sort(key=lambda one: one.get("primary") is not True)
    email = confirmed[0]["email"] if confirmed else None
    return {
        "email": email, "email_verified": email is not None, "name": said.get("name") or said.get("login"),
        "picture": said.get("avatar_url"),
    }  # fmt: skip


def _discord(said: Mapping[str, Any]) -> Mapping[str, Any]:
    avatar, id = said.get("avatar"), said.get("id")
    picture = f"https://cdn.discordapp.com/avatars/{id}/{avatar}.png" if isinstance(avatar, str) else None
    return {
        "email": said.get("email"), "email_verified": said.get("verified") is True,
        "name": said.get("global_name") or said.get("username"), "picture": picture,
    }  # fmt: skip


def _made(provider: Provider, issuer: str, subject: object, said: Mapping[str, Any]) -> Profile:
    if isinstance(subject, int) and not isinstance(subject, bool):
        subject = str(subject)
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST or not subject.isprintable():
        raise ProviderFailed("The provider does not say who it is.")
    email = _address(said.get("email"))
    name, picture = said.get("name"), said.get("picture")
    return Profile(
        provider.name, issuer, subject, email, bool(email) and _is_confirmed(provider, said),
        name.strip()[:_LONGEST_NAME] if isinstance(name, str) and name.isprintable() else "",
        picture if isinstance(picture, str) and picture.startswith("https://") and len(picture) <= _LONGEST else "",
    )  # fmt: skip


def _address(said: object) -> str:
    try:
        return parse_email(said) if isinstance(said, str) else ""
    except Invalid:
        return ""


def _is_confirmed(provider: Provider, said: Mapping[str, Any]) -> bool:
    if provider.kind == "microsoft":
        return said.get("xms_edov") in (True, "1", "true")
    # Apple writes its booleans as texts.
    return said.get("email_verified") is True or (provider.kind == "apple" and said.get("email_verified") == "true")

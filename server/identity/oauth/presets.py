"""What is known of the providers that many use, so that a tenant names only its client id and secret.

`{tenantid}` in Microsoft's issuer stands for the directory that a user is of.
Source: the providers' own pages, named beside each.
"""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

Kind = Literal["google", "github", "gitlab", "microsoft", "apple", "discord", "oidc", "oauth2"]
_OIDC_SCOPES: Final = ("openid", "email", "profile")


class Preset(msgspec.Struct, frozen=True):
    """What a tenant need not say of a provider. With an issuer the rest is read from its discovery document."""

    label: str
    issuer: str = ""
    authorize_url: str = ""
    token_url: str = ""
    userinfo_url: str = ""
    scopes: tuple[str, ...] = _OIDC_SCOPES


PRESETS: Final[Mapping[Kind, Preset]] = {
    # https://developers.google.com/identity/openid-connect/openid-connect
    "google": Preset("Google", "https://accounts.google.com"),
    # https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
    "github": Preset(
        "GitHub", "", "https://github.com/login/oauth/authorize", "https://github.com/login/oauth/access_token",
        "https://api.github.com/user", ("read:user", "user:email"),
    ),
    # https://docs.gitlab.com/integration/openid_connect_provider/
    "gitlab": Preset("GitLab", "https://gitlab.com"),
    # https://learn.microsoft.com/en-us/entra/identity-platform/v2-protocols-oidc
    "microsoft": Preset("Microsoft", "https://login.microsoftonline.com/common/v2.0"),
    # https://developer.apple.com/documentation/signinwithapple
    "apple": Preset("Apple", "https://appleid.apple.com", scopes=("openid", "email", "name")),
    # https://docs.discord.com/developers/topics/oauth2
    "discord": Preset(
        "Discord", "", "https://discord.com/oauth2/authorize", "https://discord.com/api/oauth2/token",
        "https://discord.com/api/users/@me", ("identify", "email"),
    ),
    "oidc": Preset(""),
    "oauth2": Preset("", scopes=("email",)),
}  # fmt: skip

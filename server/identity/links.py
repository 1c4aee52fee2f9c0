"""Where links of mails lead: to where the tenant's settings say, never to where a request came from."""

from typing import Literal

from tenancy.context import TenantContext

Kind = Literal["verify", "reset", "link", "email-change", "invite"]


def link_to(context: TenantContext, kind: Kind, token: str) -> str:
    """The address in a mail. The token is behind the #, which browsers send to nobody."""
    base = context.settings.now.app_url
    if base and base != context.origin:
        return f"{base}/#backpack-{kind}={token}"
    return f"{context.origin}/api/auth/confirm#{kind}={token}"

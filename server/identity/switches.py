"""Which ways to sign in a tenant has switched off."""

from collections.abc import Mapping
from typing import Final, Literal

from tenancy.context import TenantContext
from tenancy.errors import Forbidden

Switch = Literal["passwords", "passkeys", "second_factor"]
_WORDS: Final[Mapping[Switch, tuple[str, str]]] = {
    "passwords": ("Passwords are", "passwords"),
    "passkeys": ("Passkeys are", "passkeys"),
    "second_factor": ("A second factor is", "secondFactor"),
}


def check_on(context: TenantContext, switch: Switch) -> None:
    """Go on where the tenant's settings have it.

    Raises:
        Forbidden: they have not.
    """
    if not getattr(context.settings.now.accounts, switch):
        are, name = _WORDS[switch]
        raise Forbidden(f"{are} switched off here.", hint=f"The setting accounts.{name} does; sign in another way.")

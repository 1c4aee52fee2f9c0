"""What a tenant's developer decides for the whole tenant: names and addresses, accounts, mail.

An open tenant holds its settings in memory; they are changed in one place, which replaces them there too.
"""

import asyncio
import re
from typing import Final, Literal

import msgspec

from tenancy.errors import Invalid, Place
from tenancy.model.document import merge_patch
from tenancy.model.json import Json, JsonObject, trusted

_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?\Z")
_DOMAIN: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+\Z")
_PLACE: Final = re.compile(r"(.*?)(?: - at `\$?\.?(.*?)`)?\Z", re.DOTALL)
_MOST_DOMAINS: Final = 100


DefaultRule = Literal["authenticated", "owner", "nobody"]
"""Not `public`: that is to be said of a collection, never of all that will be."""


class AccountSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Who may have an account, and how it is kept.

    `sign_up`: `open` to everybody, to those who are `invited`, or `closed`. `verification` of e-mail addresses:
    `off`, `offered` (a mail is sent at registration), or `required` before the first log-in. `email_domains`: those
    that registrations may have, () for any. `code_login`: signing in by a code or link in a mail, for `known`
    users, or for `anybody`, who become users by it. `guests`: accounts without an address. `passwords`, `passkeys`,
    `second_factor`: whether there are such; a second factor that is there is asked for all the same. `redirects`:
    origins, beside the tenant's own and `app_url`, that a sign-in at a provider may lead back to. Times are how
    long the links of mails are good.
    """

    sign_up: Literal["open", "invited", "closed"] = "open"
    verification: Literal["off", "offered", "required"] = "off"
    email_domains: tuple[str, ...] = ()
    password_min_length: int = 8
    code_login: Literal["off", "known", "anybody"] = "off"
    guests: bool = False
    passwords: bool = True
    passkeys: bool = True
    second_factor: bool = True
    redirects: tuple[str, ...] = ()
    verify_hours: int = 24
    reset_minutes: int = 60
    code_minutes: int = 10


class TenantSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """`app_name`: as mails call it, the tenant's name by default. `app_url`: the origin that links of mails lead to,
    the tenant's own by default. `default_rules`: of collections that say nothing else."""

    app_name: str = ""
    app_url: str = ""
    default_rules: DefaultRule = "authenticated"
    accounts: AccountSettings = AccountSettings()

    @property
    def applications(self) -> set[str]:
        """The origins that pages of the tenant's application may have, beside the tenant's own."""
        return {self.app_url, *self.accounts.redirects} - {""}

    def to_json(self) -> JsonObject:
        """As the API shows them."""
        shown: JsonObject = msgspec.to_builtins(self)
        return shown


class Held:
    """The settings of an open tenant, as they are now."""

    __slots__ = ("changing", "now")

    def __init__(self, now: TenantSettings) -> None:
        """Begin with these."""
        self.now = now
        self.changing = asyncio.Lock()
        """Held by whoever reads them to change them."""


def stored_settings(text: bytes | None) -> TenantSettings:
    """Settings as they were kept; None: nothing was set yet. What a newer version knows beside is left out."""
    kept = trusted(text).get("settings") if text is not None else None
    try:
        return msgspec.convert(kept or {}, TenantSettings)
    except msgspec.ValidationError:
        return TenantSettings()


def changed_settings(settings: TenantSettings, patch: Json) -> TenantSettings:
    """The settings after a merge patch (RFC 7396); null takes a value back to its default.

    Raises:
        Invalid: with the place that does not fit.
    """
    merged = merge_patch(settings.to_json(), patch)
    try:
        changed = msgspec.convert(merged, TenantSettings)
    except msgspec.ValidationError as error:
        match = _PLACE.match(str(error))
        at = "/" + (match[2] or "").replace(".", "/") if match else ""
        raise Invalid("The settings are not valid.", places=[Place(at, match[1] if match else str(error))]) from None
    places = [*_wrong(changed)]
    if places:
        raise Invalid("The settings are not valid.", places=places)
    return changed


def _wrong(settings: TenantSettings) -> list[Place]:
    accounts = settings.accounts
    found: list[Place] = []
    if len(settings.app_name) > 100 or not settings.app_name.isprintable():
        found.append(Place("/appName", "must be at most 100 characters, without control characters"))
    if settings.app_url and not _ORIGIN.match(settings.app_url):
        found.append(Place("/appUrl", "must be an origin such as https://app.example.com, or empty"))
    if len(accounts.email_domains) > _MOST_DOMAINS or not all(map(_DOMAIN.match, accounts.email_domains)):
        message = f"must be at most {_MOST_DOMAINS} domains such as example.com, in lower case"
        found.append(Place("/accounts/emailDomains", message))
    if len(accounts.redirects) > _MOST_DOMAINS or not all(map(_ORIGIN.match, accounts.redirects)):
        message = f"must be at most {_MOST_DOMAINS} origins such as https://app.example.com"
        found.append(Place("/accounts/redirects", message))
    bounds = {
        "passwordMinLength": (accounts.password_min_length, 8, 64), "verifyHours": (accounts.verify_hours, 1, 720),
        "resetMinutes": (accounts.reset_minutes, 5, 1440), "codeMinutes": (accounts.code_minutes, 2, 60),
    }  # fmt: skip
    for name, (value, least, most) in bounds.items():
        if not least <= value <= most:
            found.append(Place(f"/accounts/{name}", f"must be {least} to {most}"))
    return found

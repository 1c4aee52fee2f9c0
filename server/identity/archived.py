"""What rows of accounts in an archive have to be: a sign-in reads them, and must cost no more than it should."""

import re
from typing import Final

import msgspec

from server.identity.oauth.providers import ProviderForm, checked_form
from server.identity.ways import MAX_WAYS
from tenancy.errors import Invalid, Place
from tenancy.model.document import client_part
from tenancy.model.json import JsonObject

_HASH: Final = re.compile(
    r"\$argon2id\$v=19\$m=(\d{1,6}),t=(\d{1,2}),p=(\d)\$[A-Za-z0-9+/]{11,64}\$[A-Za-z0-9+/]{22,128}\Z"
)
_MOST_KIB, _MOST_PASSES, _MOST_LANES = 64 * 1024, 4, 4
"""A stranger's hash says what checking it costs."""
_BASE32: Final = re.compile(r"[A-Z2-7]{16,64}\Z")
_HEX: Final = re.compile(r"[0-9a-f]{64}\Z")
_MAX_RECOVERY: Final = 20


class _Totp(msgspec.Struct, forbid_unknown_fields=True):
    secret: str
    confirmed: bool
    last: int


class _Identity(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    id: str
    provider: str
    added_at: str
    email: str | None = None


class _Passkey(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    id: str
    name: str
    created_at: str
    credential: str
    public_key: str
    count: int
    host: str
    synced: bool
    last_used_at: str | None = None


class _Secrets(msgspec.Struct, forbid_unknown_fields=True):
    password: str | None = None
    totp: _Totp | None = None
    recovery: list[str] = []
    ways: list[str] = []
    identities: list[_Identity] = []
    passkeys: list[_Passkey] = []


class _ProviderRow(msgspec.Struct, forbid_unknown_fields=True):
    form: ProviderForm


def check_user(row: JsonObject) -> None:
    """Accept a user's row. API keys and masks write anything into one, so nothing reads more into it than is there:
    a flag counts when it is `true`, and a rule's filter compares `roles` and `groups` as it compares any field.

    Raises:
        Invalid: with the place that does not fit.
    """
    if not isinstance(row.get("email"), str | None):
        raise Invalid("The user is not valid.", places=[Place("/email", "must be text, or null")])


def check_secrets(row: JsonObject) -> None:
    """Accept a user's secrets: hashes, second factor, ways in.

    Raises:
        Invalid: with the place that does not fit.
    """
    try:
        kept = msgspec.convert(client_part(row), _Secrets)
    except msgspec.ValidationError as error:
        raise Invalid("The secrets of an account are not valid.", places=[Place("", str(error))]) from None
    problems: list[Place] = []
    if kept.password is not None and not _is_bearable(kept.password):
        most = f"m={_MOST_KIB}, t={_MOST_PASSES}, p={_MOST_LANES}"
        problems.append(Place("/password", f"must be an argon2id hash of at most {most}"))
    if kept.totp is not None and (not _BASE32.match(kept.totp.secret) or not 0 <= kept.totp.last < 2**53):
        problems.append(Place("/totp", "must be a secret in base32"))
    if len(kept.recovery) > _MAX_RECOVERY or not all(map(_HEX.match, kept.recovery)):
        problems.append(Place("/recovery", "must be hashes"))
    problems += _wrong_ways(kept)
    if problems:
        raise Invalid("The secrets of an account are not valid.", places=problems)


def _is_bearable(hashed: str) -> bool:
    found = _HASH.match(hashed)
    if found is None:
        return False
    memory, passes, lanes = (int(found[number]) for number in (1, 2, 3))
    return 8 <= memory <= _MOST_KIB and 1 <= passes <= _MOST_PASSES and 1 <= lanes <= _MOST_LANES


def _wrong_ways(kept: _Secrets) -> list[Place]:
    """Each way is found by what begins with its id, and nothing else finds the account."""
    ids = [one.id for one in kept.identities] + [one.id for one in kept.passkeys]
    if max(len(kept.identities), len(kept.passkeys)) > MAX_WAYS:
        return [Place("/ways", f"must be at most {MAX_WAYS} of each kind")]
    if not all(map(_HEX.match, kept.ways)) or sorted(way[:16] for way in kept.ways) != sorted(ids):
        return [Place("/ways", "must be the hashes of identities and passkeys")]
    return []


def check_provider(row: JsonObject) -> None:
    """Accept a provider to sign in at.

    Raises:
        Invalid: with the place that does not fit.
    """
    try:
        kept = msgspec.convert(client_part(row), _ProviderRow)
    except msgspec.ValidationError as error:
        raise Invalid("The provider is not valid.", places=[Place("", str(error))]) from None
    checked_form(str(row["id"]), kept.form)

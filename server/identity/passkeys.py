"""Passkeys (WebAuthn level 2): keys in a device that sign a challenge for one host, when it has recognised its owner.

The relying party is the very host of the page, the tenant's own or the application's, never a parent of it: below a
parent siblings could ask for each other's passkeys. A passkey is asked for by no name, so nobody learns who has one,
and counts as two factors: something that one has, and a finger, face or PIN.
Source: https://www.w3.org/TR/webauthn-2/
"""

from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url, options_to_json_dict, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from server.identity.accounts import SignedIn, check_any_password, signed_in
from server.identity.onetime import Purpose, Redeemed, one_time, redeem, stamp_of
from server.identity.ways import SHOWN, Way, add_way, change_way, seen, user_by, ways_of
from tenancy.context import TenantContext
from tenancy.errors import (
    AccountDisabled,
    Conflict,
    DocumentNotFound,
    Invalid,
    NotVerified,
    Place,
    SessionInvalid,
    TokenInvalid,
)
from tenancy.model.clock import now_text
from tenancy.model.json import JsonObject, trusted
from tenancy.model.system import USERS, secret_hash

CHALLENGE_S: Final = 300
_DEEPEST_ID: Final = 1400
"""Characters of a credential's id in base64url; level 2 allows 1023 bytes."""
_LONGEST_NAME: Final = 100
_UNREADABLE: Final = (
    WebAuthnException, ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError,
)  # fmt: skip
"""What the library raises for an answer that no authenticator gives."""


class Party(NamedTuple):
    """The page that asks: its origin, and its host."""

    origin: str
    host: str


def party_of(context: TenantContext, claimed: str | None) -> Party:
    """The page that a request comes from, where it is one of the tenant's; else the tenant's own."""
    origin = claimed if claimed is not None and claimed in context.settings.now.applications else context.origin
    return Party(origin, urlsplit(origin).hostname or "")


async def offer(context: TenantContext, user: str, party: Party, body: JsonObject) -> JsonObject:
    """What a browser makes a passkey with (`PublicKeyCredentialCreationOptionsJSON`).

    Raises:
        Invalid, WrongCredentials, TooMany: the password is missing or wrong, where there is one.
    """
    await check_any_password(context, user, body)
    text = await context.documents.get(USERS, user)
    if text is None:
        raise SessionInvalid
    email = str(trusted(text).get("email") or "guest")
    known = [base64url_to_bytes(str(one["credential"])) for one in await ways_of(context, user, "passkeys")]
    options = generate_registration_options(
        rp_id=party.host, rp_name=context.settings.now.app_name or context.tenant.slug, user_id=user.encode(),
        user_name=email, user_display_name=email, timeout=CHALLENGE_S * 1000,
        challenge=await _challenge(context, "passkey-add", user),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
    )  # fmt: skip
    return _json(options)


async def add(context: TenantContext, user: str, party: Party, body: JsonObject) -> JsonObject:
    """Keep a passkey that the browser has made (`RegistrationResponseJSON` as `credential`).

    Raises:
        TokenInvalid: the challenge is over, used, or of somebody else.
        Invalid: it is not what an authenticator answers for this page.
        AlreadyExists: it is a way into an account already.
    """
    credential, name = _credential(body), _name(body)
    before = await seen(context, user)
    found = await _redeem(context, "passkey-add", credential)
    if found.user != user or found.kept.get("stamp") != await stamp_of(context, user):
        raise TokenInvalid
    try:
        made = verify_registration_response(
            credential=credential, expected_challenge=_challenge_in(credential), expected_rp_id=party.host,
            expected_origin=party.origin, require_user_verification=True,
        )  # fmt: skip
    except _UNREADABLE as error:
        raise _refused(error) from None
    id = bytes_to_base64url(made.credential_id)
    kept: JsonObject = {
        "id": _key(id)[:SHOWN], "name": name, "createdAt": now_text(), "lastUsedAt": None, "credential": id,
        "publicKey": bytes_to_base64url(made.credential_public_key), "count": made.sign_count, "host": party.host,
        "synced": made.credential_backed_up,
    }  # fmt: skip
    try:
        await add_way(context, user, Way(_key(id), kept, "passkeys"), before, [found.used])
    except DocumentNotFound:
        raise TokenInvalid from None
    return shown(kept)


async def ask(context: TenantContext, party: Party) -> JsonObject:
    """What a browser signs in with (`PublicKeyCredentialRequestOptionsJSON`): any passkey that it has for this host."""
    options = generate_authentication_options(
        rp_id=party.host, timeout=CHALLENGE_S * 1000, challenge=await _challenge(context, "passkey", ""),
        user_verification=UserVerificationRequirement.REQUIRED,
    )  # fmt: skip
    return _json(options)


async def sign_in(context: TenantContext, party: Party, body: JsonObject, agent: str) -> SignedIn:
    """Sign in by what the browser answers (`AuthenticationResponseJSON` as `credential`).

    Raises:
        TokenInvalid: the challenge is over or used, the passkey is nobody's here, or its answer is none; which of them
            is not told.
        AccountDisabled, NotVerified: the passkey is good, and that is not enough.
    """
    credential = _credential(body)
    found = await _redeem(context, "passkey", credential)
    id = str(credential["id"])
    user = await user_by(context, _key(id))
    known = await ways_of(context, user, "passkeys") if user is not None else []
    kept = next((one for one in known if one["credential"] == id), None)
    text = await context.documents.get(USERS, user) if user is not None else None
    if kept is None or user is None or text is None:
        raise _no_passkey()
    try:
        if base64url_to_bytes(credential["response"]["userHandle"]) != user.encode():
            raise _no_passkey()
        proof = verify_authentication_response(
            credential=credential, expected_challenge=_challenge_in(credential), expected_rp_id=str(kept["host"]),
            expected_origin=party.origin, credential_public_key=base64url_to_bytes(str(kept["publicKey"])),
            credential_current_sign_count=int(str(kept["count"])), require_user_verification=True,
        )  # fmt: skip
    except _UNREADABLE:
        raise _no_passkey() from None
    account = trusted(text)
    if account.get("disabled") is True:
        raise AccountDisabled
    if context.settings.now.accounts.verification == "required" and account.get("verified") is not True:
        raise NotVerified
    used: JsonObject = {"count": proof.new_sign_count, "lastUsedAt": now_text(), "synced": proof.credential_backed_up}
    try:
        await change_way(context, user, "passkeys", str(kept["id"]), used, [found.used])
    except (DocumentNotFound, Conflict):
        raise _no_passkey() from None
    return await signed_in(context, user, agent)


async def rename(context: TenantContext, user: str, id: str, body: JsonObject) -> JsonObject:
    """Call a passkey something else.

    Raises:
        DocumentNotFound: the user has none of this id.
        Invalid: not a name.
    """
    return shown(await change_way(context, user, "passkeys", id, {"name": _name(body)}, []))


def shown(kept: JsonObject) -> JsonObject:
    """A passkey as its owner sees it."""
    return {name: kept[name] for name in ("id", "name", "createdAt", "lastUsedAt", "host", "synced")}


async def _challenge(context: TenantContext, purpose: Purpose, user: str) -> bytes:
    """Random bytes that are good once."""
    token = one_time(purpose, user, CHALLENGE_S, stamp=await stamp_of(context, user) if user else "")
    await context.documents.commit([token.write])
    return base64url_to_bytes(token.token)


async def _redeem(context: TenantContext, purpose: Purpose, credential: dict[str, Any]) -> Redeemed:
    try:
        challenge = _challenge_in(credential)
    except _UNREADABLE as error:
        raise _refused(error) from None
    return await redeem(context, purpose, bytes_to_base64url(challenge))


def _challenge_in(credential: dict[str, Any]) -> bytes:
    return parse_client_data_json(base64url_to_bytes(credential["response"]["clientDataJSON"])).challenge


def _credential(body: JsonObject) -> dict[str, Any]:
    credential = body.get("credential")
    id = credential.get("id") if isinstance(credential, dict) else None
    if not isinstance(credential, dict) or not isinstance(id, str) or not 0 < len(id) <= _DEEPEST_ID:
        message = "must be what navigator.credentials answered, as JSON"
        raise Invalid("The passkey's answer is missing.", places=[Place("/credential", message)])
    return credential


def _name(body: JsonObject) -> str:
    name = body.get("name", "Passkey")
    if not isinstance(name, str) or not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        message = f"must be a text of 1 to {_LONGEST_NAME} characters"
        raise Invalid("The name is not valid.", places=[Place("/name", message)])
    return name


def _key(id: str) -> str:
    """What a passkey is found by."""
    return secret_hash(f"passkey\n{id}")


def _refused(error: Exception) -> Invalid:
    said = str(error)[:200] if isinstance(error, WebAuthnException) else "cannot be read"
    return Invalid("The passkey's answer is not valid.", places=[Place("/credential", said or "cannot be read")])


def _no_passkey() -> TokenInvalid:
    return TokenInvalid("The passkey does not sign in here.", hint="Sign in another way, then add the passkey anew.")


def _json(options: Any) -> JsonObject:
    made: JsonObject = options_to_json_dict(options)
    return made

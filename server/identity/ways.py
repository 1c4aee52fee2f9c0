"""The ways into an account beside its password: identities at providers, and passkeys. They are kept with the password,
so that whoever drops a user's secrets drops all of them.

`ways` holds what each is found by, and no two accounts can share one; `identities` and `passkeys` what is known of it.
"""

from typing import Final, Literal, NamedTuple

from tenancy.context import TenantContext
from tenancy.errors import AlreadyExists, Conflict, DocumentNotFound, Invalid, PreconditionFailed
from tenancy.model.document import etag_of
from tenancy.model.json import Json, JsonObject, trusted
from tenancy.model.system import CREDENTIALS
from tenancy.query.tree import Compare, Query
from tenancy.query.update import Change, Push
from tenancy.writes import Create, Delete, Update, Write

MAX_WAYS: Final = 20
"""Of each kind."""
SHOWN: Final = 16
"""Of the characters that a way is found by: its id."""
Kind = Literal["identities", "passkeys"]


class Way(NamedTuple):
    """A way in: what it is found by, what is kept of it, with an `id` that `key` begins with, and its kind."""

    key: str
    kept: JsonObject
    kind: Kind = "identities"


async def user_by(context: TenantContext, key: str) -> str | None:
    """Whose way it is."""
    page = await context.documents.find(CREDENTIALS, Query(Compare(("ways",), "eq", key), limit=1))
    return str(trusted(page.items[0])["id"]) if page.items else None


async def ways_of(context: TenantContext, user: str, kind: Kind) -> list[JsonObject]:
    """What is kept of a user's ways of a kind, in the order in which they were added."""
    return _ways(await _secrets(context, user), kind)


def first(way: Way) -> JsonObject:
    """The secrets of an account whose only way in it is."""
    return {"ways": [way.key], way.kind: [way.kept]}


def added(user: str, way: Way, before: "Seen | None" = None) -> Write:
    """The write that adds a way; `AlreadyExists` when another account has it. With `before` it is refused when the
    secrets have changed since."""
    if before is not None and before.etag is None:
        return Create(CREDENTIALS, user, first(way))
    return Update(
        CREDENTIALS, user, operations=(Change(("ways",), "addToSet", [way.key]), Push((way.kind,), (way.kept,))),
        etags=frozenset({before.etag}) if before is not None and before.etag is not None else None,
        otherwise=Create(CREDENTIALS, user, first(way)) if before is None else None,
    )  # fmt: skip


def only(user: str, way: Way | None) -> list[Write]:
    """The writes after which there is no way in but this one, or none at all."""
    dropped = Delete(CREDENTIALS, user, optional=True)
    return [dropped] if way is None else [dropped, Create(CREDENTIALS, user, first(way))]


class Seen(NamedTuple):
    """An account's secrets as they were when something was begun: their tag, None for none."""

    etag: str | None


async def seen(context: TenantContext, user: str) -> Seen:
    """The secrets as they are now."""
    text = await context.documents.get(CREDENTIALS, user)
    return Seen(etag_of(text) if text is not None else None)


async def add_way(context: TenantContext, user: str, way: Way, before: Seen, more: list[Write]) -> None:
    """Give a user a way in, in one commit with `more`, unless the secrets are not what they were `before`.

    Raises:
        AlreadyExists: it is another account's, or this one's already.
        Conflict: somebody else changed the account's secrets meanwhile.
        Invalid: there are as many as may be.
    """
    if len(await ways_of(context, user, way.kind)) >= MAX_WAYS:
        raise Invalid(f"An account has at most {MAX_WAYS} {way.kind}.", hint="Remove one first.")
    if await user_by(context, way.key) is not None:
        raise _taken()
    try:
        await context.documents.commit([added(user, way, before), *more])
    except AlreadyExists:
        raise _taken() from None
    except PreconditionFailed:
        raise _changed() from None


def _taken() -> AlreadyExists:
    return AlreadyExists("It is a way into an account already.", hint="Sign in by it instead.")


async def change_way(
    context: TenantContext, user: str, kind: Kind, id: str, fields: JsonObject, more: list[Write]
) -> JsonObject:
    """Merge into what is kept of a way, in one commit with `more`; what is kept then.

    Raises:
        DocumentNotFound: the user has none of this id.
        Conflict: somebody else changed the account's secrets at the same time.
    """
    text = await context.documents.get(CREDENTIALS, user)
    ways = _ways(trusted(text), kind) if text is not None else []
    place = next((place for place, one in enumerate(ways) if one["id"] == id), None)
    if text is None or place is None:
        raise _unknown()
    ways[place] = {**ways[place], **fields}
    changed: list[Json] = [*ways]
    write = Update(CREDENTIALS, user, {kind: changed}, etags=frozenset({etag_of(text)}))
    try:
        await context.documents.commit([write, *more])
    except PreconditionFailed:
        raise _changed() from None
    return ways[place]


async def remove_way(context: TenantContext, user: str, kind: Kind, id: str) -> None:
    """Take a way away, unless it is the last one.

    Raises:
        DocumentNotFound: the user has none of this id.
        Conflict: there would be no way in.
    """
    secrets = await _secrets(context, user)
    found = next((one for one in _ways(secrets, kind) if one["id"] == id), None)
    if found is None:
        raise _unknown()
    keys = _texts(secrets.get("ways"))
    by_mail = context.settings.now.accounts.code_login != "off"
    if not isinstance(secrets.get("password"), str) and len(keys) == 1 and not by_mail:
        raise Conflict("It is the only way into the account.", hint="Choose a password, or add another way first.")
    gone: list[Json] = [key for key in keys if key.startswith(id)]
    operations = (Change(("ways",), "pullAll", gone), Change((kind,), "pullAll", [found]))
    await context.documents.commit([Update(CREDENTIALS, user, operations=operations)])


def _changed() -> Conflict:
    return Conflict("The account was changed at the same time.", hint="Try again.")


def _unknown() -> DocumentNotFound:
    return DocumentNotFound("Your account has no such way in.")


async def _secrets(context: TenantContext, user: str) -> JsonObject:
    text = await context.documents.get(CREDENTIALS, user)
    return trusted(text) if text is not None else {}


def _ways(secrets: JsonObject, kind: Kind) -> list[JsonObject]:
    kept = secrets.get(kind)
    return [one for one in kept if isinstance(one, dict)] if isinstance(kept, list) else []


def _texts(value: Json) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []

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


def added(user: str, way: Way) -> Update:
    """The write that adds a way; `AlreadyExists` when another account has it."""
    return Update(
        CREDENTIALS, user, operations=(Change(("ways",), "addToSet", [way.key]), Push((way.kind,), (way.kept,))),
        otherwise=Create(CREDENTIALS, user, first(way)),
    )  # fmt: skip


def only(user: str, way: Way | None) -> Write:
    """The write after which there is no way in but this one, or none at all."""
    if way is None:
        return Delete(CREDENTIALS, user, optional=True)
    return Update(CREDENTIALS, user, first(way), overwrite=True, otherwise=Create(CREDENTIALS, user, first(way)))


async def add_way(context: TenantContext, user: str, way: Way, more: list[Write]) -> None:
    """Give a user a way in, in one commit with `more`.

    Raises:
        AlreadyExists: it is another account's, or this one's already.
        Invalid: there are as many as may be.
    """
    if len(await ways_of(context, user, way.kind)) >= MAX_WAYS:
        raise Invalid(f"An account has at most {MAX_WAYS} {way.kind}.", hint="Remove one first.")
    if await user_by(context, way.key) is not None:
        raise _taken()
    try:
        await context.documents.commit([added(user, way), *more])
    except AlreadyExists:
        raise _taken() from None


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
        raise Conflict("The account was changed at the same time.", hint="Try again.") from None
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

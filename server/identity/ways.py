"""The ways into an account beside its password: identities at providers. They are kept with the password, so that
whoever drops a user's secrets drops all of them.

`ways` holds what each is found by, and no two accounts can share one; `identities` what is shown of it.
"""

from typing import Final, NamedTuple

from tenancy.context import TenantContext
from tenancy.errors import AlreadyExists, Conflict, DocumentNotFound, Invalid
from tenancy.model.json import Json, JsonObject, trusted
from tenancy.model.system import CREDENTIALS
from tenancy.query.tree import Compare, Query
from tenancy.query.update import Change, Push
from tenancy.writes import Create, Delete, Update, Write

MAX_WAYS: Final = 20


class Way(NamedTuple):
    """A way in: what it is found by, and what its owner is shown of it, with an `id`."""

    key: str
    shown: JsonObject


async def user_by(context: TenantContext, key: str) -> str | None:
    """Whose way it is."""
    page = await context.documents.find(CREDENTIALS, Query(Compare(("ways",), "eq", key), limit=1))
    return str(trusted(page.items[0])["id"]) if page.items else None


async def ways_of(context: TenantContext, user: str) -> list[JsonObject]:
    """What is shown of a user's identities, in the order in which they were added."""
    return _identities(await _secrets(context, user))


def added(user: str, way: Way) -> Update:
    """The write that adds a way; `AlreadyExists` when another account has it."""
    first: JsonObject = {"ways": [way.key], "identities": [way.shown]}
    return Update(
        CREDENTIALS, user, operations=(Change(("ways",), "addToSet", [way.key]), Push(("identities",), (way.shown,))),
        otherwise=Create(CREDENTIALS, user, first),
    )  # fmt: skip


def only(user: str, way: Way | None) -> Write:
    """The write after which there is no way in but this one, or none at all."""
    if way is None:
        return Delete(CREDENTIALS, user, optional=True)
    fields: JsonObject = {"ways": [way.key], "identities": [way.shown]}
    return Update(CREDENTIALS, user, fields, overwrite=True, otherwise=Create(CREDENTIALS, user, fields))


async def add_way(context: TenantContext, user: str, way: Way, more: list[Write]) -> None:
    """Give a user a way in, in one commit with `more`.

    Raises:
        AlreadyExists: it is another account's, or this one's already.
        Invalid: there are as many as may be.
    """
    if len(await ways_of(context, user)) >= MAX_WAYS:
        raise Invalid(f"An account has at most {MAX_WAYS} identities.", hint="Remove one first.")
    if await user_by(context, way.key) is not None:
        raise taken()
    try:
        await context.documents.commit([added(user, way), *more])
    except AlreadyExists:
        raise taken() from None


def taken() -> AlreadyExists:
    """The refusal where an account has the identity."""
    return AlreadyExists("The identity belongs to an account already.", hint="Sign in by it instead.")


async def remove_way(context: TenantContext, user: str, id: str) -> None:
    """Take a way away, unless it is the last one.

    Raises:
        DocumentNotFound: the user has none of this id.
        Conflict: there would be no way in.
    """
    secrets = await _secrets(context, user)
    identities = _identities(secrets)
    found = next((one for one in identities if one["id"] == id), None)
    if found is None:
        raise DocumentNotFound("You have no identity of this id.")
    by_mail = context.settings.now.accounts.code_login != "off"
    if not isinstance(secrets.get("password"), str) and len(identities) == 1 and not by_mail:
        raise Conflict("It is the only way into the account.", hint="Choose a password, or link another first.")
    gone: list[Json] = [key for key in _texts(secrets.get("ways")) if key.startswith(id)]
    operations = (Change(("ways",), "pullAll", gone), Change(("identities",), "pullAll", [found]))
    await context.documents.commit([Update(CREDENTIALS, user, operations=operations)])


async def _secrets(context: TenantContext, user: str) -> JsonObject:
    text = await context.documents.get(CREDENTIALS, user)
    return trusted(text) if text is not None else {}


def _identities(secrets: JsonObject) -> list[JsonObject]:
    kept = secrets.get("identities")
    return [one for one in kept if isinstance(one, dict)] if isinstance(kept, list) else []


def _texts(value: Json) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []

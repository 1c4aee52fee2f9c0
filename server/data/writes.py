"""From what a caller asks to the writes of the store, with the caller's rules bound in. Nothing is done here."""

from collections.abc import Sequence
from dataclasses import replace

from server.data.rights import allowed, allowed_change, seen
from tenancy.context import TenantContext
from tenancy.errors import Forbidden, Invalid, Place, Unauthenticated
from tenancy.model.document import client_fields
from tenancy.model.ids import check_id, new_id
from tenancy.model.json import Json, JsonObject
from tenancy.model.principal import Principal
from tenancy.model.system import CREDENTIALS, USERS
from tenancy.query.update import Operation, Rename, has_operators, parse_update
from tenancy.rules.fields import Sight
from tenancy.writes import Create, Delete, Update

Etags = frozenset[str] | None


def create(context: TenantContext, principal: Principal, collection: str, body: Json, id: str | None = None) -> Create:
    """The write that makes a document under this id, under the one that the body chooses, or under a new one.

    Raises:
        Invalid: not a document.
        Unauthenticated, Forbidden: the rule refuses.
    """
    rule = allowed_change(context, collection, "create", principal)
    fields = client_fields(body)
    if collection == USERS:
        hint = "Register users at POST /api/auth/register."
        raise Forbidden("Users are made by registration.", hint=hint)
    chosen = body.get("id") if isinstance(body, dict) else None
    if id is None:
        id = check_id(chosen) if chosen is not None else new_id()
    return Create(collection, id, fields, principal.owner, rule.check, rule.judge)


def overwrite(
    context: TenantContext, principal: Principal, collection: str, id: str, body: Json, etags: Etags = None,
    *, must_exist: bool = False,
) -> Update:  # fmt: skip
    """The write that replaces all the client's fields, or makes the document where the caller may and none is asked
    to exist."""
    rule = allowed_change(context, collection, "update", principal)
    fields = _fields(id, body)
    check_id(id)
    otherwise = None
    if not must_exist:
        try:
            otherwise = create(context, principal, collection, body, id)
        except (Unauthenticated, Forbidden):
            otherwise = None
    return Update(
        collection, id, fields, overwrite=True, where=rule.where, check=rule.check, judge=rule.judge, etags=etags,
        otherwise=otherwise
    )  # fmt: skip


def update(
    context: TenantContext, principal: Principal, collection: str, id: str, body: Json, etags: Etags = None
) -> Update:
    """The write that merges (RFC 7396), or applies the update operators of the body.

    Raises:
        BadUpdate: a mistake in the operators.
    """
    rule = allowed_change(context, collection, "update", principal)
    if isinstance(body, dict) and has_operators(body):
        operations = parse_update(body)
        _check_renames(seen(context, collection, principal), operations)
        change = Update(collection, id, operations=operations, etags=etags)
    else:
        change = Update(collection, id, _fields(id, body), etags=etags)
    return replace(change, where=rule.where, check=rule.check, judge=rule.judge)


def _check_renames(unseen: Sight | None, operations: Sequence[Operation]) -> None:
    """Nothing is moved out of where the caller does not see it."""
    if unseen is not None:
        for one in operations:
            if isinstance(one, Rename):
                unseen.check_path(one.path, "$rename")


def delete(context: TenantContext, principal: Principal, collection: str, id: str, etags: Etags = None) -> list[Delete]:
    """The write that removes a document; a user's secrets go with the user."""
    rule = allowed(context, collection, "delete", principal)
    removed = Delete(collection, id, rule, etags)
    return [removed, Delete(CREDENTIALS, id, optional=True)] if collection == USERS else [removed]


def _fields(id: str, body: Json) -> JsonObject:
    fields = client_fields(body)
    if isinstance(body, dict) and body.get("id", id) != id:
        raise Invalid("The id in the body differs from the path's.", places=[Place("/id", f"must be {id} or left out")])
    return fields

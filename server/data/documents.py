"""What callers do with documents: rules are bound here, once, for HTTP and realtime alike."""

from collections.abc import Sequence

from tenancy.context import TenantContext
from tenancy.errors import DocumentNotFound, Forbidden, Invalid, Place, Unauthenticated
from tenancy.model.collection import Action, check_collection_name
from tenancy.model.document import client_fields
from tenancy.model.ids import check_id, new_id
from tenancy.model.json import Json, JsonObject, trusted
from tenancy.model.principal import Principal
from tenancy.model.system import CREDENTIALS, USERS
from tenancy.ports import Create, Delete, Page, Update
from tenancy.query.match import compile_filter
from tenancy.query.tree import EVERYTHING, NOTHING, Filter, Query, both
from tenancy.rules.bind import bind


def allowed(context: TenantContext, collection: str, action: Action, principal: Principal) -> Filter:
    """The rule for this caller as a filter.

    Raises:
        Unauthenticated: refused, and not signed in.
        Forbidden: refused whatever the document.
    """
    rule = bind(context.documents.collections().get(collection), action, principal)
    if rule == NOTHING:
        if principal.id is None:
            raise Unauthenticated(f"The rules of {collection} do not let anonymous callers {action}.")
        raise Forbidden(f"The rules of {collection} do not let you {action}.")
    return rule


async def find(context: TenantContext, principal: Principal, collection: str, query: Query) -> Page:
    """A page of the documents that the caller may list."""
    check_collection_name(collection)
    rule = allowed(context, collection, "list", principal)
    if rule != EVERYTHING:
        query = _with_filter(query, both(rule, query.filter))
    return await context.documents.find(collection, query)


def _with_filter(query: Query, filter: Filter) -> Query:
    return Query(filter, query.sort, query.limit, query.after, query.count, query.pinned)


async def get(context: TenantContext, principal: Principal, collection: str, id: str) -> bytes:
    """One document.

    Raises:
        DocumentNotFound: there is none, or the rule hides it.
    """
    check_collection_name(collection)
    rule = allowed(context, collection, "read", principal)
    text = await context.documents.get(collection, id)
    if text is None or (rule != EVERYTHING and not compile_filter(rule)(trusted(text))):
        raise DocumentNotFound
    return text


async def create(context: TenantContext, principal: Principal, collection: str, body: Json) -> tuple[str, bytes]:
    """Make a document; its id and text.

    Raises:
        AlreadyExists: the chosen id, or a unique value, is taken.
    """
    write = _create(context, principal, collection, body, None)
    return write.id, await _result(context, [write])


async def overwrite(
    context: TenantContext, principal: Principal, collection: str, id: str, body: Json
) -> tuple[bool, bytes]:
    """Replace all the client's fields, or make the document; whether it was made, and its text."""
    fields = _checked(collection, id, body)
    check_id(id)
    rule = allowed(context, collection, "update", principal)
    try:
        otherwise = _create(context, principal, collection, body, id)
    except (Unauthenticated, Forbidden):
        otherwise = None
    changes = await context.documents.commit(
        [Update(collection, id, fields, overwrite=True, where=rule, check=rule, otherwise=otherwise)]
    )
    change = changes[0]
    if change is not None and change.after is not None:
        return change.op == "create", change.after
    return False, await get(context, principal, collection, id)


async def update(context: TenantContext, principal: Principal, collection: str, id: str, body: Json) -> bytes:
    """Merge into a document (RFC 7396).

    Raises:
        DocumentNotFound: there is none, or the rule hides it.
    """
    fields = _checked(collection, id, body)
    rule = allowed(context, collection, "update", principal)
    return await _result(context, [Update(collection, id, fields, where=rule, check=rule)])


async def delete(context: TenantContext, principal: Principal, collection: str, id: str) -> None:
    """Remove a document.

    Raises:
        DocumentNotFound: there is none, or the rule hides it.
    """
    check_collection_name(collection)
    rule = allowed(context, collection, "delete", principal)
    await context.documents.commit([Delete(collection, id, rule)])
    if collection == USERS:
        await context.documents.commit([Delete(CREDENTIALS, id)])
        await context.sessions.remove_user(id)


def _checked(collection: str, id: str, body: Json) -> JsonObject:
    check_collection_name(collection)
    fields = client_fields(body)
    if isinstance(body, dict) and body.get("id", id) != id:
        raise Invalid("The id in the body differs from the path's.", places=[Place("/id", f"must be {id} or left out")])
    return fields


def _create(context: TenantContext, principal: Principal, collection: str, body: Json, id: str | None) -> Create:
    check_collection_name(collection)
    fields = client_fields(body)
    rule = allowed(context, collection, "create", principal)
    if collection == USERS:
        hint = "Register users at POST /api/auth/register."
        raise Forbidden("Users are made by registration.", hint=hint)
    chosen = body.get("id") if isinstance(body, dict) else None
    if id is None:
        id = check_id(chosen) if chosen is not None else new_id()
    return Create(collection, id, fields, principal.owner, rule)


async def _result(context: TenantContext, writes: Sequence[Create | Update]) -> bytes:
    """The text after a single write, also when it changed nothing."""
    (change,) = await context.documents.commit(writes)
    if change is not None and change.after is not None:
        return change.after
    text = await context.documents.get(writes[0].collection, writes[0].id)
    if text is None:
        raise DocumentNotFound
    return text

"""What administrators of a tenant do with its collections."""

from tenancy.context import TenantContext
from tenancy.errors import AlreadyExists, CollectionNotFound, DocumentNotFound, Forbidden, Invalid, Place
from tenancy.model.collection import ACTIONS, Collection, check_collection_name, parse_collection
from tenancy.model.json import Json, JsonObject, trusted
from tenancy.model.system import DEFINITIONS, USERS
from tenancy.ports import Create, Delete, Update
from tenancy.rules.bind import rule_of


async def all_collections(context: TenantContext) -> list[JsonObject]:
    """All definitions, by name."""
    return [await shown(context, name) for name in sorted(context.documents.collections())]


async def shown(context: TenantContext, name: str) -> JsonObject:
    """One definition with the rules that are in force.

    Raises:
        CollectionNotFound: there is none.
    """
    definition = context.documents.collections().get(name)
    text = await context.documents.get(DEFINITIONS, name)
    if definition is None or text is None:
        raise CollectionNotFound
    stored = trusted(text)
    rules: JsonObject = {action: rule_of(definition, action) for action in ACTIONS}
    times: JsonObject = {"createdAt": stored["createdAt"], "updatedAt": stored["updatedAt"]}
    return {**definition.to_json(), "rules": rules, **times}


async def create_collection(context: TenantContext, body: Json) -> JsonObject:
    """Make a collection.

    Raises:
        AlreadyExists: there is one.
    """
    fields = _object(body, "name", "rules", "indexes")
    name = check_collection_name(fields.get("name"), "/name")
    definition = parse_collection(name, fields)
    try:
        await context.documents.commit([Create(DEFINITIONS, name, definition.to_json())])
    except AlreadyExists:
        raise AlreadyExists(f"The collection {name} exists.", places=[Place("/name", "is taken")]) from None
    return await shown(context, name)


async def change_collection(context: TenantContext, name: str, body: Json) -> JsonObject:
    """Change rules (merged by action) or indexes (replaced). Returns when new indexes are built.

    Raises:
        CollectionNotFound: there is none.
        AlreadyExists: a new unique index finds a value twice.
    """
    fields = _object(body, "rules", "indexes")
    known = context.documents.collections().get(name)
    if known is None:
        raise CollectionNotFound
    change = parse_collection(name, fields)
    indexes = change.indexes if "indexes" in fields else known.indexes
    definition = Collection(name, {**known.rules, **change.rules}, indexes)
    await context.documents.commit([Update(DEFINITIONS, name, definition.to_json(), overwrite=True)])
    return await shown(context, name)


async def delete_collection(context: TenantContext, name: str) -> None:
    """Remove a collection with all its documents.

    Raises:
        CollectionNotFound: there is none.
    """
    if name == USERS:
        raise Forbidden("The collection users cannot be removed.", hint="Delete single users instead.")
    check_collection_name(name)
    try:
        await context.documents.commit([Delete(DEFINITIONS, name)])
    except DocumentNotFound:
        raise CollectionNotFound from None


def _object(body: Json, *known: str) -> JsonObject:
    if not isinstance(body, dict):
        raise Invalid("The body must be a JSON object.")
    unknown = [Place(f"/{name}", f"is not known; known here: {', '.join(known)}") for name in body if name not in known]
    if unknown:
        raise Invalid("The definition has an unknown field.", places=unknown)
    return body

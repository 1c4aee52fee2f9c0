"""What callers do with documents: rules are bound here, once, for HTTP and realtime alike."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from server.data import writes
from server.data.rights import allowed, ruled, seen
from server.data.writes import Etags
from tenancy.answers import Explanation, Page
from tenancy.context import TenantContext
from tenancy.errors import AlreadyExists, DocumentNotFound, Forbidden, Invalid, PreconditionFailed
from tenancy.model.collection import check_collection_name
from tenancy.model.json import Json, dumps, trusted
from tenancy.model.principal import Principal
from tenancy.model.system import USERS
from tenancy.query.match import compile_filter
from tenancy.query.project import compile_projection
from tenancy.query.text import bind_text
from tenancy.query.tree import Projection, Query, is_everything, narrowed
from tenancy.rules.bind import bind
from tenancy.writes import Receipt, Update, Written

MAX_AT_ONCE = 1000


class Caller(NamedTuple):
    """Who asks, and of which tenant; `receipt` makes what is asked happen once."""

    context: TenantContext
    principal: Principal
    receipt: Receipt | None = None


async def find(caller: Caller, collection: str, query: Query) -> Page:
    """A page of the documents that the caller may list."""
    context = caller.context
    rule = allowed(context, collection, "list", caller.principal)
    unseen = seen(context, collection, caller.principal)
    if unseen is None:
        return await context.documents.find(collection, narrowed(query, rule))
    unseen.check_filter(bind_text(query.filter, context.documents.collections().get(collection)))
    unseen.check_sort(query.sort)
    found = await context.documents.find(collection, narrowed(replace(query, fields=None), rule))
    return replace(found, items=projected([unseen.text(text) for text in found.items], query.fields))


async def explain(caller: Caller, collection: str, query: Query) -> Explanation:
    """How the list is answered. For those alone whom no rule binds: it tells of documents that a rule would hide.

    Raises:
        Forbidden: the caller is bound by rules.
    """
    if not caller.principal.trusted:
        raise Forbidden("Only an API key may explain a query.", hint="Send an API key as Authorization: Bearer bpk_…")
    allowed(caller.context, check_collection_name(collection), "list", caller.principal)
    return await caller.context.documents.explain(collection, query)


async def get(caller: Caller, collection: str, id: str) -> bytes:
    """One document.

    Raises:
        DocumentNotFound: there is none, or the rule hides it.
    """
    context = caller.context
    rule = allowed(context, collection, "read", caller.principal)
    text = await context.documents.get(collection, id)
    if text is None or (not is_everything(rule) and not compile_filter(rule)(trusted(text))):
        raise DocumentNotFound
    unseen = seen(context, collection, caller.principal)
    return text if unseen is None else unseen.text(text)


def projected(texts: Sequence[bytes], fields: Projection | None) -> list[bytes]:
    """The parts of documents that are asked for."""
    if fields is None:
        return list(texts)
    shown = compile_projection(fields)
    return [dumps(shown(trusted(text))) for text in texts]


def shown(caller: Caller, collection: str, written: Written) -> Written:
    """What a caller gets to see of a write: no document that the rule for reading hides, unless they made it now.

    Who may change but not read would otherwise read anything by a change that changes nothing.
    """
    if written.text is None:
        return written
    rule = bind(ruled(caller.context, collection), "read", caller.principal)
    if written.op != "create" and not is_everything(rule) and not compile_filter(rule)(trusted(written.text)):
        return written._replace(text=None)
    unseen = seen(caller.context, collection, caller.principal)
    return written if unseen is None else written._replace(text=unseen.text(written.text))


async def create(caller: Caller, collection: str, body: Json, id: str | None = None) -> Written:
    """Make a document.

    Raises:
        AlreadyExists: the chosen id, or a unique value, is taken.
    """
    write = writes.create(caller.context, caller.principal, collection, body, id)
    return shown(caller, collection, (await caller.context.documents.commit([write], caller.receipt))[0])


async def create_many(caller: Caller, collection: str, bodies: Sequence[Json]) -> Sequence[Written]:
    """Make all the documents or none.

    Raises:
        Invalid: none, or more than 1000.
        AlreadyExists: a chosen id, or a unique value, is taken.
    """
    if not 1 <= len(bodies) <= MAX_AT_ONCE:
        raise Invalid(f"A list has 1 to {MAX_AT_ONCE} documents, not {len(bodies)}.")
    made = [writes.create(caller.context, caller.principal, collection, body) for body in bodies]
    return [shown(caller, collection, one) for one in await caller.context.documents.commit(made, caller.receipt)]


async def overwrite(
    caller: Caller, collection: str, id: str, body: Json, etags: Etags = None, *, must_exist: bool = False
) -> Written:
    """Replace all the client's fields, or make the document.

    Raises:
        DocumentNotFound: there is none, and it has to exist or may not be made.
        PreconditionFailed: it has another entity tag.
    """
    write = writes.overwrite(
        caller.context, caller.principal, collection, id, body, etags, must_exist=must_exist
    )  # fmt: skip
    return await _changed(caller, collection, write)


async def create_only(caller: Caller, collection: str, id: str, body: Json) -> Written:
    """Make the document under this id, unless there is one.

    Raises:
        PreconditionFailed: there is one.
    """
    writes.overwrite(caller.context, caller.principal, collection, id, body)  # the same checks as for overwriting
    try:
        return await create(caller, collection, body, id)
    except AlreadyExists as error:
        if any(place.path != "/id" for place in error.places):
            raise
        raise PreconditionFailed("There is a document with this id.", hint="Choose another id.") from None


async def update(caller: Caller, collection: str, id: str, body: Json, etags: Etags = None) -> Written:
    """Merge into a document (RFC 7396), or apply update operators.

    Raises:
        DocumentNotFound: there is none, or the rule hides it.
        PreconditionFailed: it has another entity tag.
        BadUpdate: an operator is unknown or does not fit.
    """
    write = writes.update(caller.context, caller.principal, collection, id, body, etags)
    return await _changed(caller, collection, write)


async def _changed(caller: Caller, collection: str, write: Update) -> Written:
    written = (await caller.context.documents.commit([write], caller.receipt))[0]
    await end_sessions(caller.context, collection, written)
    return shown(caller, collection, written)


async def end_sessions(context: TenantContext, collection: str, written: Written) -> None:
    """Sign a user out everywhere who is removed, or not to be let in any more."""
    gone = written.text is None or trusted(written.text).get("disabled") is True
    if collection == USERS and gone:
        await context.sessions.remove_user(written.id)


async def delete(caller: Caller, collection: str, id: str, etags: Etags = None) -> None:
    """Remove a document.

    Raises:
        DocumentNotFound: there is none, or the rule hides it.
        PreconditionFailed: it has another entity tag.
    """
    removed = writes.delete(caller.context, caller.principal, collection, id, etags)
    written = (await caller.context.documents.commit(removed, caller.receipt))[0]
    await end_sessions(caller.context, collection, written)

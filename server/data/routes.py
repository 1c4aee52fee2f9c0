"""Collections and documents over HTTP."""

from typing import Any

import msgspec

from server.data import collections, documents
from server.http.call import Call
from server.http.listing import LIST_ERRORS, LIST_PARAMETERS, page, query_of
from server.http.response import Answer, json, json_text, no_content
from server.http.routes import Route
from tenancy.context import TenantContext
from tenancy.errors import (
    AlreadyExists,
    CollectionNotFound,
    DocumentNotFound,
    Forbidden,
    Invalid,
)
from tenancy.query.parse import parse_filter, parse_limit, parse_sort
from tenancy.query.tree import Query

TenantCall = Call[TenantContext]
_LIST_ERRORS = (*LIST_ERRORS, Forbidden)
_WRITE_ERRORS = (Invalid, Forbidden, AlreadyExists)
_ONE = "/api/data/{collection}/{id}"


class QueryBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST …/query."""

    filter: dict[str, Any] | None = None
    sort: str | None = None
    limit: int | None = None
    cursor: str | None = None
    count: bool = False


def routes() -> list[Route[TenantContext]]:
    """The routes below /api/data and /api/collections."""
    return [
        Route(
            "GET",
            "/api/data/{collection}",
            _list,
            "anyone",
            "List documents",
            answer=(200, "A page of documents"),
            errors=_LIST_ERRORS,
            parameters=LIST_PARAMETERS,
        ),
        Route(
            "POST",
            "/api/data/{collection}",
            _create,
            "anyone",
            "Create a document",
            "the document's fields",
            (201, "The document"),
            _WRITE_ERRORS,
        ),
        Route("GET", _ONE, _get, "anyone", "Read a document", answer=(200, "The document"), errors=(DocumentNotFound,)),
        Route(
            "PUT",
            _ONE,
            _overwrite,
            "anyone",
            "Overwrite a document, or create it",
            "the document's fields",
            (200, "The document"),
            (*_WRITE_ERRORS, DocumentNotFound),
        ),
        Route(
            "PATCH",
            _ONE,
            _update,
            "anyone",
            "Merge into a document (RFC 7396)",
            "the fields to change",
            (200, "The document"),
            (*_WRITE_ERRORS, DocumentNotFound),
        ),
        Route("DELETE", _ONE, _delete, "anyone", "Delete a document", answer=(204, "Gone"), errors=(DocumentNotFound,)),
        Route(
            "POST",
            "/api/data/{collection}/query",
            _query,
            "anyone",
            "List documents by a filter in the body",
            QueryBody,
            (200, "A page of documents"),
            _LIST_ERRORS,
        ),
        Route("GET", "/api/collections", _collections, "key", "The collections", answer=(200, "All definitions")),
        Route(
            "POST",
            "/api/collections",
            _create_collection,
            "key",
            "Create a collection",
            "name, rules, indexes",
            (201, "The definition"),
            (Invalid, AlreadyExists),
        ),
        Route(
            "GET",
            "/api/collections/{collection}",
            _collection,
            "key",
            "One collection",
            answer=(200, "The definition"),
            errors=(CollectionNotFound,),
        ),
        Route(
            "PATCH",
            "/api/collections/{collection}",
            _change_collection,
            "key",
            "Change rules or indexes",
            "rules, indexes",
            (200, "The definition"),
            (Invalid, CollectionNotFound, AlreadyExists),
        ),
        Route(
            "DELETE",
            "/api/collections/{collection}",
            _delete_collection,
            "key",
            "Delete a collection with all its documents",
            answer=(204, "Gone"),
            errors=(CollectionNotFound,),
        ),
    ]


async def _list(call: TenantCall) -> Answer:
    query = query_of(call.query(*LIST_PARAMETERS))
    return page(await documents.find(call.context, call.principal, call.params["collection"], query))


async def _query(call: TenantCall) -> Answer:
    body = await call.read(QueryBody)
    query = Query(
        parse_filter(body.filter or {}), parse_sort(body.sort), parse_limit(body.limit), body.cursor, body.count
    )
    return page(await documents.find(call.context, call.principal, call.params["collection"], query))


async def _create(call: TenantCall) -> Answer:
    collection = call.params["collection"]
    id, text = await documents.create(call.context, call.principal, collection, await call.json())
    return json_text(text, 201, (b"location", f"/api/data/{collection}/{id}".encode()))


async def _get(call: TenantCall) -> Answer:
    params = call.params
    return json_text(await documents.get(call.context, call.principal, params["collection"], params["id"]))


async def _overwrite(call: TenantCall) -> Answer:
    collection, id = call.params["collection"], call.params["id"]
    made, text = await documents.overwrite(call.context, call.principal, collection, id, await call.json())
    return json_text(text, 201, (b"location", f"/api/data/{collection}/{id}".encode())) if made else json_text(text)


async def _update(call: TenantCall) -> Answer:
    collection, id = call.params["collection"], call.params["id"]
    return json_text(await documents.update(call.context, call.principal, collection, id, await call.json()))


async def _delete(call: TenantCall) -> Answer:
    await documents.delete(call.context, call.principal, call.params["collection"], call.params["id"])
    return no_content()


async def _collections(call: TenantCall) -> Answer:
    return json({"items": await collections.all_collections(call.context)})


async def _create_collection(call: TenantCall) -> Answer:
    made = await collections.create_collection(call.context, await call.json())
    return json(made, 201, (b"location", f"/api/collections/{made['name']}".encode()))


async def _collection(call: TenantCall) -> Answer:
    return json(await collections.shown(call.context, call.params["collection"]))


async def _change_collection(call: TenantCall) -> Answer:
    return json(await collections.change_collection(call.context, call.params["collection"], await call.json()))


async def _delete_collection(call: TenantCall) -> Answer:
    await collections.delete_collection(call.context, call.params["collection"])
    return no_content()

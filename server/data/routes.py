"""Documents over HTTP."""

from dataclasses import replace
from typing import Any

import msgspec

from server.data import documents
from server.data.aggregate import aggregate
from server.data.batch import Batch, run_batch
from server.data.documents import Caller
from server.data.expand import expanded, parse_expand
from server.data.history import as_of, history
from server.http.call import Call
from server.http.conditional import (
    IF_MATCH,
    IF_NONE_MATCH,
    ONCE,
    etag_header,
    if_match,
    receipt_of,
    wanted_tags,
    wants_nothing,
    written_answer,
)
from server.http.content import not_modified
from server.http.listing import BOOLEAN, LIST_ERRORS, LIST_PARAMETERS, checked, flag, next_link, page, query_of
from server.http.response import Answer, Response, json, json_text, no_content
from server.http.routes import Content, Parameter, Route
from server.openapi.forms import ANY_OBJECT, DOCUMENT, NUMBER, PART, TEXT, TIME, closed, form, many, optional, page_of
from tenancy.answers import Page
from tenancy.context import TenantContext
from tenancy.errors import (
    AlreadyExists,
    BadPipeline,
    BadUpdate,
    DocumentNotFound,
    Forbidden,
    HistoryGone,
    Invalid,
    KeyReused,
    PreconditionFailed,
    SchemaViolated,
)
from tenancy.query.options import parse_fields, parse_limit, parse_offset, parse_sort
from tenancy.query.parse import parse_filter
from tenancy.query.tree import Query

TenantCall = Call[TenantContext]
_LIST_ERRORS = (*LIST_ERRORS, Forbidden)
_WRITE_ERRORS = (Invalid, SchemaViolated, Forbidden, AlreadyExists, KeyReused)
_CHANGE_ERRORS = (*_WRITE_ERRORS, BadUpdate, DocumentNotFound, PreconditionFailed)
_MERGED = ("application/json", "application/merge-patch+json")
_MANY = "/api/data/{collection}"
_ONE = "/api/data/{collection}/{id}"
_EXPAND = {"expand": Parameter("Answer what fields refer to: author:users,tags:labels")}
_PART = {
    "asOf": Parameter("As it was at a time or a realtime cursor"), "fields": LIST_PARAMETERS["fields"], **_EXPAND,
}  # fmt: skip
_PAGE = Content(page_of(PART))
_DOCUMENT = Content(DOCUMENT)
_ONE_OR_MANY = Content(
    {"oneOf": [ANY_OBJECT, many(ANY_OBJECT, 1, documents.MAX_AT_ONCE)]},
    description="A document's fields, or a list of such",
)
_MADE = Content({"oneOf": [DOCUMENT, closed({"items": many(DOCUMENT)})]})
_VERSIONS = Content(
    form({"items": many(form({"op": TEXT, "version": NUMBER, "at": TIME, "document": optional(DOCUMENT)}))})
)
_RESULTS = Content(form({"results": many(form({"op": TEXT, "id": TEXT, "document": optional(DOCUMENT)}))}))
_EXPLAINED = closed(
    {"index": optional(TEXT), "ordered": BOOLEAN, "exact": BOOLEAN, "ranges": NUMBER, "examined": NUMBER,
     "returned": NUMBER, "ms": {"type": "number"}, "suggestion": optional(many(TEXT))}
)  # fmt: skip
_HIDDEN = {204: "Done; asked to say no more, or the document may not be read"}


class QueryBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST …/query."""

    filter: dict[str, Any] | None = None
    sort: str | None = None
    limit: int | None = None
    cursor: str | None = None
    offset: int | None = None
    fields: str | None = None
    expand: str | None = None
    count: bool = False


class PipelineBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST …/aggregate."""

    pipeline: list[Any]


def routes() -> list[Route[TenantContext]]:
    """The routes of documents."""
    explain = {"explain": Parameter("Answer how the list is read (API key)", BOOLEAN)}
    return [
        Route(
            "GET", _MANY, _list, "anyone", "List documents", answer=(200, "A page of documents"), errors=_LIST_ERRORS,
            parameters=LIST_PARAMETERS | _EXPAND, result=_PAGE,
        ),
        Route(
            "POST", _MANY, _create, "anyone", "Create a document, or all of a list",
            _ONE_OR_MANY, (201, "The document, or the list"), _WRITE_ERRORS, result=_MADE, headers=ONCE,
        ),
        Route(
            "GET", _ONE, _get, "anyone", "Read a document", answer=(200, "The document"),
            errors=(DocumentNotFound, HistoryGone), parameters=_PART, result=Content(PART), also={304: "Known already"},
            headers=IF_NONE_MATCH,
        ),
        Route(
            "PUT", _ONE, _overwrite, "anyone", "Overwrite a document, or create it",
            Content(ANY_OBJECT, description="The document's fields"), (200, "The document"), _CHANGE_ERRORS,
            result=_DOCUMENT, also={201: "The new document", **_HIDDEN}, headers=IF_MATCH | IF_NONE_MATCH | ONCE,
        ),
        Route(
            "PATCH", _ONE, _update, "anyone", "Merge into a document (RFC 7396), or apply update operators",
            Content(ANY_OBJECT, _MERGED, "The fields to change, or update operators"), (200, "The document"),
            _CHANGE_ERRORS, result=_DOCUMENT, also=_HIDDEN, headers=IF_MATCH | ONCE,
        ),
        Route(
            "DELETE", _ONE, _delete, "anyone", "Delete a document", answer=(204, "Gone"),
            errors=(DocumentNotFound, PreconditionFailed, KeyReused), headers=IF_MATCH | ONCE,
        ),
        Route(
            "GET", f"{_ONE}/history", _history, "anyone", "A document's versions", answer=(200, "Newest first"),
            errors=(DocumentNotFound,), parameters={"limit": LIST_PARAMETERS["limit"]}, result=_VERSIONS,
        ),
        *(
            Route(
                method, f"{_MANY}/query", _query, "anyone", "List documents by a filter in the body", QueryBody,
                (200, "A page of documents"), _LIST_ERRORS, explain,
                Content({"oneOf": [page_of(PART), _EXPLAINED]}), reads=True,
            )
            for method in ("POST", "QUERY")
        ),
        Route(
            "POST", f"{_MANY}/aggregate", _aggregate, "anyone", "Run a pipeline over documents", PipelineBody,
            (200, "The results"), (*_LIST_ERRORS, BadPipeline), result=Content(closed({"items": many(ANY_OBJECT)})),
            reads=True,
        ),
        Route(
            "POST", "/api/batch", _batch, "anyone", "Do several writes, all or none", Batch, (200, "The results"),
            _CHANGE_ERRORS, result=_RESULTS, also=_HIDDEN, headers=ONCE,
        ),
    ]  # fmt: skip


def _caller(call: TenantCall) -> Caller:
    return Caller(call.context, call.principal)


def _writer(call: TenantCall) -> Caller:
    """The caller of a write, whose body has been read."""
    return Caller(call.context, call.principal, receipt_of(call))


def _path(collection: str, id: str) -> str:
    return f"/api/data/{collection}/{id}"


async def _list(call: TenantCall) -> Answer:
    query, given = query_of(call.scope["query_string"], "expand")
    answer, found = await _page(call, query, given.get("expand"))
    if found.next is not None:
        answer.headers = [*answer.headers, next_link(call, found.next)]
    return answer


async def _page(call: TenantCall, query: Query, expand: str | None) -> tuple[Response, Page]:
    """A page; what fields refer to is looked up before fields are left out."""
    references, collection = parse_expand(expand), call.params["collection"]
    if not references:
        found = await documents.find(_caller(call), collection, query)
        return page(found), found
    found = await documents.find(_caller(call), collection, replace(query, fields=None))
    items = await expanded(_caller(call), found.items, references, query.fields)
    return page(replace(found, items=items)), found


async def _query(call: TenantCall) -> Answer:
    body = await call.read(QueryBody)
    query = checked(Query(
        parse_filter(body.filter or {}), parse_sort(body.sort), parse_limit(body.limit), body.cursor, body.count,
        offset=parse_offset(body.offset), fields=parse_fields(body.fields),
    ))  # fmt: skip
    if flag(call.query("explain"), "explain"):
        return json(await documents.explain(_caller(call), call.params["collection"], query))
    answer, _ = await _page(call, query, body.expand)
    return answer


async def _create(call: TenantCall) -> Answer:
    collection, body = call.params["collection"], await call.json()
    if isinstance(body, list):
        made = await documents.create_many(_writer(call), collection, body)
        if wants_nothing(call):
            return Response(201, b"", [(b"preference-applied", b"return=minimal")])
        return json_text(b'{"items":[' + b",".join(one.text or b"" for one in made) + b"]}", 201)
    written = await documents.create(_writer(call), collection, body)
    return written_answer(call, written, _path(collection, written.id))


async def _get(call: TenantCall) -> Answer:
    collection, id = call.params["collection"], call.params["id"]
    given = call.query("asOf", "fields", "expand")
    if not given:
        text = await documents.get(_caller(call), collection, id)
        tag = etag_header(text)
        known = call.header(b"if-none-match")
        if known is not None and not_modified(known, tag[1].decode()):
            return Response(304, b"", [tag])
        return json_text(text, 200, tag)
    return await _part(call, given, collection, id)


async def _part(call: TenantCall, given: dict[str, str], collection: str, id: str) -> Answer:
    """An earlier version, some fields, or with what they refer to."""
    caller = _caller(call)
    if "asOf" in given:
        text = await as_of(caller, collection, id, given["asOf"])
    else:
        text = await documents.get(caller, collection, id)
    references = parse_expand(given.get("expand"))
    fields = parse_fields(given.get("fields"))
    (text,) = await expanded(caller, [text], references, fields) if references else documents.projected([text], fields)
    return json_text(text)


async def _overwrite(call: TenantCall) -> Answer:
    collection, id, body = call.params["collection"], call.params["id"], await call.json()
    etags = if_match(call)
    if wanted_tags(call, b"if-none-match") == "*":
        written = await documents.create_only(_writer(call), collection, id, body)
    else:
        must_exist = call.header(b"if-match") is not None
        written = await documents.overwrite(_writer(call), collection, id, body, etags, must_exist=must_exist)
    return written_answer(call, written, _path(collection, id))


async def _update(call: TenantCall) -> Answer:
    collection, id, body = call.params["collection"], call.params["id"], await call.json()
    written = await documents.update(_writer(call), collection, id, body, if_match(call))
    return written_answer(call, written, _path(collection, id))


async def _delete(call: TenantCall) -> Answer:
    await documents.delete(_writer(call), call.params["collection"], call.params["id"], if_match(call))
    return no_content()


async def _history(call: TenantCall) -> Answer:
    limit = parse_limit(call.query("limit").get("limit"))
    return json({"items": await history(_caller(call), call.params["collection"], call.params["id"], limit)})


async def _aggregate(call: TenantCall) -> Answer:
    body = await call.read(PipelineBody)
    results = await aggregate(_caller(call), call.params["collection"], body.pipeline)
    return json_text(b'{"items":[' + b",".join(results) + b"]}")


async def _batch(call: TenantCall) -> Answer:
    batch = await call.read(Batch)
    results = await run_batch(_writer(call), batch)
    if wants_nothing(call):
        return no_content((b"preference-applied", b"return=minimal"))
    return json({"results": results})

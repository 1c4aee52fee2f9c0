"""Export and import over HTTP."""

from typing import Final, cast

from server.data.documents import Caller
from server.data.transfer import Format, OnConflict, export_csv, export_lines, import_documents
from server.http.call import Call
from server.http.listing import LIST_PARAMETERS
from server.http.response import Answer, Chunks, Header, json
from server.http.routes import Content, Parameter, Route
from server.openapi.forms import NUMBER, closed
from tenancy.context import TenantContext
from tenancy.errors import (
    AlreadyExists,
    BadFilter,
    Forbidden,
    Invalid,
    Place,
    SchemaViolated,
    TooLarge,
    UnsupportedMedia,
)
from tenancy.model.json import JsonObject
from tenancy.query.parse import parse_filter_text
from tenancy.query.tree import EVERYTHING

_TYPES: Final[dict[str, Format]] = {
    "application/x-ndjson": "ndjson", "application/ndjson": "ndjson", "application/jsonl": "ndjson", "text/csv": "csv",
}  # fmt: skip
_CONFLICTS: Final = ("fail", "skip", "replace")
_CONFLICT: JsonObject = {"type": "string", "enum": [*_CONFLICTS]}


def routes() -> list[Route[TenantContext]]:
    """The routes of whole collections."""
    return [
        Route(
            "GET", "/api/data/{collection}/export", _export, "anyone", "All documents as lines",
            answer=(200, "One document a line"), errors=(BadFilter, Forbidden),
            parameters={
                "filter": LIST_PARAMETERS["filter"],
                "format": Parameter("ndjson by default", {"type": "string", "enum": ["ndjson", "csv"]}),
            },
            result=Content({}, ("application/x-ndjson", "text/csv")),
        ),
        Route(
            "POST", "/api/data/{collection}/import", _import, "anyone", "Create documents from lines",
            Content({}, tuple(_TYPES), "Documents, one a line"), (200, "How many were created"),
            (Invalid, SchemaViolated, Forbidden, AlreadyExists, TooLarge, UnsupportedMedia),
            {"onConflict": Parameter("Where an id is taken; fail by default", _CONFLICT)},
            Content(closed({"created": NUMBER, "replaced": NUMBER, "skipped": NUMBER})),
        ),
    ]  # fmt: skip


async def _export(call: Call[TenantContext]) -> Answer:
    given = call.query("filter", "format")
    format = given.get("format", "ndjson")
    if format not in {"ndjson", "csv"}:
        raise Invalid("The format is not known.", places=[Place("format", "must be ndjson or csv")])
    filter = parse_filter_text(given["filter"]) if given.get("filter") else EVERYTHING
    collection, caller = call.params["collection"], Caller(call.context, call.principal)
    name = f'attachment; filename="{collection}.{format}"'.encode()
    kind = b"text/csv; charset=utf-8" if format == "csv" else b"application/x-ndjson"
    headers: list[Header] = [(b"content-type", kind), (b"content-disposition", name), (b"cache-control", b"no-store")]
    pieces = (export_csv if format == "csv" else export_lines)(caller, collection, filter)
    return await Chunks.begun(200, pieces, headers)


async def _import(call: Call[TenantContext]) -> Answer:
    on_conflict = call.query("onConflict").get("onConflict", "fail")
    if on_conflict not in _CONFLICTS:
        places = [Place("onConflict", f"must be one of {', '.join(_CONFLICTS)}")]
        raise Invalid("A query parameter is not valid.", places=places)
    kind = (call.header(b"content-type") or "").partition(";")[0].strip().lower()
    if kind not in _TYPES:
        raise UnsupportedMedia(f"The content type {kind or '(none)'} is not taken here; {', '.join(_TYPES)} are.")
    caller, content = Caller(call.context, call.principal), call.stream(call.context.limits.max_import)
    done = await import_documents(
        caller, call.params["collection"], content, _TYPES[kind], cast("OnConflict", on_conflict)
    )
    return json(done)

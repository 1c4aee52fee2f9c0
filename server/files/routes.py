"""Files over HTTP."""

from contextlib import aclosing

from server.files import files
from server.files.access import has_rule
from server.http.call import Call
from server.http.conditional import IF_NONE_MATCH
from server.http.content import INLINE_TYPES, NOT_EMBEDDED, SANDBOX, disposition, ranged
from server.http.cors import VARY
from server.http.listing import LIST_ERRORS, LIST_PARAMETERS, page, query_of
from server.http.multipart import Form, Part
from server.http.response import Answer, Header, json_text, no_content
from server.http.routes import Content, Parameter, Route
from server.openapi.forms import ANY_OBJECT, NUMBER, PART, SERVER_FIELDS, TEXT, closed, form, page_of
from tenancy.context import TenantContext
from tenancy.errors import BadJson, FileNotFound, Invalid, Place, RangeNotSatisfiable, TooLarge, UnsupportedMedia
from tenancy.model.json import JsonObject, loads, trusted

TenantCall = Call[TenantContext]
_ONE = "/api/files/{id}"
_FORM_OVERHEAD = 256 * 1024
_VISIBILITY: JsonObject = {"type": "string", "enum": [*files.VISIBILITIES]}
_FILE = Content(form({
    **SERVER_FIELDS, "name": TEXT, "path": TEXT, "size": NUMBER, "type": TEXT, "sha256": TEXT, "url": TEXT,
    "visibility": _VISIBILITY, "metadata": ANY_OBJECT,
}))  # fmt: skip
_CHANGES = closed({}, {"name": TEXT, "path": TEXT, "visibility": _VISIBILITY, "metadata": ANY_OBJECT})
_BYTES: JsonObject = {"type": "string", "format": "binary"}
_UPLOAD = Content(
    closed({"file": _BYTES}, {"path": TEXT, "visibility": _VISIBILITY, "metadata": ANY_OBJECT}),
    ("multipart/form-data",),
)


def routes() -> list[Route[TenantContext]]:
    """The routes below /api/files."""
    return [
        Route(
            "POST",
            "/api/files",
            _upload,
            "anyone",
            "Upload a file",
            _UPLOAD,
            (201, "The file's metadata"),
            (Invalid, TooLarge, UnsupportedMedia),
            result=_FILE,
        ),
        Route(
            "GET",
            "/api/files",
            _list,
            "anyone",
            "List files",
            answer=(200, "A page of metadata"),
            errors=LIST_ERRORS,
            parameters=LIST_PARAMETERS,
            result=Content(page_of(PART)),
        ),
        Route("GET", _ONE, _get, "anyone", "A file's metadata", errors=(FileNotFound,), result=_FILE),
        Route(
            "PATCH",
            _ONE,
            _update,
            "anyone",
            "Change a file's metadata",
            Content(_CHANGES),
            errors=(FileNotFound, Invalid),
            result=_FILE,
        ),
        Route("DELETE", _ONE, _delete, "anyone", "Delete a file", answer=(204, "Gone"), errors=(FileNotFound,)),
        Route(
            "GET",
            _ONE + "/content",
            _content,
            "anyone",
            "A file's bytes",
            answer=(200, "The bytes"),
            errors=(FileNotFound, RangeNotSatisfiable),
            parameters={"download": Parameter("1: as an attachment")},
            result=Content(_BYTES, (*sorted(INLINE_TYPES), "application/octet-stream")),
            also={206: "The range of bytes that was asked for", 304: "Known already"},
            headers={"Range": Parameter("One range of bytes, as bytes=0-99"), **IF_NONE_MATCH},
        ),
    ]


async def _upload(call: TenantCall) -> Answer:
    id = files.new_file_id()
    stored = False
    try:
        limit = call.context.limits.max_file + _FORM_OVERHEAD
        async with aclosing(call.stream(limit)) as body:
            form = Form(call.header(b"content-type"), body)
            upload, facts = files.Upload(), None
            async for part in form.parts():
                if part.name == "file" and facts is None:
                    upload.name = (part.filename or "file").replace("\\", "/").rpartition("/")[2] or "file"
                    upload.type = part.type or upload.type
                    facts = await files.store(call.context, call.principal, form.content(), id)
                    stored = True
                else:
                    await _field(form, part, upload)
        if facts is None:
            raise Invalid("The form has no file.", places=[Place("file", "is required")])
        text = await files.describe(call.context, call.principal, id, upload, *facts)
    except BaseException:
        if stored:
            await call.context.files.delete(files.blob_key(id))
        raise
    return json_text(text, 201, (b"location", f"/api/files/{id}".encode()))


async def _field(form: Form, part: Part, upload: files.Upload) -> None:
    value = await form.text(part.name)
    if part.name == "path":
        upload.path = value
    elif part.name == "visibility":
        upload.visibility = value
    elif part.name == "metadata":
        try:
            upload.metadata = loads(value.encode())
        except BadJson:
            raise Invalid("The metadata is not JSON.", places=[Place("metadata", "must be a JSON object")]) from None
    else:
        message = "is not known; known here: one file, path, visibility, metadata"
        raise Invalid("The form has an unknown field.", places=[Place(part.name, message)])


async def _list(call: TenantCall) -> Answer:
    query, _ = query_of(call.scope["query_string"])
    return page(await files.find(call.context, call.principal, query))


async def _get(call: TenantCall) -> Answer:
    return json_text(await files.get(call.context, call.principal, call.params["id"]))


async def _update(call: TenantCall) -> Answer:
    return json_text(await files.update(call.context, call.principal, call.params["id"], await call.json()))


async def _delete(call: TenantCall) -> Answer:
    await files.delete(call.context, call.principal, call.params["id"])
    return no_content()


async def _content(call: TenantCall) -> Answer:
    download = call.query("download").get("download") == "1"
    id = call.params["id"]
    file = trusted(await files.get(call.context, call.principal, id))
    size, kind = file["size"], str(file["type"])
    assert isinstance(size, int)
    inline = kind in INLINE_TYPES and not download
    public = file["visibility"] == "public" and not has_rule(call.context, "read")
    headers: list[Header] = [
        (b"content-type", (kind if kind in INLINE_TYPES else "application/octet-stream").encode()),
        disposition("inline" if inline else "attachment", str(file.get("name") or "file")),
        (b"cache-control", b"public, max-age=0, must-revalidate" if public else b"private, no-cache"),
        SANDBOX,
        VARY,
    ]
    if not public:
        headers.append(NOT_EMBEDDED)
    return ranged(
        lambda start, stop: call.context.files.read(files.blob_key(id), start, stop), size, f'"{file["sha256"]}"',
        headers, range_header=call.header(b"range"), if_range=call.header(b"if-range"),
        if_none_match=call.header(b"if-none-match"),
    )  # fmt: skip

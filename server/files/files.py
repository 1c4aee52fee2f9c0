"""What callers do with files: bytes in the file store, metadata as a document beside them."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from server.files.access import readable, removable, writable
from tenancy.answers import Page
from tenancy.context import TenantContext
from tenancy.errors import DocumentNotFound, FileNotFound, Invalid, Place
from tenancy.model.document import client_fields
from tenancy.model.ids import new_id
from tenancy.model.json import Json, JsonObject, dumps, trusted
from tenancy.model.principal import Principal
from tenancy.model.system import FILE_BLOBS, FILES
from tenancy.query.match import compile_filter
from tenancy.query.tree import Query, narrowed
from tenancy.writes import Create, Delete, Update

VISIBILITIES: Final = ("private", "authenticated", "public")
_CHANGEABLE: Final = ("name", "path", "visibility", "metadata")
_MAX_NAME: Final = 255
_MAX_PATH: Final = 1000
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,100}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}\Z")


@dataclass(slots=True)
class Upload:
    """What the client said about a file; the file's own bytes are stored already."""

    name: str = "file"
    type: str = "application/octet-stream"
    path: str = ""
    visibility: str = "private"
    metadata: Json = None


def blob_key(id: str) -> str:
    """Where a file's bytes are."""
    return f"{FILE_BLOBS}{id}"


async def store(
    context: TenantContext, principal: Principal, content: AsyncIterator[bytes], id: str
) -> tuple[int, str]:
    """Store a new file's bytes; their size and SHA-256.

    Raises:
        TooLarge: more than the tenant's limit.
        Unauthenticated, Forbidden: the caller may store nothing.
    """
    writable(context, principal, "create")  # before a byte is read; the rest of the rule when all of it is known
    blob = await context.files.put(blob_key(id), content, limit=context.limits.max_file)
    return blob.size, blob.sha256


async def describe(
    context: TenantContext, principal: Principal, id: str, upload: Upload, size: int, sha256: str
) -> bytes:
    """Make a stored file known, with its metadata.

    Raises:
        Invalid: name, path, visibility or metadata is not acceptable.
        Unauthenticated, Forbidden: the rule of files refuses it.
    """
    described: JsonObject = {
        "name": upload.name, "path": upload.path or upload.name, "visibility": upload.visibility,
        "metadata": upload.metadata if upload.metadata is not None else {},
    }  # fmt: skip
    check_description(described)
    kind = upload.type.lower()
    facts: JsonObject = {
        "size": size,
        "type": kind if _TYPE.match(kind) else "application/octet-stream",
        "sha256": sha256,
    }
    fields = {**described, **facts, "url": f"/api/files/{id}/content"}
    rule = writable(context, principal, "create")
    made = Create(FILES, id, fields, principal.owner, rule.check, rule.judge)
    (written,) = await context.documents.commit([made])
    assert written.text is not None
    return written.text


async def get(context: TenantContext, principal: Principal, id: str) -> bytes:
    """A file's metadata.

    Raises:
        FileNotFound: there is none, or it is not for this caller.
    """
    text = await context.documents.get(FILES, id)
    if text is None or not compile_filter(readable(context, principal))(trusted(text)):
        raise FileNotFound
    return text


async def find(context: TenantContext, principal: Principal, query: Query) -> Page:
    """A page of the metadata of the files that the caller may see."""
    return await context.documents.find(FILES, narrowed(query, readable(context, principal)))


async def update(context: TenantContext, principal: Principal, id: str, body: Json) -> bytes:
    """Change name, path, visibility or metadata.

    Raises:
        FileNotFound: there is none that the caller may change.
    """
    fields = client_fields(body)
    unknown = [Place(f"/{name}", "cannot be changed") for name in fields if name not in _CHANGEABLE]
    if unknown:
        raise Invalid(f"Only {', '.join(_CHANGEABLE)} can be changed.", places=unknown)
    check_description(fields)
    rule = writable(context, principal, "update")
    change = Update(FILES, id, fields, where=rule.where, check=rule.check, judge=rule.judge)
    try:
        await context.documents.commit([change])
    except DocumentNotFound:
        raise FileNotFound from None
    return await get(context, principal, id)


async def delete(context: TenantContext, principal: Principal, id: str) -> None:
    """Remove a file with its bytes.

    Raises:
        FileNotFound: there is none that the caller may remove.
    """
    try:
        await context.documents.commit([Delete(FILES, id, removable(context, principal))])
    except DocumentNotFound:
        raise FileNotFound from None
    await context.files.delete(blob_key(id))


def new_file_id() -> str:
    """The id of a file to come."""
    return new_id()


def check_description(fields: JsonObject) -> None:
    """Accept what a client says of a file, as far as it says it.

    Raises:
        Invalid: with the places that do not fit.
    """
    problems: list[Place] = []
    for name, longest in (("name", _MAX_NAME), ("path", _MAX_PATH)):
        value = fields.get(name, "x")
        if not isinstance(value, str) or not 1 <= len(value) <= longest or _CONTROL.search(value):
            message = f"must be 1 to {longest} characters without control characters"
            problems.append(Place(f"/{name}", message))
    if fields.get("visibility", "private") not in VISIBILITIES:
        problems.append(Place("/visibility", f"must be one of {', '.join(VISIBILITIES)}"))
    metadata = fields.get("metadata", {})
    if not isinstance(metadata, dict) or len(dumps(metadata)) > 16 * 1024:
        problems.append(Place("/metadata", "must be an object of at most 16 KiB"))
    if problems:
        raise Invalid("The file's description is not valid.", places=problems)

"""References: documents that hold ids of others are answered with those others, as far as the caller may read them.

`expand=author:users,tags:labels` looks at the field `author` of each document, an id or a list of ids of documents in
`users`. What is found stands below `$expand`, under the field's name; no client's field can have that name.
"""

from collections.abc import Sequence
from typing import NamedTuple

from server.data.documents import Caller
from server.data.rights import allowed, seen
from tenancy.errors import Forbidden, Invalid, Place, Unauthenticated
from tenancy.model.collection import check_collection_name
from tenancy.model.json import Json, JsonObject, dumps, trusted
from tenancy.query.aggregate.expressions import value_at
from tenancy.query.match import Matcher, compile_filter
from tenancy.query.parse import is_segment
from tenancy.query.project import compile_projection
from tenancy.query.tree import FieldPath, Projection

MAX_EXPANSIONS = 5
MAX_EXPANDED = 5000
MAX_EXPANDED_BYTES = 16 * 1024 * 1024


class Reference(NamedTuple):
    """A field that holds ids of a collection's documents."""

    name: str
    path: FieldPath
    collection: str


def parse_expand(text: str | None) -> tuple[Reference, ...]:
    """Read `author:users,tags:labels`.

    Raises:
        Invalid: not of the form, or more than 5.
    """
    if not text:
        return ()
    found: list[Reference] = []
    for entry in text.split(","):
        name, _, collection = entry.partition(":")
        path = tuple(name.split("."))
        if not all(map(is_segment, path)) or not collection or len(found) == MAX_EXPANSIONS:
            message = f"must be at most {MAX_EXPANSIONS} of FIELD:COLLECTION, such as author:users"
            raise Invalid("The references are not valid.", places=[Place("expand", message)])
        found.append(Reference(name, path, check_collection_name(collection, "expand")))
    return tuple(found)


async def expanded(
    caller: Caller, texts: Sequence[bytes], references: Sequence[Reference], fields: Projection | None = None
) -> list[bytes]:
    """The documents, or some of their fields, with what they refer to. What the caller may not read counts as absent.

    Raises:
        Invalid: more than 5000 ids, or more than 16 MiB behind one field.
    """
    documents = [trusted(text) for text in texts]
    shown: list[JsonObject] = [{} for _ in documents]
    left = MAX_EXPANDED
    for reference in references:
        known = _Readable(caller, reference.collection)
        for document, below in zip(documents, shown, strict=True):
            value = value_at(document, reference.path)
            left -= len(value) if isinstance(value, list) else 1
            if left < 0:
                raise _too_many(f"{MAX_EXPANDED} others")
            if isinstance(value, str):
                below[reference.name] = await known.get(value)
            elif isinstance(value, list):
                found = [await known.get(id) for id in value if isinstance(id, str)]
                below[reference.name] = [one for one in found if one is not None]
    part = compile_projection(fields) if fields is not None else lambda document: document
    return [dumps({**part(document), "$expand": below}) for document, below in zip(documents, shown, strict=True)]


def _too_many(what: str) -> Invalid:
    return Invalid("Too many references.", places=[Place("expand", f"the documents refer to more than {what}")])


class _Readable:
    """The documents of one collection that the caller may read, each asked for once."""

    def __init__(self, caller: Caller, collection: str) -> None:
        self._documents = caller.context.documents
        self._collection = collection
        self._unseen = seen(caller.context, collection, caller.principal)
        self._known: dict[str, tuple[Json, int]] = {}
        self.left = MAX_EXPANDED_BYTES
        self._fits: Matcher | None
        try:
            self._fits = compile_filter(allowed(caller.context, collection, "read", caller.principal))
        except (Unauthenticated, Forbidden):
            self._fits = None

    async def get(self, id: str) -> Json:
        if self._fits is None:
            return None
        if id not in self._known:
            text = await self._documents.get(self._collection, id)
            document = trusted(text) if text is not None else None
            fits = text is not None and document is not None and self._fits(document)
            if fits and self._unseen is not None and document is not None:
                document = self._unseen.of(document)
            self._known[id] = (document, len(text)) if fits and text is not None else (None, 0)
        found, size = self._known[id]
        self.left -= size
        if self.left < 0:
            raise _too_many(f"{MAX_EXPANDED_BYTES} bytes of others")
        return found

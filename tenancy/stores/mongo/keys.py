"""How a document lies in MongoDB, and how its index keys do.

    {"_id": "c1",                                   the document's id
     "d": {"id": "c1", "createdAt": …, "tags": []}, the document as it is answered, members in their order
     "k": {"i7": "…"},                              its key in the index 7, where it has exactly one
     "m": ["9:…", "9:…"],                           its keys in indexes where it has several
     "u": ["7:…"]}                                  what no other document of the collection may have

`d` is one level down, so that a field of a client may be called `_id`. BSON keeps the order of members and tells
int32, int64 and double apart, so the text that is answered comes out as it went in.

Keys are the embedded engine's (tenancy.query.order), with the id at their end, as text: each byte is the character with
its number, and UTF-8 keeps that order. A declared index is a MongoDB index on `k.i<number>`. It is not one on the
field itself, because MongoDB's own keys would order empty arrays and members missing in arrays otherwise, refuse two
arrays in one compound index, and allow but few conditions in partial ones. Documents with several keys are apart in
`m`, because MongoDB uses only one end of a range on an index that holds arrays, unless it is told by `$elemMatch` that
both ends are for the same element.

`u` has one unique index for all unique indexes of the collection: a MongoDB index over an array forbids the same
element in two documents, and allows it twice in one. That is what unique means here. Values are hashed (BLAKE2b, 256
bits). A document whose values are all missing or null has no entry.

The keys are part of the document, so one write changes both; no reader can meet one without the other.
"""

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

from tenancy.errors import Invalid
from tenancy.model.json import JsonObject, dumps
from tenancy.stores.common.catalog import CollectionState, IndexState
from tenancy.stores.common.plan import Plan
from tenancy.stores.mongo.steps import Document

SEVERAL: Final = "m"
UNIQUE: Final = "u"
NOWHERE: Final[Document] = {"_id": {"$in": []}}
_MAX_KEYS: Final = 4 * 1024 * 1024
_MAX_RANGES: Final = 100


class Mark(NamedTuple):
    """A value that may be in one document only."""

    text: str
    known: IndexState


class Stored(NamedTuple):
    """A document as it lies there; `several`: the indexes in which it has several keys."""

    document: Document
    marks: Sequence[Mark]
    several: Sequence[int]


def collection_name(cid: int) -> str:
    """The MongoDB collection of a collection's documents."""
    return f"d{cid}"


def index_path(ix: int) -> str:
    """Where the keys of an index are."""
    return f"k.i{ix}"


def text_of(stored: Document) -> bytes:
    """The document as it is answered."""
    return dumps(stored["d"])


def store(state: CollectionState, document: JsonObject) -> Stored:
    """A document with its keys.

    Raises:
        Invalid: it has too many or too long keys in an index.
    """
    single: dict[str, str] = {}
    several: list[str] = []
    multikey: list[int] = []
    marks: list[Mark] = []
    size = 0
    for known in state.indexes:
        prefixes = known.prefixes(document)
        part = known.id_part(str(document["id"]))
        size += sum(map(len, prefixes))
        if len(prefixes) > known.most or size > _MAX_KEYS:
            raise Invalid(f"The document has more than {known.most} entries in the index {known.index.name}.")
        if len(prefixes) == 1:
            single[f"i{known.ix}"] = _text(prefixes[0] + part)
        elif prefixes:
            several += [f"{known.ix}:{_text(prefix + part)}" for prefix in prefixes]
            multikey.append(known.ix)
        if known.index.unique:
            marks += _marks(known, prefixes)
    stored: Document = {"_id": document["id"], "d": document}
    if single:
        stored["k"] = single
    if several:
        stored[SEVERAL] = several
    if marks:
        stored[UNIQUE] = [mark.text for mark in marks]
    return Stored(stored, marks, multikey)


def marks_of(state: CollectionState, document: JsonObject | None) -> list[Mark]:
    """What a document has in unique indexes."""
    if document is None:
        return []
    unique = [known for known in state.indexes if known.index.unique]
    return [mark for known in unique for mark in _marks(known, known.prefixes(document))]


def _marks(known: IndexState, prefixes: Sequence[bytes]) -> list[Mark]:
    return [
        Mark(f"{known.ix}:{hashlib.blake2b(prefix, digest_size=32).hexdigest()}", known)
        for prefix in prefixes
        if prefix != known.unrestricted
    ]


def _text(key: bytes) -> str:
    return key.decode("latin-1")


def entries_of(ix: int) -> Document:
    """The elements of `m` and `u` that belong to an index."""
    return {"$gte": f"{ix}:", "$lt": f"{ix};"}


def selection(plan: Plan) -> Document:
    """The documents in a plan's ranges, as a native filter; exact but where the plan has very many ranges."""
    if plan.ids is not None:
        return {"_id": {"$in": list(plan.ids)}}
    if plan.index is None:
        return {} if plan.beyond is None else {"_id": {"$lt" if plan.backward else "$gt": plan.beyond}}
    ranges = plan.ranges
    if not ranges:
        return NOWHERE
    if len(ranges) > _MAX_RANGES:
        ranges = [(ranges[0][0], ranges[-1][1])]
    parts = [part for low, high in ranges for part in _between(plan.index, low, high)]
    return parts[0] if len(parts) == 1 else {"$or": parts}


def is_wider(plan: Plan) -> bool:
    """Whether `selection` gives more than the plan's ranges."""
    return plan.index is not None and len(plan.ranges) > _MAX_RANGES


def _between(index: IndexState, low: bytes, high: bytes) -> list[Document]:
    parts: list[Document] = [{index_path(index.ix): {"$gte": _text(low), "$lt": _text(high)}}]
    if index.multikey:
        ends = {"$gte": f"{index.ix}:{_text(low)}", "$lt": f"{index.ix}:{_text(high)}"}
        parts.append({SEVERAL: {"$elemMatch": ends}})
    return parts

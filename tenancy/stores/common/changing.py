"""What a write makes of a document, whatever keeps it: the head, the rules, the schema, the limits. Pure functions.

Engines differ in how a document is found and kept, never in what becomes of it.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple, NoReturn

from tenancy.errors import (
    AlreadyExists,
    Conflict,
    DocumentNotFound,
    Forbidden,
    Invalid,
    Place,
    PreconditionFailed,
    SchemaViolated,
    TooLarge,
)
from tenancy.model.change import Change, Op, Seq
from tenancy.model.clock import now_ms, text_at
from tenancy.model.document import client_part, etag_of, merge_patch
from tenancy.model.json import Json, JsonObject, dumps, equal, trusted
from tenancy.model.system import LOGGED
from tenancy.query.apply import apply_update
from tenancy.query.match import compile_filter
from tenancy.query.tree import EVERY_ELEMENT, FieldPath, Filter, is_everything
from tenancy.query.update import Rename
from tenancy.stores.common.catalog import CollectionState, IndexState
from tenancy.writes import Create, Delete, Update, Written

MAX_DOCUMENT: Final = 1024 * 1024


class Changed(NamedTuple):
    """What one write comes to: texts and values before and after; None where there is no document. `op` is None:
    nothing changes. `at`: milliseconds since 1970, the moment that the document's times say too."""

    op: Op | None
    id: str
    version: int
    before: bytes | None
    after: bytes | None
    old: JsonObject | None
    new: JsonObject | None
    at: int = 0

    @property
    def written(self) -> Written:
        """As `DocumentStore.commit` answers it."""
        return Written(self.op, self.id, self.after)


def created(state: CollectionState, write: Create) -> Changed:
    """A new document; its id is free.

    Raises:
        Forbidden, SchemaViolated, Invalid, TooLarge: as `DocumentStore.commit` names.
    """
    at = now_ms()
    now = text_at(at)
    head: JsonObject = {"id": write.id, "createdAt": now, "updatedAt": now, "version": 1, "owner": write.owner}
    document = {**head, **write.fields}
    _check(state, None, document, write)
    return Changed("create", write.id, 1, None, _text(document), None, document, at)


def updated(state: CollectionState, write: Update, before: bytes) -> Changed:
    """A changed document, or the same one.

    Raises:
        DocumentNotFound, PreconditionFailed, Forbidden, BadUpdate, SchemaViolated, Invalid, TooLarge: as
            `DocumentStore.commit` names.
    """
    old = trusted(before)
    _check_before(old, before, write.where, write.etags)
    fields, at = client_part(old), now_ms()
    if write.judge is not None:
        write.judge.accept(old, named_paths(write))
    changed = _changed(write, fields, at)
    if write.overwrite and write.judge is not None:
        changed = write.judge.keep(old, changed)
    if changed is fields or equal(changed, fields):
        return Changed(None, write.id, _version(old), before, before, old, old)
    version = _version(old) + 1
    head: JsonObject = {
        "id": write.id, "createdAt": old["createdAt"], "updatedAt": text_at(at), "version": version,
        "owner": old["owner"],
    }  # fmt: skip
    document = {**head, **changed}
    _check(state, old, document, write)
    return Changed("update", write.id, version, before, _text(document), old, document, at)


def deleted(write: Delete, before: bytes) -> Changed:
    """A document that goes.

    Raises:
        DocumentNotFound, PreconditionFailed: as `DocumentStore.commit` names.
    """
    old = trusted(before)
    _check_before(old, before, write.where, write.etags)
    return Changed("delete", write.id, _version(old), before, None, old, None, now_ms())


def logged(seq: Seq, collection: str, changed: Changed) -> Change:
    """The change log's entry."""
    assert changed.op is not None
    before, after = changed.before, changed.after
    if collection.startswith("_") and collection not in LOGGED:
        # Old hashes of passwords and sessions have no business in a log; nobody may subscribe to these either.
        before = after = None
    return Change(seq, changed.op, collection, changed.id, changed.version, before, after, changed.at)


def id_taken(id: str) -> NoReturn:
    """Refuse an id that another document has."""
    raise AlreadyExists(f"The id {id} is taken.", places=[Place("/id", "is taken")])


def check_empty(write: Delete, target: CollectionState | None, counts: Mapping[int, int]) -> None:
    """Refuse to remove a definition whose collection must be empty, and is not."""
    if write.empty and target is not None and counts.get(target.cid):
        raise Conflict(f"The collection {write.id} has documents.", hint="Remove its documents first.")


def value_taken(known: IndexState) -> NoReturn:
    """Refuse a value that another document has in a unique index; nothing else of that one is told."""
    path = "/" + known.index.fields[0][0].replace(".", "/")
    detail = f"Another document has the same {known.index.name}, which must be unique."
    raise AlreadyExists(detail, places=[Place(path, "is taken")])


def _check(state: CollectionState, old: JsonObject | None, document: JsonObject, write: Create | Update) -> None:
    """Hold a new document against the rule and the schema."""
    if not is_everything(write.check) and not compile_filter(write.check)(document):
        raise Forbidden("The collection's rules do not allow a document like this.")
    if write.judge is not None:
        write.judge.check(old, document)
    if state.validator is not None:
        places = state.validator(client_part(document))
        if places:
            raise SchemaViolated(places=places)


def _changed(write: Update, fields: JsonObject, at: int) -> JsonObject:
    changed: Json = write.fields if write.overwrite else fields
    if write.fields and not write.overwrite:
        changed = merge_patch(fields, write.fields)
    assert isinstance(changed, dict)
    return apply_update(changed, write.operations, text_at(at)) if write.operations else changed


def named_paths(write: Update) -> list[FieldPath]:
    """The fields that a change names, without places in lists."""
    found: list[FieldPath] = []
    _add_leaves(write.fields, (), found)
    for one in write.operations:
        found += [one.path, one.to] if isinstance(one, Rename) else [one.path]
    return [tuple(name for name in path if name != EVERY_ELEMENT and not name.isdecimal()) for path in found]


def _add_leaves(value: JsonObject, before: FieldPath, found: list[FieldPath]) -> None:
    for name, member in value.items():
        if isinstance(member, dict) and member:
            _add_leaves(member, (*before, name), found)
        else:
            found.append((*before, name))


def _version(document: Mapping[str, Json]) -> int:
    version = document["version"]
    assert isinstance(version, int)
    return version


def _check_before(document: JsonObject, text: bytes, where: Filter, etags: frozenset[str] | None) -> None:
    if not is_everything(where) and not compile_filter(where)(document):
        raise DocumentNotFound
    if etags is not None and etag_of(text) not in etags:
        place = Place("If-Match", f"does not name the document's tag {etag_of(text)}")
        raise PreconditionFailed(places=[place])


def _text(document: JsonObject) -> bytes:
    try:
        text = dumps(document)
    except TypeError:  # nested deeper than the writer of JSON goes
        raise Invalid("The document would be nested too deeply.") from None
    if len(text) > MAX_DOCUMENT:
        raise TooLarge(f"The document would have {len(text)} bytes; at most {MAX_DOCUMENT} are allowed.")
    return text

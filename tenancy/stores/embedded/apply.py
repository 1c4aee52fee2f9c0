"""One write inside an open transaction: the document, its index entries, the change log. Synchronous."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import apsw

from tenancy.errors import (
    BackpackError,
    DocumentNotFound,
    Forbidden,
    Invalid,
    OutOfSpace,
    Place,
    PreconditionFailed,
    SchemaViolated,
    TooLarge,
)
from tenancy.model.change import Change, Seq
from tenancy.model.clock import now_ms, text_at
from tenancy.model.document import SERVER_FIELDS, etag_of, merge_patch
from tenancy.model.json import Json, JsonObject, dumps, equal, trusted
from tenancy.model.system import DEFINITIONS
from tenancy.query.apply import apply_update
from tenancy.query.match import compile_filter
from tenancy.query.tree import EVERYTHING, Filter
from tenancy.stores.embedded.catalog import CollectionState
from tenancy.stores.embedded.define import Definitions
from tenancy.stores.embedded.draft import Draft
from tenancy.stores.embedded.entries import Entries, taken
from tenancy.writes import Create, Delete, Update, Write, Written

MAX_DOCUMENT = 1024 * 1024
_INSERT_DOCUMENT = "INSERT INTO documents (cid, id, json) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_INSERT_CHANGE = "INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
Row = tuple[int, bytes]


class Applier:
    """Applies writes to a draft through the writer's connection.

    A single write into a collection that exists is refused before it changes anything (`is_refused_first`), so it needs
    no savepoint; what makes or changes a collection, and several writes together, do.
    """

    def __init__(self, connection: apsw.Connection, draft: Draft, most: int | None = None) -> None:
        """Begin from what was committed last; `most`: documents that clients may have in all."""
        self.db = connection
        self.draft = draft
        self.entries = Entries(connection, draft)
        self.definitions = Definitions(connection, draft, self._define_new)
        self._most = most

    def is_refused_first(self, writes: Sequence[Write]) -> bool:
        """Whether these writes, if they are refused, leave no trace."""
        if len(writes) != 1:
            return False
        name = writes[0].collection
        return name != DEFINITIONS and name in self.draft.catalog.states

    def apply(self, write: Write) -> Written:
        """Do one write.

        Raises:
            what `DocumentStore.commit` names.
        """
        if isinstance(write, Create):
            return self._create(write)
        if isinstance(write, Update):
            return self._update(write)
        return self._delete(write)

    def apply_numbered(self, number: int, write: Write) -> Written:
        """Do one write of several; an error says which it was."""
        try:
            return self.apply(write)
        except BackpackError as error:
            error.number = number
            raise

    def _create(self, write: Create) -> Written:
        state = self.definitions.ensure(write.collection)
        self._check_room(state)
        at = now_ms()
        now = text_at(at)
        head: JsonObject = {"id": write.id, "createdAt": now, "updatedAt": now, "version": 1, "owner": write.owner}
        document = {**head, **write.fields}
        self._check(state, write.fields, document, write.check)
        text = _text(document)
        entries = self.entries.prepare(state, None, None, document)
        self.db.execute(_INSERT_DOCUMENT, (state.cid, write.id, text))
        if not self.db.changes():
            taken(f"The id {write.id} is taken.", "/id")
        self.entries.write(state, self.db.last_insert_rowid(), entries)
        self.draft.count(state.cid, 1)
        self._log(Change(self._next(), "create", state.name, write.id, 1, None, text, at), document)
        return Written("create", write.id, text)

    def _update(self, write: Update) -> Written:
        state = self.draft.catalog.states.get(write.collection)
        row = self._row(state, write.id) if state is not None else None
        if state is None or row is None:
            if write.otherwise is not None and write.etags is None:
                return self._create(write.otherwise)
            raise DocumentNotFound
        rid, before = row
        old = trusted(before)
        _check_before(old, before, write.where, write.etags)
        fields = client_part(old)
        changed = _changed(write, fields)
        if changed is fields or equal(changed, fields):
            return Written(None, write.id, before)
        version, at = _version(old) + 1, now_ms()
        head: JsonObject = {
            "id": write.id, "createdAt": old["createdAt"], "updatedAt": text_at(at), "version": version,
            "owner": old["owner"],
        }  # fmt: skip
        document = {**head, **changed}
        self._check(state, changed, document, write.check)
        text = _text(document)
        entries = self.entries.prepare(state, rid, old, document)
        self.db.execute("UPDATE documents SET json = ? WHERE rid = ?", (text, rid))
        self.entries.write(state, rid, entries)
        self._log(Change(self._next(), "update", state.name, write.id, version, before, text, at), document)
        return Written("update", write.id, text)

    def _delete(self, write: Delete) -> Written:
        state = self.draft.catalog.states.get(write.collection)
        row = self._row(state, write.id) if state is not None else None
        if state is None or row is None:
            if write.optional:
                return Written(None, write.id, None)
            raise DocumentNotFound
        rid, before = row
        old = trusted(before)
        _check_before(old, before, write.where, write.etags)
        self.entries.write(state, rid, self.entries.prepare(state, rid, old, None))
        self.db.execute("DELETE FROM documents WHERE rid = ?", (rid,))
        self.draft.count(state.cid, -1)
        self._log(Change(self._next(), "delete", state.name, write.id, _version(old), before, None, now_ms()), None)
        return Written("delete", write.id, None)

    def _row(self, state: CollectionState, id: str) -> Row | None:
        row: Row | None = self.db.execute(
            "SELECT rid, json FROM documents WHERE cid = ? AND id = ?", (state.cid, id)
        ).fetchone()
        return row

    def _check_room(self, state: CollectionState) -> None:
        if self._most is None or state.name.startswith("_"):
            return
        states = self.draft.catalog.states.values()
        held = sum(self.draft.counts.get(known.cid, 0) for known in states if not known.name.startswith("_"))
        if held >= self._most:
            raise OutOfSpace(f"The tenant has {held} documents, as many as it may.")

    @staticmethod
    def _check(state: CollectionState, fields: JsonObject, document: JsonObject, check: Filter) -> None:
        """Hold a new document against the rule and the schema."""
        if check != EVERYTHING and not compile_filter(check)(document):
            raise Forbidden("The collection's rules do not allow a document like this.")
        if state.validator is not None:
            places = state.validator(fields)
            if places:
                raise SchemaViolated(places=places)

    def _next(self) -> Seq:
        self.draft.seq = Seq(self.draft.seq + 1)
        return self.draft.seq

    def _log(self, change: Change, document: JsonObject | None) -> None:
        """Write the change log's row, and let definitions take effect."""
        if change.collection.startswith("_"):
            # Old hashes of passwords and sessions have no business in a log; nobody may subscribe to these either.
            change = replace(change, before=None, after=None)
        self.db.execute(_INSERT_CHANGE, (
            change.seq, change.op, change.collection, change.id, change.version, change.before, change.after, change.at,
        ))  # fmt: skip
        self.draft.changes.append(change)
        if change.collection == DEFINITIONS:
            self.definitions.define(change.id, document)

    def _define_new(self, name: str, definition: JsonObject) -> None:
        self._create(Create(DEFINITIONS, name, definition))


def client_part(document: JsonObject) -> JsonObject:
    """The client's own fields."""
    return {name: value for name, value in document.items() if name not in SERVER_FIELDS}


def _changed(write: Update, fields: JsonObject) -> JsonObject:
    changed: Json = write.fields if write.overwrite else fields
    if write.fields and not write.overwrite:
        changed = merge_patch(fields, write.fields)
    assert isinstance(changed, dict)
    return apply_update(changed, write.operations) if write.operations else changed


def _version(document: Mapping[str, Json]) -> int:
    version = document["version"]
    assert isinstance(version, int)
    return version


def _check_before(document: JsonObject, text: bytes, where: Filter, etags: frozenset[str] | None) -> None:
    if where != EVERYTHING and not compile_filter(where)(document):
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

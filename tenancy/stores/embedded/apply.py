"""One write inside an open transaction: the document, its index entries, the change log. Synchronous.

Everything in memory (the catalog, counts) is replaced, never changed in place, so that a savepoint is undone by taking
the old values back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NoReturn

import apsw

from tenancy.errors import AlreadyExists, DocumentNotFound, Forbidden, Invalid, Place, TooLarge
from tenancy.model.change import Change, Op, Seq
from tenancy.model.clock import now_text
from tenancy.model.collection import Collection, Index, parse_collection
from tenancy.model.document import SERVER_FIELDS, merge_patch
from tenancy.model.json import Json, JsonObject, dumps, equal, trusted
from tenancy.model.system import DEFINITIONS
from tenancy.ports import Create, Delete, Update, Write
from tenancy.query.match import after, compile_filter
from tenancy.query.order import NULL_KEY, directed
from tenancy.query.tree import EVERYTHING, Filter
from tenancy.stores.embedded.catalog import (
    CREATED,
    MAX_ENTRIES,
    Catalog,
    CollectionState,
    IndexState,
    index_spec,
)
from tenancy.stores.embedded.layout import rows

MAX_DOCUMENT = 1024 * 1024
Row = tuple[int, bytes]


@dataclass(slots=True)
class Draft:
    """What a transaction has reached so far: taken over when it is committed."""

    catalog: Catalog
    counts: Mapping[int, int]
    seq: Seq
    changes: list[Change] = field(default_factory=list[Change])


class Applier:
    """Applies writes to a draft through the writer's connection."""

    def __init__(self, connection: apsw.Connection, draft: Draft) -> None:
        """Begin from what was committed last."""
        self._db = connection
        self.draft = draft

    def apply(self, write: Write) -> Change | None:
        """Do one write; None when it changed nothing.

        Raises:
            DocumentNotFound, AlreadyExists, Forbidden, Invalid: as `DocumentStore.commit`.
        """
        if isinstance(write, Create):
            return self._create(write)
        if isinstance(write, Update):
            return self._update(write)
        return self._delete(write)

    def _create(self, write: Create) -> Change:
        state = self._ensure(write.collection)
        if self._row(state, write.id) is not None:
            _taken(f"The id {write.id} is taken.", "/id")
        now = now_text()
        head: JsonObject = {"id": write.id, "createdAt": now, "updatedAt": now, "version": 1, "owner": write.owner}
        document = {**head, **write.fields}
        _check(document, write.check)
        text = _text(document)
        self._db.execute("INSERT INTO documents (cid, id, json) VALUES (?, ?, ?)", (state.cid, write.id, text))
        rid = self._db.last_insert_rowid()
        self._index(state, rid, None, document)
        self._count(state, 1)
        return self._log("create", state, write.id, 1, None, text, document)

    def _update(self, write: Update) -> Change | None:
        state = self.draft.catalog.states.get(write.collection)
        row = self._row(state, write.id) if state is not None else None
        if state is None or row is None:
            if write.otherwise is not None:
                return self._create(write.otherwise)
            raise DocumentNotFound
        rid, before = row
        old = trusted(before)
        _visible(old, write.where)
        fields = _client_part(old)
        changed = write.fields if write.overwrite else merge_patch(fields, write.fields)
        if not isinstance(changed, dict) or equal(changed, fields):
            return None
        version = _version(old) + 1
        head: JsonObject = {
            "id": write.id, "createdAt": old["createdAt"], "updatedAt": now_text(), "version": version,
            "owner": old["owner"],
        }  # fmt: skip
        document = {**head, **changed}
        _check(document, write.check)
        text = _text(document)
        self._db.execute("UPDATE documents SET json = ? WHERE rid = ?", (text, rid))
        self._index(state, rid, old, document)
        return self._log("update", state, write.id, version, before, text, document)

    def _delete(self, write: Delete) -> Change:
        state = self.draft.catalog.states.get(write.collection)
        row = self._row(state, write.id) if state is not None else None
        if state is None or row is None:
            raise DocumentNotFound
        rid, before = row
        old = trusted(before)
        _visible(old, write.where)
        self._index(state, rid, old, None)
        self._db.execute("DELETE FROM documents WHERE rid = ?", (rid,))
        self._count(state, -1)
        return self._log("delete", state, write.id, _version(old), before, None, None)

    def _row(self, state: CollectionState, id: str) -> Row | None:
        row: Row | None = self._db.execute(
            "SELECT rid, json FROM documents WHERE cid = ? AND id = ?", (state.cid, id)
        ).fetchone()
        return row

    def _count(self, state: CollectionState, more: int) -> None:
        counts = self.draft.counts
        self.draft.counts = {**counts, state.cid: counts.get(state.cid, 0) + more}

    def _log(
        self, op: Op, state: CollectionState, id: str, version: int,
        before: bytes | None, after: bytes | None, document: JsonObject | None,
    ) -> Change:  # fmt: skip
        """Write the change log's row, and let definitions take effect."""
        if state.name.startswith("_"):
            # Old hashes of passwords and sessions have no business in a log; nobody may subscribe to these either.
            before = after = None
        self.draft.seq = Seq(self.draft.seq + 1)
        change = Change(self.draft.seq, op, state.name, id, version, before, after)
        self._db.execute(
            "INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?, ?)", (change.seq, op, state.name, id, version, before, after)
        )
        self.draft.changes.append(change)
        if state.name == DEFINITIONS:
            self._define(id, document)
        return change

    # Definitions

    def _ensure(self, name: str) -> CollectionState:
        """The collection, made now when this is its first write."""
        state = self.draft.catalog.states.get(name)
        if state is not None:
            return state
        if not name.startswith("_"):
            self._create(Create(DEFINITIONS, name, Collection(name).to_json()))
            return self.draft.catalog.states[name]
        return self._make(Collection(name))

    def _make(self, definition: Collection) -> CollectionState:
        self._db.execute("INSERT INTO collections (name) VALUES (?)", (definition.name,))
        cid = self._db.last_insert_rowid()
        state = CollectionState(cid, definition.name, definition, ())
        for index in (CREATED, *definition.indexes):
            state = self._build(state, index, existing=False)
        self.draft.catalog = self.draft.catalog.with_state(state)
        return state

    def _define(self, name: str, document: JsonObject | None) -> None:
        """Make a collection what its definition says."""
        state = self.draft.catalog.states.get(name)
        if document is None:
            if state is not None:
                self._drop(state)
            return
        definition = parse_collection(name, document)
        if state is None:
            self._make(definition)
            return
        wanted = (CREATED, *definition.indexes)
        gone = tuple(known for known in state.indexes if known.index not in wanted)
        for known in gone:
            self._db.execute("DELETE FROM entries WHERE ix = ?", (known.ix,))
            self._db.execute("DELETE FROM indexes WHERE ix = ?", (known.ix,))
        kept = tuple(known for known in state.indexes if known not in gone)
        state = replace(state, definition=definition, indexes=kept)
        self.draft.catalog = self.draft.catalog.with_state(state)
        for index in wanted:
            if index not in {known.index for known in kept}:
                state = self._build(self.draft.catalog.states[name], index, existing=True)
                self.draft.catalog = self.draft.catalog.with_state(state)

    def _drop(self, state: CollectionState) -> None:
        for known in state.indexes:
            self._db.execute("DELETE FROM entries WHERE ix = ?", (known.ix,))
        self._db.execute("DELETE FROM indexes WHERE cid = ?", (state.cid,))
        self._db.execute("DELETE FROM documents WHERE cid = ?", (state.cid,))
        self._db.execute("DELETE FROM collections WHERE cid = ?", (state.cid,))
        self.draft.counts = {cid: count for cid, count in self.draft.counts.items() if cid != state.cid}
        self.draft.catalog = self.draft.catalog.without(state.name)

    def _build(self, state: CollectionState, index: Index, *, existing: bool) -> CollectionState:
        self._db.execute("INSERT INTO indexes (cid, spec, multikey) VALUES (?, ?, 0)", (state.cid, index_spec(index)))
        built = IndexState(self._db.last_insert_rowid(), index, False)
        state = replace(state, indexes=(*state.indexes, built))
        if existing:
            self.draft.catalog = self.draft.catalog.with_state(state)
            for rid, text in rows(self._db, "SELECT rid, json FROM documents WHERE cid = ?", (state.cid,)):
                self._enter(state.name, built.ix, rid, None, trusted(text))
            state = self.draft.catalog.states[state.name]
        return state

    # Index entries

    def _index(self, state: CollectionState, rid: int, old: JsonObject | None, new: JsonObject | None) -> None:
        for known in state.indexes:
            if old is None or new is None or known.touched(old, new):
                self._enter(state.name, known.ix, rid, old, new)

    def _enter(self, name: str, ix: int, rid: int, old: JsonObject | None, new: JsonObject | None) -> None:
        """Replace a document's entries in one index."""
        state = self.draft.catalog.states.get(name)
        known = next((known for known in state.indexes if known.ix == ix), None) if state is not None else None
        if state is None or known is None:
            return
        was = known.prefixes(old) if old is not None else []
        now = known.prefixes(new) if new is not None else []
        if was == now:
            return
        id = (new or old or {})["id"]
        assert isinstance(id, str)
        part = known.id_part(id)
        if len(now) > MAX_ENTRIES:
            raise Invalid(f"The document has more than {MAX_ENTRIES} entries in the index {known.index.name}.")
        for prefix in was:
            if prefix not in now:
                self._db.execute("DELETE FROM entries WHERE ix = ? AND key = ?", (ix, prefix + part))
        for prefix in now:
            if prefix not in was:
                if known.index.unique:
                    self._check_unique(known, prefix, rid)
                self._db.execute("INSERT INTO entries VALUES (?, ?, ?)", (ix, prefix + part, rid))
        if len(now) > 1 and not known.multikey:
            self._db.execute("UPDATE indexes SET multikey = 1 WHERE ix = ?", (ix,))
            self.draft.catalog = self.draft.catalog.with_multikey(state, ix)

    def _check_unique(self, known: IndexState, prefix: bytes, rid: int) -> None:
        """A document in which every indexed field is missing or null is not restricted."""
        if prefix == b"".join(directed(NULL_KEY, direction) for _, direction in known.order[:-1]):
            return
        sql = "SELECT rid FROM entries WHERE ix = ? AND key >= ? AND key < ? LIMIT 1"
        row = self._db.execute(sql, (known.ix, prefix, after(prefix))).fetchone()
        if row is not None and row[0] != rid:
            path = "/" + known.index.fields[0][0].replace(".", "/")
            _taken(f"Another document has the same {known.index.name}, which must be unique.", path)


def _taken(detail: str, path: str) -> NoReturn:
    raise AlreadyExists(detail, places=[Place(path, "is taken")])


def _client_part(document: JsonObject) -> JsonObject:
    return {name: value for name, value in document.items() if name not in SERVER_FIELDS}


def _version(document: Mapping[str, Json]) -> int:
    version = document["version"]
    assert isinstance(version, int)
    return version


def _visible(document: JsonObject, where: Filter) -> None:
    if where != EVERYTHING and not compile_filter(where)(document):
        raise DocumentNotFound


def _check(document: JsonObject, check: Filter) -> None:
    if check != EVERYTHING and not compile_filter(check)(document):
        raise Forbidden("The collection's rules do not allow a document like this.")


def _text(document: JsonObject) -> bytes:
    text = dumps(document)
    if len(text) > MAX_DOCUMENT:
        raise TooLarge(f"The document would have {len(text)} bytes; at most {MAX_DOCUMENT} are allowed.")
    return text

"""One write inside an open transaction: the document, its index entries, the change log. Synchronous."""

from collections.abc import Sequence

import apsw

from tenancy.errors import BackpackError, DocumentNotFound
from tenancy.model.change import Seq
from tenancy.model.json import JsonObject, trusted
from tenancy.model.limits import Limits
from tenancy.model.system import DEFINITIONS
from tenancy.stores.common.catalog import CollectionState
from tenancy.stores.common.changing import Changed, check_empty, created, deleted, id_taken, logged, updated
from tenancy.stores.common.room import check_data, check_documents
from tenancy.stores.embedded.define import Definitions
from tenancy.stores.embedded.draft import Draft
from tenancy.stores.embedded.entries import Entries
from tenancy.stores.embedded.layout import used_bytes
from tenancy.writes import Create, Delete, Update, Write, Written

Row = tuple[int, bytes]
_INSERT_DOCUMENT = "INSERT INTO documents (cid, id, json) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_INSERT_CHANGE = "INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


class Applier:
    """Applies writes to a draft through the writer's connection.

    A single write into a collection that exists is refused before it changes anything (`is_refused_first`), so it needs
    no savepoint; what makes or changes a collection, and several writes together, do.
    """

    def __init__(self, connection: apsw.Connection, draft: Draft, limits: Limits) -> None:
        """Begin from what was committed last."""
        self.db = connection
        self.draft = draft
        self.entries = Entries(connection, draft)
        self.definitions = Definitions(connection, draft, limits, self._define_new)
        self._limits = limits
        self._logged = 0  # of the draft's changes
        self._counts_before = draft.counts

    def is_refused_first(self, writes: Sequence[Write]) -> bool:
        """Whether these writes, if they are refused, leave no trace."""
        if len(writes) != 1:
            return False
        name = writes[0].collection
        return name != DEFINITIONS and name in self.draft.catalog.states

    def finish(self) -> None:
        """Write what was only noted so far. Nothing is whole before the transaction ends with this."""
        counts, before = self.draft.counts, self._counts_before
        changed = [(count, cid) for cid, count in counts.items() if before.get(cid) != count]
        if changed:
            self.db.executemany("UPDATE collections SET documents = ? WHERE cid = ?", changed)
        self.write_log()

    def write_log(self) -> None:
        """Write what was added to the change log, all at once.

        Before a savepoint too: what was there before it must not be undone with it.
        """
        new = self.draft.changes[self._logged :]
        if new:
            self.db.executemany(_INSERT_CHANGE, new)
            self._logged += len(new)

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

    def take(self, collection: str, text: bytes) -> None:
        """Have a document of another engine, as it is; nothing goes into the change log."""
        state = self.definitions.ensure(collection)
        document = trusted(text)
        id = str(document["id"])
        self.db.execute("INSERT INTO documents (cid, id, json) VALUES (?, ?, ?)", (state.cid, id, text))
        rid = self.db.last_insert_rowid()
        self.entries.write(state, rid, self.entries.prepare(state, rid, None, document))
        self.draft.count(state.cid, 1)
        if collection == DEFINITIONS:
            self.definitions.define(id, document)

    def put(self, collection: str, text: bytes) -> None:
        """Have a document, in place of the one with its id; nothing goes into the change log."""
        document = trusted(text)
        id = str(document["id"])
        state = self.draft.catalog.states.get(collection)
        row = self._row(state, id) if state is not None else None
        if state is None or row is None:
            self.take(collection, text)
            return
        rid, before = row
        entries = self.entries.prepare(state, rid, trusted(before), document)
        self.db.execute("UPDATE documents SET json = ? WHERE rid = ?", (text, rid))
        self.entries.write(state, rid, entries)
        if collection == DEFINITIONS:
            self.definitions.define(id, document)

    def drop(self, collection: str, id: str) -> None:
        """Have a document no longer; nothing goes into the change log, or happens when there is none."""
        state = self.draft.catalog.states.get(collection)
        row = self._row(state, id) if state is not None else None
        if state is None or row is None:
            return
        rid, before = row
        self.entries.write(state, rid, self.entries.prepare(state, rid, trusted(before), None))
        self.db.execute("DELETE FROM documents WHERE rid = ?", (rid,))
        self.draft.count(state.cid, -1)
        if collection == DEFINITIONS:
            self.definitions.define(id, None)

    def _size(self) -> int:
        return used_bytes(self.db)

    def _create(self, write: Create) -> Written:
        state = self.definitions.ensure(write.collection)
        check_documents(self._limits, self.draft.catalog, self.draft.counts, state.name)
        check_data(self._limits, state.name, self._size)
        changed = created(state, write)
        entries = self.entries.prepare(state, None, None, changed.new)
        self.db.execute(_INSERT_DOCUMENT, (state.cid, write.id, changed.after))
        if not self.db.changes():
            id_taken(write.id)
        self.entries.write(state, self.db.last_insert_rowid(), entries)
        self.draft.count(state.cid, 1)
        return self._log(state, changed)

    def _update(self, write: Update) -> Written:
        state = self.draft.catalog.states.get(write.collection)
        row = self._row(state, write.id) if state is not None else None
        if state is None or row is None:
            if write.otherwise is not None and write.etags is None:
                return self._create(write.otherwise)
            raise DocumentNotFound
        rid, before = row
        changed = updated(state, write, before)
        if changed.op is None:
            return changed.written
        if len(changed.after or b"") > len(before):
            check_data(self._limits, state.name, self._size)
        entries = self.entries.prepare(state, rid, changed.old, changed.new)
        self.db.execute("UPDATE documents SET json = ? WHERE rid = ?", (changed.after, rid))
        self.entries.write(state, rid, entries)
        return self._log(state, changed)

    def _delete(self, write: Delete) -> Written:
        state = self.draft.catalog.states.get(write.collection)
        row = self._row(state, write.id) if state is not None else None
        if state is None or row is None:
            if write.optional:
                return Written(None, write.id, None)
            raise DocumentNotFound
        rid, before = row
        check_empty(write, self.draft.catalog.states.get(write.id), self.draft.counts)
        changed = deleted(write, before)
        self.entries.write(state, rid, self.entries.prepare(state, rid, changed.old, None))
        self.db.execute("DELETE FROM documents WHERE rid = ?", (rid,))
        self.draft.count(state.cid, -1)
        return self._log(state, changed)

    def _row(self, state: CollectionState, id: str) -> Row | None:
        row: Row | None = self.db.execute(
            "SELECT rid, json FROM documents WHERE cid = ? AND id = ?", (state.cid, id)
        ).fetchone()
        return row

    def _log(self, state: CollectionState, changed: Changed) -> Written:
        """Add to the change log, and let definitions take effect."""
        self.draft.seq = Seq(self.draft.seq + 1)
        change = logged(self.draft.seq, state.name, changed)
        self.draft.changes.append(change)
        if state.name == DEFINITIONS:
            self.definitions.define(changed.id, changed.new)
        return Written(changed.op, changed.id, changed.after, change.seq)

    def _define_new(self, name: str, definition: JsonObject) -> None:
        self._create(Create(DEFINITIONS, name, definition))

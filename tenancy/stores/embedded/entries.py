"""A document's entries in its collection's indexes, inside an open transaction. Synchronous."""

from dataclasses import replace

import apsw

from tenancy.errors import Invalid
from tenancy.model.json import JsonObject
from tenancy.query.match import after
from tenancy.stores.common.catalog import MAX_ENTRIES, CollectionState, IndexState
from tenancy.stores.common.changing import value_taken
from tenancy.stores.embedded.draft import Draft


class Entries:
    """Writes entries through the writer's connection; the draft learns which indexes became multikey."""

    def __init__(self, connection: apsw.Connection, draft: Draft) -> None:
        """Work on this draft."""
        self._db = connection
        self._draft = draft

    def update(self, state: CollectionState, rid: int, old: JsonObject | None, new: JsonObject | None) -> None:
        """Have the entries of one document in all indexes say what it is now; None: it is not there.

        Raises:
            AlreadyExists: a unique value is taken.
            Invalid: too many entries in one index.
        """
        for known in state.indexes:
            if old is None or new is None or known.touched(old, new):
                self.replace(state.name, known, rid, old, new)

    def replace(self, name: str, known: IndexState, rid: int, old: JsonObject | None, new: JsonObject | None) -> None:
        """Replace a document's entries in one index."""
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
                self._db.execute("DELETE FROM entries WHERE ix = ? AND key = ?", (known.ix, prefix + part))
        for prefix in now:
            if prefix not in was:
                if known.index.unique:
                    self._check_unique(known, prefix, rid)
                # An index that is being built may hold the entry already.
                self._db.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", (known.ix, prefix + part, rid))
        if len(now) > 1 and not known.multikey:
            self._set_multikey(name, known.ix)

    def _set_multikey(self, name: str, ix: int) -> None:
        state = self._draft.catalog.states[name]
        known = next(known for known in state.indexes if known.ix == ix)
        if not known.multikey:
            self._db.execute("UPDATE indexes SET multikey = 1 WHERE ix = ?", (ix,))
            self._draft.catalog = self._draft.catalog.with_state(state.with_index(replace(known, multikey=True)))

    def _check_unique(self, known: IndexState, prefix: bytes, rid: int) -> None:
        """A document in which every indexed field is missing or null is not restricted."""
        if prefix == known.unrestricted:
            return
        sql = "SELECT rid FROM entries WHERE ix = ? AND key >= ? AND key < ? LIMIT 2"
        found = self._db.execute(sql, (known.ix, prefix, after(prefix))).fetchall()
        if any(row[0] != rid for row in found):
            value_taken(known)

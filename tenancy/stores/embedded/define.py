"""Definitions inside an open transaction: collections that are made, changed and removed, and their indexes.

What is removed at once is the name; the rows are garbage, which is removed in slices afterwards. An index over existing
documents is only begun here. So neither ever holds up the tenant's other writes for long. (`upkeep` does the rest.)
"""

from collections.abc import Callable
from dataclasses import replace

import apsw

from tenancy.model.collection import Collection, Index
from tenancy.model.json import JsonObject
from tenancy.model.limits import Limits
from tenancy.rules.definition import parse_collection
from tenancy.stores.common.catalog import CREATED, CollectionState, IndexState
from tenancy.stores.common.room import check_collections
from tenancy.stores.embedded.catalog import index_spec
from tenancy.stores.embedded.draft import Draft


class Definitions:
    """Makes the draft's catalog and the tables say what definitions say."""

    def __init__(
        self,
        connection: apsw.Connection,
        draft: Draft,
        limits: Limits,
        write_definition: Callable[[str, JsonObject], None],
    ) -> None:
        """Work on this draft; `write_definition` makes the definition's document, which comes back to `define`."""
        self._db = connection
        self._draft = draft
        self._limits = limits
        self._write_definition = write_definition

    def ensure(self, name: str) -> CollectionState:
        """The collection, made now when this is its first write."""
        state = self._draft.catalog.states.get(name)
        if state is not None:
            return state
        if not name.startswith("_"):
            self._write_definition(name, Collection(name).to_json())
            return self._draft.catalog.states[name]
        return self._make(Collection(name))

    def define(self, name: str, document: JsonObject | None) -> None:
        """Make a collection what its definition says; None removes it."""
        state = self._draft.catalog.states.get(name)
        if document is None:
            if state is not None:
                self._drop(state)
            return
        definition = parse_collection(name, document)
        if state is None:
            self._make(definition)
            return
        state, gone, new = state.renewed(definition)
        for known in gone:
            self._db.execute("DELETE FROM indexes WHERE ix = ?", (known.ix,))
            self._throw_away("entries", known.ix)
        for index in new:
            state = self._begin(state, index, empty=not self._draft.counts.get(state.cid))
        self._draft.catalog = self._draft.catalog.with_state(state)

    def finish(self, name: str, ix: int, built: int | None) -> None:
        """Note how far the building of an index is; None: it is ready."""
        state = self._draft.catalog.states[name]
        known = next(known for known in state.indexes if known.ix == ix)
        self._db.execute("UPDATE indexes SET built = ? WHERE ix = ?", (built, ix))
        self._draft.catalog = self._draft.catalog.with_state(state.with_index(replace(known, built=built)))

    def _make(self, definition: Collection) -> CollectionState:
        check_collections(self._limits, self._draft.catalog, definition.name)
        self._db.execute("INSERT INTO collections (name) VALUES (?)", (definition.name,))
        state = CollectionState(self._db.last_insert_rowid(), definition.name, definition, ())
        for index in (CREATED, *definition.indexes):
            state = self._begin(state, index, empty=True)
        self._draft.catalog = self._draft.catalog.with_state(state)
        return state

    def _begin(self, state: CollectionState, index: Index, *, empty: bool) -> CollectionState:
        built = None if empty else 0
        self._db.execute(
            "INSERT INTO indexes (cid, spec, multikey, built) VALUES (?, ?, 0, ?)",
            (state.cid, index_spec(index), built),
        )
        return state.with_index(IndexState(self._db.last_insert_rowid(), index, built=built))

    def _drop(self, state: CollectionState) -> None:
        for known in state.indexes:
            self._throw_away("entries", known.ix)
        self._throw_away("documents", state.cid)
        self._db.execute("DELETE FROM indexes WHERE cid = ?", (state.cid,))
        self._db.execute("DELETE FROM collections WHERE cid = ?", (state.cid,))
        self._draft.counts = {cid: count for cid, count in self._draft.counts.items() if cid != state.cid}
        self._draft.catalog = self._draft.catalog.without(state.name)

    def _throw_away(self, kind: str, number: int) -> None:
        self._db.execute("INSERT INTO garbage VALUES (?, ?)", (kind, number))

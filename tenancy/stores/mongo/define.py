"""Definitions in a draft: collections that are made, changed and removed, and their indexes.

What is removed at once is the name; the data is garbage, which `upkeep` removes. An index over documents that are there
is only begun here. The MongoDB collections and indexes themselves are made by `prepare`, outside of transactions.
"""

from collections.abc import Callable
from dataclasses import replace

from tenancy.model.collection import Collection, Index
from tenancy.model.json import JsonObject
from tenancy.model.limits import Limits
from tenancy.rules.definition import parse_collection
from tenancy.stores.common.catalog import CREATED, CollectionState, IndexState
from tenancy.stores.common.room import check_collections
from tenancy.stores.mongo.driver import Database
from tenancy.stores.mongo.keys import SEVERAL, UNIQUE, collection_name, index_path
from tenancy.stores.mongo.state import Draft, State


class Definitions:
    """Makes the draft's catalog say what definitions say."""

    def __init__(self, draft: Draft, limits: Limits, write_definition: Callable[[str, JsonObject], None]) -> None:
        """Work on this draft; `write_definition` makes the definition's document, which comes back to `define`."""
        self._draft = draft
        self._limits = limits
        self._write_definition = write_definition

    def ensure(self, name: str) -> CollectionState:
        """The collection, made now when this is its first write."""
        state = self._draft.state.catalog.states.get(name)
        if state is not None:
            return state
        if not name.startswith("_"):
            self._write_definition(name, Collection(name).to_json())
            return self._draft.state.catalog.states[name]
        return self._make(Collection(name))

    def define(self, name: str, document: JsonObject | None) -> None:
        """Make a collection what its definition says; None removes it."""
        state = self._draft.state.catalog.states.get(name)
        if document is None:
            if state is not None:
                self._drop(state)
            return
        definition = parse_collection(name, document)
        if state is None:
            self._make(definition)
            return
        state, gone, new = state.renewed(definition)
        self._throw_away(*(f"{collection_name(state.cid)}.{known.ix}" for known in gone))
        for index in new:
            state = self._begin(state, index)
        self._draft.put_collection(state)

    def _make(self, definition: Collection) -> CollectionState:
        check_collections(self._limits, self._draft.state.catalog, definition.name)
        state = CollectionState(self._draft.number(), definition.name, definition, ())
        for index in (CREATED, *definition.indexes):
            state = self._begin(state, index)
        self._draft.put_collection(state)
        self._draft.count(state.cid, 0)
        return state

    def _begin(self, state: CollectionState, index: Index) -> CollectionState:
        built = 0 if self._draft.state.counts.get(state.cid) else None
        return state.with_index(IndexState(self._draft.number(), index, built=built))

    def _drop(self, state: CollectionState) -> None:
        self._throw_away(collection_name(state.cid))
        now = self._draft.state
        counts = {cid: count for cid, count in now.counts.items() if cid != state.cid}
        self._draft.state = replace(now, catalog=now.catalog.without(state.name), counts=counts)

    def _throw_away(self, *what: str) -> None:
        self._draft.state = replace(self._draft.state, garbage=(*self._draft.state.garbage, *what))


async def prepare(database: Database, before: State, after: State) -> None:
    """Have the MongoDB indexes of what is new.

    What a crash leaves of this is used by the next attempt: numbers count as given out when they are committed."""
    for name, state in after.catalog.states.items():
        known = before.catalog.states.get(name)
        if known is state:
            continue
        new_collection = known is None or known.cid != state.cid
        present = set() if known is None or new_collection else {index.ix for index in known.indexes}
        # An index over documents that are there is made by upkeep, while the tenant goes on writing.
        paths = [index_path(one.ix) for one in state.indexes if one.ix not in present and one.built is None]
        if new_collection:
            paths += [SEVERAL, UNIQUE]
        if paths:
            await database.create_indexes(collection_name(state.cid), paths, (UNIQUE,))

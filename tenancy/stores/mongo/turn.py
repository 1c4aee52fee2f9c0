"""What a group of commits comes to, worked out on a draft before anything is written.

The documents and unique values that a commit touches are read first, a few reads for all of them; then the same code
decides as in the embedded engine, write by write, seeing what the writes before it did.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from tenancy.errors import BackpackError, DocumentNotFound, KeyReused
from tenancy.model.change import Seq
from tenancy.model.clock import now_ms
from tenancy.model.json import JsonObject
from tenancy.model.limits import Limits
from tenancy.model.system import DEFINITIONS
from tenancy.stores.common.catalog import CollectionState
from tenancy.stores.common.changing import (
    Changed,
    check_empty,
    created,
    deleted,
    id_taken,
    logged,
    updated,
    value_taken,
)
from tenancy.stores.common.receipts import KEPT_MS, result_from, result_text
from tenancy.stores.common.room import check_data, check_documents
from tenancy.stores.mongo.define import Definitions
from tenancy.stores.mongo.driver import Database
from tenancy.stores.mongo.keys import UNIQUE, Mark, collection_name, marks_of, store, text_of
from tenancy.stores.mongo.state import RECEIPTS, Draft
from tenancy.stores.mongo.steps import Put, Remove
from tenancy.writes import Create, Delete, Receipt, Update, Write, Written

TEXT, OWNER, RECEIPT = "text", "owner", "receipt"


class Entered(NamedTuple):
    """A document whose unique values change: `number` is its write's."""

    number: int
    cid: int
    id: str
    lost: Sequence[Mark]
    gained: Sequence[Mark]


class Turn:
    """Works on a draft; reads from the database, writes nothing."""

    def __init__(self, database: Database, draft: Draft, limits: Limits, size: int) -> None:
        """`size`: bytes of the database, as of lately."""
        self.db = database
        self.draft = draft
        self._limits = limits
        self._size = size
        self._new = draft.state.next
        self._definitions = Definitions(draft, limits, self._define_new)
        self._entered: list[Entered] = []
        self._number = 0

    async def commit(self, writes: Sequence[Write], receipt: Receipt | None = None) -> Sequence[Written]:
        """Do all the writes, or what their receipt says.

        Raises:
            what `DocumentStore.commit` names.
        """
        known = await self._known_result(receipt) if receipt is not None else None
        if known is not None:
            return known
        await self.read_ahead(writes)
        written = await self._apply_all(writes)
        if receipt is not None:
            row = {"_id": receipt.key, "mark": receipt.mark, "at": now_ms(), "result": result_text(written)}
            self.draft.set(RECEIPT, 0, receipt.key, row)
            self.draft.steps.append(Put(RECEIPTS, row))
        return written

    async def read_ahead(self, writes: Iterable[Write]) -> None:
        """Read the documents that writes are about, all of a collection at once."""
        wanted: dict[int, set[str]] = {}
        for write in writes:
            for name, id in _touched(write):
                state = self.draft.state.catalog.states.get(name)
                if state is None:
                    state, id = self.draft.state.catalog.states.get(DEFINITIONS), name  # noqa: PLW2901
                if state is not None and state.cid < self._new and (TEXT, state.cid, id) not in self.draft.known:
                    wanted.setdefault(state.cid, set()).add(id)
        for cid, ids in wanted.items():
            found = await self.db.all(collection_name(cid), {"_id": {"$in": sorted(ids)}})
            texts = {stored["_id"]: text_of(stored) for stored in found}
            for id in ids:
                self.draft.learn(TEXT, cid, id, texts.get(id))

    async def rewrite(self, state: CollectionState, documents: Sequence[JsonObject]) -> None:
        """Have documents, which stay as they are, written with the keys of all indexes.

        Raises:
            AlreadyExists: a unique value is in two documents.
        """
        self._entered = []
        for document in documents:
            self._keep(state, str(document["id"]), None, document, fresh=False)
        await self._check_unique()

    async def take(self, collection: str, documents: Sequence[JsonObject]) -> None:
        """Have documents of another engine, as they are; nothing goes into the change log."""
        self._entered = []
        for document in documents:
            state, id = self._definitions.ensure(collection), str(document["id"])
            self._keep(state, id, None, document, fresh=True)
            self.draft.count(state.cid, 1)
            if collection == DEFINITIONS:
                self._definitions.define(id, document)
        await self._check_unique()

    async def _apply_all(self, writes: Sequence[Write]) -> list[Written]:
        """Do the writes in order; an error says which it was. Unique values are looked up together at the end, and
        what is found there comes before what a later write was refused for."""
        self._entered = []
        written: list[Written] = []
        refused: BackpackError | None = None
        for number, write in enumerate(writes):
            self._number = number
            try:
                written.append(self._apply(write))
            except BackpackError as error:
                error.number = number
                refused = error
                break
        await self._check_unique()
        if refused is not None:
            raise refused
        return written

    def _apply(self, write: Write) -> Written:
        if isinstance(write, Create):
            return self._create(write)
        if isinstance(write, Update):
            return self._update(write)
        return self._delete(write)

    def _create(self, write: Create) -> Written:
        state = self._definitions.ensure(write.collection)
        if self._text(state, write.id) is not None:
            id_taken(write.id)
        check_documents(self._limits, self.draft.state.catalog, self.draft.state.counts, state.name)
        check_data(self._limits, state.name, lambda: self._size)
        changed = created(state, write)
        assert changed.new is not None
        self._keep(state, write.id, None, changed.new, fresh=True)
        self.draft.count(state.cid, 1)
        return self._log(state, changed)

    def _update(self, write: Update) -> Written:
        state = self.draft.state.catalog.states.get(write.collection)
        before = self._text(state, write.id) if state is not None else None
        if state is None or before is None:
            if write.otherwise is not None and write.etags is None:
                return self._create(write.otherwise)
            raise DocumentNotFound
        changed = updated(state, write, before)
        if changed.op is None:
            return changed.written
        assert changed.new is not None
        if len(changed.after or b"") > len(before):
            check_data(self._limits, state.name, lambda: self._size)
        self._keep(state, write.id, changed.old, changed.new, fresh=False)
        return self._log(state, changed)

    def _delete(self, write: Delete) -> Written:
        state = self.draft.state.catalog.states.get(write.collection)
        before = self._text(state, write.id) if state is not None else None
        if state is None or before is None:
            if write.optional:
                return Written(None, write.id, None)
            raise DocumentNotFound
        check_empty(write, self.draft.state.catalog.states.get(write.id), self.draft.state.counts)
        changed = deleted(write, before)
        self._entered.append(Entered(self._number, state.cid, write.id, marks_of(state, changed.old), ()))
        self.draft.steps.append(Remove(collection_name(state.cid), write.id))
        self.draft.count(state.cid, -1)
        return self._log(state, changed)

    def _text(self, state: CollectionState, id: str) -> bytes | None:
        if state.cid >= self._new:  # made in this group: nothing was there to be read
            found: bytes | None = self.draft.known.get((TEXT, state.cid, id))
            return found
        text: bytes | None = self.draft.known[TEXT, state.cid, id]
        return text

    def _keep(self, state: CollectionState, id: str, old: JsonObject | None, new: JsonObject, *, fresh: bool) -> None:
        stored = store(state, new)
        lost = marks_of(state, old)
        was, now = {mark.text for mark in lost}, {mark.text for mark in stored.marks}
        if was != now:
            gone, more = [m for m in lost if m.text not in now], [m for m in stored.marks if m.text not in was]
            self._entered.append(Entered(self._number, state.cid, id, gone, more))
        self.draft.steps.append(Put(collection_name(state.cid), stored.document, fresh))
        for ix in stored.several:
            self._set_multikey(state.name, ix)

    def _set_multikey(self, name: str, ix: int) -> None:
        state = self.draft.state.catalog.states[name]
        known = next(known for known in state.indexes if known.ix == ix)
        if not known.multikey:
            self.draft.put_collection(state.with_index(replace(known, multikey=True)))

    def _log(self, state: CollectionState, changed: Changed) -> Written:
        self.draft.set(TEXT, state.cid, changed.id, changed.after)
        self.draft.state = replace(self.draft.state, seq=Seq(self.draft.state.seq + 1))
        self.draft.changes.append(logged(self.draft.state.seq, state.name, changed))
        if state.name == DEFINITIONS:
            self._definitions.define(changed.id, changed.new)
        return changed.written

    def _define_new(self, name: str, definition: JsonObject) -> None:
        self._create(Create(DEFINITIONS, name, definition))

    async def _check_unique(self) -> None:
        """Refuse the first write that takes a value which another document has."""
        await self._read_owners()
        known = self.draft.known
        for entered in self._entered:
            for mark in entered.lost:
                if known.get((OWNER, entered.cid, mark.text)) == entered.id:
                    self.draft.set(OWNER, entered.cid, mark.text, None)
            for mark in entered.gained:
                owner = known.get((OWNER, entered.cid, mark.text))
                if owner is not None and owner != entered.id:
                    try:
                        value_taken(mark.known)
                    except BackpackError as error:
                        error.number = entered.number
                        raise
                self.draft.set(OWNER, entered.cid, mark.text, entered.id)

    async def _read_owners(self) -> None:
        wanted: dict[int, set[str]] = {}
        for entered in self._entered:
            for mark in (*entered.lost, *entered.gained):
                if entered.cid < self._new and (OWNER, entered.cid, mark.text) not in self.draft.known:
                    wanted.setdefault(entered.cid, set()).add(mark.text)
        for cid, marks in wanted.items():
            for stored in await self.db.all(collection_name(cid), {UNIQUE: {"$in": sorted(marks)}}, {UNIQUE: 1}):
                for text in stored[UNIQUE]:
                    self.draft.learn(OWNER, cid, text, stored["_id"])
            for text in marks:
                self.draft.learn(OWNER, cid, text, None)

    async def _known_result(self, receipt: Receipt) -> Sequence[Written] | None:
        if (RECEIPT, 0, receipt.key) not in self.draft.known:
            self.draft.learn(RECEIPT, 0, receipt.key, await self.db.first(RECEIPTS, {"_id": receipt.key}))
        row = self.draft.known[RECEIPT, 0, receipt.key]
        if row is None or row["at"] <= now_ms() - KEPT_MS:
            return None
        if row["mark"] != receipt.mark:
            raise KeyReused
        return result_from(row["result"])


def _touched(write: Write) -> list[tuple[str, str]]:
    touched = [(write.collection, write.id)]
    if isinstance(write, Update) and write.otherwise is not None:
        touched.append((write.otherwise.collection, write.otherwise.id))
    return touched

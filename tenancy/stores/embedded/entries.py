"""A document's entries in its collection's indexes, inside an open transaction. Synchronous."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import apsw

from tenancy.errors import Invalid
from tenancy.model.json import JsonObject
from tenancy.query.match import after
from tenancy.stores.common.catalog import CollectionState, IndexState
from tenancy.stores.common.changing import value_taken
from tenancy.stores.embedded.draft import Draft


class Entry(NamedTuple):
    """What changes in one index: keys that go and keys that come, each ended by the document's id."""

    known: IndexState
    gone: Sequence[bytes]
    new: Sequence[bytes]


class Entries:
    """Writes entries through the writer's connection; the draft learns which indexes became multikey.

    What can be refused is refused by `prepare`, before anything is written.
    """

    def __init__(self, connection: apsw.Connection, draft: Draft) -> None:
        """Work on this draft."""
        self._db = connection
        self._draft = draft

    def prepare(
        self, state: CollectionState, rid: int | None, old: JsonObject | None, new: JsonObject | None
    ) -> list[Entry]:
        """What has to change so that all indexes say what a document is now; None: it is not there.

        Raises:
            AlreadyExists: a unique value is taken.
            Invalid: too many entries in one index.
        """
        return [
            entry
            for known in state.indexes
            if (old is None or new is None or known.touched(old, new))
            and (entry := self.prepare_one(known, rid, old, new)) is not None
        ]

    def prepare_one(
        self, known: IndexState, rid: int | None, old: JsonObject | None, new: JsonObject | None
    ) -> Entry | None:
        """The same for one index, None when nothing changes in it."""
        was = self._held(known, old) if old is not None else []
        now = known.prefixes(new) if new is not None else []
        if was == now:
            return None
        id = (new or old or {})["id"]
        assert isinstance(id, str)
        part = known.id_part(id)
        if len(now) > known.most:
            raise known.too_many()
        added, gone = _differences(was, now)
        if known.index.unique:
            for prefix in added:
                self._check_unique(known, prefix, rid)
        return Entry(known, [prefix + part for prefix in gone], [prefix + part for prefix in added])

    @staticmethod
    def _held(known: IndexState, old: JsonObject) -> list[bytes]:
        """The keys under which a document is in an index."""
        try:
            return known.prefixes(old)
        except Invalid:  # it was there before the index, which is being built and will be given up
            return []

    def write(self, state: CollectionState, rid: int, entries: Sequence[Entry]) -> None:
        """Do what was prepared."""
        gone = [(entry.known.ix, key) for entry in entries for key in entry.gone]
        new = [(entry.known.ix, key, rid) for entry in entries for key in entry.new]
        if gone:
            self._db.executemany("DELETE FROM entries WHERE ix = ? AND key = ?", gone)
        if new:
            # An index that is being built may hold an entry already.
            self._db.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", new)
        for entry in entries:
            if len(entry.new) > 1 and not entry.known.multikey:
                self._set_multikey(state.name, entry.known.ix)

    def _set_multikey(self, name: str, ix: int) -> None:
        state = self._draft.catalog.states[name]
        known = next(known for known in state.indexes if known.ix == ix)
        if not known.multikey:
            self._db.execute("UPDATE indexes SET multikey = 1 WHERE ix = ?", (ix,))
            self._draft.catalog = self._draft.catalog.with_state(state.with_index(replace(known, multikey=True)))

    def _check_unique(self, known: IndexState, prefix: bytes, rid: int | None) -> None:
        """A document in which every indexed field is missing or null is not restricted."""
        if prefix == known.unrestricted:
            return
        sql = "SELECT rid FROM entries WHERE ix = ? AND key >= ? AND key < ? LIMIT 2"
        found = self._db.execute(sql, (known.ix, prefix, after(prefix))).fetchall()
        if any(row[0] != rid for row in found):
            value_taken(known)


def _differences(was: list[bytes], now: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """What is new, and what is gone."""
    if not was or not now:
        return now, was
    # Sets, because a text has thousands of words.
    before, afterwards = frozenset(was), frozenset(now)
    return [one for one in now if one not in before], [one for one in was if one not in afterwards]

"""What an open tenant's database holds, as far as it is kept in memory, and what a group of commits makes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from tenancy.errors import Unavailable
from tenancy.model.change import Change, Seq
from tenancy.model.collection import Collection
from tenancy.model.json import dumps, trusted
from tenancy.model.system import DEFINITIONS
from tenancy.rules.definition import parse_collection
from tenancy.stores.common.catalog import Catalog, CollectionState, IndexState, catalog_of
from tenancy.stores.mongo.driver import Database
from tenancy.stores.mongo.keys import collection_name, text_of
from tenancy.stores.mongo.steps import Document, Put, Remove, Step

META: Final = "meta"
CATALOG: Final = "catalog"
CHANGES: Final = "changes"
RECEIPTS: Final = "receipts"
TENANT: Final = "tenant"
FORMAT: Final = 1
_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class State:
    """`revision` rises with each transaction; whoever finds another one has to read everything again.

    `next`: the next number for a collection or an index, never used again. `garbage`: `d12` for a collection, `d12.5`
    for an index of one, whose data is still to be removed. `positions`: the last document that is in an index which is
    being built.
    """

    revision: int
    seq: Seq
    next: int
    garbage: tuple[str, ...]
    catalog: Catalog
    counts: Mapping[int, int]
    positions: Mapping[int, str]


class Mark(NamedTuple):
    """Where a commit began."""

    state: State
    changes: int
    steps: int
    undo: int


class Draft:
    """What a group of commits has reached so far: nothing of it is written before the end, so a commit that is refused
    is undone in memory."""

    def __init__(self, state: State) -> None:
        """Begin from what was committed last."""
        self.state = state
        self.changes: list[Change] = []
        self.steps: list[Step] = []
        self.known: dict[tuple[str, Any, str], Any] = {}
        """What was read or will be there: texts of documents, owners of unique values, receipts."""
        self._undo: list[tuple[tuple[str, Any, str], Any]] = []

    def mark(self) -> Mark:
        """Remember this moment."""
        return Mark(self.state, len(self.changes), len(self.steps), len(self._undo))

    def back_to(self, mark: Mark) -> None:
        """Be as it was then."""
        self.state = mark.state
        del self.changes[mark.changes :]
        del self.steps[mark.steps :]
        while len(self._undo) > mark.undo:
            key, value = self._undo.pop()
            if value is _ABSENT:
                del self.known[key]
            else:
                self.known[key] = value

    def learn(self, kind: str, number: Any, name: str, value: Any) -> None:
        """What the database says, unless this group knows better."""
        self.known.setdefault((kind, number, name), value)

    def set(self, kind: str, number: Any, name: str, value: Any) -> None:
        """What will be there."""
        key = (kind, number, name)
        self._undo.append((key, self.known.get(key, _ABSENT)))
        self.known[key] = value

    def count(self, cid: int, more: int) -> None:
        """A collection has more documents, or fewer."""
        counts = {**self.state.counts, cid: self.state.counts.get(cid, 0) + more}
        self.state = replace(self.state, counts=counts)

    def put_collection(self, collection: CollectionState) -> None:
        """A collection is now so."""
        self.state = replace(self.state, catalog=self.state.catalog.with_state(collection))

    def number(self) -> int:
        """A new number for a collection or an index."""
        self.state = replace(self.state, next=self.state.next + 1)
        return self.state.next - 1


async def create_meta(database: Database, epoch: str, seq: Seq) -> None:
    """Make an empty database."""
    meta = {"_id": TENANT, "format": FORMAT, "epoch": epoch, "revision": 0, "seq": seq, "next": 1, "garbage": []}
    await database.write([Put(META, meta, fresh=True)])


async def read_meta(database: Database) -> Document:
    """The document that says what the database is.

    Raises:
        Unavailable: there is no such database, or it was written by a newer Backpack.
    """
    meta = await database.first(META, {"_id": TENANT})
    if meta is None or meta["format"] != FORMAT:
        raise Unavailable("The tenant's database is not there.")
    return meta


async def load_state(database: Database) -> State:
    """Read everything that is kept in memory."""
    meta = await read_meta(database)
    rows = await database.all(CATALOG, {})
    definitions = await _definitions(database, rows)
    states: dict[str, CollectionState] = {}
    counts: dict[int, int] = {}
    positions: dict[int, str] = {}
    for row in rows:
        indexes: list[IndexState] = []
        for known in row["indexes"]:
            index = parse_collection("", {"indexes": [trusted(known["spec"])]}).indexes[0]
            indexes.append(IndexState(int(known["ix"]), index, bool(known["multikey"]), _optional(known["built"])))
            if known["at"] is not None:
                positions[int(known["ix"])] = known["at"]
        cid, name = int(row["_id"]), row["name"]
        counts[cid] = int(row["documents"])
        states[name] = CollectionState(cid, name, definitions.get(name) or Collection(name), tuple(indexes))
    return State(
        int(meta["revision"]), Seq(int(meta["seq"])), int(meta["next"]), tuple(meta["garbage"]), catalog_of(states),
        counts, positions,
    )  # fmt: skip


def _optional(number: Any) -> int | None:
    return None if number is None else int(number)


async def _definitions(database: Database, rows: Sequence[Document]) -> dict[str, Collection]:
    cid = next((int(row["_id"]) for row in rows if row["name"] == DEFINITIONS), None)
    if cid is None:
        return {}
    found = await database.all(collection_name(cid), {})
    return {stored["_id"]: parse_collection(stored["_id"], trusted(text_of(stored))) for stored in found}


def catalog_steps(before: State, after: State) -> list[Step]:
    """What the catalog's documents become."""
    steps: list[Step] = []
    cids = {state.cid for state in after.catalog.states.values()}
    steps += [Remove(CATALOG, known.cid) for known in before.catalog.states.values() if known.cid not in cids]
    for name, state in after.catalog.states.items():
        known = before.catalog.states.get(name)
        same_count = before.counts.get(state.cid) == after.counts.get(state.cid)
        if known is not state or not same_count or _moved(before, after, state):
            steps.append(Put(CATALOG, _row(state, after)))
    return steps


def _moved(before: State, after: State, state: CollectionState) -> bool:
    return any(before.positions.get(known.ix) != after.positions.get(known.ix) for known in state.indexes)


def _row(state: CollectionState, within: State) -> Document:
    indexes = [
        {
            "ix": known.ix, "spec": dumps(known.index.to_json()), "multikey": known.multikey, "built": known.built,
            "at": within.positions.get(known.ix),
        }
        for known in state.indexes
    ]  # fmt: skip
    return {"_id": state.cid, "name": state.name, "documents": within.counts.get(state.cid, 0), "indexes": indexes}

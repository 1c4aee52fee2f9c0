"""Which collections and indexes a database has: an immutable value that the writer replaces."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

import apsw

from tenancy.model.collection import Collection, Index, parse_collection
from tenancy.model.json import JsonObject, dumps, trusted
from tenancy.model.system import DEFINITIONS
from tenancy.query.order import directed, encode, index_keys
from tenancy.query.tree import SortKey

CREATED = Index((("createdAt", 1),))
MAX_ENTRIES = 1000


@dataclass(frozen=True, slots=True)
class IndexState:
    """An index as it is stored. `multikey`: some document has several entries in it."""

    ix: int
    index: Index
    multikey: bool
    order: tuple[SortKey, ...] = field(init=False)
    """The order of its entries: the fields, then the id in the last field's direction."""

    def __post_init__(self) -> None:
        """Derive the order once."""
        keys: list[SortKey] = [(tuple(path.split(".")), direction) for path, direction in self.index.fields]
        object.__setattr__(self, "order", (*keys, (("id",), keys[-1][1])))

    def prefixes(self, document: JsonObject) -> list[bytes]:
        """The document's keys without the id: one for each combination of values."""
        parts = [
            [directed(key, direction) for key in index_keys(document, path)] for path, direction in self.order[:-1]
        ]
        return parts[0] if len(parts) == 1 else [b"".join(combination) for combination in product(*parts)]

    def touched(self, old: JsonObject, new: JsonObject) -> bool:
        """Whether a change may concern the index: a merge leaves the very same values where it changes nothing."""
        return any(old.get(path[0]) is not new.get(path[0]) for path, _ in self.order[:-1])

    def id_part(self, id: str) -> bytes:
        """What every key of a document ends with."""
        return directed(encode(id), self.order[-1][1])


@dataclass(frozen=True, slots=True)
class CollectionState:
    """A collection as it is stored."""

    cid: int
    name: str
    definition: Collection
    indexes: tuple[IndexState, ...]


@dataclass(frozen=True, slots=True)
class Catalog:
    """All collections by name."""

    states: Mapping[str, CollectionState]
    public: Mapping[str, Collection]
    """The definitions of the collections that are not the server's own."""

    def with_state(self, state: CollectionState) -> "Catalog":
        """A catalog in which this collection is as given."""
        return _catalog({**self.states, state.name: state})

    def without(self, name: str) -> "Catalog":
        """A catalog without the collection."""
        return _catalog({known: state for known, state in self.states.items() if known != name})

    def with_multikey(self, state: CollectionState, ix: int) -> "Catalog":
        """A catalog in which this index is multikey."""
        indexes = tuple(replace(known, multikey=True) if known.ix == ix else known for known in state.indexes)
        return self.with_state(replace(state, indexes=indexes))


def _catalog(states: Mapping[str, CollectionState]) -> Catalog:
    return Catalog(states, {name: state.definition for name, state in states.items() if not name.startswith("_")})


def load_catalog(connection: apsw.Connection) -> Catalog:
    """Read the catalog of an opened database."""
    indexes: dict[int, list[IndexState]] = {}
    for ix, cid, spec, multikey in connection.execute("SELECT ix, cid, spec, multikey FROM indexes ORDER BY ix"):
        parsed = parse_collection("", {"indexes": [trusted(spec)]}).indexes[0]
        indexes.setdefault(cid, []).append(IndexState(ix, parsed, bool(multikey)))
    definitions = dict(_definitions(connection))
    states: dict[str, CollectionState] = {}
    for cid, name in connection.execute("SELECT cid, name FROM collections"):
        definition = definitions.get(name) or Collection(name)
        states[name] = CollectionState(cid, name, definition, tuple(indexes.get(cid, ())))
    return _catalog(states)


def _definitions(connection: apsw.Connection) -> Iterator[tuple[str, Collection]]:
    sql = "SELECT d.id, d.json FROM collections c JOIN documents d USING (cid) WHERE c.name = ?"
    for name, text in connection.execute(sql, (DEFINITIONS,)):
        yield name, parse_collection(name, trusted(text))


def index_spec(index: Index) -> bytes:
    """How an index is stored."""
    return dumps(index.to_json())

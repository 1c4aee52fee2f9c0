"""Which collections and indexes a database has: an immutable value that an engine's writer replaces."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from itertools import product
from math import prod

from tenancy.errors import Invalid
from tenancy.model.clock import from_text
from tenancy.model.collection import Collection, Collections, Index
from tenancy.model.json import JsonObject, trusted
from tenancy.model.schema import Validator, compile_schema
from tenancy.query.match import compile_filter
from tenancy.query.order import NULL_KEY, TooManyKeysError, directed, encode, index_keys
from tenancy.query.parse import parse_filter
from tenancy.query.text import tokens
from tenancy.query.tree import EVERYTHING, And, Filter, SortKey
from tenancy.query.values import MISSING, opened

CREATED = Index((("createdAt", 1),))
MAX_ENTRIES = 1000
MAX_WORDS = 20_000
MAX_KEYS_SIZE = 4 * 1024 * 1024


@dataclass(frozen=True)
class IndexState:
    """An index as it is stored.

    `multikey`: some document has several entries in it. `built`: while it is being built, the last document that is in
    it; such an index is written, but no query uses it.
    """

    ix: int
    index: Index
    multikey: bool = False
    built: int | None = None
    order: tuple[SortKey, ...] = field(init=False)
    """The order of its entries: the fields, then the id in the last field's direction."""

    def __post_init__(self) -> None:
        """Derive the order once."""
        keys: list[SortKey] = [(tuple(path.split(".")), direction) for path, direction in self.index.fields]
        object.__setattr__(self, "order", (*keys, (("id",), keys[-1][1])))

    def __getstate__(self) -> dict[str, object]:
        """Goes to another process without what was derived from it: functions cannot."""
        return _plain_state(self)

    @cached_property
    def paths(self) -> tuple[SortKey, ...]:
        """The declared fields: the order without the id."""
        return self.order[:-1]

    @property
    def serves_queries(self) -> bool:
        """Whether a list may be read through it."""
        return self.built is None and self.index.expire_after_s is None and not self.index.text

    @cached_property
    def where(self) -> tuple[Filter, ...]:
        """The conditions that a document in it fits, () for all documents."""
        if self.index.where is None:
            return ()
        parsed = parse_filter(trusted(self.index.where))
        return parsed.parts if isinstance(parsed, And) else (parsed,)

    @cached_property
    def _fits(self) -> Callable[[JsonObject], bool]:
        return compile_filter(And(self.where) if self.where else EVERYTHING)

    def prefixes(self, document: JsonObject) -> list[bytes]:
        """The document's keys without the id: one for each combination of values.

        Raises:
            Invalid: too many, or too long together; known before they are made.
        """
        if self.index.where is not None and not self._fits(document):
            return []
        if self.index.text:
            return [encode(word) for word in tokens(document, tuple(path for path, _ in self.paths))]
        if self.index.expire_after_s is not None:
            times = [moment for value in opened(document, self.order[0][0]) if (moment := from_text(value)) is not None]
            return [encode(min(times))] if times else []
        alone = self._one_key(document)
        if alone is not None:
            return [alone]
        try:
            parts = [
                [directed(key, direction) for key in index_keys(document, path, self.most)]
                for path, direction in self.paths
            ]
        except TooManyKeysError:
            raise self.too_many() from None
        count = prod(map(len, parts))
        if count > self.most or sum(count // len(part) * sum(map(len, part)) for part in parts) > MAX_KEYS_SIZE:
            raise self.too_many()
        return parts[0] if len(parts) == 1 else [b"".join(combination) for combination in product(*parts)]

    def _one_key(self, document: JsonObject) -> bytes | None:
        """The key where no array can be met, which is nearly always; None where it takes a closer look."""
        key = b""
        for path, direction in self.paths:
            value = document.get(path[0], MISSING)
            if len(path) > 1 or isinstance(value, list):
                return None
            key += directed(encode(value), direction)
        return key if len(key) <= MAX_KEYS_SIZE else None

    def too_many(self) -> Invalid:
        """The error for a document with too many entries."""
        return Invalid(f"The document has too many entries, or too long ones, in the index {self.index.name}.")

    def touched(self, old: JsonObject, new: JsonObject) -> bool:
        """Whether a change may concern the index: a merge leaves the very same values where it changes nothing."""
        return self.index.where is not None or any(old.get(path[0]) is not new.get(path[0]) for path, _ in self.paths)

    @property
    def most(self) -> int:
        """How many keys one document may have in it."""
        return MAX_WORDS if self.index.text else MAX_ENTRIES

    @cached_property
    def unrestricted(self) -> bytes:
        """The key of a document in which every indexed field is missing or null: a unique index ignores it."""
        return b"".join(directed(NULL_KEY, direction) for _, direction in self.order[:-1])

    def id_part(self, id: str) -> bytes:
        """What every key of a document ends with."""
        return directed(encode(id), self.order[-1][1])


@dataclass(frozen=True)
class CollectionState:
    """A collection as it is stored."""

    cid: int
    name: str
    definition: Collection
    indexes: tuple[IndexState, ...]

    def __getstate__(self) -> dict[str, object]:
        """As `IndexState`'s."""
        return _plain_state(self)

    @cached_property
    def validator(self) -> Validator | None:
        """What the schema says of a document, None where there is no schema."""
        return compile_schema(self.definition.schema) if self.definition.schema is not None else None

    def renewed(self, definition: Collection) -> tuple["CollectionState", list[IndexState], list[Index]]:
        """The collection under a new definition with those of its indexes that stay, those that go, and new ones."""
        wanted = (CREATED, *definition.indexes)
        kept = tuple(known for known in self.indexes if known.index in wanted)
        gone = [known for known in self.indexes if known not in kept]
        present = {known.index for known in kept}
        new = [index for index in wanted if index not in present]
        return replace(self, definition=definition, indexes=kept), gone, new

    def with_index(self, state: IndexState) -> "CollectionState":
        """The collection in which this index is as given; a new one comes last."""
        others = [known if known.ix != state.ix else state for known in self.indexes]
        return replace(self, indexes=tuple(others if state in others else [*others, state]))


def _plain_state(value: IndexState | CollectionState) -> dict[str, object]:
    return {known.name: getattr(value, known.name) for known in fields(value)}


@dataclass(frozen=True, slots=True)
class Catalog:
    """All collections by name."""

    states: Mapping[str, CollectionState]
    public: Collections
    """The definitions of the collections that are not the server's own."""

    def with_state(self, state: CollectionState) -> "Catalog":
        """A catalog in which this collection is as given."""
        return catalog_of({**self.states, state.name: state})

    def without(self, name: str) -> "Catalog":
        """A catalog without the collection."""
        return catalog_of({known: state for known, state in self.states.items() if known != name})


def catalog_of(states: Mapping[str, CollectionState]) -> Catalog:
    """The catalog of these collections."""
    public = {name: state.definition for name, state in states.items() if not name.startswith("_")}
    own = {name: state.definition for name, state in states.items() if name.startswith("_")}
    return Catalog(states, Collections(public, own))

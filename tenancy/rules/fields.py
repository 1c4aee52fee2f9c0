"""Rules of fields: what of a document a caller sees, and which fields a write may change.

A field that some callers do not see is nothing that they may filter or sort by: what decides an answer is told by it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from tenancy.errors import FieldHidden, Place
from tenancy.model.collection import Collection
from tenancy.model.json import JsonObject, dumps, trusted
from tenancy.model.principal import Principal
from tenancy.query.match import Matcher, compile_filter
from tenancy.query.project import compile_projection
from tenancy.query.tree import (
    And,
    Compare,
    ElemMatch,
    FieldPath,
    Filter,
    Not,
    Or,
    Projection,
    SortKey,
    Text,
    is_everything,
    is_nothing,
)  # fmt: skip
from tenancy.rules.bind import bound


@dataclass(frozen=True)
class Sight:
    """What a caller does not see in a collection's documents: `never`, or only in those that fit a filter."""

    never: tuple[FieldPath, ...]
    sometimes: tuple[tuple[FieldPath, Filter], ...]

    @cached_property
    def paths(self) -> frozenset[FieldPath]:
        """All of these fields."""
        return frozenset((*self.never, *(path for path, _ in self.sometimes)))

    @cached_property
    def _conditions(self) -> tuple[tuple[FieldPath, Matcher], ...]:
        return tuple((path, compile_filter(filter)) for path, filter in self.sometimes)

    def of(self, document: JsonObject) -> JsonObject:
        """The document as the caller sees it."""
        hidden = [*self.never, *(path for path, fits in self._conditions if not fits(document))]
        return _without(tuple(hidden))(document) if hidden else document

    def text(self, text: bytes) -> bytes:
        """The same of a document's text."""
        document = trusted(text)
        shown = self.of(document)
        return text if shown is document else dumps(shown)

    def check_filter(self, filter: Filter) -> None:
        """Refuse a filter by what is not seen.

        Raises:
            FieldHidden: it does.
        """
        for path in _paths(filter, ()):
            self.check_path(path, "filter")

    def check_sort(self, sort: tuple[SortKey, ...]) -> None:
        """Refuse an order by what is not seen.

        Raises:
            FieldHidden: it does.
        """
        for path, _ in sort:
            self.check_path(path, "sort")

    def check_path(self, path: FieldPath, place: str) -> None:
        """Refuse a path that is hidden, leads into what is hidden, or holds it.

        Raises:
            FieldHidden: with the place.
        """
        names = tuple(name for name in path if not name.isdecimal())  # items.0.price is within items.price
        for hidden in self.paths:
            if names[: len(hidden)] == hidden[: len(names)]:
                name = ".".join(path)
                raise FieldHidden(f"{name} is hidden from you.", places=[Place(place, f"{name} cannot be used")])


@lru_cache(maxsize=1024)
def _without(paths: tuple[FieldPath, ...]) -> Callable[[JsonObject], JsonObject]:
    return compile_projection(Projection(paths, keep=False))


def _paths(filter: Filter, before: FieldPath) -> Iterator[FieldPath]:
    match filter:
        case Compare(path):
            yield (*before, *path)
        case ElemMatch(path, part):
            yield from _paths(part, (*before, *path))
        case Text(fields=fields):
            yield from fields or ()
        case And(parts) | Or(parts):
            for part in parts:
                yield from _paths(part, before)
        case Not(part):
            yield from _paths(part, before)


def sight(collection: Collection | None, principal: Principal) -> Sight | None:
    """What the caller does not see there; None: it sees everything."""
    if collection is None or not collection.fields or principal.trusted:
        return None
    never: list[FieldPath] = []
    sometimes: list[tuple[FieldPath, Filter]] = []
    for field in collection.fields:
        if field.read is None:
            continue
        filter = bound(field.read, "read", collection, principal)
        if is_nothing(filter):
            never.append(field.path)
        elif not is_everything(filter):
            sometimes.append((field.path, filter))
    return Sight(tuple(never), tuple(sometimes)) if never or sometimes else None

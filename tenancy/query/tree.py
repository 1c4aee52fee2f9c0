"""A parsed query: what every evaluator (matcher, embedded engine, others) takes."""

from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Final, Generic, Literal, NamedTuple, TypeAlias, TypeVar

from tenancy.model.json import Json

FieldPath: TypeAlias = tuple[str, ...]
Operator = Literal["eq", "gt", "gte", "lt", "lte", "in", "exists", "type", "regex", "size", "mod"]
Direction = Literal[1, -1]
ELEMENT: Final[FieldPath] = ()
"""The path of an array's element itself, inside `ElemMatch`."""
EVERY_ELEMENT: Final = "$[]"
"""In the path of an update: each element of an array."""


@dataclass(frozen=True, slots=True)
class Compare:
    """One condition on the values at a path.

    The value is a list for `in`, a bool for `exists`, a list of type names for `type`, `[pattern, flags]` for `regex`,
    a count for `size`, `[divisor, remainder]` for `mod`.
    """

    path: FieldPath
    operator: Operator
    value: Json


@dataclass(frozen=True, slots=True)
class ElemMatch:
    """Some element of an array at the path fits the filter as a whole.

    With `objects` the filter's paths begin in the element, which has to be an object (or an array, read as an object
    with numbers for names); otherwise they are `ELEMENT`.
    """

    path: FieldPath
    part: "Filter"
    objects: bool


class Term(NamedTuple):
    """Words that follow each other; `prefix`: the last is the beginning of a word."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A search: all of the terms occur in the fields, and none of the others. The fields are the collection's."""

    terms: tuple[Term, ...]
    without: tuple[Term, ...] = ()
    fields: tuple[FieldPath, ...] | None = None


@dataclass(frozen=True, slots=True)
class And:
    """All of them; without parts it matches everything."""

    parts: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of them; without parts it matches nothing."""

    parts: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """The other documents."""

    part: "Filter"


Filter: TypeAlias = Compare | ElemMatch | Text | And | Or | Not
EVERYTHING = And(())
NOTHING = Or(())


def is_everything(filter: Filter) -> bool:
    """Whether it matches every document, whatever it is made of."""
    return isinstance(filter, And) and not filter.parts


def is_nothing(filter: Filter) -> bool:
    """Whether it matches no document, whatever it is made of."""
    return isinstance(filter, Or) and not filter.parts


def conditions(filter: Filter) -> int:
    """How many conditions a filter has."""
    match filter:
        case Compare():
            return 1
        case Text(terms, without):
            return len(terms) + len(without)
        case ElemMatch() | Not():
            return conditions(filter.part)
        case And(parts) | Or(parts):
            return sum(map(conditions, parts))


def narrowed(query: "Query", rule: Filter) -> "Query":
    """The query, for documents that fit the rule too. Its cursors stay those of what was asked: a rule may be bound to
    other values when the next page is."""
    if is_everything(rule):
        return query
    if len(query.mark) > _LONGEST_KEPT:
        return _narrowed(_Same(query), _Same(rule))
    return _narrowed_again(_Same(query), _Same(rule))


_LONGEST_KEPT: Final = 2048
T = TypeVar("T")


class _Same(Generic[T]):
    """One object and no other that is like it: filters hold lists, which have no hash."""

    __slots__ = ("it",)

    def __init__(self, it: T) -> None:
        self.it = it

    def __hash__(self) -> int:
        return id(self.it)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.it is other.it


def _narrowed(query: "_Same[Query]", rule: _Same[Filter]) -> "Query":
    asked = query.it
    return replace(asked, filter=both(rule.it, asked.filter), asked=asked.order_mark)


# A client's query is parsed once, and a rule bound once; so is what comes of both, and the mark that finds its page.
_narrowed_again = lru_cache(maxsize=2048)(_narrowed)


def both(first: Filter, second: Filter) -> Filter:
    """AND two filters without nesting needlessly."""
    if is_everything(first):
        return second
    if is_everything(second):
        return first
    left = first.parts if isinstance(first, And) else (first,)
    right = second.parts if isinstance(second, And) else (second,)
    return And(left + right)


SortKey: TypeAlias = tuple[FieldPath, Direction]
NEWEST_FIRST: tuple[SortKey, ...] = ((("createdAt",), -1),)


@dataclass(frozen=True, slots=True)
class Projection:
    """Which fields are answered: these paths alone (and the id), or all but these."""

    paths: tuple[FieldPath, ...]
    keep: bool


@dataclass(frozen=True)
class Query:
    """A list: which documents, in which order, how many.

    `sort` ends with the id (see `total_order`), so that the order is total. `limit` is at most 1000; 0 answers no
    items. `after` is a cursor of an earlier page, `offset` the number of items to pass over. `count` asks for the
    number of all matching documents. `fields` says which fields are answered. `pinned` asks for the change log's
    position that the answer belongs to. `asked`: see `order_mark`.
    """

    filter: Filter = EVERYTHING
    sort: tuple[SortKey, ...] = NEWEST_FIRST
    limit: int = 30
    after: str | None = None
    count: bool = False
    pinned: bool = False
    offset: int = 0
    fields: "Projection | None" = None
    asked: str | None = field(default=None, repr=False)

    @cached_property
    def mark(self) -> str:
        """What tells this query from every other: equal values of different types (1 and true) differ in it."""
        return repr(self)

    @cached_property
    def order_mark(self) -> str:
        """The part that a cursor belongs to: which documents were asked for, in which order."""
        return self.asked or repr((self.filter, self.total_order))

    @cached_property
    def total_order(self) -> tuple[SortKey, ...]:
        """The sort with the id as its last key, in the direction of the key before it."""
        keys: list[SortKey] = []
        for path, direction in self.sort:
            keys.append((path, direction))
            if path == ("id",):
                return tuple(keys)
        return (*keys, (("id",), keys[-1][1] if keys else 1))

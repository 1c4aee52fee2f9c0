"""A parsed pipeline: what the evaluator takes."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from tenancy.model.json import Json
from tenancy.query.tree import EVERYTHING, FieldPath, Filter, Projection, SortKey


@dataclass(frozen=True, slots=True)
class Literally:
    """A value as it is."""

    value: Json


@dataclass(frozen=True, slots=True)
class Field:
    """The value at a path: `"$address.city"`. Through an array it is the list of what its elements have there."""

    path: FieldPath


@dataclass(frozen=True, slots=True)
class Record:
    """An object whose members are computed; a member that is missing is left out."""

    members: "tuple[tuple[str, Expression], ...]"


@dataclass(frozen=True, slots=True)
class Listing:
    """An array whose elements are computed; an element that is missing is null."""

    elements: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator with its arguments."""

    name: str
    arguments: "tuple[Expression, ...]"


Expression: TypeAlias = Literally | Field | Record | Listing | Operation
AccumulatorName = Literal["sum", "avg", "min", "max", "count", "push", "addToSet", "first", "last"]


@dataclass(frozen=True, slots=True)
class Accumulator:
    """What a group collects in one field."""

    field: str
    name: AccumulatorName
    argument: Expression


@dataclass(frozen=True, slots=True)
class Match:
    """The documents that fit."""

    filter: Filter


@dataclass(frozen=True, slots=True)
class Group:
    """One document for each distinct key."""

    key: Expression
    accumulators: tuple[Accumulator, ...]


@dataclass(frozen=True, slots=True)
class Sort:
    """In order; documents that are equal keep theirs."""

    keys: tuple[SortKey, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """Fields kept or left out, and computed ones; `without` drops ids from what is kept."""

    shown: Projection
    computed: tuple[tuple[FieldPath, Expression], ...] = ()
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Limit:
    """The first ones."""

    count: int


@dataclass(frozen=True, slots=True)
class Skip:
    """Without the first ones."""

    count: int


@dataclass(frozen=True, slots=True)
class Unwind:
    """One document for each element of an array."""

    path: FieldPath
    index: str | None = None
    keep_empty: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """One document that says how many there were; none where there were none."""

    field: str


@dataclass(frozen=True, slots=True)
class Lookup:
    """To each document the documents of another collection whose field has one of its values.

    `rule` is what the caller may list there, `hidden` the fields that the caller does not see; whoever runs the
    pipeline binds them.
    """

    collection: str
    local: FieldPath
    foreign: FieldPath
    into: str
    rule: Filter = EVERYTHING
    hidden: tuple[FieldPath, ...] = ()


Stage: TypeAlias = Match | Group | Sort | Project | Limit | Skip | Unwind | Count | Lookup

"""What a `DocumentStore` answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from tenancy.errors import Place
from tenancy.model.change import Seq
from tenancy.model.collection import Index


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list: the documents' texts in order, the cursor of the next page, and what the query asked for more."""

    items: Sequence[bytes]
    next: str | None = None
    total: int | None = None
    seq: Seq | None = None


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """How far an index is: `built` documents are in it, None when it is ready and used."""

    index: Index
    built: int | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a list was answered: the index that was scanned (None: the collection by id), what was looked at, for how
    long, and what would have helped."""

    index: str | None
    ordered: bool
    exact: bool
    ranges: int
    examined: int
    returned: int
    ms: float
    suggestion: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a collection's documents fare under a schema: how many there are, how many it rejects, and the first ones."""

    documents: int
    rejected: int
    first: Sequence[tuple[str, Sequence[Place]]]

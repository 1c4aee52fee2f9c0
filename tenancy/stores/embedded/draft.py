"""What a transaction has reached so far. In memory everything is replaced, never changed in place, so that a savepoint
is undone by taking the old values back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tenancy.model.change import Change, Seq
from tenancy.stores.common.catalog import Catalog


class Mark(NamedTuple):
    """Where a savepoint was set."""

    catalog: Catalog
    counts: Mapping[int, int]
    seq: Seq
    changes: int


@dataclass(slots=True)
class Draft:
    """Taken over as the database's state when the transaction is committed."""

    catalog: Catalog
    counts: Mapping[int, int]
    seq: Seq
    changes: list[Change] = field(default_factory=list[Change])

    def mark(self) -> Mark:
        """Remember this state."""
        return Mark(self.catalog, self.counts, self.seq, len(self.changes))

    def back_to(self, mark: Mark) -> None:
        """Be as it was."""
        self.catalog, self.counts, self.seq = mark.catalog, mark.counts, mark.seq
        del self.changes[mark.changes :]

    def count(self, cid: int, more: int) -> None:
        """A collection has more documents, or fewer."""
        self.counts = {**self.counts, cid: self.counts.get(cid, 0) + more}

"""An entry of a tenant's change log."""

from dataclasses import dataclass
from typing import Literal, NewType

Seq = NewType("Seq", int)
Op = Literal["create", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Change:
    """What one write did: the document's text before and after it (None where it did not exist).

    `seq` ascends without reuse within one tenant, not without holes. `at`: milliseconds since 1970.
    """

    seq: Seq
    op: Op
    collection: str
    id: str
    version: int
    before: bytes | None
    after: bytes | None
    at: int

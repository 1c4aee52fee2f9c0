"""An entry of a tenant's change log."""

from typing import Literal, NamedTuple, NewType

Seq = NewType("Seq", int)
Op = Literal["create", "update", "delete"]


class Change(NamedTuple):
    """What one write did: the document's text before and after it (None where it did not exist).

    A tuple, because many are made, and a table's rows are written from it. `seq` ascends without reuse within one
    tenant, not without holes. `at`: milliseconds since 1970.
    """

    seq: Seq
    op: Op
    collection: str
    id: str
    version: int
    before: bytes | None
    after: bytes | None
    at: int

"""Indexes that a tenant's own collections have whatever else is said of them: accounts rest on them."""

from collections.abc import Mapping, Sequence
from typing import Final

from tenancy.model.collection import Index
from tenancy.model.system import CREDENTIALS, FILES, USERS

SEEDED: Final[Mapping[str, tuple[Index, ...]]] = {
    USERS: (Index((("email", 1),), unique=True),),
    FILES: (Index((("owner", 1), ("createdAt", 1))),),
    CREDENTIALS: (Index((("ways", 1),), unique=True),),
}


def with_seeded(collection: str, indexes: Sequence[Index]) -> tuple[Index, ...]:
    """Indexes, and those before them that must be there."""
    missing = [index for index in SEEDED.get(collection, ()) if index not in indexes]
    return (*missing, *indexes)

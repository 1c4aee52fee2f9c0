"""What a new tenant holds from its first moment."""

from typing import Final

from tenancy.model.collection import Collection, Index
from tenancy.model.seeded import SEEDED
from tenancy.model.system import DEFINITIONS, KEYS, OUTBOX, TOKENS, secret_hash
from tenancy.stores.sessions import documents as sessions
from tenancy.writes import Create, Write

_SYSTEM: Final = (
    *(Collection(name, indexes=indexes) for name, indexes in SEEDED.items()),
    sessions.DEFINITION,
    Collection(
        TOKENS,
        indexes=(Index((("user", 1),)), Index((("email", 1),)), Index((("expiresAt", 1),), expire_after_s=0)),
    ),
    Collection(
        OUTBOX, indexes=(Index((("state", 1), ("due", 1))), Index((("createdAt", 1),), expire_after_s=7 * 24 * 3600))
    ),
)


def seed_definitions() -> tuple[Collection, ...]:
    """The collections that every tenant has."""
    return _SYSTEM


def definition(collection: Collection) -> Create:
    """The write that makes a collection as defined."""
    return Create(DEFINITIONS, collection.name, collection.to_json())


def tenant_seed(key: str) -> list[Write]:
    """The writes for a new tenant whose first API key is `key`."""
    return [
        *(definition(collection) for collection in _SYSTEM),
        Create(KEYS, secret_hash(key), {"name": "first key", "scope": "admin"}),
    ]

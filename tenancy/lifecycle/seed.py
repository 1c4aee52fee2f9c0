"""What a new tenant holds from its first moment."""

from typing import Final

from tenancy.model.collection import Collection, Index
from tenancy.model.system import CREDENTIALS, DEFINITIONS, FILES, KEYS, OUTBOX, TOKENS, USERS, secret_hash
from tenancy.stores.sessions import documents as sessions
from tenancy.writes import Create, Write

_SYSTEM: Final = (
    Collection(USERS, indexes=(Index((("email", 1),), unique=True),)),
    Collection(FILES, indexes=(Index((("owner", 1), ("createdAt", 1))),)),
    Collection(CREDENTIALS, indexes=(Index((("ways", 1),), unique=True),)),
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

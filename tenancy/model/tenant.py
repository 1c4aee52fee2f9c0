"""What the directory knows of a tenant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tenancy.model.schedule import Schedule
from tenancy.model.slug import Slug, TenantId


class Mode(StrEnum):
    """Where a tenant is served."""

    SHARED = "shared"
    DEDICATED = "dedicated"


class State(StrEnum):
    """What becomes of a tenant's requests. `deleted`: nobody reaches it, and for a time it can be had back."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"


class Engine(StrEnum):
    """What keeps a tenant's documents."""

    EMBEDDED = "embedded"
    MONGO = "mongo"


@dataclass(frozen=True, slots=True)
class Tenant:
    """One tenant: a random id that is never used again, and the name under which it is reached now.

    `generation`: which of the states that it was brought to it has; a restored tenant has a new one. `parent`: the
    tenant that it is a preview of. `purge_at`, `expires_at`: Unix seconds, when a deleted tenant is removed for good,
    and when one that was made for a time is.
    """

    id: TenantId
    slug: Slug
    mode: Mode
    state: State
    created_at: str
    engine: Engine = Engine.EMBEDDED
    plan: str | None = None
    limits: Mapping[str, float] = field(default_factory=dict[str, float], hash=False)
    """Those that are its own, by name."""
    generation: str = ""
    parent: TenantId | None = None
    expires_at: float | None = None
    purge_at: float | None = None
    schedule: Schedule | None = None
    """When it gets snapshots by itself, where that is not as the server says."""
    was: State = State.ACTIVE
    """What a deleted one is when it is had back."""

"""What the directory knows of a tenant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tenancy.model.slug import Slug, TenantId


class Mode(StrEnum):
    """Where a tenant is served."""

    SHARED = "shared"
    DEDICATED = "dedicated"


class State(StrEnum):
    """Whether a tenant is served."""

    ACTIVE = "active"
    DELETED = "deleted"


class Engine(StrEnum):
    """What keeps a tenant's documents."""

    EMBEDDED = "embedded"
    MONGO = "mongo"


@dataclass(frozen=True, slots=True)
class Tenant:
    """One tenant: a random id that is never used again, and the name under which it is reached now."""

    id: TenantId
    slug: Slug
    mode: Mode
    state: State
    created_at: str
    engine: Engine = Engine.EMBEDDED
    plan: str | None = None
    limits: Mapping[str, float] = field(default_factory=dict[str, float], hash=False)
    """Those that are its own, by name."""

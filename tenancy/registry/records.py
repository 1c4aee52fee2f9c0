"""How a tenant is written down in the control plane's own store, and read again."""

from datetime import datetime
from typing import Final

import msgspec

from tenancy.model.clock import from_text, to_text
from tenancy.model.json import Json, JsonObject
from tenancy.model.limits import shown
from tenancy.model.schedule import Schedule
from tenancy.model.slug import Slug, TenantId
from tenancy.model.tenant import Engine, Mode, State, Tenant
from tenancy.registry.plans import recorded_limits

RENAMED: Final = "renamed"
"""The state of a record that only says whose a name was."""


def fields_of(tenant: Tenant) -> JsonObject:
    """The fields of a new record."""
    return {
        "name": tenant.slug, "mode": tenant.mode.value, "state": tenant.state.value, "engine": tenant.engine.value,
        "plan": tenant.plan, "limits": shown(tenant.limits), "generation": tenant.generation, "parent": tenant.parent,
        "expiresAt": moment(tenant.expires_at),
        "schedule": tenant.schedule.to_json() if tenant.schedule is not None else None,
    }  # fmt: skip


def tenant_from(stored: JsonObject) -> Tenant:
    """The tenant of a record."""
    parent = stored.get("parent")
    return Tenant(
        TenantId(str(stored["id"])), Slug(str(stored["name"])), Mode(str(stored["mode"])), State(str(stored["state"])),
        str(stored["createdAt"]), Engine(str(stored.get("engine", Engine.EMBEDDED.value))),
        str(stored["plan"]) if stored.get("plan") else None, recorded_limits(stored),
        str(stored.get("generation") or ""), TenantId(parent) if isinstance(parent, str) else None,
        _seconds(stored.get("expiresAt")), _seconds(stored.get("purgeAt")),
        msgspec.convert(stored["schedule"], Schedule) if stored.get("schedule") else None,
        State(str(stored.get("was") or State.ACTIVE.value)),
    )  # fmt: skip


def is_gone(stored: JsonObject) -> bool:
    """Whether a record is of a tenant that cannot be had back: all that it does is keep the name at rest."""
    return stored["state"] == State.DELETED.value and not stored.get("purgeAt")


def changed_at(stored: JsonObject) -> float:
    """When a record was last changed, in Unix seconds."""
    return datetime.fromisoformat(str(stored["updatedAt"])).timestamp()


def moment(seconds: float | None) -> Json:
    """A moment as it is written down."""
    return to_text(seconds) if seconds is not None else None


def _seconds(text: Json) -> float | None:
    millis = from_text(text)
    return millis / 1000 if millis is not None else None

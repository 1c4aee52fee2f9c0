"""Who did what to whom: entries that are only added, in the control plane's own store."""

from typing import Final

from server.control.admins import shown
from server.control.context import ControlContext
from tenancy.model.collection import Collection, Index
from tenancy.model.ids import new_id
from tenancy.model.json import JsonObject, trusted
from tenancy.model.principal import Principal
from tenancy.query.tree import NEWEST_FIRST, Query
from tenancy.writes import Create

AUDIT: Final = "audit"
DAYS: Final = 400
DEFINITION: Final = Collection(AUDIT, indexes=(Index((("createdAt", 1),), expire_after_s=DAYS * 24 * 3600),))


async def record(
    context: ControlContext, who: Principal, action: str, tenant: str, target: str, details: JsonObject
) -> str:
    """Note what an administrator is about to do, durably, before it is done; the administrator's address."""
    admin = str((await shown(context, who.id or ""))["email"])
    fields: JsonObject = {"admin": admin, "action": action, "tenant": tenant, "target": target, **details}
    await context.documents.commit([Create(AUDIT, new_id(), fields)])
    return admin


async def entries(context: ControlContext, limit: int) -> list[JsonObject]:
    """The newest ones."""
    page = await context.documents.find(AUDIT, Query(sort=NEWEST_FIRST, limit=limit))
    names = ("createdAt", "admin", "action", "tenant", "target", "reason", "minutes")
    return [{name: one[name] for name in names if name in one} for one in map(trusted, page.items)]

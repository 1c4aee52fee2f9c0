"""The operation `move`: another engine keeps a tenant's documents.

The tenant is closed while they are copied. The record says which side counts; what the other side has goes.
"""

from contextlib import suppress
from typing import Final

from tenancy.errors import TenantNotFound, Unavailable
from tenancy.lifecycle.tenants import Tenants, lock_of
from tenancy.model.json import JsonObject
from tenancy.model.slug import TenantId
from tenancy.model.tenant import Engine, Tenant
from tenancy.operations.kind import Kind, Run, Step
from tenancy.operations.record import Operation
from tenancy.registry.spots import spot_of

MOVE: Final = "move"


class Moving:
    """Moves tenants between engines."""

    def __init__(self, tenants: Tenants) -> None:
        """Move these."""
        self._tenants = tenants
        steps = [Step("copy", self._copy), Step("tidy", self._tidy)]
        self.kind = Kind(MOVE, steps, 1, self._undo, self._result, self._passed)

    async def begin(self, tenant: Tenant, to: Engine, admin: str) -> Operation:
        """Begin to move a tenant; the operation is done at once when it is there already.

        Raises:
            Invalid: the engine is not set up.
            OperationRunning: an operation works on it.
            Unavailable: MongoDB does not answer.
        """
        self._tenants.folders.check_engine(to)
        if Engine.MONGO in {to, tenant.engine}:
            await self._tenants.folders.database(spot_of(tenant))  # which says so when there is none
        given: JsonObject = {"id": tenant.id, "to": to.value}
        return await self._tenants.operations.begin(MOVE, tenant.slug, [lock_of(tenant.id)], given, admin)

    def _tenant(self, run: Run) -> Tenant:
        tenant = self._tenants.registry.directory.by_id(TenantId(str(run.input["id"])))
        if tenant is None:
            raise TenantNotFound
        return tenant

    async def _copy(self, run: Run) -> None:
        tenant, to, folders = self._tenant(run), Engine(str(run.input["to"])), self._tenants.folders
        if tenant.engine is to:
            return
        async with self._tenants.pool.held(tenant.id):
            await folders.copy_documents(spot_of(tenant), to)
            run.advance(0.9)
            await self._tenants.registry.set_engine(tenant, to)
        run.say(f"{tenant.slug} is kept by {to.value}.")

    async def _tidy(self, run: Run) -> None:
        tenant = self._tenant(run)
        other = Engine.EMBEDDED if tenant.engine is Engine.MONGO else Engine.MONGO
        if other is Engine.EMBEDDED or self._tenants.folders.has_mongo:
            await self._tenants.folders.remove_documents(spot_of(tenant), other)

    async def _passed(self, run: Run) -> bool:
        tenant = await self._tenants.registry.reread(TenantId(str(run.input["id"])))
        return tenant is not None and tenant.engine is Engine(str(run.input["to"]))

    async def _undo(self, run: Run) -> None:
        with suppress(Unavailable):  # the next start removes it
            await self._tenants.folders.remove_documents(spot_of(self._tenant(run)), Engine(str(run.input["to"])))

    async def _result(self, run: Run) -> JsonObject:
        tenant = self._tenant(run)
        return {"tenant": tenant.slug, "engine": tenant.engine.value}

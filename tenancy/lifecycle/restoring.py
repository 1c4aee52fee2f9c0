"""The operation `restore`: a tenant gets another state, such as that of a snapshot of it.

The state is built beside the present one, while that is served. Of the present one a snapshot is kept: there is a way
back. Then the tenant is closed for a moment, and its record says that the other state counts. API keys stay what they
are now: one that was taken away does not come back. Sessions end, and cursors: who is connected begins again.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from tenancy.lifecycle.building import Building, leave_access
from tenancy.lifecycle.snapshots import Snapshots
from tenancy.lifecycle.tenants import lock_of
from tenancy.model.document import client_part
from tenancy.model.json import Json, JsonObject, trusted
from tenancy.model.slug import TenantId
from tenancy.model.system import KEYS
from tenancy.model.tenant import Engine, Tenant
from tenancy.operations.journal import LeaseLostError
from tenancy.operations.kind import Kind, Run, Step
from tenancy.operations.record import Operation, problem_of
from tenancy.ports import DocumentStore
from tenancy.query.tree import Query
from tenancy.registry.spots import DATABASE, Spot, generation_from, spot_of
from tenancy.writes import Create, Delete, Update, Write

RESTORE: Final = "restore"
_WHY: Final = {
    "snapshot": "before a snapshot was restored", "moment": "before it went back to a moment",
    "archive": "before an archive took its place",
}  # fmt: skip
_WHAT: Final = {
    "snapshot": "what it was when the snapshot was taken", "moment": "what it was at that moment",
    "archive": "what the archive holds",
}  # fmt: skip


class Restoring:
    """Restores tenants in place."""

    def __init__(self, building: Building, snapshots: Snapshots) -> None:
        """With what builds their states."""
        self._building = building
        self._snapshots = snapshots
        self._tenants = building.tenants
        steps = [
            Step("build", self._build), Step("hand over", self._hand_over), Step("keep", self._keep),
            Step("switch", self._switch), Step("tidy", self._tidy),
        ]  # fmt: skip
        self.kind = Kind(RESTORE, steps, 4, self._undo, self._result, self._passed)

    async def begin(self, tenant: Tenant, source: Mapping[str, Json], admin: str = "") -> Operation:
        """Begin to give a tenant another state. `source`: `from` says what it comes from, and the rest belongs to that.

        Raises:
            SnapshotNotFound: there is none.
            OperationRunning: an operation works on it.
        """
        if source["from"] == "snapshot":
            await self._snapshots.get(tenant, str(source["snapshot"]))
        given: JsonObject = {
            **source, "id": tenant.id, "engine": tenant.engine.value, "before": tenant.generation,
        }  # fmt: skip
        return await self._tenants.operations.begin(RESTORE, tenant.slug, [lock_of(tenant.id)], given, admin)

    def _spot(self, run: Run) -> Spot:
        return Spot(TenantId(str(run.input["id"])), generation_from(run.id))

    async def _build(self, run: Run) -> None:
        await self._building.fill(run, self._spot(run), leave_access)

    async def _hand_over(self, run: Run) -> None:
        await self._building.hand_over(run, self._spot(run), Engine(str(run.input["engine"])))

    async def _keep(self, run: Run) -> None:
        """A snapshot of what it is until now. It costs a list when nothing has changed since the newest."""
        why = _WHY[str(run.input["from"])]
        kept = await self._snapshots.take_within(run, self._snapshots.tenant_of(run), "kept", why)
        run.say(f"What it is until now is the snapshot {kept}.")

    async def _switch(self, run: Run) -> None:
        tenant, generation = self._snapshots.tenant_of(run), self._spot(run).generation
        if tenant.generation == generation:
            return
        async with self._tenants.pool.held(tenant.id):
            await self._keep_keys(tenant, generation)
            await self._tenants.registry.set_generation(tenant, generation)
        run.say(f"{tenant.slug} is {_WHAT[str(run.input['from'])]} now.")

    async def _keep_keys(self, tenant: Tenant, generation: str) -> None:
        """The keys of now, in the state that is about to count."""
        now = await self._tenants.folders.open(tenant)
        try:
            there = await self._tenants.folders.open(replace(tenant, generation=generation))
            try:
                await there.documents.commit(await _differences(now.documents, there.documents))
            finally:
                await there.aclose()
        finally:
            await now.aclose()

    async def _tidy(self, run: Run) -> None:
        tenant = self._snapshots.tenant_of(run)
        before = replace(tenant, generation=str(run.input["before"]))
        if before != tenant:
            await self._keep_rest(run, before)
            await self._tenants.folders.remove_spot(spot_of(before), tenant.engine)
        await self._building.release(run)

    async def _keep_rest(self, run: Run, before: Tenant) -> None:
        """What was written since the snapshot, until the other state counted: nobody writes there any more."""
        folders = self._tenants.folders
        path = folders.folder(spot_of(before)) / DATABASE
        if not await folders.run(path.exists):  # MongoDB has it, or it is being removed
            return
        if run.notes.get("rest") is None and await self._snapshots.unchanged(before):
            return
        try:
            rest = await self._snapshots.take_within(run, before, "rest", _WHY[str(run.input["from"])])
        except LeaseLostError:
            raise
        except Exception as error:  # noqa: BLE001 - the other state counts already: this cannot hold it up
            await self._snapshots.tidy(before.id)
            await run.note(rest=None)
            run.say(f"What was written during the restore could not be kept: {problem_of(error)['detail']}")
        else:
            run.say(f"With what was written during the restore it is the snapshot {rest}.")

    async def _passed(self, run: Run) -> bool:
        tenant = await self._tenants.registry.reread(TenantId(str(run.input["id"])))
        return tenant is not None and spot_of(tenant) == self._spot(run)

    async def _undo(self, run: Run) -> None:
        await self._tenants.folders.remove_spot(self._spot(run), Engine(str(run.input["engine"])))
        await self._snapshots.tidy(TenantId(str(run.input["id"])))
        await self._building.release(run)

    async def _result(self, run: Run) -> JsonObject:
        tenant = self._snapshots.tenant_of(run).slug
        return {
            "tenant": tenant,
            "from": run.input["from"],
            "snapshotBefore": run.notes.get("rest") or run.notes["kept"],
        }


async def _differences(now: DocumentStore, there: DocumentStore) -> list[Write]:
    """The writes that make the keys there those of now."""
    wanted, found = await _keys(now), await _keys(there)
    writes: list[Write] = [Delete(KEYS, id) for id in found if id not in wanted]
    writes += [Create(KEYS, id, fields) for id, fields in wanted.items() if id not in found]
    writes += [Update(KEYS, id, fields, overwrite=True) for id, fields in wanted.items() if id in found]
    return writes


async def _keys(documents: DocumentStore) -> dict[str, JsonObject]:
    page = await documents.find(KEYS, Query(limit=1000))
    return {str(one["id"]): client_part(one) for one in map(trusted, page.items)}

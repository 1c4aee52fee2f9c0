"""The operation `clone`: another tenant with the data, files, site and settings of one, or of a snapshot of it.

It has an id, keys and sessions of its own, so nothing that was given out for the first opens the second.
"""

import time
from typing import Final, NamedTuple

from tenancy.errors import TenantNotFound
from tenancy.lifecycle.building import Building, Change, leave_access, leave_keys
from tenancy.lifecycle.mask import Mask, Masking, read_mask, shown
from tenancy.lifecycle.tenants import lock_of, name_lock
from tenancy.model.ids import new_id
from tenancy.model.json import JsonObject
from tenancy.model.slug import Slug, TenantId
from tenancy.model.system import FILES
from tenancy.model.tenant import Engine, Mode, State, Tenant
from tenancy.operations.kind import Kind, Run, Step
from tenancy.operations.record import Operation
from tenancy.registry.spots import Spot
from tenancy.stores.embedded.offline import Offline

CLONE: Final = "clone"


class Wanted(NamedTuple):
    """What a clone is to be.

    `mask`: what becomes of personal values. `files`: whether uploaded files are taken over. `ttl_s`: after so many
    seconds it is removed. `preview`: it belongs to the tenant, and goes with it. `snapshot`: the state it has, None: as
    the tenant is now.
    """

    slug: Slug
    mask: Mask
    files: bool = True
    ttl_s: float | None = None
    preview: bool = False
    snapshot: str | None = None


class Cloning:
    """Clones tenants."""

    def __init__(self, building: Building) -> None:
        """With what builds them."""
        self._building = building
        self._tenants = building.tenants
        steps = [Step("copy", self._copy), Step("hand over", self._hand_over), Step("record", self._record)]
        self.kind = Kind(CLONE, steps, 3, self._undo, self._result)

    async def begin(self, tenant: Tenant, wanted: Wanted, admin: str = "") -> Operation:
        """Begin to clone a tenant.

        Raises:
            AlreadyExists: the name is taken or rests.
            SnapshotNotFound: there is none.
            OperationRunning: an operation works on the tenant, or will take the name.
        """
        if wanted.snapshot is not None:
            await self._building.snapshots.get(tenant, wanted.snapshot)
        await self._tenants.registry.refuse_taken(wanted.slug)
        to = TenantId(new_id())
        given: JsonObject = {
            "id": tenant.id, "to": to, "name": wanted.slug, "engine": tenant.engine.value,
            "mask": shown(wanted.mask), "files": wanted.files, "snapshot": wanted.snapshot,
            "expiresAt": time.time() + wanted.ttl_s if wanted.ttl_s is not None else None,
            "parent": tenant.id if wanted.preview else None,
        }  # fmt: skip
        locks = [lock_of(tenant.id), lock_of(to), name_lock(wanted.slug)]
        return await self._tenants.operations.begin(CLONE, tenant.slug, locks, given, admin)

    async def _copy(self, run: Run) -> None:
        tenant = self._building.snapshots.tenant_of(run)
        mask = read_mask(run.input["mask"])
        masking = Masking(mask)
        changes: list[Change] = [leave_access, leave_keys]
        if not run.input["files"]:
            changes.append(_leave_files)
        if mask:
            changes.append(masking.apply)
        await self._building.fill(run, tenant, self._spot(run), *changes)
        if not run.input["files"]:
            await self._tenants.folders.remove_blobs(self._spot(run), "files")
        for path, count in masking.replaced.items():
            run.say(f"{path}: {count} values masked.")

    @staticmethod
    def _spot(run: Run) -> Spot:
        return Spot(TenantId(str(run.input["to"])))

    async def _hand_over(self, run: Run) -> None:
        await self._building.hand_over(run, self._spot(run), Engine(str(run.input["engine"])))

    async def _record(self, run: Run) -> None:
        source = self._building.snapshots.tenant_of(run)
        expires, parent = run.input["expiresAt"], run.input["parent"]
        made = Tenant(
            self._spot(run).id, Slug(str(run.input["name"])), Mode.SHARED, State.ACTIVE, "",
            Engine(str(run.input["engine"])), source.plan, source.limits,
            parent=TenantId(parent) if isinstance(parent, str) else None,
            expires_at=expires if isinstance(expires, float) else None,
        )  # fmt: skip
        await self._tenants.registry.create(made)
        run.say(f"{made.slug} is served.")

    async def _undo(self, run: Run) -> None:
        spot = self._spot(run)
        await self._tenants.registry.take_back(spot.id)
        await self._tenants.pool.retire(spot.id)
        await self._tenants.folders.remove(spot.id, Engine(str(run.input["engine"])))

    async def _result(self, run: Run) -> JsonObject:
        made = self._tenants.registry.directory.by_id(self._spot(run).id)
        if made is None:
            raise TenantNotFound
        return {"tenant": made.slug}


def _leave_files(changed: Offline) -> None:
    changed.clear(FILES)

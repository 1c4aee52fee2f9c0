"""The operations `clone` and `import`: a new tenant with the data, files, site and settings of a state that there is.

It has an id, keys and sessions of its own, so nothing that was given out for another opens it.
"""

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from tenancy.errors import TenantNotFound
from tenancy.lifecycle.building import Building, Change, leave_access, leave_keys
from tenancy.lifecycle.copies import COPIED
from tenancy.lifecycle.following import following
from tenancy.lifecycle.mask import Mask, Masking, read_mask, shown
from tenancy.lifecycle.tenants import lock_of, name_lock
from tenancy.model.ids import new_id
from tenancy.model.json import Json, JsonObject
from tenancy.model.limits import read_limits, set_ones
from tenancy.model.limits import shown as shown_limits
from tenancy.model.slug import Slug, TenantId
from tenancy.model.system import FILES
from tenancy.model.tenant import Engine, Mode, State, Tenant
from tenancy.model.words import counted
from tenancy.operations.kind import Kind, Run, Step
from tenancy.operations.record import Operation
from tenancy.registry.spots import Spot
from tenancy.stores.embedded.offline import Offline

CLONE: Final = "clone"
IMPORT: Final = "import"


class Wanted(NamedTuple):
    """What a new tenant is to be.

    `mask`: what becomes of personal values. `files`: whether uploaded files are taken over. `ttl_s`: after so many
    seconds it is removed. `preview`: it belongs to the tenant that it is of, and goes with it. `snapshot`, `at`: the
    state that it has, a snapshot's or that of a moment in milliseconds since 1970; None: as that tenant is now.
    """

    slug: Slug
    mask: Mask = MappingProxyType({})
    files: bool = True
    ttl_s: float | None = None
    preview: bool = False
    snapshot: str | None = None
    at: int | None = None
    plan: str | None = None
    limits: Mapping[str, float] = MappingProxyType({})


class Cloning:
    """Makes tenants of states that there are."""

    def __init__(self, building: Building) -> None:
        """With what builds them."""
        self._building = building
        self._tenants = building.tenants
        steps = [
            Step("copy", self._copy), Step("hand over", self._hand_over), Step("record", self._record),
            Step("tidy", building.release),
        ]  # fmt: skip
        self.kinds = tuple(Kind(name, steps, 3, self._undo, self._result, self._passed) for name in (CLONE, IMPORT))

    async def begin(self, tenant: Tenant, wanted: Wanted, admin: str = "") -> Operation:
        """Begin to clone a tenant.

        Raises:
            AlreadyExists: the name is taken or rests.
            SnapshotNotFound: there is none.
            OperationRunning: an operation works on the tenant, or will take the name.
        """
        if wanted.snapshot is not None:
            await self._building.snapshots.get(tenant, wanted.snapshot)
        wanted = wanted._replace(plan=tenant.plan, limits=tenant.limits)
        source = "snapshot" if wanted.snapshot is not None else "moment" if wanted.at is not None else "tenant"
        given: JsonObject = {
            "from": source, "snapshot": wanted.snapshot, "at": wanted.at, "id": tenant.id,
            "engine": tenant.engine.value, "parent": tenant.id if wanted.preview else None,
        }  # fmt: skip
        return await self._begin(CLONE, tenant.slug, wanted, given, [lock_of(tenant.id)], admin)

    async def begin_import(self, wanted: Wanted, source: Mapping[str, Json], admin: str = "") -> Operation:
        """Begin to make a tenant of a source beside tenants and snapshots: `from` says which.

        Raises:
            Invalid: there is no such plan.
            AlreadyExists: the name is taken or rests.
            OperationRunning: an operation will take the name.
        """
        self._tenants.allowances.plans.check(wanted.plan)
        given: JsonObject = {"engine": self._tenants.folders.engine.value, "parent": None, **source}
        return await self._begin(IMPORT, wanted.slug, wanted, given, [], admin)

    async def _begin(
        self, kind: str, about: Slug, wanted: Wanted, source: JsonObject, locks: list[str], admin: str
    ) -> Operation:
        await self._tenants.registry.refuse_taken(wanted.slug)
        to = TenantId(new_id())
        given: JsonObject = {
            **source, "to": to, "name": wanted.slug, "mask": shown(wanted.mask), "files": wanted.files,
            "plan": wanted.plan, "limits": shown_limits(wanted.limits),
            "expiresAt": time.time() + wanted.ttl_s if wanted.ttl_s is not None else None,
        }  # fmt: skip
        return await self._tenants.operations.begin(
            kind, about, [*locks, lock_of(to), name_lock(wanted.slug)], given, admin
        )

    async def _copy(self, run: Run) -> None:
        mask = read_mask(run.input["mask"])
        masking = Masking(mask)
        changes: list[Change] = [leave_access, leave_keys]
        if not run.input["files"]:
            changes.append(_leave_files)
        async with following(run, COPIED) as told:
            if mask:
                changes.append(lambda changed: masking.apply(changed, told.advance))
            await self._building.fill(run, self._spot(run), *changes)
        if mask:
            await self._building.compact(self._spot(run))
        for path, count in masking.replaced.items():
            run.say(f"{path}: {counted(count, 'value')} masked.")

    @staticmethod
    def _spot(run: Run) -> Spot:
        return Spot(TenantId(str(run.input["to"])))

    async def _hand_over(self, run: Run) -> None:
        await self._building.hand_over(run, self._spot(run), Engine(str(run.input["engine"])))

    async def _record(self, run: Run) -> None:
        given, limits = run.input, run.input["limits"]
        expires, parent = given["expiresAt"], given["parent"]
        made = Tenant(
            self._spot(run).id, Slug(str(given["name"])), Mode.SHARED, State.ACTIVE, "",
            Engine(str(given["engine"])), str(given["plan"]) if given["plan"] else None,
            set_ones(read_limits(limits if isinstance(limits, dict) else {})),
            parent=TenantId(parent) if isinstance(parent, str) else None,
            expires_at=expires if isinstance(expires, float) else None,
        )  # fmt: skip
        await self._tenants.registry.create(made)
        run.say(f"{made.slug} is served.")

    async def _passed(self, run: Run) -> bool:
        return await self._tenants.registry.reread(self._spot(run).id) is not None

    async def _undo(self, run: Run) -> None:
        await self._tenants.folders.remove(self._spot(run).id, Engine(str(run.input["engine"])))
        await self._building.release(run)

    async def _result(self, run: Run) -> JsonObject:
        made = self._tenants.registry.directory.known(self._spot(run).id)
        if made is None:
            raise TenantNotFound
        return {"tenant": made.slug}


def _leave_files(changed: Offline) -> None:
    changed.clear(FILES)

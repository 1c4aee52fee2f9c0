"""From what a state of a tenant is built: the tenant as it is, or one of its snapshots; and what is left behind."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from tenancy.lifecycle.copies import Copies
from tenancy.lifecycle.snapshots import Snapshots
from tenancy.lifecycle.tenants import Tenants
from tenancy.model.system import KEYS, OUTBOX, SESSIONS, TOKENS
from tenancy.model.tenant import Engine, Tenant
from tenancy.operations.kind import Run
from tenancy.registry.spots import BLOBS, DATABASE, Spot
from tenancy.stores.embedded.offline import Offline

Change = Callable[[Offline], None]


class Building:
    """Builds states of tenants at spots that nobody serves yet."""

    def __init__(self, tenants: Tenants, copies: Copies, snapshots: Snapshots) -> None:
        """Of these."""
        self.tenants = tenants
        self.snapshots = snapshots
        self._copies = copies
        self._folders = tenants.folders

    async def fill(self, run: Run, tenant: Tenant, spot: Spot, *changes: Change) -> None:
        """Put a state of a tenant at a spot, changed so that it can be opened as another; from the beginning.

        `run.input["snapshot"]` says which snapshot, None the tenant as it is.

        Raises:
            SnapshotNotFound, SnapshotDamagedError: it cannot be had.
        """
        folder = self._folders.folder(spot)
        await self._copies.begin(folder)
        snapshot = run.input.get("snapshot")
        if snapshot is None:
            await self._copies.take(run, tenant, folder)
        else:
            await self._assemble(tenant, str(snapshot), folder)
        await self._copies.change(folder, *changes, Offline.renew)
        run.say(f"The state of {tenant.slug} is there.")

    async def _assemble(self, tenant: Tenant, snapshot: str, folder: Path) -> None:
        store = self.snapshots.of(tenant.id)
        await self._folders.run(partial(store.assemble, snapshot, folder, DATABASE, BLOBS, lambda _: None))

    async def hand_over(self, run: Run, spot: Spot, engine: Engine) -> None:
        """Have the engine that is to keep them have the documents that were filled in."""
        if engine is Engine.MONGO:
            await self._folders.copy_documents(spot, engine)
            await self._folders.remove_documents(spot, Engine.EMBEDDED)
            run.say("MongoDB has the documents.")


def leave_access(changed: Offline) -> None:
    """Sessions, links of mails and mails that wait are of the tenant as it was."""
    for collection in (SESSIONS, TOKENS, OUTBOX):
        changed.clear(collection)


def leave_keys(changed: Offline) -> None:
    """API keys are of the one tenant that they were made for; so are answers that were promised to them."""
    changed.clear(KEYS)
    changed.forget_receipts()

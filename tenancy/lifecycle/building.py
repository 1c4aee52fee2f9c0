"""From what a state of a tenant is built, and what is left behind when it becomes another's, or another."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from tenancy.lifecycle.copies import COPIED, Copies
from tenancy.lifecycle.snapshots import Snapshots
from tenancy.lifecycle.tenants import Tenants
from tenancy.model.system import KEYS, OUTBOX, SESSIONS, TOKENS
from tenancy.model.tenant import Engine
from tenancy.operations.kind import Run
from tenancy.registry.spots import Spot
from tenancy.stores.embedded.offline import Offline

Change = Callable[[Offline], None]


class Source(Protocol):
    """Where states come from. What it needs to know is in the operation's input."""

    async def fill(self, run: Run, folder: Path) -> None:
        """Put a state into a folder that is empty but for the folder of blobs."""
        ...

    async def release(self, run: Run) -> None:
        """It is not needed any more; may be told twice."""
        ...


class Present:
    """The tenant as it is now."""

    def __init__(self, copies: Copies, snapshots: Snapshots) -> None:
        """Of these."""
        self._copies = copies
        self._snapshots = snapshots

    async def fill(self, run: Run, folder: Path) -> None:
        """Copy it while it is used."""
        await self._copies.take(run, self._snapshots.tenant_of(run), folder)

    async def release(self, run: Run) -> None:
        """Nothing is held."""


class Snapshot:
    """A snapshot of the tenant: `snapshot` in the input."""

    def __init__(self, snapshots: Snapshots) -> None:
        """Of these."""
        self._snapshots = snapshots

    async def fill(self, run: Run, folder: Path) -> None:
        """Put it together and check it."""
        tenant, id = self._snapshots.tenant_of(run), str(run.input["snapshot"])
        await self._snapshots.assemble(run, tenant, id, folder, stop=COPIED)

    async def release(self, run: Run) -> None:
        """It stays."""


class Building:
    """Builds states of tenants at spots that nobody serves yet."""

    def __init__(self, tenants: Tenants, copies: Copies, snapshots: Snapshots) -> None:
        """Of these."""
        self.tenants = tenants
        self.snapshots = snapshots
        self._copies = copies
        self._folders = tenants.folders
        self.sources: dict[str, Source] = {
            "tenant": Present(copies, snapshots), "snapshot": Snapshot(snapshots),
        }  # fmt: skip
        """By name; the operation's input says which, as `from`."""

    async def fill(self, run: Run, spot: Spot, *changes: Change) -> None:
        """Put a state at a spot, changed so that it can be opened as another; from the beginning.

        Raises:
            BackpackError: it cannot be had.
        """
        await self.fill_folder(run, self._folders.folder(spot), *changes)

    async def fill_folder(self, run: Run, folder: Path, *changes: Change) -> None:
        """The same for any folder of the file system that tenants are on. Raises what `fill` raises."""
        await self._copies.begin(folder)
        await self._source(run).fill(run, folder)
        await self._copies.change(folder, *changes, Offline.renew)

    async def compact(self, spot: Spot) -> None:
        """Leave nothing at a spot of what was replaced there."""
        await self._copies.compact(self._folders.folder(spot))

    def _source(self, run: Run) -> Source:
        return self.sources[str(run.input["from"])]

    async def release(self, run: Run) -> None:
        """What the state was built from is not needed any more."""
        await self._source(run).release(run)

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

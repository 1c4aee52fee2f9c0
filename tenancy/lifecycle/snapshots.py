"""The operations `snapshot`, which keeps a tenant's state, and `prove`, which restores one for trial and counts."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from tenancy.errors import Conflict, TenantNotFound
from tenancy.lifecycle.copies import Copies
from tenancy.lifecycle.following import following
from tenancy.lifecycle.part import Part
from tenancy.lifecycle.tenants import Tenants, lock_of
from tenancy.model.clock import now_text
from tenancy.model.ids import new_id
from tenancy.model.json import JsonObject
from tenancy.model.schedule import Keep
from tenancy.model.slug import TenantId
from tenancy.model.system import FILE_BLOBS, FILES
from tenancy.model.tenant import Engine, Tenant
from tenancy.model.words import counted
from tenancy.operations.kind import Kind, Run, Step
from tenancy.operations.record import INSISTS, Operation
from tenancy.query.tree import Query
from tenancy.registry.spots import BLOBS, DATABASE, SNAPSHOTS, Spot, generation_from, spot_of
from tenancy.snapshots.keeping import to_go
from tenancy.snapshots.manifest import Proof, Summary
from tenancy.snapshots.store import SnapshotDamagedError, SnapshotStore
from tenancy.stores.common.transfer import Head
from tenancy.stores.embedded.offline import head_of, verified

SNAPSHOT: Final = "snapshot"
PROVE: Final = "prove"
_WORK: Final = "work"
T = TypeVar("T")


class Snapshots:
    """What tenants can be restored from."""

    def __init__(self, tenants: Tenants, copies: Copies) -> None:
        """Of these."""
        self._tenants = tenants
        self._copies = copies
        self._folders = tenants.folders
        self._known: dict[TenantId, list[Summary]] = {}
        self._changes = 0
        taking = [Step("copy", self._copy), Step("keep", self._keep)]
        proving = [Step("restore", self._restore), Step("count", self._count)]
        self.kinds = (
            Kind(SNAPSHOT, taking, 2, self._undo, self._result, gives_way=True),
            Kind(PROVE, proving, 2, self._undo_proof, self._proven, gives_way=True),
        )

    def of(self, id: TenantId) -> SnapshotStore:
        """One tenant's."""
        return SnapshotStore(self._folders.root / id / SNAPSHOTS)

    async def all(self, tenant: Tenant) -> list[Summary]:
        """A tenant's, the newest first; kept in memory."""
        known = self._known.get(tenant.id)
        if known is None:
            before = self._changes
            known = await self._folders.run(self.of(tenant.id).all)
            if before == self._changes and self._tenants.registry.directory.known(tenant.id) is not None:
                self._known[tenant.id] = known
        return known

    async def _change(self, id: TenantId, change: Callable[[SnapshotStore], T]) -> T:
        """Change what there is of a tenant."""
        try:
            return await self._folders.run(lambda: change(self.of(id)))
        finally:
            self._changes += 1
            self._known.pop(id, None)

    def forget_others(self) -> None:
        """Keep nothing in memory of tenants that are gone."""
        for id in [id for id in self._known if self._tenants.registry.directory.known(id) is None]:
            del self._known[id]

    async def get(self, tenant: Tenant, id: str) -> Summary:
        """One of a tenant's.

        Raises:
            SnapshotNotFound: there is none.
        """
        return await self._folders.run(lambda: self.of(tenant.id).get(id))

    async def held(self, tenant: Tenant) -> int:
        """Bytes that a tenant's snapshots take beside it."""
        return await self._folders.run(self.of(tenant.id).bytes_held)

    async def delete(self, tenant: Tenant, id: str) -> None:
        """Forget one.

        Raises:
            SnapshotNotFound: there is none.
            OperationRunning: an operation works on the tenant.
        """
        await self.get(tenant, id)
        async with self._tenants.operations.alone(lock_of(tenant.id)):
            await self._change(tenant.id, lambda store: store.delete([id]))

    async def begin(
        self, tenant: Tenant, reason: str, note: str = "", admin: str = "", *, insists: bool = False
    ) -> Operation:
        """Begin to take one. `insists`: it makes way for nothing, although nobody asked for it.

        Raises:
            OperationRunning: an operation works on the tenant.
        """
        given: JsonObject = {"id": tenant.id, "reason": reason, "note": note, INSISTS: insists}
        return await self._tenants.operations.begin(SNAPSHOT, tenant.slug, [lock_of(tenant.id)], given, admin)

    async def begin_proof(self, tenant: Tenant, id: str, admin: str = "", *, insists: bool = False) -> Operation:
        """Begin to restore one for trial. `insists` as in `begin`.

        Raises:
            SnapshotNotFound: there is none.
            OperationRunning: an operation works on the tenant.
        """
        await self.get(tenant, id)
        given: JsonObject = {"id": tenant.id, "snapshot": id, INSISTS: insists}
        return await self._tenants.operations.begin(PROVE, tenant.slug, [lock_of(tenant.id)], given, admin)

    async def take_within(self, run: Run, tenant: Tenant, noted: str, why: str) -> str:
        """Take one of a tenant that an operation holds; its id, noted under a name: done again it is the same."""
        id = str(run.notes.get(noted) or new_id())
        await run.note(**{noted: id})
        given: JsonObject = {"id": tenant.id, "generation": tenant.generation, "reason": "before", "note": why}
        part = Part(id, given, {}, run)
        await self._copy(part)
        await self._keep(part)
        return id

    async def thin_out(self, tenant: Tenant, keep: Keep) -> list[str]:
        """Forget those that the rules do not keep; which.

        Raises:
            OperationRunning: an operation works on the tenant.
        """
        if not to_go(await self.all(tenant), keep, time.time()):
            return []
        async with self._tenants.operations.alone(lock_of(tenant.id)):
            gone = to_go(await self.all(tenant), keep, time.time())
            await self._change(tenant.id, lambda store: store.delete(gone))
        return gone

    def tenant_of(self, run: Run) -> Tenant:
        """The tenant of an operation's input; in the state that is named there, where one is.

        Raises:
            TenantNotFound: it is gone.
        """
        tenant = self._tenants.registry.directory.by_id(TenantId(str(run.input["id"])))
        if tenant is None:
            raise TenantNotFound
        return replace(tenant, generation=str(run.input.get("generation", tenant.generation)))

    async def assemble(self, run: Run, tenant: Tenant, id: str, folder: Path, stop: float = 1.0) -> None:
        """Put one together, which is the part of a step until `stop`. Raises what `SnapshotStore.assemble` raises."""
        store = self.of(tenant.id)
        async with following(run, 0.0, stop) as told:
            await self._folders.run(lambda: store.assemble(id, folder, DATABASE, BLOBS, told.advance))

    def _work(self, run: Run) -> Path:
        return self._folders.root / str(run.input["id"]) / SNAPSHOTS / _WORK

    async def _copy(self, run: Run) -> None:
        tenant = self.tenant_of(run)
        begun = now_text()
        await self._begin_work(run)
        if await self.unchanged(tenant):
            await run.note(begun=begun, at=begun)
            run.say("Nothing has changed since the newest snapshot.")
            return
        taken = await self._copies.take(run, tenant, self._work(run))
        await self._copies.change(self._work(run))
        await run.note(begun=taken.begun, at=taken.at)

    async def _begin_work(self, run: Run) -> None:
        await self._folders.run(lambda: self._work(run).parent.mkdir(exist_ok=True))
        await self._copies.begin(self._work(run))

    async def unchanged(self, tenant: Tenant) -> bool:
        """Whether the newest snapshot is what the tenant is now."""
        newest = (await self.all(tenant))[:1]
        if not newest or newest[0].damaged:
            return False
        blobs, store = self._folders.folder(spot_of(tenant)) / BLOBS, self.of(tenant.id)
        same = tuple(await self._head(tenant)) == (newest[0].epoch, newest[0].seq)
        try:
            return same and await self._folders.run(lambda: store.has_blobs(newest[0].id, blobs))
        except SnapshotDamagedError:
            return False

    async def _head(self, tenant: Tenant) -> Head:
        if tenant.engine is Engine.MONGO:
            async with self._tenants.pool.use(tenant) as context:
                return Head(context.changes.epoch, context.changes.head())
        return await self._folders.run(lambda: head_of(self._folders.folder(spot_of(tenant)) / DATABASE))

    async def _keep(self, run: Run) -> None:
        tenant, work = self.tenant_of(run), self._work(run)
        if any(one.id == run.id for one in await self.all(tenant)):
            return await self._clean(run)  # it was kept, before a crash
        summary = self._summary(run)
        path = work / DATABASE
        if await self._folders.run(path.exists):
            kept, head = await self._copies.kept(work), await self._folders.run(lambda: head_of(path))
            whole = msgspec.structs.replace(
                summary, epoch=head.epoch, seq=head.seq, collections=kept.counts, log_from=kept.log_from
            )
            async with following(run) as told:
                done = await self._change(tenant.id, lambda store: store.put(whole, path, work / BLOBS, told.advance))
        else:
            newest = (await self.all(tenant))[0]
            done = msgspec.structs.replace(
                newest, id=summary.id, at=summary.at, begun=summary.begun, reason=summary.reason, note=summary.note,
                added=0, proof=None,
            )  # fmt: skip
            if newest.id != done.id:
                await self._change(tenant.id, lambda store: store.again(done))
        await self._clean(run)
        text = f"{counted(done.documents, 'document')} and {counted(done.files, 'file')}"
        run.say(f"{text}; {counted(done.added, 'byte')} new.")

    def _summary(self, run: Run) -> Summary:
        reason, note = str(run.input["reason"]), str(run.input["note"])
        at, begun = str(run.notes["at"]), str(run.notes["begun"])
        return Summary(run.id, at, reason, note, "", 0, {}, 0, 0, 0, begun=begun)

    async def _clean(self, run: Run) -> None:
        await self.tidy(TenantId(str(run.input["id"])))

    async def tidy(self, id: TenantId) -> None:
        """Remove what a snapshot that was broken off has left."""
        await self._copies.remove(self._folders.root / id / SNAPSHOTS / _WORK)
        await self._folders.run(self.of(id).sweep)

    async def _undo(self, run: Run) -> None:
        await self._change(TenantId(str(run.input["id"])), lambda store: store.delete([run.id]))
        await self._clean(run)

    async def _result(self, run: Run) -> JsonObject:
        return (await self.get(self.tenant_of(run), run.id)).shown()

    def _trial(self, run: Run) -> Spot:
        return Spot(TenantId(str(run.input["id"])), generation_from(run.id))

    async def _restore(self, run: Run) -> None:
        tenant, id = self.tenant_of(run), str(run.input["snapshot"])
        await run.note(began=time.time())
        folder = self._folders.folder(self._trial(run))
        await self._copies.begin(folder)
        try:
            await self.assemble(run, tenant, id, folder)
        except SnapshotDamagedError:
            await self._change(tenant.id, lambda store: store.mark_damaged(id))
            raise

    async def _count(self, run: Run) -> None:
        """Open what was restored as a tenant is opened, and count what it answers."""
        tenant, id = self.tenant_of(run), str(run.input["snapshot"])
        summary = await self.get(tenant, id)
        if summary.proof is not None and summary.proof.operation == run.id:
            return await self._undo_proof(run)
        trial = replace(tenant, generation=self._trial(run).generation, engine=Engine.EMBEDDED)
        path = self._folders.folder(self._trial(run)) / DATABASE
        if await self._folders.run(lambda: verified(path)) != summary.collections:
            raise Conflict("What was restored has not as many documents as the snapshot.")
        context = await self._folders.open(trial)
        try:
            for name, count in summary.collections.items():
                page = await context.documents.find(name, Query(limit=0, count=True))
                if page.total != count:
                    raise Conflict(f"The snapshot has {count} documents of {name}; {page.total} were restored.")
            documents = (await context.usage()).documents
            files = await context.documents.find(FILES, Query(limit=0, count=True))
            bytes_of = await self._folders.run(lambda: len(list((path.parent / BLOBS / FILE_BLOBS).glob("*"))))
            if files.total != bytes_of:
                raise Conflict(f"The snapshot knows {files.total} files; the bytes of {bytes_of} were restored.")
        finally:
            await context.aclose()
        began = float(str(run.notes["began"]))
        proof = Proof(now_text(), documents, files.total or 0, round(time.time() - began, 2), run.id)
        await self._change(tenant.id, lambda store: store.prove(id, proof))
        await self._folders.remove_spot(self._trial(run), Engine.EMBEDDED)
        run.say(f"{counted(documents, 'document')} and {counted(proof.files, 'file')} came back.")

    async def _undo_proof(self, run: Run) -> None:
        await self._folders.remove_spot(self._trial(run), Engine.EMBEDDED)
        await self._folders.run(self.of(self._trial(run).id).sweep)

    async def _proven(self, run: Run) -> JsonObject:
        return (await self.get(self.tenant_of(run), str(run.input["snapshot"]))).shown()

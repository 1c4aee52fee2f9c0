"""The operation `push`: one file of definitions to many tenants.

First it is tried on all of them without changing anything. Then each gets a snapshot and the file: the canary alone,
and when that went well the others, one after the other. When one fails, those that have it already get their own
definitions back: a restore of the snapshots would lose what was written since. Collections that the file does not name
go at the very end, when nothing can fail any more.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from server.control.definitions.apply import apply, give_back, refuse_failing
from server.control.definitions.before import Row
from server.control.definitions.form import Definitions, read_definitions
from server.control.definitions.plan import plan
from tenancy.errors import Conflict, Invalid, Place, TenantNotFound
from tenancy.lifecycle.snapshots import Snapshots
from tenancy.lifecycle.tenants import Tenants, lock_of
from tenancy.model.json import Json, JsonObject
from tenancy.model.slug import TenantId
from tenancy.model.tenant import Tenant
from tenancy.model.words import counted
from tenancy.operations.kind import Kind, Run, Step
from tenancy.operations.record import Operation
from tenancy.snapshots.manifest import write_json

PUSH: Final = "push"
MOST: Final = 2000
MAX_SIZE: Final = 400 * 1024
"""Bytes of a file that goes to many: it is kept with the operation."""


class Push(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /v1/definitions/push. `tenants`: names; `canary`: the one of them that is first. `prune`: what
    the file does not name goes. `keep`: documents that a schema rejects stay. `snapshots`: one of each before."""

    definitions: dict[str, Any]
    tenants: list[str]
    canary: str | None = None
    prune: bool = False
    keep: bool = False
    snapshots: bool = True


class Pushing:
    """Pushes definitions to many tenants."""

    def __init__(self, tenants: Tenants, snapshots: Snapshots, work: Path) -> None:
        """To these; what they had before is kept in `work` until the end."""
        self._tenants = tenants
        self._snapshots = snapshots
        self._work = work
        steps = [
            Step("check", self._check), Step("canary", self._canary), Step("others", self._others),
            Step("prune", self._prune), Step("tidy", self._forget),
        ]  # fmt: skip
        self.kind = Kind(PUSH, steps, 3, self._undo, self._result)

    async def begin(self, found: Sequence[Tenant], body: Push, admin: str) -> Operation:
        """Begin to push; the canary comes first.

        Raises:
            Invalid: the file or the canary is not valid.
            OperationRunning: an operation works on one of the tenants.
        """
        read_definitions(_json(body))
        if len(msgspec.json.encode(body.definitions)) > MAX_SIZE:
            raise Invalid(
                "The definitions are too large.", places=[Place("/definitions", f"may have {MAX_SIZE} bytes")]
            )
        names = [tenant.slug for tenant in found]
        if body.canary is not None and body.canary not in names:
            raise Invalid("The canary is none of the tenants.", places=[Place("/canary", "must be one of /tenants")])
        ordered = sorted(found, key=lambda tenant: (tenant.slug != body.canary, tenant.slug))
        given: JsonObject = {
            "definitions": _json(body), "ids": [tenant.id for tenant in ordered], "canary": body.canary is not None,
            "prune": body.prune, "keep": body.keep, "snapshots": body.snapshots,
        }  # fmt: skip
        locks = [lock_of(tenant.id) for tenant in ordered]
        about = ordered[0].slug if len(ordered) == 1 else f"{len(ordered)} tenants"
        return await self._tenants.operations.begin(PUSH, about, locks, given, admin)

    def _wanted(self, run: Run) -> Definitions:
        return read_definitions(run.input["definitions"])

    def _of(self, run: Run) -> list[Tenant]:
        ids = run.input["ids"]
        assert isinstance(ids, list)
        found = [self._tenants.registry.directory.by_id(TenantId(str(id))) for id in ids]
        if None in found:
            raise TenantNotFound("One of the tenants is gone.")
        return [tenant for tenant in found if tenant is not None]

    async def _check(self, run: Run) -> None:
        """Try it on all of them, and tell of all that would fail."""
        wanted, tenants = self._wanted(run), self._of(run)
        failures: list[Place] = []
        for number, tenant in enumerate(tenants):
            run.advance(number / len(tenants))
            async with self._tenants.pool.use(tenant) as context:
                found = await plan(context, wanted, prune=bool(run.input["prune"]))
            last = "; collections that go are the last" if run.input["prune"] else ""
            run.say(f"{tenant.slug}: tried, {counted(len(found), 'change')} to make{last}.")
            try:
                refuse_failing(found, keep=bool(run.input["keep"]))
            except Conflict as error:
                failures += [Place(f"/{tenant.slug}{place.path}", place.message) for place in error.places]
        if failures:
            hint = "Correct the documents, or send keep for those that a schema rejects."
            raise Conflict("Documents would not fit; nothing was changed.", hint=hint, places=failures[:50])

    async def _canary(self, run: Run) -> None:
        if run.input["canary"]:
            await self._push_to(run, self._of(run)[0])
            run.say("The canary has them.")

    async def _others(self, run: Run) -> None:
        tenants = self._of(run)
        for number, tenant in enumerate(tenants[1:] if run.input["canary"] else tenants):
            run.advance(number / len(tenants))
            await self._push_to(run, tenant)

    async def _push_to(self, run: Run, tenant: Tenant) -> None:
        """Snapshot, then definitions. What it had before is noted first, and not again when this is done once more."""
        if run.input["snapshots"]:
            await self._snapshots.take_within(run, tenant, f"snapshot {tenant.id}", "before a push of definitions")
        async with self._tenants.pool.use(tenant) as context:
            noted, keep = partial(self._remember, run, tenant), bool(run.input["keep"])
            found = await apply(context, self._wanted(run), prune=False, keep=keep, noted=noted)
        run.say(f"{tenant.slug}: {counted(len(found), 'change')} made.")

    async def _prune(self, run: Run) -> None:
        for tenant in self._of(run) if run.input["prune"] else ():
            async with self._tenants.pool.use(tenant) as context:
                found = await apply(context, self._wanted(run), prune=True, keep=True)
            for one in found:
                run.say(f"{tenant.slug}: {one.name} is gone, with {counted(one.documents, 'document')}.")

    def _file(self, run: Run, tenant: Tenant) -> Path:
        return self._work / f"push-{run.id}-{tenant.id}"

    async def _remember(self, run: Run, tenant: Tenant, rows: Sequence[Row]) -> None:
        """Note the rows of a tenant as they were, durably. In a file of each tenant: together, those of 2000 would be
        too much for the operation's own document. What was noted before a crash is older, and stays."""
        path = self._file(run, tenant)
        known = await self._remembered(path)
        had = {(row.collection, row.id) for row in known}
        new = [row for row in rows if (row.collection, row.id) not in had]
        if new:
            await self._tenants.folders.run(lambda: write_json(path, [*known, *new]))

    async def _remembered(self, path: Path) -> list[Row]:
        if not await self._tenants.folders.run(path.exists):
            return []
        return msgspec.json.decode(await self._tenants.folders.run(path.read_bytes), type=list[Row])

    async def _undo(self, run: Run) -> None:
        """Give those that have it their own definitions back, the newest change first."""
        ids = run.input["ids"]
        assert isinstance(ids, list)
        for id in reversed(ids):
            tenant = self._tenants.registry.directory.by_id(TenantId(str(id)))
            if tenant is None:
                continue
            await self._snapshots.tidy(tenant.id)
            before = await self._remembered(self._file(run, tenant))
            if not before:
                continue
            async with self._tenants.pool.use(tenant) as context, context.settings.changing:
                await give_back(context, before)
            run.say(f"{tenant.slug} has its own definitions back.")
        await self._forget(run)

    async def _forget(self, run: Run) -> None:
        def remove() -> None:
            for path in self._work.glob(f"push-{run.id}-*"):
                path.unlink(missing_ok=True)

        await self._tenants.folders.run(remove)

    async def _result(self, run: Run) -> JsonObject:
        names: list[Json] = [tenant.slug for tenant in self._of(run)]
        return {"tenants": names}


def _json(body: Push) -> JsonObject:
    found: JsonObject = msgspec.to_builtins(body.definitions)
    return found

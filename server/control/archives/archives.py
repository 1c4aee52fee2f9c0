"""What administrators do with archives and templates."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from server.control.archives.read import opened_archive
from server.control.archives.source import FROM, MOST_COLLECTIONS, TEMPLATE
from server.control.archives.templates import Templates
from server.control.archives.uploads import Uploads
from server.control.archives.write import About, archive_of
from server.identity.keys import create_key
from tenancy.errors import Conflict
from tenancy.lifecycle.building import leave_access, leave_keys
from tenancy.lifecycle.cloning import Wanted
from tenancy.lifecycle.part import Part
from tenancy.lifecycle.tenants import Tenants, lock_of
from tenancy.lifecycle.works import Works
from tenancy.model.json import JsonObject
from tenancy.model.slug import TenantId, parse_slug
from tenancy.model.tenant import Mode, State, Tenant
from tenancy.operations.record import Operation, Status

_PIECE: Final = 1024 * 1024


class Opened(NamedTuple):
    """A tenant that the server was started with: its name and address, and its first API key when it is new."""

    name: str
    api_key: str
    url: str = ""


class Archives(NamedTuple):
    """Tenants as files, out of this server and into it."""

    tenants: Tenants
    works: Works
    uploads: Uploads
    templates: Templates
    most: int
    version: str

    async def of(self, tenant: Tenant, snapshot: str | None) -> AsyncGenerator[bytes, None]:
        """A tenant as an archive, or a snapshot of it, in pieces. The tenant is used meanwhile.

        Raises:
            SnapshotNotFound: there is none.
            OperationRunning: an operation works on the tenant.
            Conflict: no server would take it in.
        """
        folder = self.uploads.folder()
        try:
            await self._copy(tenant, snapshot, folder)
            pieces = archive_of(folder, About(tenant.slug, self.version))
            while piece := await self.tenants.folders.run(partial(_next, pieces)):
                yield piece
        finally:
            await self.works.copies.remove(folder)

    async def _copy(self, tenant: Tenant, snapshot: str | None, folder: Path) -> None:
        run = Part(
            "", {"id": tenant.id, "snapshot": snapshot, "from": "tenant" if snapshot is None else "snapshot"}, {}
        )
        if snapshot is not None:
            await self.works.snapshots.get(tenant, snapshot)
        operations, lock = self.tenants.operations, lock_of(tenant.id)
        async with operations.alone(lock):
            await self.works.building.fill_folder(run, folder, leave_access, leave_keys)

    async def receive(self, content: AsyncIterator[bytes]) -> str:
        """Keep an archive for an operation, when it looks like one; its name.

        Raises:
            Invalid, TooLarge: it does not.
        """
        name = await self.uploads.receive(content)
        try:
            await asyncio.to_thread(_look, self.uploads.path(name), self.most)
        except BaseException:
            await self.uploads.remove(name)
            raise
        return name

    async def begin_import(self, wanted: Wanted, name: str, admin: str) -> Operation:
        """Begin to make a tenant of an archive that was received; raises what `Cloning.begin_import` raises."""
        try:
            given: JsonObject = {"from": FROM, "archive": name, **self._bounds(_to_be(wanted))}
            return await self.works.cloning.begin_import(wanted, given, admin)
        except BaseException:
            await self.uploads.remove(name)
            raise

    async def open(self, path: Path) -> Opened:
        """Have the tenant of an archive on this server: the one that is there already, or a new one.

        Raises:
            Invalid, TooLarge: it is no archive.
            Conflict: no tenant can be made of it.
        """
        slug = parse_slug(await asyncio.to_thread(_name_in, path, self.most))
        if self.tenants.registry.directory.find(slug) is not None:
            return Opened(slug, "")
        name = await self.uploads.receive(_pieces(path))
        ended = await self.tenants.operations.ended((await self.begin_import(Wanted(slug), name, "")).id)
        if ended.status is not Status.DONE:
            raise Conflict(str((ended.error or {}).get("detail", "The operation was cancelled.")))
        tenant = self.tenants.registry.directory.find(slug)
        assert tenant is not None
        async with self.tenants.pool.use(tenant) as opened:
            key = await create_key(opened, "first key", "admin", None, None)
        return Opened(slug, str(key["key"]))

    async def begin_restore(self, tenant: Tenant, name: str, admin: str) -> Operation:
        """Begin to give a tenant the state of an archive that was received.

        Raises:
            OperationRunning: an operation works on it.
        """
        try:
            given: JsonObject = {"from": FROM, "archive": name, **self._bounds(tenant)}
            return await self.works.restoring.begin(tenant, given, admin)
        except BaseException:
            await self.uploads.remove(name)
            raise

    async def begin_template(self, wanted: Wanted, template: str, admin: str) -> Operation:
        """Begin to make a tenant of a template.

        Raises:
            TemplateNotFound: there is none; and what `Cloning.begin_import` raises.
        """
        await self.templates.path(template)
        given: JsonObject = {"from": TEMPLATE, "template": template, **self._bounds(_to_be(wanted))}
        return await self.works.cloning.begin_import(wanted, given, admin)

    def _bounds(self, tenant: Tenant) -> JsonObject:
        """What the tenant's limits say of an archive."""
        return {MOST_COLLECTIONS: self.tenants.allowances.plans.limits_of(tenant).max_collections}

    async def make_template(self, name: str, tenant: Tenant, snapshot: str | None) -> None:
        """Make a template of a tenant, or of a snapshot of it.

        Raises:
            Invalid, AlreadyExists: the name cannot be a template's.
            SnapshotNotFound: there is none.
            OperationRunning: an operation works on the tenant.
        """
        pieces = self.of(tenant, snapshot)
        async with aclosing(pieces):
            await self.templates.put(name, pieces)


def _to_be(wanted: Wanted) -> Tenant:
    """A tenant that there is not yet, to know its limits."""
    return Tenant(
        TenantId(""), wanted.slug, Mode.SHARED, State.ACTIVE, "", plan=wanted.plan, limits=dict(wanted.limits)
    )  # fmt: skip


def _next(pieces: Iterator[bytes]) -> bytes:
    return next(pieces, b"")


def _name_in(path: Path, most: int) -> str:
    with opened_archive(path, most) as archive:
        return archive.manifest.tenant


async def _pieces(path: Path) -> AsyncGenerator[bytes, None]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece
    finally:
        await asyncio.to_thread(file.close)


def _look(path: Path, most: int) -> None:
    with opened_archive(path, most):
        pass

"""Where a tenant's things are, how they are made, opened, moved and removed.

ID/data.db    documents (with -wal and -shm beside it), unless MongoDB keeps them, in the database `backpack_ID`
ID/blobs/     files and site
"""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import NamedTuple, TypeVar

from tenancy.context import TenantContext
from tenancy.errors import Invalid, Place, Unavailable
from tenancy.model.limits import Limits
from tenancy.model.settings import Held, stored_settings
from tenancy.model.slug import Slug, TenantId
from tenancy.model.system import SETTINGS, SETTINGS_ID
from tenancy.model.tenant import Engine, Tenant
from tenancy.ports import DocumentStore, Post, SessionStore
from tenancy.stores.common.transfer import copy
from tenancy.stores.embedded.create import create_database
from tenancy.stores.embedded.engine import EmbeddedDocuments
from tenancy.stores.embedded.layout import sync_folder
from tenancy.stores.embedded.memory import Memory
from tenancy.stores.embedded.transfer import FileSource, FileTarget
from tenancy.stores.embedded.workers import Workers
from tenancy.stores.files.bounded import BoundedFiles
from tenancy.stores.files.local import LocalFiles
from tenancy.stores.mongo.create import create_documents
from tenancy.stores.mongo.driver import Database, Mongo
from tenancy.stores.mongo.engine import MongoDocuments, open_documents
from tenancy.stores.mongo.transfer import DatabaseSource, DatabaseTarget
from tenancy.work import Gates, Work
from tenancy.writes import Write

DATABASE = "data.db"
T = TypeVar("T")


class Around(NamedTuple):
    """What tenants have of the server around them: their origins, their post, and where their sessions are."""

    origin_of: Callable[[Slug], str]
    post_of: Callable[[TenantId], Post]
    sessions_of: Callable[[TenantId, DocumentStore], SessionStore]


class Folders:
    """The folders of all tenants, each named by its tenant's id, and their databases."""

    def __init__(
        self, root: Path, executor: Executor, workers: Workers, memory: Memory,
        gates: Gates, limits_of: Callable[[Tenant], Limits], around: Around, mongo: Mongo | None = None,
    ) -> None:  # fmt: skip
        """Keep them below `root`, which is made when it is missing. Blocking."""
        root.mkdir(parents=True, exist_ok=True)
        self._root = root
        self._executor = executor
        self._workers = workers
        self._memory = memory
        self._gates = gates
        self._limits_of = limits_of
        self._around = around
        self._mongo = mongo

    @property
    def engine(self) -> Engine:
        """What keeps the documents of new tenants."""
        return Engine.EMBEDDED if self._mongo is None else Engine.MONGO

    async def open(self, tenant: Tenant) -> TenantContext:
        """Open a tenant's stores.

        Raises:
            Unavailable: its database is not there, or its server does not answer.
        """
        folder = self._root / tenant.id
        limits = self._limits_of(tenant)
        documents = await self._open_documents(tenant, limits)
        work = Work(self._gates, tenant.id)
        files = BoundedFiles(await self._run(lambda: LocalFiles(folder / "blobs", work)), limits)
        sessions = self._around.sessions_of(tenant.id, documents)
        settings = Held(stored_settings(await documents.get(SETTINGS, SETTINGS_ID)))
        return TenantContext(
            tenant, documents, documents.changes, files, sessions, limits, settings, self._around.post_of(tenant.id),
            self._around.origin_of(tenant.slug), work, (sessions.aclose, documents.aclose),
        )  # fmt: skip

    async def _open_documents(self, tenant: Tenant, limits: Limits) -> EmbeddedDocuments | MongoDocuments:
        if tenant.engine is Engine.MONGO:
            return await open_documents(await self._database(tenant.id), self._executor, limits)
        path = self._root / tenant.id / DATABASE
        return EmbeddedDocuments(path, self._executor, self._workers.of(tenant.id), self._memory, limits)

    def set_apart(self, id: TenantId, apart: bool) -> None:
        """Have a tenant's long reads done in a process of its own, or again in those that all share."""
        self._workers.set_apart(id, apart)

    async def create(self, id: TenantId, seed: Sequence[Write]) -> None:
        """Make a new tenant's folder and database with these documents in it, durably."""
        if self._mongo is None:
            await self._run(lambda: self._create(id, seed))
        else:
            await self._run(lambda: self._create(id, None))
            await create_documents(await self._database(id), seed)

    def _create(self, id: TenantId, seed: Sequence[Write] | None) -> None:
        folder = self._root / id
        folder.mkdir()
        if seed is not None:
            create_database(folder / DATABASE, seed)
        sync_folder(self._root)

    async def copy_documents(self, id: TenantId, to: Engine) -> None:
        """Copy a tenant's documents, which nobody has open, to the other engine, and compare the two.

        Raises:
            Invalid: there is no such engine here.
            Unavailable: the server of the other side does not answer.
            Conflict: the copy is not the same.
        """
        database, path = await self._database(id), self._root / id / DATABASE
        if to is Engine.MONGO:
            source = FileSource(path, self._executor)
            try:
                await copy(source, DatabaseTarget(database, await source.head()))
            finally:
                source.close()
            return
        original = DatabaseSource(database)
        target = FileTarget(path, await original.head(), self._executor)
        try:
            await copy(original, target)
        finally:
            target.close()

    async def remove_documents(self, id: TenantId, engine: Engine) -> None:
        """Remove what one engine keeps of a tenant; nothing happens when there is nothing."""
        if engine is Engine.MONGO:
            await (await self._database(id)).drop()
        else:
            await self._run(lambda: self._remove_file(id))

    def _remove_file(self, id: TenantId) -> None:
        for path in (self._root / id).glob(f"{DATABASE}*"):
            path.unlink()

    async def remove(self, id: TenantId, engine: Engine) -> None:
        """Remove a tenant's folder and database entirely; nothing happens when there are none."""
        await self._run(lambda: self._remove(id))
        if engine is Engine.MONGO:
            await self.remove_documents(id, engine)

    def _remove(self, id: TenantId) -> None:
        folder = self._root / id
        if folder.exists():
            shutil.rmtree(folder)

    async def set_aside(self, id: TenantId) -> Path:
        """Move a folder that nobody knows out of the way; where it is now."""
        return await self._run(lambda: self._set_aside(id))

    def _set_aside(self, id: TenantId) -> Path:
        aside = self._root.parent / "unknown" / id
        aside.parent.mkdir(exist_ok=True)
        (self._root / id).rename(aside)
        return aside

    async def ids(self) -> list[TenantId]:
        """The tenants that have a folder."""
        return await self._run(lambda: [TenantId(path.name) for path in self._root.iterdir() if path.is_dir()])

    async def ids_with(self, engine: Engine) -> list[TenantId]:
        """The tenants of which an engine keeps something.

        Raises:
            Unavailable: its server does not answer.
        """
        if engine is Engine.MONGO:
            return [TenantId(id) for id in await self._mongo.ids()] if self._mongo is not None else []
        return await self._run(lambda: [TenantId(path.parent.name) for path in self._root.glob(f"*/{DATABASE}")])

    async def _database(self, id: TenantId) -> Database:
        if self._mongo is None:
            raise Unavailable("MongoDB is not set up on this server.")
        return await self._mongo.database(id)

    def check_engine(self, engine: Engine) -> None:
        """Refuse an engine that is not set up.

        Raises:
            Invalid: it is not.
        """
        if engine is Engine.MONGO and self._mongo is None:
            place = Place("/to", "needs the setting mongo_url")
            raise Invalid("MongoDB is not set up on this server.", places=[place])

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

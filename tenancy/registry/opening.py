"""How the things of tenants are made, opened, moved and removed."""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import NamedTuple, TypeVar

from tenancy.context import TenantContext
from tenancy.disk import sync
from tenancy.errors import Invalid, Place, Unavailable
from tenancy.model.limits import Limits
from tenancy.model.settings import Held, stored_settings
from tenancy.model.slug import Slug, TenantId
from tenancy.model.system import SETTINGS, SETTINGS_ID
from tenancy.model.tenant import Engine, Tenant
from tenancy.ports import DocumentStore, Post, SessionStore
from tenancy.registry.spots import BLOBS, DATABASE, Spot, spot_named, spot_of, spots_in
from tenancy.stores.common.transfer import copy
from tenancy.stores.embedded.create import create_database
from tenancy.stores.embedded.engine import EmbeddedDocuments
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

T = TypeVar("T")


class Around(NamedTuple):
    """What tenants have of the server around them: their origins, their post, and where their sessions are."""

    origin_of: Callable[[Slug], str]
    post_of: Callable[[TenantId], Post]
    sessions_of: Callable[[Spot, DocumentStore], SessionStore]


class Folders:
    """The folders of all tenants, each named by its tenant's id, and their databases."""

    def __init__(
        self, root: Path, executor: Executor, workers: Workers, memory: Memory,
        gates: Gates, limits_of: Callable[[Tenant], Limits], around: Around, mongo: Mongo | None = None,
    ) -> None:  # fmt: skip
        """Keep them below `root`, which is made when it is missing. Blocking."""
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        self.executor = executor
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

    @property
    def has_mongo(self) -> bool:
        """Whether there is a MongoDB server."""
        return self._mongo is not None

    async def open(self, tenant: Tenant) -> TenantContext:
        """Open a tenant's stores.

        Raises:
            Unavailable: its database is not there, or its server does not answer.
        """
        spot, limits = spot_of(tenant), self._limits_of(tenant)
        documents = await self._open_documents(tenant, limits)
        work = Work(self._gates, tenant.id)
        blobs = self.folder(spot) / BLOBS
        files = BoundedFiles(await self.run(lambda: LocalFiles(blobs, work)), limits)
        sessions = self._around.sessions_of(spot, documents)
        settings = Held(stored_settings(await documents.get(SETTINGS, SETTINGS_ID)))
        return TenantContext(
            tenant, documents, documents.changes, files, sessions, limits, settings, self._around.post_of(tenant.id),
            self._around.origin_of(tenant.slug), work, (sessions.aclose, documents.aclose),
        )  # fmt: skip

    async def _open_documents(self, tenant: Tenant, limits: Limits) -> EmbeddedDocuments | MongoDocuments:
        spot = spot_of(tenant)
        if tenant.engine is Engine.MONGO:
            return await open_documents(await self.database(spot), self.executor, limits)
        path = self.folder(spot) / DATABASE
        return EmbeddedDocuments(path, self.executor, self._workers.of(tenant.id), self._memory, limits)

    def folder(self, spot: Spot) -> Path:
        """Where a spot's things are."""
        return spot.folder(self.root)

    def set_apart(self, id: TenantId, apart: bool) -> None:
        """Have a tenant's long reads done in a process of its own, or again in those that all share."""
        self._workers.set_apart(id, apart)

    async def create(self, spot: Spot, seed: Sequence[Write]) -> None:
        """Make a new tenant's folder and database with these documents in it, durably."""
        if self._mongo is None:
            await self.run(lambda: self._create(spot, seed))
        else:
            await self.run(lambda: self._create(spot, None))
            await create_documents(await self.database(spot), seed)

    def _create(self, spot: Spot, seed: Sequence[Write] | None) -> None:
        folder = self.folder(spot)
        folder.mkdir(parents=True)
        if seed is not None:
            create_database(folder / DATABASE, seed)
        sync(self.root)

    async def copy_documents(self, spot: Spot, to: Engine) -> None:
        """Copy documents, which nobody has open, to the other engine, and compare the two.

        Raises:
            Invalid: there is no such engine here.
            Unavailable: the server of the other side does not answer.
            Conflict: the copy is not the same.
        """
        database, path = await self.database(spot), self.folder(spot) / DATABASE
        if to is Engine.MONGO:
            source = FileSource(path, self.executor)
            try:
                await copy(source, DatabaseTarget(database, await source.head()))
            finally:
                source.close()
            return
        original = DatabaseSource(database)
        target = FileTarget(path, await original.head(), self.executor)
        try:
            await copy(original, target)
        finally:
            target.close()

    async def remove_documents(self, spot: Spot, engine: Engine) -> None:
        """Remove what one engine keeps; nothing happens when there is nothing."""
        if engine is Engine.MONGO:
            await (await self.database(spot)).drop()
        else:
            await self.run(lambda: self._remove_file(spot))

    def _remove_file(self, spot: Spot) -> None:
        for path in self.folder(spot).glob(f"{DATABASE}*"):
            path.unlink()

    async def remove_spot(self, spot: Spot, engine: Engine) -> None:
        """Remove one state of a tenant; nothing happens when there is none."""
        if engine is Engine.MONGO:
            await self.remove_documents(spot, engine)
        await self.run(lambda: self._remove_spot(spot))

    def _remove_spot(self, spot: Spot) -> None:
        folder = self.folder(spot)
        if spot.generation:
            _remove_tree(folder)
            return
        self._remove_file(spot)
        _remove_tree(folder / BLOBS)

    async def remove(self, id: TenantId, engine: Engine) -> None:
        """Remove everything of a tenant; nothing happens when there is nothing."""
        if engine is Engine.MONGO:
            for spot in await self.spots_with(engine):
                if spot.id == id:
                    await self.remove_documents(spot, engine)
        await self.run(lambda: _remove_tree(self.root / id))

    async def set_aside(self, id: TenantId) -> Path:
        """Move a folder that nobody knows out of the way; where it is now."""
        return await self.run(lambda: self._set_aside(id))

    def _set_aside(self, id: TenantId) -> Path:
        aside = self.root.parent / "unknown" / id
        aside.parent.mkdir(exist_ok=True)
        (self.root / id).rename(aside)
        return aside

    async def ids(self) -> list[TenantId]:
        """The tenants that have a folder."""
        return await self.run(lambda: [TenantId(path.name) for path in self.root.iterdir() if path.is_dir()])

    async def spots(self) -> list[Spot]:
        """The spots that have a folder with something in it."""
        return await self.run(
            lambda: [spot for path in self.root.iterdir() if path.is_dir() for spot in spots_in(path)]
        )

    async def spots_with(self, engine: Engine) -> list[Spot]:
        """The spots of which an engine keeps something.

        Raises:
            Unavailable: its server does not answer.
        """
        if engine is Engine.MONGO:
            return [spot_named(name) for name in await self._mongo.ids()] if self._mongo is not None else []
        return [spot for spot in await self.spots() if (self.folder(spot) / DATABASE).exists()]

    async def has(self, spot: Spot, engine: Engine) -> bool:
        """Whether an engine keeps documents of a spot.

        Raises:
            Unavailable: its server does not answer.
        """
        return spot in await self.spots_with(engine)

    async def database(self, spot: Spot) -> Database:
        """A spot's database in MongoDB.

        Raises:
            Unavailable: there is no server, or it does not answer.
        """
        if self._mongo is None:
            raise Unavailable("MongoDB is not set up on this server.")
        return await self._mongo.database(spot.name)

    def check_engine(self, engine: Engine) -> None:
        """Refuse an engine that is not set up.

        Raises:
            Invalid: it is not.
        """
        if engine is Engine.MONGO and self._mongo is None:
            place = Place("/to", "needs the setting mongo_url")
            raise Invalid("MongoDB is not set up on this server.", places=[place])

    async def run(self, work: Callable[[], T]) -> T:
        """Do something that blocks in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self.executor, work)


def _remove_tree(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)

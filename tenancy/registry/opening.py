"""A tenant's folder: how it is made, opened and removed.

ID/data.db    documents (with -wal and -shm beside it)
ID/blobs/     files and site
"""

import asyncio
import shutil
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

from tenancy.context import TenantContext
from tenancy.model.slug import TenantId
from tenancy.model.tenant import Tenant
from tenancy.ports import Limits
from tenancy.stores.embedded.create import create_database
from tenancy.stores.embedded.engine import EmbeddedDocuments
from tenancy.stores.embedded.layout import sync_folder
from tenancy.stores.embedded.workers import Workers
from tenancy.stores.files.local import LocalFiles
from tenancy.stores.sessions.documents import DocumentSessions
from tenancy.writes import Write

DATABASE = "data.db"


class Folders:
    """The folders of all tenants, each named by its tenant's id."""

    def __init__(self, root: Path, executor: Executor, workers: Workers, limits: Limits) -> None:
        """Keep them below `root`, which is made when it is missing. Blocking."""
        root.mkdir(parents=True, exist_ok=True)
        self._root = root
        self._executor = executor
        self._workers = workers
        self._limits = limits

    async def open(self, tenant: Tenant) -> TenantContext:
        """Open a tenant's stores."""
        folder = self._root / tenant.id
        limits = self._limits
        documents = EmbeddedDocuments(
            folder / DATABASE, self._executor, self._workers,
            max_examined=limits.max_examined, changes_kept=limits.changes_kept, max_documents=limits.max_documents,
        )  # fmt: skip
        files = await asyncio.get_running_loop().run_in_executor(self._executor, LocalFiles, folder / "blobs")
        sessions = DocumentSessions(documents)
        return TenantContext(tenant, documents, documents.changes, files, sessions, limits, (documents.aclose,))

    async def create(self, id: TenantId, seed: Sequence[Write]) -> None:
        """Make a tenant's folder with these documents in it, durably."""
        await asyncio.get_running_loop().run_in_executor(self._executor, self._create, id, seed)

    def _create(self, id: TenantId, seed: Sequence[Write]) -> None:
        folder = self._root / id
        folder.mkdir()
        create_database(folder / DATABASE, seed)
        sync_folder(self._root)

    async def remove(self, id: TenantId) -> None:
        """Remove a tenant's folder entirely; nothing happens when there is none."""
        await asyncio.get_running_loop().run_in_executor(self._executor, self._remove, id)

    def _remove(self, id: TenantId) -> None:
        folder = self._root / id
        if folder.exists():
            shutil.rmtree(folder)

    async def set_aside(self, id: TenantId) -> Path:
        """Move a folder that nobody knows out of the way; where it is now."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._set_aside, id)

    def _set_aside(self, id: TenantId) -> Path:
        aside = self._root.parent / "unknown" / id
        aside.parent.mkdir(exist_ok=True)
        (self._root / id).rename(aside)
        return aside

    async def ids(self) -> list[TenantId]:
        """The tenants that have a folder."""
        names = await asyncio.get_running_loop().run_in_executor(self._executor, self._names)
        return [TenantId(name) for name in names]

    def _names(self) -> list[str]:
        return [path.name for path in self._root.iterdir() if path.is_dir()]

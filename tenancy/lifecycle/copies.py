"""Copies of tenants: a folder with a database file and blobs, of one moment, made while the tenant is used.

Blobs never change, so a copy has them by hard links. They are linked just before the moment that the database is copied
of, and again just after it, while it is held: a document names only blobs that were there before it. What came and went
again between the two is missing, and so are its rows: the copy is of the moment after that, for these files alone.
"""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from tenancy.disk import link, sync, sync_tree
from tenancy.errors import Conflict, Unavailable
from tenancy.lifecycle.tenants import Tenants
from tenancy.model.clock import now_text
from tenancy.model.json import trusted
from tenancy.model.system import FILE_BLOBS, FILES, SITE
from tenancy.model.tenant import Engine, Tenant
from tenancy.operations.kind import Run
from tenancy.registry.spots import BLOBS, DATABASE, spot_of
from tenancy.snapshots.store import blobs_in
from tenancy.stores.common.transfer import copy
from tenancy.stores.embedded.offline import Copying, Offline, compact, offline
from tenancy.stores.embedded.transfer import FileTarget
from tenancy.stores.mongo.engine import MongoDocuments

COPIED: Final = 0.7
"""How much of the work of a copy its documents are; the rest is what is changed in them."""


class Taken(NamedTuple):
    """When a copy was what the tenant was: at some moment from `begun` to `at`."""

    begun: str
    at: str


class Kept(NamedTuple):
    """What a copy has: how many documents each collection, and the oldest position in its change log."""

    counts: dict[str, int]
    log_from: int


class Copies:
    """Copies tenants while they are used."""

    def __init__(self, tenants: Tenants) -> None:
        """Of these."""
        self._tenants = tenants
        self._folders = tenants.folders

    async def begin(self, folder: Path) -> None:
        """Have an empty folder for a copy, whatever an attempt before has left."""
        await self._folders.run(partial(_begin, folder))

    async def remove(self, folder: Path) -> None:
        """Remove a copy; nothing happens when there is none."""
        await self._folders.run(partial(_remove, folder))

    async def take(self, run: Run, tenant: Tenant, folder: Path) -> Taken:
        """Copy a tenant's documents and blobs of one moment into a folder that was begun.

        Raises:
            Unavailable: the tenant cannot be opened, or its server does not answer.
        """
        await self._link(tenant, folder)
        if tenant.engine is Engine.MONGO:
            taken = await self._take_from_mongo(run, tenant, folder)
        else:
            taken = await self._take_file(run, tenant, folder)
        run.advance(COPIED)
        return taken

    async def _link(self, tenant: Tenant, folder: Path) -> None:
        blobs = self._folders.folder(spot_of(tenant)) / BLOBS
        await self._folders.run(partial(link_all, blobs, folder / BLOBS))

    async def _take_file(self, run: Run, tenant: Tenant, folder: Path) -> Taken:
        begun, source = now_text(), self._folders.folder(spot_of(tenant)) / DATABASE
        copying = await self._folders.run(lambda: Copying(source, folder / DATABASE))
        taken = Taken(begun, now_text())
        try:
            await self._link(tenant, folder)
            done = 0.0
            while done < 1.0:
                done = await self._folders.run(copying.step)
                run.advance(done * COPIED)
        finally:
            await self._folders.run(copying.close)
        return taken

    async def _take_from_mongo(self, run: Run, tenant: Tenant, folder: Path) -> Taken:
        """From the server's own snapshot, while writes go on; where that turns out to be none, while they wait.

        Both sides are compared, so a server that does not keep its snapshot, or not for so long, is noticed.
        """
        async with self._tenants.pool.use(tenant) as context:
            documents = context.documents
            if not isinstance(documents, MongoDocuments):
                raise Unavailable("The tenant has moved meanwhile.")
            try:
                return await self._copy_from(run, documents, tenant, folder, waiting=False)
            except (Conflict, Unavailable):
                run.say("The server does not keep a moment for so long: writes wait for the copy.")
                return await self._copy_from(run, documents, tenant, folder, waiting=True)

    async def _copy_from(
        self, run: Run, documents: MongoDocuments, tenant: Tenant, folder: Path, *, waiting: bool
    ) -> Taken:
        begun = now_text()
        async with documents.still(waiting=waiting) as source:
            taken = Taken(begun, now_text())
            await self._link(tenant, folder)
            file = FileTarget(folder / DATABASE, await source.head(), self._folders.executor)
            try:
                await copy(source, file, partial(run.advance, 0.0))
            finally:
                file.close()
        # A server that keeps no moment, although it says so, was read as it was at the end when nobody wrote then.
        await self._link(tenant, folder)
        return taken

    async def change(self, folder: Path, *changes: Callable[[Offline], None]) -> None:
        """Change a copy's database in one transaction, and have all of the copy on the disk."""
        await self._folders.run(partial(_change, folder, changes))

    async def compact(self, folder: Path) -> None:
        """Leave nothing in a copy's database of what was replaced in it."""
        await self._folders.run(partial(_compact, folder / DATABASE))

    async def kept(self, folder: Path) -> Kept:
        """What a copy has."""
        return await self._folders.run(partial(_kept, folder))


def _remove(folder: Path) -> None:
    """The database first: a copy without one is none, one without blobs would be taken for whole."""
    for path in folder.glob(f"{DATABASE}*"):
        path.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _compact(path: Path) -> None:
    compact(path)
    sync(path)


def _begin(folder: Path) -> None:
    for left in [*folder.glob(f"{DATABASE}*")]:
        left.unlink()
    (folder / BLOBS).mkdir(parents=True, exist_ok=True)
    for path in list(blobs_in(folder / BLOBS)):
        path.unlink()


def link_all(source: Path, target: Path) -> None:
    """Have all blobs there too; one that goes meanwhile is not needed."""
    if not source.exists():
        return
    made: set[Path] = set()
    for path in blobs_in(source):
        at = target / path.relative_to(source)
        if at.exists():
            continue
        if at.parent not in made:
            at.parent.mkdir(parents=True, exist_ok=True)
            made.add(at.parent)
        try:
            link(path, at)
        except FileNotFoundError:
            continue


def _change(folder: Path, changes: tuple[Callable[[Offline], None], ...]) -> None:
    path = folder / DATABASE
    with offline(path) as changed:
        for change in changes:
            change(changed)
        match_blobs(changed, folder / BLOBS)
    sync(path)
    sync_tree(folder)
    sync(folder.parent)


def match_blobs(changed: Offline, blobs: Path) -> int:
    """Leave no bytes without a row and no row without bytes, of files and of the site; how many rows had none."""
    lost = 0
    files = {str(trusted(text)["id"]) for batch in changed.texts(FILES) for text in batch}
    there = {path.name: path for path in (blobs / FILE_BLOBS).glob("*")}
    for name in there.keys() - files:
        there[name].unlink()
    for id in files - there.keys():
        changed.drop(FILES, id)
        lost += 1
    return lost + _match_site(changed, blobs / "site")


def _match_site(changed: Offline, site: Path) -> int:
    lost, named = 0, set[object]()
    for row in [trusted(text) for batch in changed.texts(SITE) for text in batch]:
        if (site / f"{row['release']}.pack").exists():
            named.update((row["release"], row.get("previous")))
        else:
            changed.drop(SITE, str(row["id"]))
            lost += 1
    for path in site.glob("*"):  # a publication that was broken off has left some
        if path.stem not in named:
            path.unlink()
    return lost


def _kept(folder: Path) -> Kept:
    with offline(folder / DATABASE) as changed:
        return Kept(changed.counts(), changed.oldest_change())

"""Where the things of a tenant are: one folder for each of the states that it was brought to.

ID/data.db       documents (with -wal and -shm beside it), unless MongoDB keeps them, in the database `backpack_ID`
ID/blobs/        files and site
ID/GENERATION/   the same, of a tenant that was restored; its database in MongoDB is `backpack_ID_GENERATION`
ID/snapshots/    what it can be restored from
"""

import re
from pathlib import Path
from typing import Final, NamedTuple

from tenancy.model.slug import TenantId
from tenancy.model.tenant import Tenant

DATABASE: Final = "data.db"
BLOBS: Final = "blobs"
SNAPSHOTS: Final = "snapshots"
_GENERATION: Final = re.compile(r"g[0-9a-f]{24}\Z")


class Spot(NamedTuple):
    """One state of a tenant; `generation` is "" for the one that it was made with."""

    id: TenantId
    generation: str = ""

    @property
    def name(self) -> str:
        """What tells it from all others."""
        return f"{self.id}_{self.generation}" if self.generation else self.id

    def folder(self, root: Path) -> Path:
        """Its folder."""
        return root / self.id / self.generation if self.generation else root / self.id


def spot_of(tenant: Tenant) -> Spot:
    """Where the tenant is now."""
    return Spot(tenant.id, tenant.generation)


def generation_from(id: str) -> str:
    """The name of a new generation that the operation with this id makes."""
    return f"g{id}"


def spot_named(name: str) -> Spot:
    """The spot of a name."""
    id, _, generation = name.partition("_")
    return Spot(TenantId(id), generation)


def spots_in(folder: Path) -> list[Spot]:
    """The spots of one tenant's folder in which there is something. Blocking."""
    id = TenantId(folder.name)
    found = [Spot(id, path.name) for path in folder.iterdir() if _GENERATION.match(path.name)]
    return [*found, Spot(id)] if any((folder / name).exists() for name in (DATABASE, BLOBS)) else found

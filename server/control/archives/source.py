"""An archive as what a tenant is built from."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Final

from server.control.archives.build import Built, build
from server.control.archives.read import opened_archive
from server.control.archives.templates import Templates
from server.control.archives.uploads import Uploads
from tenancy.model.limits import Limits
from tenancy.model.words import counted
from tenancy.operations.kind import Run
from tenancy.work import Work

FROM: Final = "archive"
TEMPLATE: Final = "template"
MOST_COLLECTIONS: Final = "mostCollections"
"""In an operation's input: how many collections the tenant may have."""
_NAMED: Final = 10


class ArchiveSource:
    """Builds from archives that were sent: `archive` in an operation's input."""

    def __init__(self, uploads: Uploads, work: Work, most: int) -> None:
        """Of these; no more than `most` bytes may come out of one."""
        self._uploads = uploads
        self._work = work
        self._most = most

    async def fill(self, run: Run, folder: Path) -> None:
        """Read it, believing nothing.

        Raises:
            Invalid, TooLarge: it is not accepted.
        """
        path = self._uploads.path(str(run.input["archive"]))
        say(run, await self._work.do("archive", partial(read_into, path, folder, self._most, _most_collections(run))))

    async def release(self, run: Run) -> None:
        """Forget it."""
        await self._uploads.remove(str(run.input["archive"]))


class TemplateSource:
    """Builds from templates: `template` in an operation's input."""

    def __init__(self, templates: Templates, most: int) -> None:
        """Of these."""
        self._templates = templates
        self._most = most

    async def fill(self, run: Run, folder: Path) -> None:
        """Read it as a stranger's.

        Raises:
            Invalid: there is none any more.
        """
        path = await self._templates.path(str(run.input["template"]))
        say(run, await asyncio.to_thread(read_into, path, folder, self._most, _most_collections(run)))

    async def release(self, run: Run) -> None:
        """It stays."""


def _most_collections(run: Run) -> int:
    most = run.input.get(MOST_COLLECTIONS)
    return most if isinstance(most, int) else Limits().max_collections  # of a version before, which did not say


def read_into(path: Path, folder: Path, most: int, collections: int = Limits().max_collections) -> Built:
    """Fill a folder from an archive. Blocking."""
    with opened_archive(path, most) as archive:
        return build(archive, folder, collections)


def say(run: Run, built: Built) -> None:
    """Tell what came out of it."""
    site = f", a site of {counted(built.site_files, 'file')}" if built.site_files else ""
    run.say(f"{counted(built.documents, 'document')}, {counted(built.files, 'file')}{site}.")
    if built.unfit:
        named = ", ".join(f"{name} {count}" for name, count in sorted(built.unfit.items())[:_NAMED])
        more = " and others" if len(built.unfit) > _NAMED else ""
        unfit = counted(sum(built.unfit.values()), "document")
        run.say(f"The schemas of their collections reject {unfit}: {named}{more}.")
        run.say("They stay, and have to fit when they are written next.")

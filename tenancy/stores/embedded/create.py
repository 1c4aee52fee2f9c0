"""A new database with its first documents, in one transaction."""

from collections.abc import Sequence
from pathlib import Path

from tenancy.disk import sync
from tenancy.model.change import Seq
from tenancy.model.limits import UNLIMITED
from tenancy.stores.embedded.apply import Applier
from tenancy.stores.embedded.catalog import load_catalog
from tenancy.stores.embedded.draft import Draft
from tenancy.stores.embedded.layout import create_file, open_file
from tenancy.writes import Write


def create_database(path: Path, seed: Sequence[Write]) -> None:
    """Make a database file that holds the results of these writes, durably. Blocking.

    Raises:
        FileExistsError: there is one already.
    """
    if path.exists():
        raise FileExistsError(path)
    # Made under another name: a file that is there under its own is whole, also after a crash.
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    create_file(unfinished)
    connection = open_file(unfinished, write=True)
    try:
        with connection:
            applier = Applier(connection, Draft(load_catalog(connection), {}, Seq(0)), UNLIMITED)
            for write in seed:
                applier.apply(write)
            applier.finish()
    finally:
        connection.close()
    unfinished.rename(path)
    sync(path.parent)

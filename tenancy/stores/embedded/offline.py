"""A database file that nobody has open: copied from one that is, and changed before it is opened. Blocking.

What is changed here is no write of anybody: it has no version, no time and no entry in the change log.
"""

import os
import secrets
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw

from tenancy.disk import Gently
from tenancy.errors import Conflict, Unavailable
from tenancy.model.change import Change, Seq
from tenancy.model.json import trusted
from tenancy.model.limits import UNLIMITED
from tenancy.stores.common.transfer import Head
from tenancy.stores.embedded.apply import Applier
from tenancy.stores.embedded.catalog import load_catalog
from tenancy.stores.embedded.draft import Draft
from tenancy.stores.embedded.layout import open_file, rows
from tenancy.stores.embedded.log import CHANGE

_PAGES: Final = 256
"""Of a copy, before it is told how far it is."""
_PAGE: Final = 4096
"""Bytes, as `layout` makes databases."""
_AT_ONCE: Final = 500


class Copying:
    """Copies a database as it is at one moment, whoever reads and writes it; a part at a time."""

    def __init__(self, source: Path, target: Path) -> None:
        """Begin; the target must not be there.

        Raises:
            Unavailable: the source is damaged.
        """
        with _damage_told():
            self._from = open_file(source, write=False)
            # A transaction that reads keeps the copy at one moment: without it each write would have it begin again.
            self._from.execute("BEGIN")
            self._from.execute("SELECT 1 FROM meta").fetchall()
        self._to = apsw.Connection(str(target))
        self._to.execute("PRAGMA journal_mode=OFF").fetchall()
        self._to.execute("PRAGMA synchronous=OFF")
        self._backup = self._to.backup("main", self._from, "main")
        self._descriptor = os.open(target, os.O_RDONLY)
        self._gently = Gently(self._descriptor)

    def step(self) -> float:
        """Copy some pages; how much is done. Source: https://sqlite.org/backup.html"""
        self._backup.step(_PAGES)
        self._gently.wrote(_PAGES * _PAGE)
        total = self._backup.page_count
        return 1.0 if self._backup.done else (total - self._backup.remaining) / max(total, 1)

    def close(self) -> None:
        """Close both sides; what was copied is on the disk."""
        self._backup.finish()
        self._to.close()
        self._from.close()
        os.fsync(self._descriptor)
        os.close(self._descriptor)


@contextmanager
def _damage_told() -> Generator[None]:
    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise Unavailable("The tenant's database is damaged: restore a snapshot as another tenant.") from error


def head_of(path: Path) -> Head:
    """What a database is, and the last position in its change log; it may be open.

    Raises:
        Unavailable: it cannot be read.
    """
    with _reading(path) as connection:
        return _head(connection)


def oldest_of(path: Path) -> Seq:
    """The first position that a database's change log still has, 0 when it is empty; it may be open.

    Raises:
        Unavailable: it cannot be read.
    """
    with _reading(path) as connection:
        return _oldest(connection)


@contextmanager
def _reading(path: Path) -> Generator[apsw.Connection]:
    try:
        connection = open_file(path, write=False)
        try:
            yield connection
        finally:
            connection.close()
    except (apsw.Error, FileNotFoundError, RuntimeError) as error:
        raise Unavailable("The tenant's database could not be read.") from error


def _oldest(connection: apsw.Connection) -> Seq:
    return Seq(int(connection.execute("SELECT coalesce(min(seq), 0) FROM changes").get))


def _head(connection: apsw.Connection) -> Head:
    epoch = str(connection.execute("SELECT value FROM meta WHERE key = 'epoch'").get)
    return Head(epoch, Seq(int(connection.execute("SELECT coalesce(max(seq), 0) FROM changes").get)))


class Offline:
    """A file that is changed in one transaction."""

    def __init__(self, connection: apsw.Connection) -> None:
        """Inside the transaction."""
        self._db = connection
        counts: dict[int, int] = dict(rows(connection, "SELECT cid, documents FROM collections"))
        self._applier = Applier(connection, Draft(load_catalog(connection), counts, _head(connection).seq), UNLIMITED)

    @property
    def head(self) -> Head:
        """What it is now."""
        return _head(self._db)

    def counts(self) -> dict[str, int]:
        """How many documents each collection has."""
        draft = self._applier.draft
        return {name: draft.counts.get(state.cid, 0) for name, state in draft.catalog.states.items()}

    def texts(self, collection: str) -> Iterator[list[bytes]]:
        """The documents of a collection by id, in batches. They may be changed meanwhile."""
        state, after = self._applier.draft.catalog.states.get(collection), ""
        while state is not None:
            sql = "SELECT id, json FROM documents WHERE cid = ? AND id > ? ORDER BY id LIMIT ?"
            batch = rows(self._db, sql, (state.cid, after, _AT_ONCE))
            if not batch:
                return
            after = batch[-1][0]
            yield [text for _, text in batch]

    def drop(self, collection: str, id: str) -> None:
        """Remove a document; nothing happens when there is none."""
        self._applier.drop(collection, id)

    def put(self, collection: str, text: bytes) -> None:
        """Have this document, in place of the one with its id.

        Raises:
            AlreadyExists: a unique value is taken.
        """
        self._applier.put(collection, text)

    def clear(self, collection: str) -> None:
        """Remove all documents of a collection."""
        for batch in self.texts(collection):
            for text in batch:
                self.drop(collection, str(trusted(text)["id"]))

    def changes(self, after: Seq) -> Iterator[Change]:
        """The change log after a position."""
        for row in self._db.execute(f"{CHANGE} WHERE seq > ? ORDER BY seq", (after,)):
            yield Change(*row)

    def oldest_change(self) -> Seq:
        """The first position that the log still has; 0 when it is empty."""
        return _oldest(self._db)

    def forget_changes(self) -> None:
        """Empty the change log, but for the position: it goes on from there."""
        seq = self._applier.draft.seq
        self._db.execute("DELETE FROM changes WHERE seq < ?", (seq,))
        self._db.execute("UPDATE changes SET before = NULL, after = NULL")

    def add_changes(self, changes: Sequence[Change]) -> None:
        """Go on in the change log with these."""
        self._db.executemany("INSERT OR REPLACE INTO changes VALUES (?,?,?,?,?,?,?,?)", changes)
        if changes:
            self._applier.draft.seq = changes[-1].seq

    def forget_receipts(self) -> None:
        """Know of no commit with an Idempotency-Key any more."""
        self._db.execute("DELETE FROM receipts")

    def renew(self) -> None:
        """Be another database: no cursor of before is good any more."""
        self._db.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (secrets.token_hex(8),))

    def finish(self) -> None:
        """Write what was only noted."""
        self._applier.finish()


def verified(path: Path) -> dict[str, int]:
    """How many documents each collection of a file has, counted one by one; nobody has it open.

    Raises:
        Conflict: the file is damaged, or its own counts are wrong.
    """
    connection = open_file(path, write=True)
    try:
        found = [text for (text,) in rows(connection, "PRAGMA integrity_check(5)")]
        if found != ["ok"]:
            raise Conflict("The database is damaged.")
        sql = "SELECT name, documents, (SELECT count(*) FROM documents d WHERE d.cid = c.cid) FROM collections c"
        counted = rows(connection, sql)
        if any(noted != count for _, noted, count in counted):
            raise Conflict("The database counts other documents than it has.")
        return {name: count for name, _, count in counted}
    finally:
        connection.close()


def compact(path: Path) -> None:
    """Write a file anew, without what was removed from it: SQLite leaves the bytes of removed rows where they were."""
    connection = open_file(path, write=True)
    try:
        connection.execute("VACUUM")
    finally:
        connection.close()


@contextmanager
def offline(path: Path) -> Generator[Offline]:
    """Change a file that nobody has open: all that is done in here, or nothing.

    Raises:
        Unavailable: it is damaged.
    """
    connection = open_file(path, write=True)
    try:
        with _damage_told(), connection:
            changed = Offline(connection)
            yield changed
            changed.finish()
    finally:
        connection.close()

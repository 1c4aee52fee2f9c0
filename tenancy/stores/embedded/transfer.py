"""A SQLite file as the source or the target of a move between engines."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import Executor
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

import apsw

from tenancy.disk import sync
from tenancy.model.change import Change, Seq
from tenancy.model.limits import UNLIMITED
from tenancy.stores.common.transfer import Head, KeptReceipt, Source, Target
from tenancy.stores.embedded.apply import Applier
from tenancy.stores.embedded.catalog import load_catalog
from tenancy.stores.embedded.draft import Draft
from tenancy.stores.embedded.layout import create_file, open_file, rows
from tenancy.stores.embedded.log import CHANGE

T = TypeVar("T")
_AT_ONCE: Final = 500
_DOCUMENTS: Final = "SELECT json FROM documents JOIN collections USING (cid) WHERE name = ? ORDER BY id"


class FileSource:
    """Reads a file that no engine has open. Close it."""

    def __init__(self, path: Path, executor: Executor) -> None:
        """Open it when it is first read."""
        self._path = path
        self._executor = executor
        self._connection: apsw.Connection | None = None

    async def head(self) -> Head:
        """What it is."""
        return await self._run(_head)

    async def collections(self) -> Sequence[str]:
        """The names of all collections."""
        return await self._run(lambda db: [name for (name,) in rows(db, "SELECT name FROM collections")])

    async def documents(self, collection: str) -> AsyncGenerator[Sequence[bytes], None]:
        """The texts of a collection by id."""
        async for batch in self._batches(_DOCUMENTS, (collection,)):
            yield [text for (text,) in batch]

    async def changes(self) -> AsyncGenerator[Sequence[Change], None]:
        """The change log."""
        async for batch in self._batches(f"{CHANGE} ORDER BY seq"):
            yield [Change(*row) for row in batch]

    async def receipts(self) -> AsyncGenerator[Sequence[KeptReceipt], None]:
        """The receipts."""
        async for batch in self._batches("SELECT key, mark, at, result FROM receipts"):
            yield [KeptReceipt(*row) for row in batch]

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()

    async def _batches(self, sql: str, bindings: tuple[Any, ...] = ()) -> AsyncGenerator[list[tuple[Any, ...]], None]:
        found: Iterator[tuple[Any, ...]] = await self._run(lambda db: iter(db.execute(sql, bindings)))
        while batch := await self._run(lambda _: list(islice(found, _AT_ONCE))):
            yield batch

    async def _run(self, read: Callable[[apsw.Connection], T]) -> T:
        def work() -> T:
            if self._connection is None:
                self._connection = open_file(self._path, write=False)
            return read(self._connection)

        return await asyncio.get_running_loop().run_in_executor(self._executor, work)


class FileTarget:
    """Fills a file under another name; it gets its own when it is whole."""

    def __init__(self, path: Path, head: Head, executor: Executor) -> None:
        """Nothing is made yet."""
        self._path = path
        self._unfinished = path.with_name(path.name + ".new")
        self._head = head
        self._executor = executor
        self._applier: Applier | None = None

    async def put_documents(self, collection: str, texts: Sequence[bytes]) -> None:
        """Keep documents as they are, and their index entries."""

        def put(applier: Applier) -> None:
            for text in texts:
                applier.take(collection, text)

        await self._run(put)

    async def put_changes(self, changes: Sequence[Change]) -> None:
        """Keep entries of the change log as they are."""
        values = [(c.seq, c.op, c.collection, c.id, c.version, c.before, c.after, c.at) for c in changes]
        await self._run(lambda applier: applier.db.executemany("INSERT INTO changes VALUES (?,?,?,?,?,?,?,?)", values))

    async def put_receipts(self, receipts: Sequence[KeptReceipt]) -> None:
        """Keep receipts as they are."""
        await self._run(lambda applier: applier.db.executemany("INSERT INTO receipts VALUES (?, ?, ?, ?)", receipts))

    async def finish(self) -> Source:
        """Give the file its name."""
        await self._run(Applier.finish)
        await self._in_thread(self._rename)
        return FileSource(self._path, self._executor)

    def close(self) -> None:
        """Close the file, whole or not."""
        if self._applier is not None:
            self._applier.db.close()
            self._applier = None

    def _rename(self) -> None:
        self.close()
        self._unfinished.rename(self._path)
        sync(self._path.parent)

    async def _run(self, work: Callable[[Applier], object]) -> None:
        """Do something in a transaction."""

        def do() -> None:
            applier = self._applier = self._applier or self._begun()
            with applier.db:
                work(applier)

        await self._in_thread(do)

    async def _in_thread(self, work: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def _begun(self) -> Applier:
        for left in self._path.parent.glob(f"{self._path.name}*"):  # what an attempt before has left
            left.unlink()
        create_file(self._unfinished)
        connection = open_file(self._unfinished, write=True)
        connection.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (self._head.epoch,))
        return Applier(connection, Draft(load_catalog(connection), {}, self._head.seq), UNLIMITED)


def _head(connection: apsw.Connection) -> Head:
    epoch = str(connection.execute("SELECT value FROM meta WHERE key = 'epoch'").get)
    return Head(epoch, Seq(int(connection.execute("SELECT coalesce(max(seq), 0) FROM changes").get)))


def _is_a_target(target: FileTarget) -> Target:
    return target

"""Reads that are too long for the event loop: in a thread where they wait for SQLite, in a worker process where Python
does the work. One at a time for each tenant, so that one tenant's long reads wait for each other."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

import apsw

from tenancy.model.json import trusted
from tenancy.query.match import Matcher, compile_filter
from tenancy.query.tree import Filter, is_everything
from tenancy.stores.embedded.layout import open_file
from tenancy.stores.embedded.workers import Read, Worker

T = TypeVar("T")
_SCANNED_AT_ONCE: Final = 500


class SlowReads:
    """The long reads of one open tenant."""

    def __init__(self, path: Path, epoch: str, executor: Executor, worker: Worker) -> None:
        """Nothing is opened yet."""
        self._path = path
        self._epoch = epoch
        self._executor = executor
        self._worker = worker
        self._turn = asyncio.Lock()
        self._scans: set[apsw.Connection] = set()

    async def in_worker(self, read: Read[T]) -> T:
        """Have a worker process read."""
        async with self._turn:
            return await self._worker.run(self._path, self._epoch, read)

    async def in_thread(self, read: Callable[[apsw.Connection], T]) -> T:
        """Read in a thread through a connection of its own."""
        async with self._turn:
            return await self._run(partial(self._read, read))

    async def scan(self, cid: int, filter: Filter) -> AsyncGenerator[Sequence[bytes], None]:
        """All documents of a collection that fit, by id, as they were when the first batch was asked for."""
        matches = None if is_everything(filter) else compile_filter(filter)
        connection = await self._run(partial(open_file, self._path, write=False))
        self._scans.add(connection)
        try:
            found = await self._run_to_the_end(partial(_begin_scan, connection, cid))
            while (batch := await self._run_to_the_end(partial(_next_batch, found, matches))) is not None:
                if batch:
                    yield batch
        finally:
            self._scans.discard(connection)
            connection.close()

    async def aclose(self) -> None:
        """Wait for the read that is under way."""
        async with self._turn:
            for connection in list(self._scans):
                connection.close()

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def _run_to_the_end(self, work: Callable[[], T]) -> T:
        """The same; one who is cancelled leaves only when the thread has let go of the connection."""
        running = asyncio.ensure_future(self._run(work))
        cancelled: asyncio.CancelledError | None = None
        while not running.done():
            try:
                await asyncio.wait([running])
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            raise cancelled
        return running.result()

    def _read(self, read: Callable[[apsw.Connection], T]) -> T:
        connection = open_file(self._path, write=False)
        try:
            return read(connection)
        finally:
            connection.close()


def _begin_scan(connection: apsw.Connection, cid: int) -> apsw.Cursor:
    connection.execute("BEGIN")
    return connection.execute("SELECT json FROM documents WHERE cid = ? ORDER BY id", (cid,))


def _next_batch(cursor: apsw.Cursor, matches: Matcher | None) -> list[bytes] | None:
    """Those that fit of the next documents, None after the last; in a thread, as 500 can be half a gigabyte."""
    texts = [text for (text,) in islice(cursor, _SCANNED_AT_ONCE)]
    return [text for text in texts if matches is None or matches(trusted(text))] if texts else None

"""Worker processes for reads that take long, so that their Python holds up nobody's event loop.

A worker opens the tenant's file read-only for one read and closes it again (0.3 ms), so it never holds a tenant that is
closed or removed. The processes are started when the first long read comes.
"""

import asyncio
import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import structlog

from tenancy.errors import Unavailable
from tenancy.stores.embedded.layout import open_file
from tenancy.stores.embedded.reader import Reader

T = TypeVar("T")
Read = Callable[[Reader], T]
_PRELOADED: Final = ["tenancy.stores.embedded.workers", "tenancy.stores.common.aggregate"]
PATIENCE_S: Final = 30.0
"""How long one read may take: the processes are shared, and one that never ends would hold up every tenant."""
log = structlog.get_logger("tenancy.workers")


class Workers:
    """A few processes, shared by all tenants of the server."""

    def __init__(self, processes: int = 2) -> None:
        """Use at most so many."""
        self._processes = processes
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None

    async def run(self, path: Path, epoch: str, read: Read[T]) -> T:
        """Do a read in a worker. `read` has to be picklable: a partial of a module's function.

        Raises:
            Unavailable: the worker died, twice.
            whatever the read raises.
        """
        for _ in range(2):
            try:
                # Starting processes and waking them up writes to pipes, which may block.
                done = await asyncio.to_thread(self._submit, partial(_work, path, epoch, read))
                return await asyncio.wrap_future(done)
            except BrokenProcessPool:
                log.exception("worker.died")
        raise Unavailable("The query's worker process ended.")

    def _submit(self, work: Callable[[], T]) -> "Future[T]":
        with self._lock:
            if self._pool is None:
                self._pool = self._started()
            try:
                return self._pool.submit(work)
            except BrokenProcessPool:
                self._pool = self._started()
                return self._pool.submit(work)

    def _started(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_PRELOADED)
        return ProcessPoolExecutor(self._processes, mp_context=context)

    def close(self) -> None:
        """End the processes; what they were doing is dropped."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)


def _work(path: Path, epoch: str, read: Read[T]) -> T:
    """In the worker: open, read one snapshot, close."""
    reader = Reader(open_file(path, write=False), epoch, PATIENCE_S)
    try:
        reader.db.execute("BEGIN")
        return read(reader)
    finally:
        reader.close()

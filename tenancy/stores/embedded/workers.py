"""Worker processes for reads that take long, so that their Python holds up nobody's event loop.

A worker opens the tenant's file read-only for one read and closes it again (0.3 ms), so it never holds a tenant that is
closed or removed. The processes are started when the first long read comes.
"""

import asyncio
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import structlog

from tenancy.errors import Unavailable
from tenancy.shares import Shares
from tenancy.stores.embedded.layout import open_file
from tenancy.stores.embedded.reader import Reader

T = TypeVar("T")
Read = Callable[[Reader], T]
_PRELOADED: Final = ["tenancy.stores.embedded.workers", "tenancy.stores.common.aggregate"]
PATIENCE_S: Final = 30.0
"""How long one read may take: the processes are shared, and one that never ends would hold up every tenant."""
_GIVE_WAY: Final = 10
"""How nice, in the sense of the system, the process of a tenant that is set apart is."""
MOST_APART: Final = 8
"""Tenants with a process of their own, which has 40 MB; more share one of them."""
log = structlog.get_logger("tenancy.workers")


class Workers:
    """A few processes, shared by all tenants of the server but those that are set apart."""

    def __init__(self, shares: Shares, processes: int = 2) -> None:
        """Use at most so many; `shares` is told how long each tenant's reads take."""
        self._shares = shares
        self._shared = _Processes(processes, 0)
        self._apart: dict[Hashable, _Processes] = {}

    def of(self, key: Hashable) -> "Worker":
        """Those of one tenant; `key` tells it from the others."""
        return Worker(self, key)

    def set_apart(self, key: Hashable, apart: bool) -> None:
        """Give a tenant a process of its own for its next reads, or take it away."""
        if apart and key not in self._apart:
            full = len(self._apart) >= MOST_APART
            self._apart[key] = next(iter(self._apart.values())) if full else _Processes(1, _GIVE_WAY)
        elif not apart and (processes := self._apart.pop(key, None)) and processes not in self._apart.values():
            processes.retire()

    def is_apart(self, key: Hashable) -> bool:
        """Whether a tenant is set apart."""
        return key in self._apart

    async def run(self, key: Hashable, path: Path, epoch: str, read: Read[T]) -> T:
        """See `Worker.run`."""
        done, seconds = await self._apart.get(key, self._shared).run(partial(_work, path, epoch, read))
        self._shares.add(key, seconds)
        if isinstance(done, Exception):
            raise done
        return done

    def close(self) -> None:
        """End the processes; what they were doing is dropped."""
        for processes in (self._shared, *self._apart.values()):
            processes.close()


class Worker:
    """The worker processes as one tenant has them."""

    __slots__ = ("_key", "_workers")

    def __init__(self, workers: Workers, key: Hashable) -> None:
        """Use these; `key` tells the tenant from the others."""
        self._workers = workers
        self._key = key

    @property
    def apart(self) -> bool:
        """Whether the tenant is set apart, and should do little on the loop."""
        return self._workers.is_apart(self._key)

    async def run(self, path: Path, epoch: str, read: Read[T]) -> T:
        """Do a read in a worker. `read` has to be picklable: a partial of a module's function.

        Raises:
            Unavailable: the worker died, twice.
            whatever the read raises.
        """
        return await self._workers.run(self._key, path, epoch, read)


class _Processes:
    """Some processes, started when they are first needed and again when they die."""

    def __init__(self, most: int, nice: int) -> None:
        self._most = most
        self._nice = nice
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._users = 0
        self._retired = False

    async def run(self, work: Callable[[], T]) -> T:
        self._users += 1
        try:
            for _ in range(2):
                try:
                    # Starting processes and waking them up writes to pipes, which may block.
                    done = await asyncio.to_thread(self._submit, work)
                    return await asyncio.wrap_future(done)
                except BrokenProcessPool:
                    log.exception("worker.died")
            raise Unavailable("The query's worker process ended.")
        finally:
            self._users -= 1
            self._end_when_idle()

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
        return ProcessPoolExecutor(self._most, mp_context=context, initializer=_begin, initargs=(self._nice,))

    def retire(self) -> None:
        """End when what is under way has ended; nobody begins anything any more."""
        self._retired = True
        self._end_when_idle()

    def _end_when_idle(self) -> None:
        if self._retired and not self._users and self._pool is not None:
            pool, self._pool = self._pool, None
            pool.shutdown(wait=False)

    def close(self) -> None:
        """End now; what is under way is dropped."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)


def _begin(nice: int) -> None:
    """In a new worker: give way as it should, and end when the server does, whatever ended it."""
    os.nice(nice)
    threading.Thread(target=_end_with_server, name="end-with-server", daemon=True).start()


def _end_with_server() -> None:
    """A worker that waits for work does not see that a server which was killed has gone, and would wait for ever."""
    server = multiprocessing.parent_process()
    assert server is not None
    server.join()
    os._exit(1)


def _work(path: Path, epoch: str, read: Read[T]) -> tuple[T | Exception, float]:
    """In the worker: open, read one snapshot, close; what was read or went wrong, and how many seconds it took."""
    begun = time.perf_counter()
    reader = Reader(open_file(path, write=False), epoch, PATIENCE_S)
    try:
        reader.db.execute("BEGIN")
        done: T | Exception = read(reader)
    except Exception as error:  # noqa: BLE001 - raised again by who asked
        done = error
    finally:
        reader.close()
    return done, time.perf_counter() - begun

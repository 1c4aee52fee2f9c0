"""What a tenant has done in threads: one piece at a time of each kind, in fair turns with the other tenants."""

import asyncio
from collections.abc import Callable, Hashable, Mapping
from time import thread_time
from typing import Final, Generic, Literal, TypeVar

from tenancy.gate import Gate
from tenancy.shares import Shares

T = TypeVar("T")
Kind = Literal["password", "parse", "archive", "disk"]
"""`password`: 40 ms of a core. `parse`: Python that holds the interpreter, 20 ms at most. `archive`: seconds of a core.
`disk`: some megabytes, written and synced."""


def _gates() -> Mapping[Kind, Gate]:
    return {
        "password": Gate(2, most_waiting=64),
        "parse": Gate(1, most_waiting=500, pause=1.0),
        "archive": Gate(1, most_waiting=8),
        "disk": Gate(2, most_waiting=500),
    }


class Gates:
    """The places of one server, shared by its tenants."""

    def __init__(self, shares: Shares) -> None:
        """Nobody is there; `shares` is told how much of a core each tenant's work takes."""
        self.shares = shares
        self._gates: Final = _gates()

    def of(self, kind: Kind) -> Gate:
        """Where this kind of work waits."""
        return self._gates[kind]


class Work:
    """The work of one tenant."""

    def __init__(self, gates: Gates, key: Hashable) -> None:
        """`key` tells the tenant from the others."""
        self._gates = gates
        self._key = key

    async def do(self, kind: Kind, work: Callable[[], T]) -> T:
        """Do it in a thread when its turn comes. One who is cancelled leaves when the thread is done.

        Raises:
            TooMany: too much of the tenant waits already; and whatever the work raises.
        """
        async with self._gates.of(kind).turn(self._key):
            timed = _Timed(work)
            running = asyncio.ensure_future(asyncio.to_thread(timed))
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                await asyncio.wait([running])
                raise
            finally:
                self._gates.shares.add(self._key, timed.seconds)


class _Timed(Generic[T]):
    """Work, and how many seconds of a core its thread took for it, whether it was done or failed."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self.seconds = 0.0

    def __call__(self) -> T:
        begun = thread_time()
        try:
            return self._work()
        finally:
            self.seconds = thread_time() - begun

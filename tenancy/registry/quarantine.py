"""Which tenants take more than their share for so long that their long reads get a process of their own.

Turns are shared fairly, so a greedy tenant mostly waits for itself. What it still does to others is to fill the worker
processes and to make each turn of the loop longer. After a minute of that its reads examine little on the loop, and the
rest is done in a process of its own that gives way to all others. Nothing is refused. It ends after a calm minute.
Cloudflare's Workers move noisy ones to processes of their own in the same way.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from typing import Final

import structlog

from tenancy.model.clock import now_text
from tenancy.model.slug import TenantId
from tenancy.shares import Shares
from tenancy.tasks import end

LOOK_S: Final = 5.0
LOOKS: Final = 12
"""In a row, for its beginning and for its end: a minute."""
_SHARE: Final = 0.5
_BUSY: Final = 0.9
"""Of a core, that the server's own process uses."""
_WORKED: Final = 0.75
"""Seconds of work in a second, workers included: others wait then."""
_ALIVE: Final = 0.01
"""Of all work: who has less is no other that could be kept waiting."""
SetApart = Callable[[TenantId, bool], None]
log = structlog.get_logger("tenancy.quarantine")


class Quarantine:
    """Those of one server."""

    def __init__(self, shares: Shares, set_apart: SetApart) -> None:
        """Nobody is in it. `set_apart` is called with who comes in (true) or goes out."""
        self.shares = shares
        self._set_apart = set_apart
        self._greedy: TenantId | None = None
        self._greedy_looks = 0
        self._calm_looks: Counter[TenantId] = Counter()
        self.since: dict[TenantId, str] = {}
        """Who is in it, and since when."""
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Quarantine":
        """Begin to look."""
        self._task = asyncio.create_task(self._run(), name="quarantine")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Look no more."""
        if self._task is not None:
            await end(self._task)

    async def _run(self) -> None:
        self.shares.take()
        at, cpu = time.monotonic(), time.process_time()
        while True:
            await asyncio.sleep(LOOK_S)
            before, cpu_before = at, cpu
            at, cpu = time.monotonic(), time.process_time()
            self.look(self.shares.take(), at - before, cpu - cpu_before)

    def look(self, used: Mapping[Hashable, float], elapsed_s: float, cpu_s: float) -> None:
        """Judge one stretch of time.

        Args:
            used: seconds of work by tenant; keys that are no tenant's ids count as others.
            elapsed_s: how long it was.
            cpu_s: what the process used of a core.
        """
        greedy = _greedy(used, elapsed_s, cpu_s)
        self._greedy_looks = self._greedy_looks + 1 if greedy == self._greedy else 1
        self._greedy = greedy
        if greedy is not None and greedy not in self.since and self._greedy_looks >= LOOKS:
            self._begin(greedy)
        for id in list(self.since):
            self._calm_looks[id] = self._calm_looks[id] + 1 if id != greedy else 0
            if self._calm_looks[id] >= LOOKS:
                self.release(id)

    def _begin(self, id: TenantId) -> None:
        self._calm_looks[id] = 0
        self.since[id] = now_text()
        self._set_apart(id, True)
        log.warning("tenant.quarantined", id=id, hint="It takes most of the server; consider a server of its own.")

    def release(self, id: TenantId) -> None:
        """Let one out; nothing happens when it is not in."""
        if self.since.pop(id, None) is not None:
            del self._calm_looks[id]
            self._set_apart(id, False)
            log.info("tenant.released", id=id)


def _greedy(used: Mapping[Hashable, float], elapsed_s: float, cpu_s: float) -> TenantId | None:
    """Who had most of the work while the server was busy and somebody else wanted some."""
    total = sum(used.values())
    if not total or (cpu_s < _BUSY * elapsed_s and total < _WORKED * elapsed_s):
        return None
    key = max(used, key=lambda known: used[known])
    others = [known for known, seconds in used.items() if known != key and seconds >= _ALIVE * total]
    if used[key] <= _SHARE * total or not others or not isinstance(key, str):
        return None
    return TenantId(key)

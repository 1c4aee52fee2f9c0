"""Open tenants: opened once on first use, counted while in use, closed when idle.

Rules that a stress run taught (tests/unit/tenancy/registry/test_pool.py repeats it): opening and closing are tasks of
the pool, never of a caller, and everybody awaits them shielded; the count rises before an await and falls when it
fails; newcomers wait for a closing; trimming starts closings and never awaits them. Never use a tenant inside its own
use.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from types import TracebackType

import structlog

from tenancy.context import Reason, TenantContext
from tenancy.errors import TenantNotFound, Unavailable
from tenancy.model.limits import Limits
from tenancy.model.slug import TenantId
from tenancy.model.tenant import Tenant
from tenancy.tasks import end

_MOVING_S = 5
_PATIENCE_S = {"gone": 0.5, "suspended": 0.5, "moved": 10.0}
"""How long requests that are under way may go on in a tenant that is closed under them."""
Opener = Callable[[Tenant], Awaitable[TenantContext]]
Known = Callable[[TenantId], Tenant | None]
log = structlog.get_logger("tenancy.pool")


class Entry:
    """A tenant that is open, or about to be, and how many use it."""

    __slots__ = ("closing", "context", "idle", "opening", "used", "users")

    def __init__(self, opening: "asyncio.Task[TenantContext]") -> None:
        """Nobody uses it yet."""
        self.opening = opening
        self.context: TenantContext | None = None
        self.closing: asyncio.Task[None] | None = None
        self.users = 0
        self.used = time.monotonic()
        self.idle = asyncio.Event()

    def release(self) -> None:
        """Count a user less."""
        self.users -= 1
        if not self.users:
            self.used = time.monotonic()
            self.idle.set()


class Use:
    """One use of a tenant: `async with pool.use(tenant) as context`."""

    __slots__ = ("_entry", "_pool", "_tenant")

    def __init__(self, pool: "Pool", tenant: Tenant) -> None:
        """Nothing is opened yet."""
        self._pool = pool
        self._tenant = tenant

    async def __aenter__(self) -> TenantContext:
        """Have the tenant open, and keep it so.

        Raises:
            TenantNotFound: it is gone.
            Unavailable: it could not be opened.
        """
        self._entry = entry = self._pool.acquire_open(self._tenant) or await self._pool.acquire(self._tenant)
        assert entry.context is not None
        return entry.context

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let it go."""
        self._entry.release()


class Pool:
    """At most about `capacity` open tenants: one that is in use is never closed to make room."""

    def __init__(self, opener: Opener, known: Known, *, capacity: int, idle_s: float) -> None:
        """Open with `opener` what is known of a tenant by then: whoever asks may have looked it up long before it was
        restored or moved. Close what was not used for `idle_s` seconds."""
        self._opener = opener
        self._known = known
        self._capacity = capacity
        self._idle_s = idle_s
        self._entries: dict[TenantId, Entry] = {}  # the least recently used first
        self._held: set[TenantId] = set()
        self._sweeper: asyncio.Task[None] | None = None

    def use(self, tenant: Tenant) -> Use:
        """A context manager that holds the tenant open."""
        return Use(self, tenant)

    def __len__(self) -> int:
        """How many are open, opening or closing."""
        return len(self._entries)

    def opened(self, id: TenantId) -> TenantContext | None:
        """A tenant that is open, to look at and not to wait for; None for one that is not."""
        entry = self._entries.get(id)
        return entry.context if entry is not None and entry.closing is None else None

    def acquire_open(self, tenant: Tenant) -> Entry | None:
        """Count a user of a tenant that is open; None for one that is not."""
        entry = self._entries.get(tenant.id)
        if entry is None or entry.context is None or entry.closing is not None:
            return None
        entry.users += 1
        return entry

    async def acquire(self, tenant: Tenant) -> Entry:
        """Count a user, having it opened first where needed.

        Raises:
            TenantNotFound: it is gone.
            Unavailable: it could not be opened, or is held.
        """
        while True:
            self.refuse_held(tenant.id)
            entry = self._entries.get(tenant.id)
            if entry is None:
                opening = asyncio.ensure_future(self._open(tenant.id))
                entry = self._entries[tenant.id] = Entry(opening)
                self._trim()
            if entry.closing is not None:
                await asyncio.shield(entry.closing)
                continue
            entry.users += 1
            try:
                entry.context = await asyncio.shield(entry.opening)
            except BaseException as error:
                entry.release()
                self._forget_failed(tenant.id, entry)
                if isinstance(error, Exception) and not isinstance(error, TenantNotFound):
                    log.exception("tenant.open_failed", tenant=tenant.slug)
                    raise Unavailable("The tenant could not be opened.") from error
                raise
            return entry

    async def _open(self, id: TenantId) -> TenantContext:
        tenant = self._known(id)
        if tenant is None:
            raise TenantNotFound
        return await self._opener(tenant)

    def _forget_failed(self, id: TenantId, entry: Entry) -> None:
        failed = entry.opening.done() and (entry.opening.cancelled() or entry.opening.exception() is not None)
        if failed and entry.closing is None and self._entries.get(id) is entry:
            del self._entries[id]

    def _trim(self) -> None:
        extra = len(self._entries) - self._capacity
        if extra <= 0:
            return
        closable = [(entry.used, id) for id, entry in self._entries.items() if self._closable(entry)]
        for _, id in sorted(closable)[:extra]:
            self._begin_close(id, self._entries[id])

    @staticmethod
    def _closable(entry: Entry) -> bool:
        return not entry.users and entry.opening.done() and entry.closing is None

    def _begin_close(self, id: TenantId, entry: Entry) -> "asyncio.Task[None]":
        entry.closing = asyncio.ensure_future(self._close(id, entry))
        return entry.closing

    async def _close(self, id: TenantId, entry: Entry) -> None:
        try:
            try:
                context = await asyncio.shield(entry.opening)
            except Exception:  # noqa: BLE001 - whoever opened it was told
                return
            context.ended.begin("gone")
            while entry.users:
                entry.idle.clear()
                await entry.idle.wait()
            await context.aclose()
        except Exception:
            log.exception("tenant.close_failed", id=id)
        finally:
            del self._entries[id]

    @asynccontextmanager
    async def held(self, id: TenantId) -> AsyncGenerator[None]:
        """Keep a tenant closed: whoever wants it meanwhile is asked to come back.

        Raises:
            Unavailable: somebody holds it already.
        """
        self.refuse_held(id)
        self._held.add(id)
        try:
            await self.retire(id, "moved")
            yield
        finally:
            self._held.discard(id)

    def refuse_held(self, id: TenantId) -> None:
        """Refuse what cannot be done while a tenant is held.

        Raises:
            Unavailable: it is.
        """
        if id in self._held:
            raise Unavailable("The tenant is being moved or restored.", retry_after_s=_MOVING_S)

    def adjust(self, id: TenantId, limits: Limits) -> None:
        """Give a tenant that is open other limits; they count from now on."""
        entry = self._entries.get(id)
        if entry is None:
            return
        if entry.context is not None:
            entry.context.limits.become(limits)
        else:  # it was opened with the old ones a moment ago
            entry.opening.add_done_callback(partial(_adjust, limits))

    async def retire(self, id: TenantId, why: Reason = "gone") -> None:
        """Close a tenant: its sockets are told why, requests under way have a moment, and this returns when the last
        user has left."""
        entry = self._entries.get(id)
        if entry is None:
            return
        if entry.context is not None:
            entry.context.ended.begin(why)
        closing = entry.closing or self._begin_close(id, entry)
        done, _ = await asyncio.wait([closing], timeout=_PATIENCE_S[why])
        if not done and entry.context is not None:
            entry.context.ended.cut()
        await asyncio.shield(closing)

    async def __aenter__(self) -> "Pool":
        """Begin to close what is idle."""
        self._sweeper = asyncio.create_task(self._sweep(), name="pool-sweeper")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close everything."""
        if self._sweeper is not None:
            await end(self._sweeper)
        await asyncio.gather(*(self.retire(id) for id in list(self._entries)))

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(max(self._idle_s / 4, 0.05))
            before = time.monotonic() - self._idle_s
            for id, entry in list(self._entries.items()):
                if entry.used < before and self._closable(entry):
                    self._begin_close(id, entry)


def _adjust(limits: Limits, opened: "asyncio.Future[TenantContext]") -> None:
    if not opened.cancelled() and opened.exception() is None:
        opened.result().limits.become(limits)

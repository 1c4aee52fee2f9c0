"""The operations of one process: what works on which tenant, what has to wait, who watches.

After a crash, or when the process that worked on it is gone, an operation goes on with the step that was not done. What
the server does by itself gives way to what somebody asks for.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final

import structlog

from tenancy.errors import BackpackError, OperationNotFound
from tenancy.model.ids import new_id
from tenancy.model.json import Json
from tenancy.operations.course import to_its_end
from tenancy.operations.journal import LEASE_S, Journal, LeaseLostError, running
from tenancy.operations.kind import Kind
from tenancy.operations.record import Operation
from tenancy.operations.running import Running
from tenancy.ports import DocumentStore
from tenancy.tasks import end

_MAKE_WAY_S: Final = 10.0
"""How long somebody waits for the end of what nobody asked for: it ends at its next look at whether it should."""
_MAKE_WAY_LOOK_S: Final = 0.01
log = structlog.get_logger("tenancy.operations")


class Runner:
    """The operations of one process."""

    def __init__(self, documents: DocumentStore) -> None:
        """Write them down in these documents."""
        self.journal = Journal(documents, secrets.token_hex(8))
        self._kinds: dict[str, Kind] = {}
        self._running: dict[str, Running] = {}
        self._held: dict[str, Operation | None] = {}
        self._keeper: asyncio.Task[None] | None = None

    def know(self, *kinds: Kind) -> None:
        """Be able to do these."""
        self._kinds.update((kind.name, kind) for kind in kinds)

    async def start(self) -> None:
        """Go on with what a process before has left; the data folder's lock says that there is no other."""
        for operation in await self.journal.abandoned(alone=True):
            self._take_over(operation)
        self._keeper = asyncio.create_task(self._keep_leases(), name="operations")

    def _take_over(self, operation: Operation) -> None:
        kind = self._kinds.get(operation.kind)
        if kind is None or tuple(step.name for step in kind.steps) != operation.steps:
            # Its locks stay, so that nobody builds on what is half: the version that began it can end it.
            hint = "Start the version of Backpack that began it, and let it end."
            log.error("operation.unknown", id=operation.id, kind=operation.kind, tenant=operation.tenant, hint=hint)
            return
        log.info("operation.resumed", id=operation.id, kind=operation.kind, tenant=operation.tenant)
        self._go_on(operation)

    async def aclose(self) -> None:
        """Stop where everything is; the next start goes on."""
        tasks = [one.task for one in self._running.values() if one.task is not None]
        await end(*tasks, *([self._keeper] if self._keeper is not None else []))

    async def begin(
        self, kind: str, tenant: str, locks: Sequence[str], input: Mapping[str, Json], admin: str = ""
    ) -> Operation:
        """Write down an operation and begin with it.

        Args:
            kind: one that is known.
            tenant: the name that it is about.
            locks: what no other operation may work on meanwhile.
            input: what the steps need to know.
            admin: who asked for it; what nobody asked for makes way for it.

        Raises:
            OperationRunning: another works on one of these.
        """
        if admin:
            await self.make_way(*locks)
        steps = tuple(step.name for step in self._kinds[kind].steps)
        operation = Operation(new_id(), kind, tenant, steps, tuple(locks), admin, dict(input))
        with self.holding(*locks, for_=operation):
            await self.journal.begin(operation)
            self._go_on(operation)
        return operation

    @contextmanager
    def holding(self, *locks: str, for_: Operation | None = None) -> Iterator[None]:
        """Keep operations of this process off these while something short is done.

        Raises:
            OperationRunning: one works on them.
        """
        for lock in locks:
            if lock in self._held:
                raise running(self._held[lock])
        self._held.update(dict.fromkeys(locks, for_))
        try:
            yield
        finally:
            if for_ is None or for_.id not in self._running:
                self._let_go(locks)

    @asynccontextmanager
    async def alone(self, *locks: str) -> AsyncGenerator[None]:
        """Keep operations, here and elsewhere, off these meanwhile. What was looked up before may have changed.

        Raises:
            OperationRunning: one works on them that somebody asked for.
        """
        await self.make_way(*locks)
        async with self.undisturbed(*locks):
            yield

    @asynccontextmanager
    async def undisturbed(self, *locks: str) -> AsyncGenerator[None]:
        """The same, at once: nothing is waited for before these are held.

        Raises:
            OperationRunning: one works on them, whoever asked for it.
        """
        with self.holding(*locks):
            await self.journal.refuse_held(locks)
            yield

    async def make_way(self, *locks: str) -> None:
        """End what holds these and nobody asked for; what does not end soon stays. Nothing is waited for otherwise."""
        until = time.monotonic() + _MAKE_WAY_S
        while (unasked := self._unasked(locks)) and time.monotonic() < until:
            for id in unasked:
                one = self._running.get(id)  # none while its beginning is being written down
                if one is not None and not one.operation.cancel:
                    with suppress(OperationNotFound):  # it has just ended
                        await self.cancel(id)
            await asyncio.sleep(_MAKE_WAY_LOOK_S)

    def _unasked(self, locks: Sequence[str]) -> set[str]:
        held = [operation for lock in locks if (operation := self._held.get(lock)) is not None]
        return {one.id for one in held if not one.admin and not one.insists and self._kinds[one.kind].gives_way}

    async def refuse_busy(self, *locks: str) -> None:
        """Refuse what an operation, here or elsewhere, works on that somebody asked for. Nothing is ended for that.

        Raises:
            OperationRunning: one does.
        """
        if not self._unasked(locks):
            async with self.undisturbed(*locks):
                return

    def _let_go(self, locks: Sequence[str]) -> None:
        for lock in locks:
            self._held.pop(lock, None)

    def _go_on(self, operation: Operation) -> None:
        self._held.update(dict.fromkeys(operation.locks, operation))
        one = Running(operation, self.journal, self._kinds[operation.kind])
        self._running[operation.id] = one
        one.task = asyncio.create_task(self._run(one), name=f"operation-{operation.kind}")

    async def _run(self, one: Running) -> None:
        operation = one.operation
        try:
            await to_its_end(one)
        except LeaseLostError:
            log.warning("operation.lease_lost", id=operation.id)
        finally:
            one.tell()
            del self._running[operation.id]
            self._let_go(operation.locks)

    async def cancel(self, id: str) -> None:
        """Ask an operation to end; one that cannot be taken back any more goes on.

        Raises:
            OperationNotFound: there is none, or it has ended.
        """
        await self.journal.cancel(id)
        if id in self._running:
            self._running[id].operation.cancel = True
            self._running[id].tell()

    async def get(self, id: str) -> Operation:
        """One operation as it is now.

        Raises:
            OperationNotFound: there is none.
        """
        one = self._running.get(id)
        return one.operation if one is not None else await self.journal.get(id)

    async def watch(self, id: str) -> AsyncGenerator[Operation, None]:
        """An operation each time it has changed, until it has ended.

        Raises:
            OperationNotFound: there is none.
        """
        while True:
            one = self._running.get(id)
            if one is None:
                operation = await self.journal.get(id)
                yield operation
                if operation.ended:
                    return
                await asyncio.sleep(1)  # another process works on it
                continue
            # Taken before the reader has its turn, or what happens meanwhile would be missed. It ends when it is
            # written down that it has; until then there is news to wait for.
            news = one.upcoming
            yield one.operation
            await news.wait()

    async def ended(self, id: str) -> Operation:
        """Wait for an operation's end.

        Raises:
            OperationNotFound: there is none.
        """
        one = self._running.get(id)
        if one is not None and one.task is not None:
            await asyncio.wait([one.task])
        async for operation in self.watch(id):
            last = operation
        return last

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(LEASE_S / 3)
            try:
                for one in list(self._running.values()):
                    await self._renew(one)
                for operation in await self.journal.abandoned(alone=False):
                    self._take_over(operation)
            except BackpackError:
                log.exception("operations.leases_failed")

    async def _renew(self, one: Running) -> None:
        try:
            one.operation.cancel = await self.journal.renew(one.operation)
        except LeaseLostError:
            if one.id in self._running and one.task is not None:
                one.task.cancel()

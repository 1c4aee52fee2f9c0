"""One operation that this process works on; what its steps see of it."""

import asyncio

from tenancy.model.clock import now_text
from tenancy.model.json import Json, JsonObject
from tenancy.operations.journal import Journal
from tenancy.operations.kind import CancelledByRequestError, Kind
from tenancy.operations.record import LINES, Line, Operation, Status


class Running:
    """What is at work, and who waits for news of it."""

    def __init__(self, operation: Operation, journal: Journal, kind: Kind) -> None:
        """Nothing is done yet."""
        self.operation = operation
        self.kind = kind
        self.task: asyncio.Task[None] | None = None
        self._journal = journal
        self._news = asyncio.Event()

    @property
    def id(self) -> str:
        """The operation's id."""
        return self.operation.id

    @property
    def input(self) -> JsonObject:
        """What was asked for."""
        return self.operation.input

    @property
    def notes(self) -> JsonObject:
        """What the steps before have noted."""
        return self.operation.notes

    @property
    def _may_end(self) -> bool:
        return self.operation.status is Status.RUNNING and self.operation.step < self.kind.final

    async def note(self, **notes: Json) -> None:
        """Remember something durably."""
        self.operation.notes.update(notes)
        await self.keep()

    def say(self, text: str) -> None:
        """One line of output."""
        operation = self.operation
        operation.said += 1
        operation.lines = [*operation.lines[-LINES + 1 :], Line(operation.said, now_text(), text)]
        self.tell()

    def advance(self, done: float) -> None:
        """How much of the step is done."""
        self.operation.progress = done
        self.tell()
        if self.operation.cancel and self._may_end:
            raise CancelledByRequestError

    async def keep(self) -> None:
        """Write it down, and tell who watches."""
        await self._journal.keep(self.operation)
        self.tell()

    def tell(self) -> None:
        """Wake who waits for news."""
        self._news.set()
        self._news = asyncio.Event()

    @property
    def upcoming(self) -> asyncio.Event:
        """Set when something changes that had not when this was asked for."""
        return self._news

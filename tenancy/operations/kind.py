"""What an operation of some kind does, step by step."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, Protocol

from tenancy.model.json import Json, JsonObject


class CancelledByRequestError(Exception):
    """Somebody asked for the operation to end."""


class Run(Protocol):
    """What a step has of its operation."""

    @property
    def id(self) -> str:
        """The operation's id."""
        ...

    @property
    def input(self) -> JsonObject:
        """What was asked for."""
        ...

    @property
    def notes(self) -> JsonObject:
        """What the steps before have noted."""
        ...

    async def note(self, **notes: Json) -> None:
        """Remember something durably, so that a step that is done again knows it."""
        ...

    def say(self, text: str) -> None:
        """One line of output."""
        ...

    def advance(self, done: float) -> None:
        """How much of the step is done, from 0 to 1; ends the operation when that was asked for.

        Raises:
            CancelledByRequestError: it was, and everything can still be taken back.
        """
        ...


class Step(NamedTuple):
    """One step. It may be done again after it was done, or after half of it was: it has to come to the same."""

    name: str
    do: Callable[[Run], Awaitable[Any]]


async def _never(run: Run) -> bool:
    return False


class Kind(NamedTuple):
    """A kind of operation.

    Args:
        steps: in order. `final`: how many of them can be taken back; what comes after them is done, whatever happens.
        undo: takes back whatever the first steps did, and may be done again too.
        result: what came of it, for whoever asked.
        passed: whether what cannot be taken back has happened, although its step is not known to be done: an answer
            was lost, or the disk was full just then. It is asked before anything is taken back.
        gives_way: whether it ends for what somebody asks for, when nobody asked for it.
    """

    name: str
    steps: Sequence[Step]
    final: int
    undo: Callable[[Run], Awaitable[Any]]
    result: Callable[[Run], Awaitable[JsonObject]]
    passed: Callable[[Run], Awaitable[bool]] = _never
    gives_way: bool = False

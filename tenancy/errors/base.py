"""What all errors have in common."""

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple


class Place(NamedTuple):
    """Where in the caller's input something is wrong: a JSON pointer or a parameter's name, and what is wrong there."""

    path: str
    message: str


class BackpackError(Exception):
    """Base of all errors that are answered to a caller.

    Args:
        detail: what happened, in one sentence, without other tenants' or engines' words.
        hint: what to do next; the class's own hint by default.
        places: the places in the input that are wrong.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong on the server"
    hint: ClassVar[str] = "Report the request id to the operator; the server's log holds the details under it."

    def __init__(self, detail: str = "", *, hint: str | None = None, places: Sequence[Place] = ()) -> None:
        """Take the message's parts."""
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self._next_step = hint
        self.places = tuple(places)
        self.number: int | None = None
        """Which of several writes was refused, from 0."""

    @property
    def next_step(self) -> str:
        """What to do next."""
        return self._next_step if self._next_step is not None else self._usual()

    def _usual(self) -> str:
        return self.hint

    def __reduce__(self) -> tuple[Any, ...]:
        """Come back whole from another process."""
        return _again, (type(self), dict(self.__dict__), self.args)


def _again(kind: type[BackpackError], state: dict[str, Any], arguments: tuple[Any, ...]) -> BackpackError:
    error = kind.__new__(kind, *arguments)
    error.args = arguments
    error.__dict__.update(state)
    return error


class Refused(BackpackError):
    """The caller has to change something; nothing was changed here."""

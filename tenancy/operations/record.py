"""What is written down of an operation."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import msgspec
import structlog

from tenancy.errors import BackpackError
from tenancy.model.json import Json, JsonObject

_DISK: Final = "Look at the disk that the data folder is on, and at its rights; then begin it again."
log = structlog.get_logger("tenancy.operations")
LINES: Final = 200
"""Output lines that are kept; the oldest go first."""


class Status(StrEnum):
    """Where an operation is. `undoing`: it failed or was cancelled, and what it did is being taken back."""

    RUNNING = "running"
    UNDOING = "undoing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED: Final = frozenset({Status.DONE, Status.FAILED, Status.CANCELLED})


class Line(msgspec.Struct, frozen=True, array_like=True):
    """One line of output: its number from 1, when it was said, and what."""

    number: int
    at: str
    text: str


INSISTS: Final = "insists"
"""In an operation's input: it makes way for nothing, although nobody asked for it."""


@dataclass(slots=True)
class Operation:
    """One operation, as its process knows it; the journal keeps the same.

    `tenant`: the name that it is about. `locks`: what no other may work on meanwhile. `input`: what was asked for.
    `notes`: what its steps have to remember of each other. `step`: how many of `steps` are done. `progress`: of the
    step under way, 0 to 1. `error`: why it failed, as a problem.
    """

    id: str
    kind: str
    tenant: str
    steps: tuple[str, ...]
    locks: tuple[str, ...]
    admin: str = ""
    input: JsonObject = field(default_factory=dict[str, Json])
    notes: JsonObject = field(default_factory=dict[str, Json])
    status: Status = Status.RUNNING
    step: int = 0
    progress: float = 0.0
    lines: list[Line] = field(default_factory=list[Line])
    said: int = 0
    result: JsonObject | None = None
    error: JsonObject | None = None
    cancel: bool = False
    created_at: str = ""
    ended_at: str | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more happens."""
        return self.status in ENDED

    @property
    def percent(self) -> int:
        """How much is done, from 0 to 100, as if all steps were as long."""
        if self.status is Status.DONE:
            return 100
        return min(int(100 * (self.step + self.progress) / max(len(self.steps), 1)), 99)

    @property
    def insists(self) -> bool:
        """Whether it makes way for nothing, although nobody asked for it."""
        return bool(self.input.get(INSISTS))

    @property
    def makes(self) -> str | None:
        """The name of the tenant that it makes, where it makes one."""
        name = self.input.get("name")
        return name if isinstance(name, str) else None

    def shown(self, *, after: int = 0) -> JsonObject:
        """As the API shows it, with the lines after a number."""
        return {
            "id": self.id, "kind": self.kind, "tenant": self.tenant, "makes": self.makes, "status": self.status.value,
            "step": self.steps[self.step] if self.step < len(self.steps) else None, "steps": [*self.steps],
            "percent": self.percent, "createdAt": self.created_at, "endedAt": self.ended_at, "admin": self.admin,
            "lines": [[line.number, line.at, line.text] for line in self.lines if line.number > after],
            "result": self.result, "error": self.error, "cancelling": self.cancel and not self.ended,
        }  # fmt: skip

    def fields(self) -> JsonObject:
        """As the journal keeps it, but for who works on it."""
        shown = self.shown()
        return {
            **{name: shown[name] for name in ("kind", "tenant", "status", "admin", "lines", "result", "error")},
            "steps": [*self.steps], "at": self.step, "said": self.said, "locks": [] if self.ended else [*self.locks],
            "held": [*self.locks], "input": self.input, "notes": self.notes, "cancel": self.cancel,
            "endedAt": self.ended_at,
        }  # fmt: skip


def operation_from(stored: JsonObject) -> Operation:
    """An operation as the journal has kept it."""
    kept = msgspec.convert(stored, _Kept)
    return Operation(
        kept.id, kept.kind, kept.tenant, kept.steps, kept.held, kept.admin, kept.input, kept.notes, kept.status,
        kept.at, 0.0, kept.lines, kept.said, kept.result, kept.error, kept.cancel, kept.created_at, kept.ended_at,
    )  # fmt: skip


class _Kept(msgspec.Struct, rename="camel"):
    id: str
    kind: str
    tenant: str
    status: Status
    steps: tuple[str, ...]
    at: int
    said: int
    held: tuple[str, ...]
    input: dict[str, Any]
    notes: dict[str, Any]
    lines: list[Line]
    admin: str
    created_at: str
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    cancel: bool = False
    ended_at: str | None = None


def problem_of(error: BaseException) -> JsonObject:
    """What failed, as the API tells it."""
    if isinstance(error, BackpackError):
        places: list[Json] = [{"path": place.path, "message": place.message} for place in error.places]
        return {
            "title": error.title, "status": error.status, "code": error.code, "detail": error.detail,
            "hint": error.next_step, "errors": places,
        }  # fmt: skip
    if isinstance(error, OSError) and error.strerror:
        return problem_of(BackpackError(f"The disk said: {error.strerror}.", hint=_DISK))
    log.error("operation.broke", exc_info=error)
    return problem_of(BackpackError("An unexpected error occurred."))

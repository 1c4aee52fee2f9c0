"""What the steps of an operation see when they are done within another one, or within none."""

from dataclasses import dataclass

from tenancy.model.json import Json, JsonObject
from tenancy.operations.kind import Run


@dataclass(slots=True)
class Part:
    """A piece of work that is an operation, or a step of one, elsewhere."""

    id: str
    input: JsonObject
    notes: JsonObject
    of: Run | None = None
    """The operation that it is a step of, which may be asked to end meanwhile."""

    async def note(self, **notes: Json) -> None:
        """It is done again from its beginning."""
        self.notes.update(notes)

    def say(self, text: str) -> None:
        """Nobody wants to know."""

    def advance(self, done: float) -> None:
        """So far is the step that it is, too."""
        if self.of is not None:
            self.of.advance(done)

"""What the steps of an operation see when they are done within another one."""

from dataclasses import dataclass

from tenancy.model.json import Json, JsonObject


@dataclass(slots=True)
class Part:
    """A piece of an operation that is an operation elsewhere."""

    id: str
    input: JsonObject
    notes: JsonObject

    async def note(self, **notes: Json) -> None:
        """It is done again from its beginning."""
        self.notes.update(notes)

    def say(self, text: str) -> None:
        """Nobody wants to know each."""

    def advance(self, done: float) -> None:
        """How far it is, is the whole's to say."""

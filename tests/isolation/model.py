"""What a tenant holds, as plain Python: what its owner must see, whatever anybody else does."""

from dataclasses import dataclass, field
from typing import Any

from tests.isolation.twins import Side, told

COLLECTIONS = ("notes", "vault")


@dataclass
class Kept:
    """A document: who made it (None: a key), and its fields."""

    owner: str | None
    fields: dict[str, Any]


@dataclass
class Held:
    """The documents of a tenant by collection and id, and its site."""

    documents: dict[str, dict[str, Kept]] = field(default_factory=lambda: {name: {} for name in COLLECTIONS})
    site: str | None = None

    def shown(self, collection: str, side: Side) -> list[dict[str, Any]]:
        """A list by id, as it is answered in one world; without what the server adds of its own."""
        return [
            {
                **told(kept.fields, side.number),
                "id": id,
                "owner": side.known[f"{kept.owner}_id"] if kept.owner else None,
            }
            for id, kept in sorted(self.documents[collection].items())
        ]

    def write(self, collection: str, id: str, who: str | None, fields: dict[str, Any]) -> int:
        """Overwrite; the status."""
        known = self.documents[collection].get(id)
        if known is not None and who is not None and known.owner != who:
            return 404
        self.documents[collection][id] = Kept(who if known is None else known.owner, fields)
        return 201 if known is None else 200

    def merge(self, collection: str, id: str, who: str | None, fields: dict[str, Any]) -> int:
        """Merge; the status."""
        known = self.documents[collection].get(id)
        if known is None or (who is not None and known.owner != who):
            return 404
        known.fields.update(fields)
        return 200

    def delete(self, collection: str, id: str, who: str | None) -> int:
        """Remove; the status."""
        known = self.documents[collection].get(id)
        if known is None or (who is not None and known.owner != who):
            return 404
        del self.documents[collection][id]
        return 204

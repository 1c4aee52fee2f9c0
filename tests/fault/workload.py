"""Writers that work on a database at the same time: documents made, changed and removed, alone and several at once."""

import asyncio
import random
from collections.abc import Callable

from tenancy.errors import AlreadyExists
from tenancy.model.collection import Collection, Index
from tenancy.model.json import JsonObject
from tenancy.ports import DocumentStore
from tenancy.writes import Create, Delete, Update, Write

CARS = Collection("cars", indexes=(Index((("price", 1),)), Index((("tags", 1),)), Index((("plate", 1),), unique=True)))
BOATS = Collection("boats", indexes=(Index((("price", -1), ("name", 1))),))
NOTES = Collection("notes")
COLLECTIONS = ("cars", "boats", "notes", "extras")
"""The last is made by the first write to it."""
Acknowledged = Callable[[str, int], None]
"""Told an author's name and the number of writes in its commit."""


def defining(collection: Collection) -> Write:
    """The write that makes a collection, or changes its definition."""
    fields = collection.to_json()
    create = Create("_collections", collection.name, fields)
    return Update("_collections", collection.name, fields, overwrite=True, otherwise=create)


class Author:
    """Thinks of writes; its documents are its own, so that authors do not meet."""

    def __init__(self, name: str, seed: str) -> None:
        """The same seed, the same writes."""
        self._random = random.Random(seed)
        self.name = name
        self._made = 0
        self._thought = 0
        self._alive: list[tuple[str, str]] = []
        self._before: list[tuple[str, str]] = []

    def commit(self) -> list[Write]:
        """One to six writes of different documents."""
        kept, self._before = list(self._alive), list(self._alive)
        return [self._write(kept) for _ in range(self._random.choice((1, 1, 1, 2, 6)))]

    def refused(self) -> None:
        """The last commit was not done."""
        self._alive = self._before

    def _write(self, kept: list[tuple[str, str]]) -> Write:
        chance = self._random.random()
        if chance < 0.5 or not kept:
            self._made += 1
            key = (self._random.choice(COLLECTIONS), f"{self.name}-{self._made}")
            self._alive.append(key)
            return Create(*key, self._fields(), owner=self.name)
        key = kept.pop(self._random.randrange(len(kept)))
        if chance < 0.8:
            return Update(*key, self._fields(), overwrite=chance < 0.65)
        self._alive.remove(key)
        return Delete(*key)

    def _fields(self) -> JsonObject:
        """Now and then larger than a page of the database."""
        chance = self._random
        tags = [f"t{chance.randrange(9)}" for _ in range(chance.randrange(4))]
        text = "x" * (9000 if chance.random() < 0.05 else chance.randrange(300))
        # The plates of different authors may be the same: such a commit is refused, within a group that goes on.
        self._thought += 1
        return {
            "n": self._thought,
            "price": chance.randrange(20),
            "tags": list(tags),
            "plate": chance.randrange(2000),
            "text": text,
        }


async def work(documents: DocumentStore, seed: str, acknowledged: Acknowledged, *, authors: int, commits: int) -> None:
    """Let authors commit at the same time; each waits for its own answer. While they do, an index is added."""

    async def write(author: Author) -> None:
        for _ in range(commits):
            writes = author.commit()
            try:
                await documents.commit(writes)
            except AlreadyExists:
                author.refused()
            else:
                acknowledged(author.name, len(writes))

    writing = [asyncio.create_task(write(Author(name, name))) for name in [f"{seed}-{n}" for n in range(authors)]]
    known = documents.collections()["notes"]
    index = Index((("price", 1), ("text", -1)) if known.indexes else (("text", 1),))
    await documents.commit([defining(Collection("notes", indexes=(*known.indexes, index)))])
    await asyncio.gather(*writing)


def author_of(id: str) -> str:
    """Whose document it is."""
    return id.rpartition("-")[0]

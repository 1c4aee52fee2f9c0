"""From one engine to another: everything that a tenant's database holds, exactly as it is.

Texts, versions, times, the change log with its positions and the epoch are the same afterwards, so every cursor, tag
and realtime position that somebody holds stays good.
"""

import hashlib
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import NamedTuple, Protocol

from tenancy.errors import Conflict
from tenancy.model.change import Change, Seq
from tenancy.model.system import DEFINITIONS


class Head(NamedTuple):
    """What a database is, and the last position in its change log."""

    epoch: str
    seq: Seq


class KeptReceipt(NamedTuple):
    """What a commit with an Idempotency-Key came to, as it is kept."""

    key: str
    mark: str
    at: int
    result: bytes


class Source(Protocol):
    """A database that nobody writes to."""

    async def head(self) -> Head:
        """What it is."""
        ...

    async def collections(self) -> Sequence[str]:
        """The names of all collections, the server's own included."""
        ...

    def documents(self, collection: str) -> AsyncGenerator[Sequence[bytes], None]:
        """The texts of a collection by id, in batches."""
        ...

    def changes(self) -> AsyncGenerator[Sequence[Change], None]:
        """The change log in order, in batches."""
        ...

    def receipts(self) -> AsyncGenerator[Sequence[KeptReceipt], None]:
        """The receipts, in batches."""
        ...


class Target(Protocol):
    """A database that is being made. The definitions come first."""

    async def put_documents(self, collection: str, texts: Sequence[bytes]) -> None:
        """Keep documents as they are, and their index entries."""
        ...

    async def put_changes(self, changes: Sequence[Change]) -> None:
        """Keep entries of the change log as they are."""
        ...

    async def put_receipts(self, receipts: Sequence[KeptReceipt]) -> None:
        """Keep receipts as they are."""
        ...

    async def finish(self) -> Source:
        """Make it durable; from now on it can be opened."""
        ...


def _go_on() -> None:
    """Nobody wants to end it."""


async def copy(source: Source, target: Target, between: Callable[[], None] = _go_on) -> None:
    """Copy everything, and compare both sides. `between` is called after each batch of documents, and may raise.

    Raises:
        Conflict: they differ.
    """
    names = sorted(await source.collections(), key=lambda name: (name != DEFINITIONS, name))
    for name in names:
        async with aclosing(source.documents(name)) as batches:
            async for texts in batches:
                await target.put_documents(name, texts)
                between()
    async with aclosing(source.changes()) as logged:
        async for changes in logged:
            await target.put_changes(changes)
    async with aclosing(source.receipts()) as kept:
        async for receipts in kept:
            await target.put_receipts(receipts)
    made = await target.finish()
    if await checksum(source) != await checksum(made):
        raise Conflict("The copy is not the same as the original; the tenant stays where it was.")


async def checksum(source: Source) -> str:
    """Over the head, and over collection, id and text of every document; empty collections do not count."""
    digest = hashlib.sha256(repr(await source.head()).encode())
    for name in sorted(await source.collections()):
        async with aclosing(source.documents(name)) as batches:
            async for texts in batches:
                for text in texts:  # a text begins with the id
                    digest.update(b"%s %d " % (name.encode(), len(text)) + text)
    return digest.hexdigest()

"""Documents and pages that were read or written lately, in memory: bounded, and kept exact by the one writer.

What is here was read on the event loop or told by the writer on the event loop, in the order of the commits; so it is
never older than what the database last said there. What another process has read is not kept.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Final

from tenancy.answers import Page
from tenancy.model.change import Change
from tenancy.model.system import DEFINITIONS
from tenancy.query.tree import Query
from tenancy.stores.embedded.memory import Memory

MAX_PAGE: Final = 128 * 1024
"""Bytes of a page that is kept."""
_OVERHEAD: Final = 350
"""Bytes that Python spends on an entry beside its text."""

Texts = dict[str, dict[str, bytes]]


class DocumentCache:
    """Texts by collection and id, in two generations.

    A hit costs two look-ups in dictionaries and nothing else. What was not asked for since the cache last had to give
    is in the older generation, and goes when it has to give again: nearly what "least recently used" would drop,
    without noting each use.
    """

    def __init__(self, memory: Memory) -> None:
        """Hold nothing yet; share this memory."""
        self.size = 0
        self._young: Texts = {}
        self._old: Texts = {}
        self._old_size = 0
        self._memory = memory
        memory.join(self)

    def get(self, collection: str, id: str) -> bytes | None:
        """The document's text, None when it is not here."""
        texts = self._young.get(collection)
        text = texts.get(id) if texts is not None else None
        if text is None and self._old:
            text = self._pop_old(collection, id)
            if text is not None:
                self._young.setdefault(collection, {})[id] = text
        return text

    def put(self, collection: str, id: str, text: bytes) -> None:
        """Remember a text that is not here."""
        self._young.setdefault(collection, {})[id] = text
        self._memory.take(self, len(text) + _OVERHEAD)

    def update(self, changes: Sequence[Change]) -> None:
        """Learn what was committed: only what is here is of interest."""
        for change in changes:
            if change.collection == DEFINITIONS and change.op == "delete":
                self._forget(change.id)
            known = self._pop(self._young, change.collection, change.id) or self._pop_old(change.collection, change.id)
            if known is not None:
                self._memory.take(self, -len(known) - _OVERHEAD)
                if change.after is not None:
                    self.put(change.collection, change.id, change.after)

    def age(self) -> int:
        """Drop the older generation, or of the only one what came first; see `Holder`."""
        if self._old_size:
            freed = self._old_size
            self._old, self._old_size = self._young, self.size - freed
        else:
            self._old = {name: _later_half(texts) for name, texts in self._young.items()}
            self._old_size = sum(map(_size_of, self._old.values()))
            freed = self.size - self._old_size
        self._young = {}
        return freed

    def close(self) -> None:
        """Leave the memory to others."""
        self._young, self._old, self._old_size = {}, {}, 0
        self._memory.leave(self)

    def _forget(self, collection: str) -> None:
        """The documents of a collection that was removed; its name may be used again."""
        young, old = _size_of(self._young.pop(collection, {})), _size_of(self._old.pop(collection, {}))
        self._old_size -= old
        self._memory.take(self, -young - old)

    def _pop_old(self, collection: str, id: str) -> bytes | None:
        text = self._pop(self._old, collection, id)
        if text is not None:
            self._old_size -= len(text) + _OVERHEAD
        return text

    @staticmethod
    def _pop(generation: Texts, collection: str, id: str) -> bytes | None:
        texts = generation.get(collection)
        return texts.pop(id, None) if texts is not None else None


def _later_half(texts: dict[str, bytes]) -> dict[str, bytes]:
    return dict(islice(texts.items(), (len(texts) + 1) // 2, None))


def _size_of(texts: dict[str, bytes]) -> int:
    return sum(map(len, texts.values())) + _OVERHEAD * len(texts)


class PageCache:
    """Pages by collection and query. The first write to a collection drops all of its pages."""

    def __init__(self, memory: Memory) -> None:
        """Hold nothing yet; share this memory."""
        self.size = 0
        self._pages: dict[str, dict[str, Page]] = {}
        self._memory = memory
        memory.join(self)

    def get(self, collection: str, query: Query) -> Page | None:
        """The page, None when it is not here."""
        pages = self._pages.get(collection)
        return pages.get(query.mark) if pages is not None else None

    def put(self, collection: str, query: Query, page: Page) -> None:
        """Remember a page that is not here, unless it is large."""
        size = _size(query.mark, page)
        if size <= MAX_PAGE:
            self._pages.setdefault(collection, {})[query.mark] = page
            self._memory.take(self, size)

    def update(self, changes: Sequence[Change]) -> None:
        """Learn what was committed."""
        for change in changes:
            self._drop(change.collection)
            if change.collection == DEFINITIONS:
                self._drop(change.id)

    def age(self) -> int:
        """Drop everything, which is simpler than to know what was asked for last: what is hot is soon here again."""
        self._pages = {}
        return self.size

    def close(self) -> None:
        """Leave the memory to others."""
        self._pages = {}
        self._memory.leave(self)

    def _drop(self, collection: str) -> None:
        pages = self._pages.pop(collection, None)
        if pages is not None:
            self._memory.take(self, -sum(_size(mark, page) for mark, page in pages.items()))


def _size(mark: str, page: Page) -> int:
    return len(mark) + sum(map(len, page.items)) + _OVERHEAD

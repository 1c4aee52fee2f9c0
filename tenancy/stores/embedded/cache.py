"""Documents and pages that were read or written lately, in memory: bounded, and kept exact by the one writer.

What is here was read on the event loop or told by the writer on the event loop, in the order of the commits; so it is
never older than what the database last said there. What another process has read is not kept.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from tenancy.answers import Page
from tenancy.model.change import Change
from tenancy.model.system import DEFINITIONS
from tenancy.query.tree import Query

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_PAGES_BYTES: Final = 2 * 1024 * 1024
_OVERHEAD: Final = 500


class DocumentCache:
    """The texts by collection and id, least recently used first."""

    def __init__(self, most: int = MAX_BYTES) -> None:
        """Hold so many bytes at most."""
        self._texts: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._most = most
        self._size = 0

    def get(self, collection: str, id: str) -> bytes | None:
        """The document's text, None when it is not here."""
        text = self._texts.get((collection, id))
        if text is not None:
            self._texts.move_to_end((collection, id))
        return text

    def put(self, collection: str, id: str, text: bytes) -> None:
        """Remember a text."""
        key = (collection, id)
        self._size += len(text) - len(self._texts.get(key, b""))
        self._texts[key] = text
        while self._size > self._most:
            _, dropped = self._texts.popitem(last=False)
            self._size -= len(dropped)

    def update(self, changes: Sequence[Change]) -> None:
        """Learn what was committed."""
        for change in changes:
            if change.collection == DEFINITIONS and change.op == "delete":
                self._forget(change.id)
            key = (change.collection, change.id)
            known = self._texts.get(key)
            if known is None:
                continue
            if change.after is None:
                self._size -= len(known)
                del self._texts[key]
            else:
                self.put(change.collection, change.id, change.after)

    def _forget(self, collection: str) -> None:
        """The documents of a collection that was removed; its name may be used again."""
        for key in [key for key in self._texts if key[0] == collection]:
            self._size -= len(self._texts.pop(key))


class PageCache:
    """Pages by collection and query. The first write to a collection drops all of its pages."""

    def __init__(self, most: int = MAX_PAGES_BYTES) -> None:
        """Hold so many bytes at most, and no page over a sixteenth of it."""
        self._pages: dict[str, dict[str, Page]] = {}
        self._most = most
        self._size = 0

    def get(self, collection: str, query: Query) -> Page | None:
        """The page, None when it is not here."""
        pages = self._pages.get(collection)
        return pages.get(query.mark) if pages is not None else None

    def put(self, collection: str, query: Query, page: Page) -> None:
        """Remember a page, unless it is large."""
        size = _size(query.mark, page)
        if size > self._most // 16:
            return
        if self._size + size > self._most:
            # Rare, and simpler than to know which page was asked for last: what is hot is soon here again.
            self._pages.clear()
            self._size = 0
        pages = self._pages.setdefault(collection, {})
        if query.mark not in pages:
            pages[query.mark] = page
            self._size += size

    def update(self, changes: Sequence[Change]) -> None:
        """Learn what was committed."""
        for change in changes:
            self._drop(change.collection)
            if change.collection == DEFINITIONS:
                self._drop(change.id)

    def _drop(self, collection: str) -> None:
        pages = self._pages.pop(collection, None)
        if pages is not None:
            self._size -= sum(_size(mark, page) for mark, page in pages.items())


def _size(mark: str, page: Page) -> int:
    return len(mark) + sum(map(len, page.items)) + _OVERHEAD

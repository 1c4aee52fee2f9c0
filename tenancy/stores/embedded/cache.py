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

MAX_BYTES: Final = 8 * 1024 * 1024
MAX_PAGES: Final = 256
MAX_PAGE: Final = 64 * 1024
MAX_MARK: Final = 2048
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

    def __init__(self, most: int = MAX_BYTES) -> None:
        """Begin with none, and hold so many bytes at most."""
        self._pages: dict[str, dict[str, Page]] = {}
        self._most = most
        self._size = 0

    def get(self, collection: str, query: Query) -> Page | None:
        """The page, None when it is not here."""
        pages = self._pages.get(collection)
        return pages.get(query.mark) if pages is not None else None

    def put(self, collection: str, query: Query, page: Page) -> None:
        """Remember a page, unless it is large."""
        if len(query.mark) > MAX_MARK or sum(map(len, page.items)) > MAX_PAGE:
            return
        pages = self._pages.setdefault(collection, {})
        if len(pages) >= MAX_PAGES:
            oldest = next(iter(pages))
            self._size -= _size(oldest, pages.pop(oldest))
        known = pages.pop(query.mark, None)
        self._size += _size(query.mark, page) - (_size(query.mark, known) if known is not None else 0)
        pages[query.mark] = page
        while self._size > self._most:
            self._forget(next(iter(self._pages)))

    def update(self, changes: Sequence[Change]) -> None:
        """Learn what was committed."""
        for change in changes:
            self._forget(change.collection)
            if change.collection == DEFINITIONS:
                self._forget(change.id)

    def _forget(self, collection: str) -> None:
        for mark, page in self._pages.pop(collection, {}).items():
            self._size -= _size(mark, page)


def _size(mark: str, page: Page) -> int:
    return len(mark) + sum(map(len, page.items)) + _OVERHEAD

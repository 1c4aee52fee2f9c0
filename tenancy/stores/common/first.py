"""The first documents of an order among many that come in no order, with no more of them in memory."""

from heapq import heappush, heapreplace

from tenancy.model.json import JsonObject
from tenancy.query.order import inverted, order_key
from tenancy.query.tree import Query


class First:
    """Keeps the first `wanted` after an order key; `held` are their bytes."""

    def __init__(self, query: Query, start: bytes | None, wanted: int) -> None:
        """Keep none yet; without `start` from the beginning."""
        self._order = query.total_order
        self._start = start
        self._wanted = wanted
        # The kept one that is last in the order is the first of the heap: keys are inverted. They are prefix-free, so
        # inverting them reverses the order exactly.
        self._heap: list[tuple[bytes, bytes]] = []
        self.held = 0

    def add(self, document: JsonObject, text: bytes) -> None:
        """Keep a document if it is among the first so far."""
        key = order_key(document, self._order)
        if self._start is not None and key <= self._start:
            return
        entry = (inverted(key), text)
        if len(self._heap) < self._wanted:
            heappush(self._heap, entry)
            self.held += len(text)
        elif entry[0] > self._heap[0][0]:
            self.held += len(text) - len(heapreplace(self._heap, entry)[1])

    def texts(self) -> list[bytes]:
        """Those that were kept, in order."""
        return [text for _, text in sorted(self._heap, key=lambda entry: entry[0], reverse=True)]

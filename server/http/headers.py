"""A request's headers, looked through once."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain

RawHeaders = Sequence[tuple[bytes, bytes]]
_NONE: frozenset[bytes] = frozenset()


class Headers:
    """The first value of each name; `doubled` are the names that came more than once."""

    __slots__ = ("_first", "doubled", "raw")

    def __init__(self, raw: RawHeaders) -> None:
        """Take the raw headers, names in lower case."""
        self.raw = raw
        # The last of a name wins in a dictionary; from behind that is the first.
        self._first = dict(reversed(raw))
        self.doubled = _NONE if len(self._first) == len(raw) else _doubled(raw)

    @property
    def size(self) -> int:
        """Bytes of all names and values."""
        return sum(map(len, chain.from_iterable(self.raw)))

    def get(self, name: bytes) -> bytes | None:
        """The first header with this name."""
        return self._first.get(name)

    def text(self, name: bytes) -> str | None:
        """The first header with this name as text."""
        value = self._first.get(name)
        return None if value is None else value.decode("latin-1")

    def all(self, name: bytes) -> list[bytes]:
        """Every header with this name."""
        if name not in self.doubled:
            value = self._first.get(name)
            return [] if value is None else [value]
        return [value for known, value in self.raw if known == name]


def _doubled(raw: RawHeaders) -> frozenset[bytes]:
    return frozenset(name for name, count in Counter(name for name, _ in raw).items() if count > 1)

"""A request's headers, looked through once."""

from collections.abc import Sequence

RawHeaders = Sequence[tuple[bytes, bytes]]


class Headers:
    """The first value of each name; `doubled` are the names that came more than once."""

    __slots__ = ("_first", "doubled", "raw")

    def __init__(self, raw: RawHeaders) -> None:
        """Take the raw headers, names in lower case."""
        self.raw = raw
        first: dict[bytes, bytes] = {}
        doubled: set[bytes] = set()
        for name, value in raw:
            if name in first:
                doubled.add(name)
            else:
                first[name] = value
        self._first = first
        self.doubled = doubled

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

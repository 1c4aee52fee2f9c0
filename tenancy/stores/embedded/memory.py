"""Bytes that the caches of all tenants share, so that one busy tenant may use what the others leave.

When there are too many, the cache that holds most gives first. So a tenant that reads much pushes out its own
documents, never those of one that holds less: max-min fairness without a quota.
"""

from typing import Final, Protocol

DEFAULT_BYTES: Final = 64 * 1024 * 1024


class Holder(Protocol):
    """A cache. `size` is changed by `Memory` alone."""

    size: int

    def age(self) -> int:
        """Drop what was not used lately; gives the bytes that this frees. Done again and again it leaves nothing."""


class Memory:
    """A number of bytes for many caches. One event loop's, not thread-safe."""

    def __init__(self, most: int = DEFAULT_BYTES) -> None:
        """Let all caches together hold so many bytes."""
        self.most = most
        self.held = 0
        self._holders: set[Holder] = set()

    def join(self, holder: Holder) -> None:
        """A cache that is empty now shares."""
        holder.size = 0
        self._holders.add(holder)

    def leave(self, holder: Holder) -> None:
        """It does not any more; what it held counts as freed."""
        self._holders.discard(holder)
        self.held -= holder.size
        holder.size = 0

    def take(self, holder: Holder, size: int) -> None:
        """A cache has grown by so many bytes, or shrunk where they are negative."""
        holder.size += size
        self.held += size
        while self.held > self.most:
            largest = max(self._holders, key=_size)
            freed = largest.age()
            largest.size -= freed
            self.held -= freed


def _size(holder: Holder) -> int:
    return holder.size

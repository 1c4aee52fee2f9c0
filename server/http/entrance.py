"""One request inside its tenant: what it holds there, and gives back when it has been answered."""

from collections.abc import Callable
from typing import Final

from server.http.admission import Admission

SMALL_BODY: Final = 64 * 1024
"""Bytes of a body that are not counted: the requests under way are."""


class Entrance:
    """Holds the tenant open, a place among its requests, and memory for a large body."""

    __slots__ = ("_admission", "_held", "_release")

    def __init__(self, release: Callable[[], None], admission: Admission) -> None:
        """Both are held already; `release` lets the tenant go."""
        self._release = release
        self._admission = admission
        self._held = 0

    async def hold(self, size: int) -> None:
        """Count so many bytes of the body more.

        Raises:
            TooMany: the tenant's bodies have as many already.
        """
        await self._admission.bodies.take(size)
        self._held += size

    def leave(self) -> None:
        """Give everything back."""
        if self._held:
            self._admission.bodies.give_back(self._held)
        self._admission.leave()
        self._release()

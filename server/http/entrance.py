"""One request inside its tenant: what it holds there, and gives back when it has been answered."""

import asyncio
from collections.abc import Callable
from typing import Final

from server.http.admission import Admission
from tenancy.context import Ending

SMALL_BODY: Final = 64 * 1024
"""Bytes of a body that are not counted: the requests under way are."""


class Entrance:
    """Holds the tenant open, a place among its requests, and memory for a large body."""

    __slots__ = ("_admission", "_ended", "_held", "_release", "_task")

    def __init__(self, release: Callable[[], None], admission: Admission, ended: Ending) -> None:
        """Both are held already; `release` lets the tenant go. When it `ended`, the request is too."""
        self._release = release
        self._ended = ended
        self._task = asyncio.current_task()
        if self._task is not None:
            ended.under_way.add(self._task)
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
        if self._task is not None:
            self._ended.under_way.discard(self._task)
        self._release()

"""How much a pipeline builds, and how long: a value that names another one twenty times, stage after stage, would fill
any memory, and two arrays that are unwound multiply."""

import math
import time
from typing import Final

from tenancy.errors import QueryTooExpensive
from tenancy.query.values import Found

MAX_BUILT: Final = 256 * 1024 * 1024
_OVERHEAD: Final = 8
_ROW: Final = 100
_CHECKED_EACH: Final = 4096


class OutOfTimeError(Exception):
    """The pipeline takes longer than it may where it runs."""


class Meter:
    """Counts what one pipeline built, roughly in bytes, and looks at the clock."""

    def __init__(self, until: float = math.inf) -> None:
        """Nothing is built yet; there is time until a moment of `time.perf_counter`."""
        self._left = MAX_BUILT
        self._until = until

    def check(self) -> None:
        """Look at the clock.

        Raises:
            OutOfTimeError: the time is over.
        """
        if time.perf_counter() > self._until:
            raise OutOfTimeError

    def row(self) -> None:
        """Count a document that was made out of another one.

        Raises:
            QueryTooExpensive: the pipeline has built too much.
        """
        self._take(_ROW)

    def add(self, built: Found) -> None:
        """Count a value; what it holds several times counts several times.

        Raises:
            QueryTooExpensive: the pipeline has built too much.
            OutOfTimeError: the time is over.
        """
        rest: list[Found] = [built]
        number = 0
        while rest:
            value = rest.pop()
            if not number % _CHECKED_EACH:
                self.check()
            number += 1
            size = _OVERHEAD
            if isinstance(value, str):
                size += len(value)
            elif isinstance(value, list):
                rest.extend(value)
            elif isinstance(value, dict):
                size += sum(map(len, value))
                rest.extend(value.values())
            self._take(size)

    def _take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise QueryTooExpensive(f"The pipeline builds more than {MAX_BUILT} bytes.", hint="Narrow it.")

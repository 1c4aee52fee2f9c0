"""How much a pipeline builds: a value that names another one twenty times, stage after stage, would fill any memory."""

from typing import Final

from tenancy.errors import QueryTooExpensive
from tenancy.query.values import Found

MAX_BUILT: Final = 256 * 1024 * 1024
_OVERHEAD: Final = 8
_ROW: Final = 100


class Meter:
    """Counts what one pipeline built, roughly in bytes."""

    def __init__(self) -> None:
        """Nothing is built yet."""
        self._left = MAX_BUILT

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
        """
        rest: list[Found] = [built]
        while rest:
            value = rest.pop()
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

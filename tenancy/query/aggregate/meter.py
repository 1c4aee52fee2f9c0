"""How much a pipeline builds: a value that names another one twenty times, stage after stage, would fill any memory."""

from typing import Final

from tenancy.errors import QueryTooExpensive
from tenancy.query.aggregate.tree import Expression, Listing, Operation, Record
from tenancy.query.values import Found

MAX_BUILT: Final = 256 * 1024 * 1024
_OVERHEAD: Final = 8


def builds(expression: Expression) -> bool:
    """Whether its values can be larger than those that it is made of."""
    if isinstance(expression, Operation):
        return expression.name == "$concat" or any(map(builds, expression.arguments))
    return isinstance(expression, Record | Listing)


class Meter:
    """Counts what one pipeline built, roughly in bytes."""

    def __init__(self) -> None:
        """Nothing is built yet."""
        self._left = MAX_BUILT

    def add(self, built: Found) -> None:
        """Count a value; what it holds several times counts several times.

        Raises:
            QueryTooExpensive: the pipeline has built too much.
        """
        rest: list[Found] = [built]
        while rest:
            value = rest.pop()
            self._left -= _OVERHEAD
            if isinstance(value, str):
                self._left -= len(value)
            elif isinstance(value, list):
                rest.extend(value)
            elif isinstance(value, dict):
                self._left -= sum(map(len, value))
                rest.extend(value.values())
            if self._left < 0:
                raise QueryTooExpensive(f"The pipeline builds more than {MAX_BUILT} bytes.", hint="Narrow it.")

"""How much work was done for each tenant, whatever did it: the loop, threads, or worker processes."""

from collections.abc import Hashable, Mapping


class Shares:
    """Seconds of work since the last look. Use it from one loop."""

    __slots__ = ("_used",)

    def __init__(self) -> None:
        """Nothing was done yet."""
        self._used: dict[Hashable, float] = {}

    def add(self, key: Hashable, seconds: float) -> None:
        """So much more was done for this one."""
        self._used[key] = self._used.get(key, 0.0) + seconds

    def take(self) -> Mapping[Hashable, float]:
        """What was done since the last look, by whom it was done for."""
        taken, self._used = self._used, {}
        return taken

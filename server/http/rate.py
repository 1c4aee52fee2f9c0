"""So many a second, a little more after a pause (a token bucket)."""

from collections.abc import Callable
from time import monotonic
from typing import Final

_BURST_S: Final = 2.0
"""What was not used for so long may be used at once."""


class Rate:
    """Counts what one tenant does against a limit that may change; 0 is no limit."""

    def __init__(self, per_s: Callable[[], float]) -> None:
        """`per_s` gives the limit as it is now."""
        self._per_s = per_s
        self._saved = per_s() * _BURST_S
        self._at = monotonic()

    def take(self) -> bool:
        """Do one, if it may be done now."""
        per_s = self._per_s()
        if not per_s:
            return True
        now = monotonic()
        self._saved = min(self._saved + (now - self._at) * per_s, max(per_s * _BURST_S, 1.0))
        self._at = now
        if self._saved < 1:
            return False
        self._saved -= 1
        return True

    def wait_s(self) -> float:
        """Seconds until the next one may be done, after `take` has said no."""
        per_s = self._per_s()
        return (1 - self._saved) / per_s if per_s else 0.0

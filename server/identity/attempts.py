"""How often a password may be tried: after some failures in a row one waits, longer each time.

It counts by account, whether there is one or not, so that neither other addresses in between nor other machines help.
An address of the network is not looked at: behind a proxy all visitors have the same. The longest wait is a minute, so
that whoever fails on purpose keeps the owner out no longer; sessions that are there are not touched.
"""

import math
from collections import OrderedDict
from time import monotonic
from typing import Final, NamedTuple

from tenancy.context import TenantContext
from tenancy.errors import TooMany

FREE: Final = 10
"""Failures in a row without a wait."""
LONGEST_S: Final = 60.0
_FORGOTTEN_S: Final = 3600.0
_KEPT: Final = 10_000


class _Failed(NamedTuple):
    """Failures in a row, when the last was, and when the next try may be."""

    failures: int
    at: float
    until: float


class Attempts:
    """The tries at one tenant; kept while it is open."""

    def __init__(self) -> None:
        """None yet."""
        self._failed: OrderedDict[str, _Failed] = OrderedDict()

    def begin(self, account: str) -> None:
        """Have one try. It counts as failed until `succeeded`, so that many at once are as many.

        Raises:
            TooMany: too many failed; with the seconds to wait.
        """
        now = monotonic()
        known = self._failed.get(account)
        if known is None or known.at < now - _FORGOTTEN_S:
            known = _Failed(0, now, 0.0)
        if known.until > now:
            left = math.ceil(known.until - now)
            raise TooMany("Too many wrong passwords for this account.", retry_after_s=left)
        count = known.failures + 1
        wait_s = min(2.0 ** (count - FREE), LONGEST_S) if count >= FREE else 0.0
        self._failed[account] = _Failed(count, now, now + wait_s)
        self._failed.move_to_end(account)
        if len(self._failed) > _KEPT:
            self._failed.popitem(last=False)

    def succeeded(self, account: str) -> None:
        """Forget what failed."""
        self._failed.pop(account, None)

    async def aclose(self) -> None:
        """Nothing to do."""


def attempts_of(context: TenantContext) -> Attempts:
    """The open tenant's."""
    return context.attachments.get(Attempts, Attempts)

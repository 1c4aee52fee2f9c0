"""Which snapshots stay by themselves: of the scheduled ones so many of the last, and the newest of so many hours, days,
weeks and months; those from before a change of the whole tenant for some days."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from tenancy.model.schedule import Keep
from tenancy.snapshots.manifest import Summary

_PERIODS: Final[dict[str, Callable[[datetime], object]]] = {
    "hourly": lambda at: (at.date(), at.hour),
    "daily": lambda at: at.date(),
    "weekly": lambda at: at.isocalendar()[:2],
    "monthly": lambda at: (at.year, at.month),
}


KEPT_BEFORE_DAYS: Final = 7
"""How long there is a way back from a restore, or a push of definitions."""


def to_go(snapshots: Sequence[Summary], keep: Keep, now: float) -> list[str]:
    """The ids of those that go; the newest comes first. One that somebody asked for never goes by itself.

    Args:
        snapshots: all of a tenant's.
        keep: which of the scheduled ones stay.
        now: Unix seconds.
    """
    scheduled = [one for one in snapshots if one.reason == "scheduled"]
    stay = {one.id for one in scheduled[: keep.last]}
    for name, period_of in _PERIODS.items():
        periods: set[object] = set()
        for one in scheduled:
            period = period_of(datetime.fromisoformat(one.at))
            if period not in periods and len(periods) < getattr(keep, name):
                periods.add(period)
                stay.add(one.id)
    over = now - KEPT_BEFORE_DAYS * 24 * 3600
    before = [one for one in snapshots if one.reason == "before"]
    old = [one.id for one in before if datetime.fromisoformat(one.at).timestamp() < over]
    return [one.id for one in scheduled if one.id not in stay] + old

"""Which scheduled snapshots stay: so many of the last, and the newest of so many hours, days, weeks and months."""

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


def to_go(snapshots: Sequence[Summary], keep: Keep) -> list[str]:
    """The ids of those that go; the newest comes first. One that somebody asked for never goes by itself."""
    scheduled = [one for one in snapshots if one.reason != "manual"]
    stay = {one.id for one in scheduled[: keep.last]}
    for name, period_of in _PERIODS.items():
        periods: set[object] = set()
        for one in scheduled:
            period = period_of(datetime.fromisoformat(one.at))
            if period not in periods and len(periods) < getattr(keep, name):
                periods.add(period)
                stay.add(one.id)
    return [one.id for one in scheduled if one.id not in stay]

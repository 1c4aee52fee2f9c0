"""Moments as they are typed."""

import re
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final

import click

FORMS: Final = (
    "10m, 2h or 3d ago; 9:31 or 09:31:20 today; 2026-11-26, or 2026-11-26T09:31:20 with or without Z or +01:00"
)
_AGO: Final = re.compile(r"([0-9]+) ?([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_CLOCK: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")


def moment_from(text: str, now: datetime, zone: tzinfo | None = None) -> datetime:
    """The moment that is meant, in UTC.

    `10m`: so long before `now`, in seconds, minutes, hours or days of 24 hours. `9:31`, `09:31:20`: today, and
    yesterday when that is still to come. Dates and times of ISO 8601; a date is its beginning. Where no zone is said it
    is `zone`; None: that of the machine.

    Raises:
        ValueError: it is none of these.
    """
    text = text.strip()
    try:
        if (ago := _AGO.fullmatch(text)) is not None:
            return (now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})).astimezone(UTC)
        if (clock := _CLOCK.fullmatch(text)) is not None:
            return _last(time(int(clock[1]), int(clock[2]), int(clock[3] or 0)), now, zone)
        moment = datetime.fromisoformat(text.upper())
        return (moment if moment.tzinfo is not None else _at_home(moment, zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text[:60]!r} is no moment. Write {FORMS}.") from None


def _last(clock: time, now: datetime, zone: tzinfo | None) -> datetime:
    """The last time that clocks of a zone showed this."""
    today = now.astimezone(zone).date()
    moment = _at_home(datetime.combine(today, clock), zone)
    if moment > now:
        moment = _at_home(datetime.combine(today - timedelta(days=1), clock), zone)
    return moment.astimezone(UTC)


def _at_home(moment: datetime, zone: tzinfo | None) -> datetime:
    return moment.replace(tzinfo=zone) if zone is not None else moment.astimezone()


def typed(context: click.Context, parameter: click.Parameter, value: str) -> datetime:
    """The moment that is meant, as the callback of an argument."""
    try:
        return moment_from(value, datetime.now(UTC))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def sent(moment: datetime) -> str:
    """A moment as the API takes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

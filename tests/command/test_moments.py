"""Moments as they are typed at the command."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from server.cli.moments import moment_from, sent

BERLIN = ZoneInfo("Europe/Berlin")
WINTER = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)  # ten o'clock in Berlin
AFTER_THE_CHANGE = datetime(2026, 10, 25, 12, 0, tzinfo=UTC)  # in the night clocks were put back there


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0m", "2026-11-26T09:00:00.000Z"),
        ("30s", "2026-11-26T08:59:30.000Z"),
        ("10m", "2026-11-26T08:50:00.000Z"),
        ("2h", "2026-11-26T07:00:00.000Z"),
        ("3d", "2026-11-23T09:00:00.000Z"),
        ("9:31", "2026-11-26T08:31:00.000Z"),
        (" 09:31:20 ", "2026-11-26T08:31:20.000Z"),
        ("10:00", "2026-11-26T09:00:00.000Z"),
        ("10:00:01", "2026-11-25T09:00:01.000Z"),
        ("23:59", "2026-11-25T22:59:00.000Z"),
        ("2026-11-26", "2026-11-25T23:00:00.000Z"),
        ("2026-07-01", "2026-06-30T22:00:00.000Z"),
        ("2026-11-26T09:31", "2026-11-26T08:31:00.000Z"),
        ("2026-11-26 09:31:20", "2026-11-26T08:31:20.000Z"),
        ("2026-11-26T09:31:20.250", "2026-11-26T08:31:20.250Z"),
        ("2026-11-26T09:31:20Z", "2026-11-26T09:31:20.000Z"),
        ("2026-11-26t09:31:20z", "2026-11-26T09:31:20.000Z"),
        ("2026-11-26T09:31:20+05:30", "2026-11-26T04:01:20.000Z"),
    ],
)
def test_what_is_typed_is_a_moment(text: str, expected: str) -> None:
    assert sent(moment_from(text, WINTER, BERLIN)) == expected


def test_so_long_ago_is_so_long_also_when_clocks_are_changed() -> None:
    assert sent(moment_from("1d", AFTER_THE_CHANGE, BERLIN)) == "2026-10-24T12:00:00.000Z"
    assert sent(moment_from("2026-10-24T12:00", AFTER_THE_CHANGE, BERLIN)) == "2026-10-24T10:00:00.000Z"
    assert sent(moment_from("13:30", AFTER_THE_CHANGE, BERLIN)) == "2026-10-24T11:30:00.000Z"


def test_today_is_that_of_the_zone() -> None:
    late = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)  # the 27th in Berlin
    assert sent(moment_from("0:15", late, BERLIN)) == "2026-11-26T23:15:00.000Z"


def test_without_a_zone_that_of_the_machine_counts() -> None:
    local = datetime(2026, 11, 20, 9, 31).astimezone()
    assert moment_from("2026-11-20T09:31", WINTER) == local
    assert moment_from("9:31", local) == local


@pytest.mark.parametrize(
    "text", ["", "noon", "10", "-5m", "10 weeks", "25:00", "9:60", "2026-13-01", "$NOW", "9" * 30 + "d", "99999999d"]
)
def test_what_is_none_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no moment\. Write 10m, 2h or 3d ago"):
        moment_from(text, WINTER, BERLIN)

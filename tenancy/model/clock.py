"""Time as text: RFC 3339 in UTC with milliseconds."""

import re
import time
from datetime import UTC, datetime

_cache: tuple[int, str] = (0, "")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)\Z", re.ASCII)


def now_text() -> str:
    """The current time, for example 2026-11-24T09:30:00.123Z."""
    return text_at(now_ms())


def text_at(millis: int) -> str:
    """A time in milliseconds since 1970 as text."""
    global _cache  # noqa: PLW0603 - formatting costs more than a write's other bookkeeping; the second's text is reused
    second, rest = divmod(millis, 1000)
    if _cache[0] != second:
        _cache = (second, datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    return f"{_cache[1]}.{rest:03d}Z"


def now_ms() -> int:
    """The current time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def to_text(seconds: float) -> str:
    """A Unix time in seconds as text."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def from_text(text: object) -> int | None:
    """The time that a text says (RFC 3339), in milliseconds since 1970; None when it says none."""
    if not isinstance(text, str) or not _TIME.match(text):
        return None
    try:
        return int(datetime.fromisoformat(text.upper()).timestamp() * 1000)
    except ValueError:
        return None

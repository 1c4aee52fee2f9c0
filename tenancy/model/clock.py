"""Time as text: RFC 3339 in UTC with milliseconds."""

import time
from datetime import UTC, datetime

_cache: tuple[int, str] = (0, "")


def now_text() -> str:
    """The current time, for example 2026-11-24T09:30:00.123Z."""
    global _cache  # noqa: PLW0603 - formatting costs more than a write's other bookkeeping; the second's text is reused
    millis = time.time_ns() // 1_000_000
    second, rest = divmod(millis, 1000)
    if _cache[0] != second:
        _cache = (second, datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    return f"{_cache[1]}.{rest:03d}Z"


def to_text(seconds: float) -> str:
    """A Unix time in seconds as text."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"

"""The head of an answer as bytes."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import NamedTuple


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


STATUS_LINES = {status: f"HTTP/1.1 {status} {_phrase(status)}\r\n".encode() for status in range(200, 600)}
# RFC 9110, 6.4.1.
BODILESS = frozenset({204, 304})

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROLS = bytes([*range(9), *range(10, 32), 127])
# Names that were looked at before, as they are written: in lower case, with the colon.
_written: dict[bytes, bytes] = {}
_MOST_WRITTEN = 512


class Head(NamedTuple):
    """Status line and fields, without framing and the empty line. `length` is the app's Content-Length."""

    lines: bytes
    length: int | None
    close: bool


def render(status: int, fields: Iterable[tuple[bytes, bytes]], standing: bytes) -> Head:
    """Render what the app gave; framing is decided when the first of the body is there.

    Raises:
        RuntimeError: a status, name or value that cannot be sent.
    """
    line = STATUS_LINES.get(status)
    if line is None:
        raise RuntimeError(f"The status {status} cannot be sent.")
    parts = [line, standing]
    length: int | None = None
    close = False
    for name, value in fields:
        written = _written.get(name)
        if written is None:
            low = name.lower()
            # Framing is written by the protocol alone, once it knows how the body comes.
            if low == b"content-length":
                length = _length(value, length)
                continue
            if low == b"connection":
                close = close or b"close" in [token.strip() for token in value.lower().split(b",")]
                continue
            if low == b"transfer-encoding":
                continue
            written = _learn(low)
        parts += (written, value, b"\r\n")
    lines = b"".join(parts)
    # All control characters are counted at once: with more than the ends of our lines, a value could begin another.
    ends = 2 + 2 * standing.count(b"\n") + 2 * ((len(parts) - 2) // 3)
    if len(lines) - len(lines.translate(None, _CONTROLS)) != ends:
        raise RuntimeError("A header value has a control character.")
    return Head(lines, length, close)


def _length(value: bytes, known: int | None) -> int:
    if known is not None or not value.isdigit():
        raise RuntimeError("Content-Length is doubled or not a number.")
    return int(value)


def _learn(name: bytes) -> bytes:
    if not _TOKEN.fullmatch(name):
        raise RuntimeError("A header name has a character that no name has.")
    written = name + b": "
    if len(_written) < _MOST_WRITTEN:
        _written[name] = written
    return written

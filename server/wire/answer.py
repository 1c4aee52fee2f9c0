"""The head of an answer as bytes."""

import re
from collections.abc import Iterable
from http import HTTPStatus


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
# Names as they are written, in lower case and with the colon; empty for those that the protocol alone writes, once it
# knows how the body comes. Others are added when they are first met.
_written: dict[bytes, bytes] = {b"content-length": b"", b"transfer-encoding": b"", b"connection": b""}
_MOST_WRITTEN = 512

# Status line and fields without framing and the empty line, the app's Content-Length, and whether it wants to close.
Head = tuple[bytes, int | None, bool]


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
            written = _learn(name)
        if written:
            parts += (written, value, b"\r\n")
            continue
        low = name.lower()
        if low == b"content-length":
            length = _length(value, length)
        elif low == b"connection":
            close = close or b"close" in [token.strip() for token in value.lower().split(b",")]
    lines = b"".join(parts)
    # All control characters are counted at once: with more than the ends of our lines, a value could begin another.
    ends = 2 + 2 * standing.count(b"\n") + 2 * ((len(parts) - 2) // 3)
    if len(lines) - len(lines.translate(None, _CONTROLS)) != ends:
        raise RuntimeError("A header value has a control character.")
    return lines, length, close


def _length(value: bytes, known: int | None) -> int:
    if known is not None or not value.isdigit():
        raise RuntimeError("Content-Length is doubled or not a number.")
    return int(value)


def _learn(name: bytes) -> bytes:
    low = name.lower()
    written = _written.get(low)
    if written is None:
        if not _TOKEN.fullmatch(low):
            raise RuntimeError("A header name has a character that no name has.")
        written = low + b": "
    if len(_written) < _MOST_WRITTEN:
        _written[name] = written
    return written

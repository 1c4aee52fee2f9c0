"""Bytes of files in answers: ranges, validators, names, and what a browser may do with them."""

import re
from collections.abc import AsyncGenerator, Callable
from urllib.parse import quote

from server.http.response import Answer, Header, Response, Stream
from tenancy.errors import RangeNotSatisfiable

_RANGE = re.compile(r"bytes=(?:(\d{1,15})-(\d{0,15})|-(\d{1,15}))\Z", re.ASCII)
INLINE_TYPES = frozenset(
    {
        *("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/svg+xml", "text/plain"),
        *("audio/mpeg", "audio/ogg", "audio/wav", "audio/webm", "video/mp4", "video/webm", "video/ogg"),
    }
)
SANDBOX: Header = (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; sandbox")
"""An upload that is opened as a page can run nothing and reach nothing."""
NOT_EMBEDDED: Header = (b"cross-origin-resource-policy", b"same-origin")
"""Pages of other origins, siblings too, cannot show it or learn its size; a request by CORS is not concerned."""

Pieces = Callable[[int, int], AsyncGenerator[bytes, None]]


def not_modified(if_none_match: str | None, etag: str) -> bool:
    """Whether the client has this version already (RFC 9110 section 13.1.2)."""
    if if_none_match is None:
        return False
    known = {candidate.strip().removeprefix("W/") for candidate in if_none_match.split(",")}
    return etag in known or "*" in known


def ranged(
    pieces: Pieces, size: int, etag: str, headers: list[Header], *, range_header: str | None, if_range: str | None,
    if_none_match: str | None,
) -> Answer:  # fmt: skip
    """The bytes, or the one range asked for (RFC 9110 section 14); several ranges are answered whole.

    Raises:
        RangeNotSatisfiable: it begins beyond the end.
    """
    headers = [*headers, (b"etag", etag.encode()), (b"accept-ranges", b"bytes")]
    if not_modified(if_none_match, etag):
        return Response(304, b"", headers)
    match = _RANGE.match(range_header) if range_header is not None and if_range in {None, etag} else None
    if match is None:
        return Stream(200, pieces(0, size), size, headers)
    first, last = _bounds(match, size)
    if first > last:
        raise RangeNotSatisfiable(f"The file has {size} bytes.")
    headers.append((b"content-range", f"bytes {first}-{last}/{size}".encode()))
    return Stream(206, pieces(first, last + 1), last + 1 - first, headers)


def _bounds(match: re.Match[str], size: int) -> tuple[int, int]:
    if match[3] is not None:
        return max(size - int(match[3]), 0), size - 1 if int(match[3]) else -1
    return int(match[1]), min(int(match[2]), size - 1) if match[2] else size - 1


def disposition(kind: str, name: str) -> Header:
    """Content-Disposition with the name in ASCII and in full (RFC 6266, RFC 8187)."""
    plain = re.sub(r'[^\x20-\x7e]|["\\%]', "_", name)
    return b"content-disposition", f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}".encode()

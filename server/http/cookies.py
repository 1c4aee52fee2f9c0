"""A strict reader of the Cookie header.

A sibling subdomain can set cookies for the parent domain, and lenient readers can be made to take such a cookie for the
session's (by odd white space, or by sending two). Here names are RFC 6265 tokens, white space is space and tab only,
and two session cookies, or something that only looks like one, poison the request: none of them is used.
"""

import re

from server.http.headers import Headers
from tenancy.errors import SessionInvalid

_PAIR = re.compile(
    rb"[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)=([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*)[ \t]*\Z"
)  # fmt: skip
_MAX_BYTES = 8192


def read_cookie(headers: Headers, name: bytes) -> str | None:
    """The one cookie with this name.

    Raises:
        SessionInvalid: there are two, or one that only looks like it.
    """
    found: str | None = None
    for value in headers.all(b"cookie"):
        if name not in value:
            continue
        if len(value) > _MAX_BYTES:
            raise _poisoned()
        for part in value.split(b";"):
            pair = _PAIR.match(part)
            if pair is None:
                if name in part:
                    raise _poisoned()
            elif pair[1] == name:
                if found is not None:
                    raise _poisoned()
                found = pair[2].decode()
    return found


def _poisoned() -> SessionInvalid:
    return SessionInvalid(
        "The session cookie is doubled or malformed.", hint="Clear this site's cookies and log in again."
    )


def session_cookie(name: bytes, token: str, max_age_s: int) -> tuple[bytes, bytes]:
    """The Set-Cookie header of a session: host-only, not readable by scripts. `max_age_s` 0 clears it."""
    secure = "; Secure" if name.startswith(b"__Host-") else ""
    text = f"{name.decode()}={token}; Path=/; HttpOnly; SameSite=Lax{secure}; Max-Age={max_age_s}"
    return b"set-cookie", text.encode()

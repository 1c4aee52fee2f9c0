"""From the Host header to what is served: pure, from the raw header alone, never with a fallback.

Starlette's `request.url` falls back to the socket's address for a malformed Host and accepts names that no DNS has,
so it is not asked. `X-Forwarded-Host` is not read at all. Source: RFC 9110 section 7.2, RFC 1123 section 2.1.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from server.http.headers import Headers
from tenancy.errors import BadHost, WrongHost

_HOST = re.compile(rb"([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)\.?(?::([0-9]{1,5}))?\Z")
_ADMIN_HOST = re.compile(rb"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253})(?::([0-9]{1,5}))?\Z")
_LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Host(NamedTuple):
    """Who is asked for: `label` is the tenant's name, None for the bare base domain. `text` as the client wrote it."""

    label: str | None
    text: str


def host_header(headers: Headers) -> bytes:
    """The one Host header.

    Raises:
        BadHost: there is none, or more than one.
    """
    found = headers.get(b"host")
    if found is None or b"host" in headers.doubled:
        raise BadHost("There must be exactly one Host header.")
    return found


@lru_cache(maxsize=4096)
def parse_host(value: bytes, base_domain: str) -> Host:
    """Read a Host header's value on the public listener.

    Raises:
        BadHost: malformed.
        WrongHost: outside the base domain.
    """
    match = _HOST.match(value)
    if match is None or b".." in value:
        raise BadHost
    name = match[1].decode().lower()
    text = value.decode().lower()
    if name == base_domain:
        return Host(None, text)
    if not name.endswith("." + base_domain):
        raise WrongHost
    return Host(name[: -len(base_domain) - 1], text)


def check_admin_host(value: bytes, allowed: frozenset[str]) -> str:
    """Read a Host header's value on the admin listener: only this machine's names and those configured.

    A page of a stranger whose name was pointed at 127.0.0.1 (DNS rebinding) fails here.

    Raises:
        BadHost: malformed.
        WrongHost: not an allowed name.
    """
    match = _ADMIN_HOST.match(value)
    if match is None:
        raise BadHost
    name = match[1].decode().lower()
    if name not in _LOCAL and name not in allowed:
        raise WrongHost("The admin listener does not answer to this host.", hint="See the setting admin_names.")
    return value.decode().lower()

"""Which credential a request carries, before anybody looks whose it is."""

from typing import NamedTuple

from server.http.cookies import read_cookie
from server.http.headers import Headers
from tenancy.errors import SessionInvalid, WrongOrigin

_MAX_TOKEN = 512
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Credential(NamedTuple):
    """A token, and whether it came as a cookie."""

    token: str
    from_cookie: bool


class Origin(NamedTuple):
    """The origin that is served (`http://shop.localhost:8000`) and the one that the browser says it comes from."""

    own: str
    claimed: str | None

    @property
    def same(self) -> bool:
        """Whether the request comes from a page of this very origin."""
        return self.claimed == self.own


def cookie_name(base: str, own_origin: str) -> bytes:
    """`__Host-…` where the browser accepts it (HTTPS), the plain name over HTTP."""
    return (f"__Host-{base}" if own_origin.startswith("https:") else base).encode()


def read_origin(headers: Headers, own: str) -> Origin:
    """The Origin header beside one's own origin; two Origin headers count as a foreign one."""
    claimed = headers.text(b"origin")
    return Origin(own, "null" if claimed is not None and b"origin" in headers.doubled else claimed)


def read_credential(headers: Headers, method: str, origin: Origin, cookie: bytes) -> Credential | None:
    """The bearer token, else the cookie.

    A cookie is sent by the browser whoever caused the request. So for a write or a WebSocket (`method` "WEBSOCKET")
    it is used only from a page of one's own origin; SameSite does not tell sibling subdomains apart.

    Raises:
        SessionInvalid: an Authorization header that is no bearer token, or two; a poisoned cookie.
        WrongOrigin: a cookie with a write from elsewhere.
    """
    bearer = headers.get(b"authorization")
    if bearer is not None:
        scheme, _, token = bearer.partition(b" ")
        token = token.strip()
        alone = b"authorization" not in headers.doubled
        if not alone or scheme.lower() != b"bearer" or not token.isascii() or not 0 < len(token) <= _MAX_TOKEN:
            raise SessionInvalid("The Authorization header must be: Bearer TOKEN.")
        return Credential(token.decode(), from_cookie=False)
    value = read_cookie(headers, cookie)
    if value is None:
        return None
    if origin.claimed is not None and not origin.same and method in _SAFE:
        # A foreign page may read public things as anybody, never with the visitor's session.
        return None
    if method == "WEBSOCKET" and not origin.same:
        # A socket from elsewhere is nobody's until its first frame brings a token.
        return None
    if method not in _SAFE and not origin.same:
        raise WrongOrigin
    return Credential(value, from_cookie=True)

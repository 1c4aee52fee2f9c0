"""Which credential a request carries, before anybody looks whose it is."""

from functools import lru_cache
from typing import NamedTuple

from server.http.cookies import read_cookie
from server.http.headers import Headers
from tenancy.errors import SessionInvalid, WrongOrigin
from tenancy.model.system import secret_hash

_MAX_TOKEN = 512
_MAX_VALUE = _MAX_TOKEN + 32
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Credential(NamedTuple):
    """A token, its hash, and whether it came as a cookie."""

    token: str
    hashed: str
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


def read_bearer(headers: Headers) -> Credential | None:
    """The bearer token (RFC 6750).

    Raises:
        SessionInvalid: an Authorization header that is no bearer token, or two.
    """
    value = headers.get(b"authorization")
    if value is None:
        return None
    if b"authorization" in headers.doubled or len(value) > _MAX_VALUE:
        raise _no_bearer()
    return _bearer(value)


# A client sends the same again and again. Of what cannot be read nothing is kept.
@lru_cache(maxsize=4096)
def _bearer(value: bytes) -> Credential:
    scheme, _, token = value.partition(b" ")
    token = token.strip()
    if scheme.lower() != b"bearer" or not token.isascii() or not 0 < len(token) <= _MAX_TOKEN:
        raise _no_bearer()
    text = token.decode()
    return Credential(text, secret_hash(text), from_cookie=False)


def _no_bearer() -> SessionInvalid:
    return SessionInvalid("The Authorization header must be: Bearer TOKEN.")


def _is_embedded(headers: Headers) -> bool:
    """Whether the browser says that a page of another origin asks without CORS: for a picture, a script, a frame.

    Such a page cannot read the answer, but can see its size and how long it takes. A link that is followed is none.
    Source: https://www.w3.org/TR/fetch-metadata/
    """
    site = headers.get(b"sec-fetch-site")
    return site in {b"same-site", b"cross-site"} and headers.get(b"sec-fetch-dest") != b"document"


def read_session(headers: Headers, method: str, origin: Origin, cookie: bytes) -> Credential | None:
    """The session's cookie.

    A cookie is sent by the browser whoever caused the request. So for a write or a WebSocket (`method` "WEBSOCKET")
    it is used only from a page of one's own origin; SameSite does not tell sibling subdomains apart.

    Raises:
        SessionInvalid: a poisoned cookie.
        WrongOrigin: a cookie with a write from elsewhere.
    """
    value = read_cookie(headers, cookie)
    if value is None:
        return None
    if method in _SAFE and (_is_embedded(headers) if origin.claimed is None else not origin.same):
        # A foreign page may read public things as anybody, never with the visitor's session.
        return None
    if method == "WEBSOCKET" and not origin.same:
        # A socket from elsewhere is nobody's until its first frame brings a token.
        return None
    if method not in _SAFE and not origin.same:
        raise WrongOrigin
    return Credential(value, secret_hash(value), from_cookie=True)

"""The head of a request: what the parser lets through and we do not, and the scope that the app gets."""

from http import HTTPStatus

from server.wire import limits
from server.wire.refusal import Refusal

Fields = list[tuple[bytes, bytes]]

# Names that decide framing or the protocol; the parser's callback keeps these aside.
FRAMING = frozenset({b"content-length", b"transfer-encoding", b"expect", b"upgrade"})
# What llhttp knows and HTTP does not (RTSP, ICE), the preface of HTTP/2, and tunnels, which we are not.
_FOREIGN = frozenset(
    {
        b"CONNECT", b"PRI", b"SOURCE", b"ANNOUNCE", b"DESCRIBE", b"SETUP", b"PLAY", b"PAUSE", b"TEARDOWN",
        b"GET_PARAMETER", b"SET_PARAMETER", b"REDIRECT", b"RECORD", b"FLUSH",
    }
)  # fmt: skip
_SLASH = ord("/")
METHODS = {name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")}


def rare_method(method: bytes) -> str:
    """A method that is not in METHODS, as text.

    Raises:
        Refusal: 501, it is not one of HTTP's that we could answer (RFC 9110, 9.1).
    """
    if method in _FOREIGN:
        raise Refusal(HTTPStatus.NOT_IMPLEMENTED)
    return method.decode("ascii")


def check_size(target: bytes, fields: Fields, read: int) -> None:
    """Hold the head to its limits; `read` is how many bytes were read since it began, or more.

    Raises:
        Refusal: 414 or 431.
    """
    if len(target) > limits.MAX_TARGET:
        raise Refusal(HTTPStatus.REQUEST_URI_TOO_LONG)
    if len(fields) > limits.MAX_FIELDS:
        raise Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    # Counted only when it can matter: most heads come in one small piece.
    if read > limits.MAX_HEAD and sum(len(name) + len(value) + 4 for name, value in fields) > limits.MAX_HEAD:
        raise Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)


def check_coding(coding: bytes) -> None:
    """Take no transfer coding but chunked, once.

    llhttp takes any list that ends in chunked. We undo no other, so a body would not be what was sent.

    Raises:
        Refusal: 501 (RFC 9112, 6.1).
    """
    if coding != b"chunked":
        raise Refusal(HTTPStatus.NOT_IMPLEMENTED)


def check_version(version: str, framing: dict[bytes, bytes]) -> None:
    """Take HTTP/1.1 and 1.0; llhttp knows 0.9 and 2.0 too.

    Raises:
        Refusal: 505; or 400 for a transfer coding in HTTP/1.0, whose framing is faulty (RFC 9112, 6.1).
    """
    if version == "1.1":
        return
    if version != "1.0":
        raise Refusal(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
    if b"transfer-encoding" in framing:
        raise Refusal(HTTPStatus.BAD_REQUEST)


def has_body(framing: dict[bytes, bytes]) -> bool:
    """Whether a body follows the head (RFC 9112, 6.3)."""
    return b"transfer-encoding" in framing or int(framing.get(b"content-length", b"0")) > 0


def split_target(target: bytes, fields: Fields) -> tuple[bytes, bytes]:
    """The raw path and the query of a request target (RFC 9112, 3.2).

    Raises:
        Refusal: 400, a form that no origin server is asked for, or another host than the Host field's.
    """
    if target[0] != _SLASH:
        target = _of_absolute(target, fields)
    if b"#" in target:
        # Never sent by a client that follows RFC 9112, 3.2; others cut it off at different places.
        raise Refusal(HTTPStatus.BAD_REQUEST)
    path, _, query = target.partition(b"?")
    return path, query


def _of_absolute(target: bytes, fields: Fields) -> bytes:
    """The path and query of an absolute target.

    The host in it would go before the Host field (RFC 9112, 3.2.2). Here the Host field picks the tenant, so one that
    says something else is refused instead of being guessed about.
    """
    scheme, found, rest = target.partition(b"://")
    if not found or scheme.lower() not in {b"http", b"https"}:
        raise Refusal(HTTPStatus.BAD_REQUEST)
    end = min((at for at in (rest.find(b"/"), rest.find(b"?")) if at >= 0), default=len(rest))
    host = rest[:end].lower()
    if [value.lower() for name, value in fields if name == b"host"] != [host]:
        raise Refusal(HTTPStatus.BAD_REQUEST)
    rest = rest[end:]
    return rest if rest.startswith(b"/") else b"/" + rest

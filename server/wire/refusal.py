"""Answers to what is not taken as a request."""

from http import HTTPStatus


class Refusal(Exception):  # noqa: N818
    """The request is refused with this status, and the connection closed."""

    def __init__(self, status: HTTPStatus) -> None:
        """Refuse."""
        self.status = status


def refusal_answer(status: HTTPStatus, standing: bytes) -> bytes:
    """The whole answer; `standing` are the header lines of every answer."""
    body = status.phrase.encode()
    return b"HTTP/1.1 %d %b\r\n%bcontent-type: text/plain\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b" % (
        status, body, standing, len(body), body,
    )  # fmt: skip

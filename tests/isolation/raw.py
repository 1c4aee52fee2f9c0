"""Requests as ASGI messages: the only way to send a bad Host or path, which HTTP clients put right."""

import gzip
import zlib
from typing import NamedTuple
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

Fields = list[tuple[bytes, bytes]]


class Reply(NamedTuple):
    """An answer."""

    status: int
    headers: Fields
    body: bytes

    @property
    def bytes(self) -> bytes:
        """Everything that the client gets to see, unpacked."""
        lines = b"\n".join(name + b": " + value for name, value in self.headers)
        return b"%d\n%b\n\n%b" % (self.status, lines, _unpacked(self.headers, self.body))


def _unpacked(headers: Fields, body: bytes) -> bytes:
    coding = dict(headers).get(b"content-encoding", b"")
    if coding == b"gzip":
        return gzip.decompress(body)
    return zlib.decompress(body) if coding == b"deflate" else body


async def ask(app: ASGIApp, method: str, target: str, headers: Fields, body: bytes = b"") -> Reply:
    """Send a request whose target is taken as it is, and have the whole answer."""
    path, _, query = target.partition("?")
    fields = [(name.lower(), value) for name, value in headers]
    if body:
        fields.append((b"content-length", str(len(body)).encode()))
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": method,
        "scheme": "http", "path": unquote(path), "raw_path": path.encode("latin-1"), "query_string": query.encode(),
        "root_path": "", "headers": fields, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    status, answered, pieces = 0, list[tuple[bytes, bytes]](), list[bytes]()

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, answered
        if message["type"] == "http.response.start":
            status, answered = message["status"], list(message["headers"])
        else:
            pieces.append(message.get("body", b""))

    await app(scope, receive, send)
    return Reply(status, answered, b"".join(pieces))

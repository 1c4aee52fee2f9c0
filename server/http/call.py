"""One request as a handler sees it."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.types import Receive, Scope, Send

from server.http.credentials import Origin
from server.http.headers import Headers
from server.http.response import Header
from tenancy.errors import BadJson, Invalid, Place, TooLarge, UnsupportedMedia
from tenancy.model.json import Json, loads
from tenancy.model.principal import ANONYMOUS, Principal

C = TypeVar("C")
T = TypeVar("T")
_OFF_LOOP = 64 * 1024
_MAX_PARAMETERS = 50
_PLACE = re.compile(r"(.*?)(?: - at `\$?\.?(.*?)`)?\Z", re.DOTALL)


class ClientGoneError(Exception):
    """The client left before its request was whole; there is nobody to answer."""


@dataclass(slots=True)
class Call(Generic[C]):
    """The request, the context it may touch, and who it acts for."""

    scope: Scope
    receive: Receive
    context: C
    params: Mapping[str, str]
    origin: Origin
    cookie: bytes
    request_id: str
    send: Send
    max_body: int
    principal: Principal = ANONYMOUS
    extra_headers: list[Header] = field(default_factory=list[Header])
    json_text: bytes = b""
    """The body that `json` has read."""

    @property
    def headers(self) -> Headers:
        """The request's headers."""
        headers: Headers = self.scope["backpack.headers"]
        return headers

    def header(self, name: bytes) -> str | None:
        """The first header with this name."""
        return self.headers.text(name)

    def query(self, *known: str) -> dict[str, str]:
        """The query parameters.

        Raises:
            Invalid: an unknown or doubled one, not UTF-8, or too many.
        """
        raw: bytes = self.scope["query_string"]
        return read_query(read_pairs(raw), *known) if raw else {}

    async def body(self, limit: int | None = None) -> bytes:
        """The whole body.

        Raises:
            TooLarge: more than `limit` bytes.
        """
        pieces = [piece async for piece in self.stream(limit if limit is not None else self.max_body)]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def stream(self, limit: int) -> AsyncGenerator[bytes, None]:
        """The body in pieces.

        Raises:
            TooLarge: more than `limit` bytes; known from Content-Length before anything is read.
        """
        length = self.header(b"content-length")
        if length is not None and length.isdigit() and int(length) > limit:
            raise TooLarge(f"The body has {length} bytes; at most {limit} are allowed.")
        size, more = 0, True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            piece: bytes = message.get("body", b"")
            more = message.get("more_body", False)
            size += len(piece)
            if size > limit:
                raise TooLarge(f"The body has more than {limit} bytes.")
            if piece:
                yield piece

    async def json(self) -> Json:
        """The body as JSON; parsed off the loop above 64 KiB.

        Raises:
            UnsupportedMedia: another content type.
            BadJson: not JSON.
            TooLarge: too many bytes.
        """
        kind = (self.header(b"content-type") or "").partition(";")[0].strip().lower()
        if kind not in {"application/json", "application/merge-patch+json"}:
            raise UnsupportedMedia(f"The content type {kind or '(none)'} is not taken here; application/json is.")
        body = self.json_text = await self.body()
        if not body:
            raise BadJson("The body is empty.")
        return loads(body) if len(body) <= _OFF_LOOP else await asyncio.to_thread(loads, body)

    async def read(self, kind: type[T]) -> T:
        """The body as a typed value.

        Raises:
            Invalid: with the place that does not fit; and what `json` raises.
        """
        return convert(await self.json(), kind)


def read_pairs(raw: bytes) -> list[tuple[str, str]]:
    """The parameters of a query string.

    Raises:
        Invalid: not UTF-8, or too many.
    """
    try:
        return parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, strict_parsing=False, errors="strict",
            max_num_fields=_MAX_PARAMETERS,
        )  # fmt: skip
    except ValueError:
        raise Invalid("The query string cannot be read.") from None


def read_query(pairs: Sequence[tuple[str, str]], *known: str) -> dict[str, str]:
    """The parameters by name.

    Raises:
        Invalid: an unknown or doubled one.
    """
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            allowed = f"known here: {', '.join(known)}" if known else "this route takes none"
            raise Invalid("An unknown query parameter.", places=[Place(name, f"is not known; {allowed}")])
        if name in found:
            raise Invalid("A query parameter is doubled.", places=[Place(name, "is there twice")])
        found[name] = value
    return found


def convert(value: Json, kind: type[T]) -> T:
    """A JSON value as a typed one.

    Raises:
        Invalid: with the place that does not fit.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        match = _PLACE.match(str(error))
        message, at = (match[1], match[2] or "") if match else (str(error), "")
        pointer = "/" + at.replace(".", "/").replace("[", "/").replace("]", "") if at else ""
        raise Invalid("The body does not have the documented form.", places=[Place(pointer, message)]) from None

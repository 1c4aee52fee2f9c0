"""One request as a handler sees it."""

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, Protocol, TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.types import Receive, Scope, Send

from server.http.credentials import Origin, read_origin
from server.http.entrance import SMALL_BODY, Entrance
from server.http.headers import Headers
from server.http.response import Header
from tenancy.errors import BadJson, Invalid, Place, TooLarge, UnsupportedMedia
from tenancy.model.json import Json, loads_bounded
from tenancy.model.limits import Limits
from tenancy.model.principal import ANONYMOUS, Principal
from tenancy.work import Work


class Context(Protocol):
    """What every context has."""

    @property
    def limits(self) -> Limits:
        """Those that count now."""
        ...

    @property
    def work(self) -> Work:
        """What is done in threads."""
        ...


C = TypeVar("C", bound=Context)
T = TypeVar("T")
_MAX_PARAMETERS = 50
_PLACE = re.compile(r"(.*?)(?: - at `\$?\.?(.*?)`)?\Z", re.DOTALL)


class ClientGoneError(Exception):
    """The client left before its request was whole; there is nobody to answer."""


@dataclass(slots=True)
class Call(Generic[C]):
    """The request, the context it may touch, and who it acts for.

    `scheme`: `http` or `https`, as browsers see it. `cookie`: the name of the session's cookie.
    """

    scope: Scope
    receive: Receive
    context: C
    params: Mapping[str, str]
    scheme: str
    cookie: bytes
    send: Send
    principal: Principal = ANONYMOUS
    extra_headers: list[Header] = field(default_factory=list[Header])
    json_text: bytes = b""
    """The body that `json` has read."""

    @property
    def origin(self) -> Origin:
        """The origin that is served, and the one that the request comes from."""
        return read_origin(self.headers, f"{self.scheme}://{self.scope['backpack.host']}")

    @property
    def request_id(self) -> str:
        """The id that the answer and the log name this request by."""
        id: str = self.scope["backpack.request_id"]
        return id

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
            TooMany: the tenant's bodies have as many as may be under way.
        """
        limit = self.context.limits.max_body if limit is None else limit
        held = await self._hold(self._check_length(limit), 0)
        # Most bodies come in one piece.
        piece, more = await self._piece()
        pieces, size = [piece], len(piece)
        while more and size <= limit:
            held = await self._hold(size, held)
            piece, more = await self._piece()
            pieces.append(piece)
            size += len(piece)
        if size > limit:
            raise _too_large(limit)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def stream(self, limit: int) -> AsyncGenerator[bytes, None]:
        """The body in pieces.

        Raises:
            TooLarge: more than `limit` bytes; known from Content-Length before anything is read.
        """
        self._check_length(limit)
        size, more = 0, True
        while more:
            piece, more = await self._piece()
            size += len(piece)
            if size > limit:
                raise _too_large(limit)
            if piece:
                yield piece

    async def _hold(self, size: int, held: int) -> int:
        """Have so much of a tenant's memory for the body, where it is not small; how much is held."""
        if size <= max(held, SMALL_BODY) or "backpack.entrance" not in self.scope:
            return held
        entrance: Entrance = self.scope["backpack.entrance"]
        await entrance.hold(size - held)
        return size

    def _check_length(self, limit: int) -> int:
        """The length of the body where it is told, else 0."""
        told = self.header(b"content-length")
        length = int(told) if told is not None and told.isdigit() else 0
        if length > limit:
            raise TooLarge(f"The body has {length} bytes; at most {limit} are allowed.")
        return length

    async def _piece(self) -> tuple[bytes, bool]:
        """Some of the body, and whether there is more."""
        message = await self.receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        piece = message.get("body", b"")
        self.scope["backpack.received"] = self.scope.get("backpack.received", 0) + len(piece)
        return piece, message.get("more_body", False)

    async def json(self) -> Json:
        """The body as JSON; parsed off the loop above 64 KiB.

        Raises:
            UnsupportedMedia: another content type.
            BadJson: not JSON.
            TooLarge: too many bytes, or too many keys and elements.
            TooMany: as `body` says.
        """
        kind = (self.header(b"content-type") or "").partition(";")[0].strip().lower()
        if kind not in {"application/json", "application/merge-patch+json"}:
            raise UnsupportedMedia(f"The content type {kind or '(none)'} is not taken here; application/json is.")
        body = self.json_text = await self.body()
        if not body:
            raise BadJson("The body is empty.")
        parse = partial(loads_bounded, body, self.context.limits.max_members)
        return parse() if len(body) <= SMALL_BODY else await self.context.work.do("parse", parse)

    async def read(self, kind: type[T]) -> T:
        """The body as a typed value.

        Raises:
            Invalid: with the place that does not fit; and what `json` raises.
        """
        return convert(await self.json(), kind)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body has more than {limit} bytes.")


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

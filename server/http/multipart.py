"""multipart/form-data as it arrives, part by part, in constant memory (RFC 7578)."""

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from tenancy.errors import Invalid, Place, TooLarge, UnsupportedMedia

MAX_FIELD = 64 * 1024
MAX_PARTS = 20


@dataclass(slots=True)
class Part:
    """A part's headers. `filename` is None for a plain field."""

    name: str
    filename: str | None
    type: str


@dataclass(slots=True)
class _Parsing:
    """Collects what the parser tells: a part that begins, bytes of it, its end."""

    events: deque[Part | bytes | None] = field(default_factory=deque[Part | bytes | None])
    name: bytes = b""
    value: bytes = b""
    headers: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    ended: bool = False

    def on_part_begin(self) -> None:
        self.headers = {}

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self.name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def on_header_end(self) -> None:
        self.headers[self.name.lower()] = self.value
        self.name = self.value = b""

    def on_headers_finished(self) -> None:
        self.events.append(_part(self.headers))

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self.events.append(data[start:end])

    def on_part_end(self) -> None:
        self.events.append(None)

    def on_end(self) -> None:
        self.ended = True


def _part(headers: dict[bytes, bytes]) -> Part:
    disposition, options = parse_options_header(headers.get(b"content-disposition", b""))
    try:
        name = options[b"name"].decode()
        filename = options[b"filename"].decode() if b"filename" in options else None
        kind = headers.get(b"content-type", b"").decode("ascii").strip()
    except (KeyError, UnicodeDecodeError):
        raise Invalid("A part of the form has no readable name.") from None
    if disposition != b"form-data":
        raise Invalid("A part of the form is not form-data.")
    return Part(name, filename, kind)


class Form:
    """Reads a form: `async for part in form`, then either `form.text()` or `form.content()` of it."""

    def __init__(self, content_type: str | None, body: AsyncIterator[bytes]) -> None:
        """Read from a body of this content type.

        Raises:
            UnsupportedMedia: not a form, or without a boundary.
        """
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise UnsupportedMedia("The body must be multipart/form-data.")
        self._parsing = _Parsing()
        callbacks = {name: getattr(self._parsing, name) for name in dir(_Parsing) if name.startswith("on_")}
        self._parser = MultipartParser(options[b"boundary"], callbacks)  # type: ignore[arg-type]
        self._body = body

    async def _next(self) -> Part | bytes | None:
        """The next event.

        Raises:
            Invalid: the form is broken or ends too early.
        """
        while not self._parsing.events:
            if self._parsing.ended:
                return None
            piece = await anext(self._body, None)
            try:
                if piece is None:
                    self._parser.finalize()
                    raise Invalid("The form ends too early.")
                self._parser.write(piece)
            except FormParserError:
                raise Invalid("The form cannot be read.") from None
        return self._parsing.events.popleft()

    async def parts(self) -> AsyncIterator[Part]:
        """The parts in order. Each one's content has to be read before the next."""
        for _ in range(MAX_PARTS):
            event = await self._next()
            if event is None:
                return
            if not isinstance(event, Part):
                raise Invalid("The form cannot be read.")
            yield event
        raise Invalid(f"The form has more than {MAX_PARTS} parts.")

    async def content(self) -> AsyncGenerator[bytes, None]:
        """The bytes of the part that was just begun."""
        while True:
            event = await self._next()
            if not isinstance(event, bytes):
                return
            yield event

    async def text(self, name: str) -> str:
        """The text of the part that was just begun.

        Raises:
            TooLarge: more than 64 KiB.
            Invalid: not UTF-8.
        """
        data = b""
        async with aclosing(self.content()) as pieces:
            async for piece in pieces:
                data += piece
                if len(data) > MAX_FIELD:
                    raise TooLarge(f"The field {name} has more than {MAX_FIELD} bytes.")
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise Invalid("A field is not UTF-8.", places=[Place(name, "must be UTF-8")]) from None

"""Collections in and out as a whole, in constant memory."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from io import TextIOWrapper
from itertools import islice
from typing import IO, Final, Literal, TypeVar

from server.data import formats, writes
from server.data.documents import Caller, end_sessions
from server.data.rights import allowed, seen
from tenancy.errors import (
    AlreadyExists,
    BackpackError,
    Forbidden,
    Invalid,
    Place,
    SchemaViolated,
    TooLarge,
    Unauthenticated,
)
from tenancy.model.collection import check_collection_name
from tenancy.model.document import client_fields
from tenancy.model.ids import check_id
from tenancy.model.json import Json, trusted
from tenancy.model.schema import Validator, compile_schema
from tenancy.query.tree import Filter, both
from tenancy.writes import Create, Update

Format = Literal["ndjson", "csv"]
OnConflict = Literal["fail", "skip", "replace"]
Numbered = tuple[int, Json]
T = TypeVar("T")
_AT_ONCE: Final = 200
_BYTES_AT_ONCE: Final = 4 * 1024 * 1024
_MAX_PLACES: Final = 10
_PIECE: Final = 256 * 1024


async def export_lines(caller: Caller, collection: str, filter: Filter) -> AsyncGenerator[bytes, None]:
    """The documents that the caller may list, one JSON a line, as they are at one moment."""
    rule = allowed(caller.context, collection, "list", caller.principal)
    unseen = seen(caller.context, collection, caller.principal)
    if unseen is not None:
        unseen.check_filter(filter)
    batches = caller.context.documents.scan(collection, both(rule, filter))
    async with aclosing(batches):
        async for batch in batches:
            yield b"\n".join(batch if unseen is None else map(unseen.text, batch)) + b"\n"


async def export_csv(caller: Caller, collection: str, filter: Filter) -> AsyncGenerator[bytes, None]:
    """The same as CSV. The columns are known when all documents were seen, so they wait in a temporary file."""
    with tempfile.TemporaryFile() as spool:
        known: dict[str, None] = {}
        lines = export_lines(caller, collection, filter)
        async with aclosing(lines):
            async for piece in lines:
                await asyncio.to_thread(_spool, spool, piece, known)
        columns = formats.columns_of(known)
        yield formats.csv_lines([columns])
        spool.seek(0)
        while piece := await asyncio.to_thread(_next_rows, spool, columns):
            yield piece


def _spool(spool: IO[bytes], piece: bytes, known: dict[str, None]) -> None:
    for line in piece.splitlines():
        known.update(dict.fromkeys(formats.flattened(trusted(line))))
    spool.write(piece)


def _next_rows(spool: IO[bytes], columns: list[str]) -> bytes:
    lines = list(islice(spool, _AT_ONCE))
    return formats.csv_lines(formats.csv_row(formats.flattened(trusted(line)), columns) for line in lines)


@dataclass(slots=True)
class Imported:
    """What an import came to."""

    created: int = 0
    replaced: int = 0
    skipped: int = 0


async def import_documents(
    caller: Caller, collection: str, content: AsyncIterator[bytes], format: Format, on_conflict: OnConflict
) -> Imported:
    """Make the documents of an upload. Every line is checked before the first document is written.

    Raises:
        Unauthenticated, Forbidden: the rules refuse whatever the lines say; nothing was read.
        Invalid: lines that are no documents; nothing was written.
        AlreadyExists: an id is taken (nothing was written), or a unique value (what came before it was).
        TooLarge: the upload is over its limit.
    """
    _check_rights(caller, check_collection_name(collection), on_conflict)
    with tempfile.TemporaryFile() as spool:
        await _receive(content, spool, caller.context.limits.max_import)
        upload = _Upload(caller, collection, spool, format)
        await upload.check()
        if on_conflict == "fail":
            await upload.refuse_taken()
        return await upload.write(on_conflict)


def _check_rights(caller: Caller, collection: str, on_conflict: OnConflict) -> None:
    """Refuse who may write nothing here: which ids are taken is not theirs to know, nor is the disk theirs to fill."""
    try:
        writes.create(caller.context, caller.principal, collection, {})
    except (Unauthenticated, Forbidden):
        if on_conflict != "replace":
            raise
        allowed(caller.context, collection, "update", caller.principal)


async def _receive(content: AsyncIterator[bytes], spool: IO[bytes], limit: int) -> None:
    size = 0
    async for piece in content:
        size += len(piece)
        if size > limit:
            raise TooLarge(f"An import has at most {limit} bytes.")
        await asyncio.to_thread(spool.write, piece)


class _Upload:
    """An uploaded file, read as often as needed."""

    def __init__(self, caller: Caller, collection: str, spool: IO[bytes], format: Format) -> None:
        self._caller = caller
        self._collection = collection
        self._spool = spool
        self._format = format

    def _documents(self) -> Iterator[Numbered]:
        self._spool.seek(0)
        file = TextIOWrapper(self._spool, encoding="utf-8", newline="")
        try:
            if self._format == "csv":
                yield from formats.read_csv(file)
            else:
                limits = self._caller.context.limits
                yield from formats.read_lines(file, limits.max_body, limits.max_members)
        finally:
            file.detach()

    def _next(self, documents: Iterator[Numbered]) -> list[Numbered]:
        batch: list[Numbered] = []
        begun = self._spool.tell()
        for document in islice(documents, _AT_ONCE):
            batch.append(document)
            if self._spool.tell() - begun > _BYTES_AT_ONCE:
                break
        return batch

    async def _batches(self) -> AsyncGenerator[list[Numbered], None]:
        documents = self._documents()
        try:
            while batch := await self._in_turn(partial(self._next, documents)):
                yield batch
        finally:
            documents.close()  # type: ignore[attr-defined]

    async def _in_turn(self, work: Callable[[], T]) -> T:
        return await self._caller.context.work.do("parse", work)

    async def check(self) -> None:
        """Read every line, some at a time.

        Raises:
            Invalid, SchemaViolated: with the lines that are no documents, at most 10.
        """
        definition = self._caller.context.documents.collections().get(self._collection)
        schema = definition.schema if definition is not None else None
        validate = compile_schema(schema) if schema is not None else None
        problems: list[Place] = []
        documents = self._documents()
        try:
            while len(problems) < _MAX_PLACES:
                found = await self._in_turn(partial(self._check_next, documents, validate))
                if found is None:
                    break
                problems += found
        finally:
            documents.close()  # type: ignore[attr-defined]
        if problems:
            raise Invalid("Some lines are no documents; nothing was imported.", places=problems[:_MAX_PLACES])

    def _check_next(self, documents: Iterator[Numbered], validate: Validator | None) -> list[Place] | None:
        """What is wrong with the next lines; None after the last."""
        batch = self._next(documents)
        return [place for line, body in batch for place in _wrong(line, body, validate)] if batch else None

    async def refuse_taken(self) -> None:
        """Find out before anything is written whether an id is taken, or there twice."""
        seen: set[str] = set()
        batches = self._batches()
        async with aclosing(batches):
            async for batch in batches:
                for line, body in batch:
                    id = body.get("id") if isinstance(body, dict) else None
                    if not isinstance(id, str):
                        continue
                    if id in seen or await self._caller.context.documents.get(self._collection, id) is not None:
                        hint = "Send onConflict=skip or onConflict=replace, or leave the ids out."
                        places = [Place(f"line {line}/id", "is taken")]
                        raise AlreadyExists(f"The id {id} is taken; nothing was imported.", hint=hint, places=places)
                    seen.add(id)

    async def write(self, on_conflict: OnConflict) -> Imported:
        """Write batch by batch."""
        done = Imported()
        batches = self._batches()
        async with aclosing(batches):
            async for batch in batches:
                kept = batch if on_conflict != "skip" else [one for one in batch if not await self._is_there(one[1])]
                done.skipped += len(batch) - len(kept)
                await self._commit(kept, on_conflict, done)
        return done

    async def _is_there(self, body: Json) -> bool:
        id = body.get("id") if isinstance(body, dict) else None
        return isinstance(id, str) and await self._caller.context.documents.get(self._collection, id) is not None

    async def _commit(self, batch: list[Numbered], on_conflict: OnConflict, done: Imported) -> None:
        try:
            asked = [self._write(body, on_conflict) for _, body in batch]
            written = await self._caller.context.documents.commit(asked)
        except BackpackError as error:
            at = f"line {batch[error.number or 0][0]}"
            places = [Place(f"{at}{place.path}", place.message) for place in error.places]
            error.places = tuple(places or [Place(at, error.detail)])
            error.detail = f"{error.detail} {done.created + done.replaced} documents before it were imported."
            raise
        for one in written:
            await end_sessions(self._caller.context, self._collection, one)
        done.created += sum(one.op == "create" for one in written)
        done.replaced += sum(one.op != "create" for one in written)

    def _write(self, body: Json, on_conflict: OnConflict) -> Create | Update:
        context, principal = self._caller.context, self._caller.principal
        id = body.get("id") if isinstance(body, dict) else None
        if on_conflict == "replace" and isinstance(id, str):
            return writes.overwrite(context, principal, self._collection, id, body)
        return writes.create(context, principal, self._collection, body)


def _wrong(line: int, body: Json, validate: Validator | None) -> list[Place]:
    try:
        fields = client_fields(body)
        if isinstance(body, dict) and body.get("id") is not None:
            check_id(body["id"])
        places = validate(fields) if validate is not None else []
        if places:
            raise SchemaViolated(places=places)
    except Invalid as error:
        return [Place(f"line {line}{place.path}", place.message) for place in error.places]
    return []

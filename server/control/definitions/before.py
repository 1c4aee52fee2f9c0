"""What was there before a file was applied: the rows that it touches, as they were, and how they come back.

Rows, not a file made of them: a file says what differs from what every tenant is, so that what is the same by chance,
or is not there at all, could not be told apart and would not come back.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

import msgspec

from tenancy.context import TenantContext
from tenancy.errors import Conflict, DocumentNotFound, PreconditionFailed
from tenancy.model.document import client_part, etag_of
from tenancy.model.json import trusted
from tenancy.model.system import DEFINITIONS
from tenancy.writes import Create, Delete, Update, Write


class Row(msgspec.Struct, frozen=True):
    """One row of definitions, settings or mails: its text before (None: there was none), and what is written there."""

    collection: str
    id: str
    before: str | None
    written: dict[str, Any]  # msgspec cannot read `JsonObject`, which names itself


Noted: TypeAlias = Callable[[Sequence[Row]], Awaitable[None]]


async def rows_before(context: TenantContext, writes: Sequence[Write]) -> list[Row]:
    """The rows that these writes will touch, as they are now."""
    found: list[Row] = []
    for write in writes:
        assert not isinstance(write, Delete), "what is removed cannot come back"
        text = await context.documents.get(write.collection, write.id)
        found.append(Row(write.collection, write.id, text.decode() if text is not None else None, write.fields))
    return found


async def put_back(context: TenantContext, rows: Sequence[Row]) -> None:
    """Have these rows as they were: all that is written over in one commit, then what was made goes."""
    writes: list[Write] = []
    for row in rows:
        writes += await _put(context, row)
    if writes:
        await context.documents.commit(writes)
    for row in rows:
        if row.collection == DEFINITIONS and row.before is None and not row.id.startswith("_"):
            await _remove_made(context, row)


async def _put(context: TenantContext, row: Row) -> list[Write]:
    if row.collection == DEFINITIONS:
        return await _put_definition(context, row)
    if row.before is None:
        return [Delete(row.collection, row.id, optional=True)]
    fields = client_part(trusted(row.before.encode()))
    return [Update(row.collection, row.id, fields, overwrite=True, otherwise=Create(row.collection, row.id, fields))]


async def _put_definition(context: TenantContext, row: Row) -> list[Write]:
    """A collection that a client has removed meanwhile stays removed: an empty one of its name would be no help."""
    if await context.documents.get(DEFINITIONS, row.id) is None:
        return []
    if row.before is not None:
        return [Update(DEFINITIONS, row.id, client_part(trusted(row.before.encode())), overwrite=True)]
    if row.id.startswith("_"):
        # Only the rules were new. To remove the row would throw away what it defines: the metadata of all files.
        return [Update(DEFINITIONS, row.id, {**row.written, "rules": {}}, overwrite=True)]
    return []


async def _remove_made(context: TenantContext, row: Row) -> None:
    """Remove a collection that was made, unless somebody has made it their own: put a document in, or changed it."""
    text = await context.documents.get(DEFINITIONS, row.id)
    if text is None or client_part(trusted(text)) != row.written:
        return
    # Both are looked at once more in the transaction: a document may come at this very moment.
    remove = Delete(DEFINITIONS, row.id, etags=frozenset({etag_of(text)}), empty=True)
    with suppress(Conflict, DocumentNotFound, PreconditionFailed):
        await context.documents.commit([remove])

"""Earlier versions of documents, as far as the tenant keeps its change log, under the rule for reading."""

import re

from server.data.documents import Caller, get
from server.data.rights import allowed, seen
from tenancy.context import TenantContext
from tenancy.errors import DocumentNotFound, HistoryGone, Invalid, Place
from tenancy.model.clock import from_text, to_text
from tenancy.model.json import Json, JsonObject, trusted
from tenancy.model.system import DEFINITIONS
from tenancy.ports import CursorGoneError
from tenancy.query.match import compile_filter

_CURSOR = re.compile(r"([0-9a-f]{16})\.(\d{1,15})\Z", re.ASCII)


async def history(caller: Caller, collection: str, id: str, limit: int) -> list[JsonObject]:
    """The versions of a document, newest first: `{"op", "version", "at", "document"}`, null for a removal.

    A version that the rule hides is left out, and so is the removal of such a version.

    Raises:
        DocumentNotFound: nothing is known that the caller may read.
    """
    context = caller.context
    fits = compile_filter(allowed(context, collection, "read", caller.principal))
    unseen = seen(context, collection, caller.principal)
    items: list[JsonObject] = []
    begun = await begun_at(context, collection)
    for change in await context.changes.history(collection, id, limit):
        if begun is None or change.at < begun:
            break
        text = change.after if change.after is not None else change.before
        document = trusted(text) if text is not None else None
        if document is not None and fits(document):
            shown: Json = None
            if change.after is not None:
                shown = document if unseen is None else unseen.of(document)
            items.append(
                {"op": change.op, "version": change.version, "at": to_text(change.at / 1000), "document": shown}
            )
    if not items:
        await get(caller, collection, id)  # older than the log, and unchanged since; or not there at all
    return items


async def as_of(caller: Caller, collection: str, id: str, moment: str) -> bytes:
    """A document as it was at a time (RFC 3339) or at a realtime cursor.

    Raises:
        Invalid: neither a time nor a cursor of this tenant.
        DocumentNotFound: there was none, or the rule hides it.
        HistoryGone: the log does not reach back that far.
    """
    context = caller.context
    rule = allowed(context, collection, "read", caller.principal)
    position, by_seq = _moment(moment, context.changes.epoch)
    try:
        change = await context.changes.as_of(collection, id, position, by_seq=by_seq)
    except CursorGoneError:
        raise HistoryGone from None
    if change is None:
        return await get(caller, collection, id)
    begun = await begun_at(context, collection)
    if begun is None or change.at < begun:
        raise DocumentNotFound
    if change.before is None or not compile_filter(rule)(trusted(change.before)):
        raise DocumentNotFound
    unseen = seen(context, collection, caller.principal)
    return change.before if unseen is None else unseen.text(change.before)


async def begun_at(context: TenantContext, collection: str) -> int | None:
    """When the collection that has this name was made, in milliseconds since 1970; None when there is none.

    What the log says of the name before that belongs to a collection that was removed with its rules. Nobody may see it
    under those of another.
    """
    text = await context.documents.get(DEFINITIONS, collection)
    return from_text(trusted(text)["createdAt"]) if text is not None else None


def _moment(text: str, epoch: str) -> tuple[int, bool]:
    time = from_text(text)
    if time is not None:
        return time, False
    cursor = _CURSOR.match(text)
    if cursor is not None and cursor[1] == epoch:
        return int(cursor[2]), True
    message = "must be a time such as 2026-11-24T09:30:00Z, or a cursor of this tenant"
    raise Invalid("The moment is not valid.", places=[Place("asOf", message)])

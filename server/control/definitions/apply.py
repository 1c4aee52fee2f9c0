"""A file's changes in a tenant, all in one commit."""

import asyncio
from collections.abc import Sequence
from typing import Final

from server.control.definitions.before import Noted, Row, put_back, rows_before
from server.control.definitions.form import Definitions
from server.control.definitions.plan import Difference, plan
from tenancy.context import TenantContext
from tenancy.errors import AlreadyExists, Conflict, Invalid, Place
from tenancy.model.settings import stored_settings
from tenancy.model.system import SETTINGS, SETTINGS_ID
from tenancy.model.words import counted
from tenancy.writes import Write

PATIENCE_S: Final = 10.0
_PLACES: Final = 10


async def apply(
    context: TenantContext, wanted: Definitions, *, prune: bool, keep: bool, noted: Noted | None = None
) -> list[Difference]:  # fmt: skip
    """Make a tenant what a file says; what was changed. Answers when new indexes are built, or after 10 s.

    With `keep` documents that a new schema rejects stay, and have to fit when they are written next. `noted` is given
    what was there before, of all that is changed, before the first write.

    Raises:
        Conflict: documents would not fit, and nothing was changed.
    """
    async with context.settings.changing:
        found = await plan(context, wanted, prune=prune)
        refuse_failing(found, keep=keep)
        if found:
            await _commit(context, found, noted)
    return found


async def _commit(context: TenantContext, found: Sequence[Difference], noted: Noted | None) -> None:
    """What makes and changes first; what removes, which cannot be taken back, when all indexes are built."""
    removals = [one.write for one in found if one.after is None]
    writes = [one.write for one in found if one.after is not None]
    before = await rows_before(context, writes)
    if noted is not None:
        await noted(before)
    await _write(context, writes)
    try:
        async with asyncio.timeout(PATIENCE_S):
            for one in found:
                if one.part == "collections" and one.after is not None:
                    await context.documents.settle(one.name)
    except TimeoutError:
        pass  # they are being built
    except (AlreadyExists, Invalid) as error:  # a document that came meanwhile
        await give_back(context, before)
        raise Conflict(f"The definitions were taken back: {error.detail}", places=error.places) from error
    await _write(context, removals)


async def give_back(context: TenantContext, before: Sequence[Row]) -> None:
    """Have the rows that a tenant had, as they were; for who holds `context.settings.changing`. May be done again."""
    await put_back(context, before)
    await _renew_settings(context)


async def _write(context: TenantContext, writes: list[Write]) -> None:
    if writes:
        await context.documents.commit(writes)
        await _renew_settings(context)


async def _renew_settings(context: TenantContext) -> None:
    context.settings.now = stored_settings(await context.documents.get(SETTINGS, SETTINGS_ID))


def refuse_failing(found: Sequence[Difference], *, keep: bool) -> None:
    """Refuse what documents do not fit; with `keep` only what an index does not take.

    Raises:
        Conflict: some do not.
    """
    failing = [one for one in found if one.failing and not (keep and not one.indexed)]
    if not failing:
        return
    places = [
        Place(f"/collections/{one.name}/{document.id}{place.path}", place.message)
        for one in failing
        for document in one.first
        for place in document.places[:1]
    ]
    count = sum(one.failing for one in failing)
    hint = "Correct them first. With existing=keep those that a schema rejects stay until they are written next."
    detail = f"{counted(count, 'document')} would not fit; nothing was changed."
    raise Conflict(detail, hint=hint, places=places[:_PLACES])

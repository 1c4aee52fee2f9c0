"""A file's changes in a tenant, all in one commit."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from server.control.definitions.form import Definitions, definitions_of, read_definitions
from server.control.definitions.plan import Difference, plan
from tenancy.context import TenantContext
from tenancy.errors import AlreadyExists, Conflict, Invalid, Place
from tenancy.model.json import JsonObject
from tenancy.model.settings import TenantSettings, stored_settings
from tenancy.model.system import SETTINGS, SETTINGS_ID
from tenancy.writes import Write

PATIENCE_S: Final = 10.0
_PLACES: Final = 10


async def apply(context: TenantContext, wanted: Definitions, *, prune: bool, keep: bool) -> list[Difference]:
    """Make a tenant what a file says; what was changed. Answers when new indexes are built, or after 10 s.

    With `keep` documents that a new schema rejects stay, and have to fit when they are written next.

    Raises:
        Conflict: documents would not fit, and nothing was changed.
    """
    async with context.settings.changing:
        found = await plan(context, wanted, prune=prune)
        refuse_failing(found, keep=keep)
        if found:
            await _commit(context, found)
    return found


async def _commit(context: TenantContext, found: Sequence[Difference]) -> None:
    """What makes and changes first; what removes, which cannot be taken back, when all indexes are built."""
    before = await definitions_of(context)
    removals = [one.write for one in found if one.after is None]
    await _write(context, [one.write for one in found if one.after is not None])
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


async def give_back(context: TenantContext, before: JsonObject) -> None:
    """Have the definitions and settings that a tenant had; a collection that it has more goes when it is empty."""
    wanted = read_definitions(before)
    whole = replace(wanted, settings=TenantSettings().to_json() | (wanted.settings or {}), mails=wanted.mails or {})
    found = await plan(context, whole, prune=True)
    await _write(context, [one.write for one in found if one.after is not None or not one.documents])


async def _write(context: TenantContext, writes: list[Write]) -> None:
    if writes:
        await context.documents.commit(writes)
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
    raise Conflict(f"{count} documents would not fit; nothing was changed.", hint=hint, places=places[:_PLACES])

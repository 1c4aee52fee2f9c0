"""What a file would change in a tenant, and which documents would not fit: found out before anything is changed."""

from collections.abc import Mapping
from contextlib import aclosing
from typing import Final, NamedTuple

from server.control.definitions.form import Definitions
from tenancy.context import TenantContext
from tenancy.errors import Invalid, Place
from tenancy.model.collection import Collection
from tenancy.model.document import client_part
from tenancy.model.json import Json, JsonObject, trusted
from tenancy.model.settings import changed_settings
from tenancy.model.system import DEFINITIONS, SETTINGS, SETTINGS_ID, TEMPLATES, USERS
from tenancy.query.tree import EVERYTHING, Query
from tenancy.stores.common.catalog import IndexState
from tenancy.writes import Create, Delete, Update, Write

_SHOWN: Final = 10


class Failing(NamedTuple):
    """A document that would not fit: its id, and what is wrong."""

    id: str
    places: list[Place]


class Difference(NamedTuple):
    """One thing that would change: `part` and `name`, before and after (None: it is not there), the write that does it.

    `documents`: how many the collection has; `failing`: how many of them would not fit, and the first; `indexed`: how
    many of those an index would not take, whatever their schema.
    """

    part: str
    name: str
    before: JsonObject | None
    after: JsonObject | None
    write: Write
    documents: int = 0
    failing: int = 0
    first: tuple[Failing, ...] = ()
    indexed: int = 0

    def shown(self) -> JsonObject:
        """As the API shows it."""
        action = "create" if self.before is None else "remove" if self.after is None else "change"
        first: list[Json] = [
            {"id": one.id, "errors": [{"path": place.path, "message": place.message} for place in one.places]}
            for one in self.first
        ]
        return {
            "part": self.part, "name": self.name, "action": action, "before": self.before, "after": self.after,
            "documents": self.documents, "failing": self.failing, "first": first,
        }  # fmt: skip


async def plan(context: TenantContext, wanted: Definitions, *, prune: bool) -> list[Difference]:
    """Everything that a file would change. With `prune` collections that it does not name go, with their documents."""
    found: list[Difference] = []
    known = context.documents.collections()
    for name, definition in (wanted.collections or {}).items():
        found += await _collection(context, known.get(name), definition)
    for definition in (wanted.special or {}).values():
        found += _special(known.own.get(definition.name), definition)
    if prune and wanted.collections is not None:
        for name in sorted(set(known) - set(wanted.collections) - {USERS}):
            count = await _count(context, name)
            found.append(Difference("collections", name, _shown(known[name]), None, Delete(DEFINITIONS, name), count))
    found += _settings(context, wanted.settings)
    for kind, texts in (wanted.mails or {}).items():
        found += await _mail(context, kind, texts)
    return found


async def _count(context: TenantContext, name: str) -> int:
    return (await context.documents.find(name, Query(limit=0, count=True))).total or 0


def _shown(definition: Collection) -> JsonObject:
    return {name: value for name, value in definition.to_json().items() if name != "name"}


async def _collection(context: TenantContext, before: Collection | None, wanted: Collection) -> list[Difference]:
    if before is None:
        write: Write = Create(DEFINITIONS, wanted.name, wanted.to_json())
        return [Difference("collections", wanted.name, None, _shown(wanted), write)]
    if before.to_json() == wanted.to_json():
        return []
    write = Update(DEFINITIONS, wanted.name, wanted.to_json(), overwrite=True)
    rejected, indexed = await _rejected(context, before, wanted), await _not_indexed(context, before, wanted)
    failing = {id: [*rejected.get(id, []), *indexed.get(id, [])] for id in [*rejected, *indexed]}
    first = tuple(Failing(id, places) for id, places in list(failing.items())[:_SHOWN])
    count = await _count(context, wanted.name)
    shown = _shown(before), _shown(wanted)
    return [Difference("collections", wanted.name, *shown, write, count, len(failing), first, len(indexed))]


async def _rejected(context: TenantContext, before: Collection, wanted: Collection) -> dict[str, list[Place]]:
    """The documents that a new schema rejects."""
    if wanted.schema is None or wanted.schema == before.schema:
        return {}
    verdict = await context.documents.judge(wanted.name, trusted(wanted.schema), _MOST_JUDGED)
    return {id: list(places) for id, places in verdict.first}


_MOST_JUDGED: Final = 1_000_000


async def _not_indexed(context: TenantContext, before: Collection, wanted: Collection) -> dict[str, list[Place]]:
    """The documents that a new index would not take: by making their keys."""
    failing: dict[str, list[Place]] = {}
    fresh = [index for index in wanted.indexes if index not in before.indexes]
    states = [IndexState(number, index) for number, index in enumerate(fresh)]
    if not states:
        return failing
    seen: dict[tuple[int, bytes], str] = {}
    async with aclosing(context.documents.scan(wanted.name, EVERYTHING)) as batches:
        async for batch in batches:
            for document in map(trusted, batch):
                for state in states:
                    _check_index(state, document, seen, failing)
    return failing


def _check_index(
    state: IndexState, document: JsonObject, seen: dict[tuple[int, bytes], str], failing: dict[str, list[Place]]
) -> None:  # fmt: skip
    id, path = str(document["id"]), "/" + state.index.fields[0][0].replace(".", "/")
    try:
        keys = state.prefixes(document)
    except Invalid as error:
        failing.setdefault(id, []).append(Place(path, error.detail))
        return
    if not state.index.unique:
        return
    for key in keys:
        if key != state.unrestricted and seen.setdefault((state.ix, key), id) != id:
            other = seen[state.ix, key]
            failing.setdefault(id, []).append(Place(path, f"is that of {other} too, and must be unique"))


def _special(before: Collection | None, wanted: Collection) -> list[Difference]:
    rules = before.to_json()["rules"] if before is not None else {}
    if rules == wanted.to_json()["rules"]:
        return []
    indexes = before.to_json()["indexes"] if before is not None else []
    kept: JsonObject = {**wanted.to_json(), "indexes": indexes}
    made = Create(DEFINITIONS, wanted.name, kept)
    write = Update(DEFINITIONS, wanted.name, kept, overwrite=True, otherwise=made)
    return [Difference("rules", wanted.name.removeprefix("_"), {"rules": rules}, {"rules": kept["rules"]}, write)]


def _settings(context: TenantContext, patch: JsonObject | None) -> list[Difference]:
    if patch is None:
        return []
    before = context.settings.now.to_json()
    after = changed_settings(context.settings.now, patch).to_json()
    if before == after:
        return []
    kept: JsonObject = {"settings": after}
    write = Update(SETTINGS, SETTINGS_ID, kept, overwrite=True, otherwise=Create(SETTINGS, SETTINGS_ID, kept))
    changed = [name for name in after if before[name] != after[name]]
    shown = ({name: values[name] for name in changed} for values in (before, after))
    return [Difference("settings", "settings", next(shown), next(shown), write)]


async def _mail(context: TenantContext, kind: str, texts: Mapping[str, Json]) -> list[Difference]:
    text = await context.documents.get(TEMPLATES, kind)
    before = client_part(trusted(text)) if text is not None else None
    wanted: JsonObject = {"html": "", **texts}
    if before is not None and {"html": "", **before} == wanted:
        return []
    write = Update(TEMPLATES, kind, wanted, overwrite=True, otherwise=Create(TEMPLATES, kind, wanted))
    return [Difference("mails", kind, before, wanted, write)]

"""The file: read from what was sent, and made of what a tenant is.

    {"format": 1, "collections": {"cars": {"rules", "indexes", "schema", "fields"}}, "rules": {"files", "channels"},
     "settings": {…}, "mails": {"verify": {"subject", "text", "html"}}}

A part that is left out says nothing. A collection that is there is said whole; settings are merged into what there is.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from server.data.special_rules import SPECIAL, special_rules
from server.mail.archived import check_own_template
from tenancy.context import TenantContext
from tenancy.errors import Invalid, Place
from tenancy.model.collection import Collection, check_collection_name
from tenancy.model.document import client_part
from tenancy.model.json import Json, JsonObject, trusted
from tenancy.model.seeded import with_seeded
from tenancy.model.settings import TenantSettings, changed_settings
from tenancy.model.system import TEMPLATES
from tenancy.query.tree import Query
from tenancy.rules.definition import known_options, parse_collection

FORMAT: Final = 1
_PARTS: Final = ("format", "collections", "rules", "settings", "mails")
_OF_COLLECTION: Final = ("rules", "indexes", "schema", "fields")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Definitions:
    """What a file says: collections by name, those of files and channels by theirs, a patch of settings, mails by kind;
    None for a part that is left out."""

    collections: Mapping[str, Collection] | None = None
    special: Mapping[str, Collection] | None = None
    settings: JsonObject | None = None
    mails: Mapping[str, JsonObject] | None = None


def read_definitions(body: Json) -> Definitions:
    """Read a file.

    Raises:
        Invalid: with each place that is wrong, or another format.
    """
    if not isinstance(body, dict):
        raise Invalid("The definitions must be an object.")
    known_options(body, *_PARTS)
    if body.get("format") != FORMAT or isinstance(body["format"], bool):
        raise Invalid("The definitions have another format.", places=[Place("/format", f"must be {FORMAT}")])
    settings = body.get("settings")
    if "settings" in body:
        with _under("/settings"):
            changed_settings(TenantSettings(), settings)
    return Definitions(
        _each(body, "collections", _collection), _each(body, "rules", _special),
        settings if isinstance(settings, dict) else None, _each(body, "mails", _mail),
    )  # fmt: skip


def _each(body: JsonObject, part: str, read: Callable[[str, JsonObject], T]) -> dict[str, T] | None:
    """Every one of a part, by name."""
    said = body.get(part)
    if said is None:
        return None
    if not isinstance(said, dict):
        raise Invalid("The definitions are not valid.", places=[Place(f"/{part}", "must be an object")])
    found: dict[str, T] = {}
    for name, one in said.items():
        with _under(f"/{part}/{name}"):
            if not isinstance(one, dict):
                raise Invalid("The definitions are not valid.", places=[Place("", "must be an object")])
            found[name] = read(name, one)
    return found


@contextmanager
def _under(place: str) -> Generator[None]:
    try:
        yield
    except Invalid as error:
        error.places = tuple(Place(f"{place}{one.path}", one.message) for one in error.places)
        raise


def _collection(name: str, body: JsonObject) -> Collection:
    check_collection_name(name, "")
    known_options(body, *_OF_COLLECTION)
    found = parse_collection(name, body)
    return replace(found, indexes=with_seeded(name, found.indexes))


def _special(title: str, body: JsonObject) -> Collection:
    special = SPECIAL.get(title)
    if special is None:
        raise Invalid("The definitions are not valid.", places=[Place("", f"must be one of {', '.join(SPECIAL)}")])
    known_options(body, *special.actions)
    return parse_collection(special.name, {"rules": {special.actions[one]: rule for one, rule in body.items()}})


def _mail(kind: str, body: JsonObject) -> JsonObject:
    check_own_template({"id": kind, **body})
    return body


async def definitions_of(context: TenantContext) -> JsonObject:
    """The file of a tenant: what differs from what every tenant is."""
    collections: JsonObject = {
        name: {one: value for one, value in definition.to_json().items() if one != "name" and value}
        for name, definition in sorted(context.documents.collections().items())
    }
    said: dict[str, JsonObject] = {
        title: {action: rule for action, rule in rules.items() if rule is not None}
        for title, rules in special_rules(context).items()
        if isinstance(rules, dict)
    }
    page = await context.documents.find(TEMPLATES, Query(limit=100))
    mails: JsonObject = {str(row["id"]): client_part(row) for row in map(trusted, page.items)}
    parts: JsonObject = {
        "collections": collections, "rules": {**{title: rules for title, rules in said.items() if rules}},
        "settings": _different(TenantSettings().to_json(), context.settings.now.to_json()), "mails": mails,
    }  # fmt: skip
    return {"format": FORMAT, **{name: part for name, part in parts.items() if part}}


def _different(default: JsonObject, now: JsonObject) -> JsonObject:
    """The patch that makes one the other."""
    found: JsonObject = {}
    for name, value in now.items():
        before = default[name]
        if isinstance(value, dict) and isinstance(before, dict):
            part = _different(before, value)
            if part:
                found[name] = part
        elif value != before:
            found[name] = value
    return found

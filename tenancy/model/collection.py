"""A collection's definition: rules and indexes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from tenancy.errors import Invalid, Place
from tenancy.model.json import Json, JsonObject

Action = Literal["list", "read", "create", "update", "delete"]
Keyword = Literal["public", "authenticated", "owner", "nobody"]
ACTIONS: tuple[Action, ...] = get_args(Action)
KEYWORDS: tuple[Keyword, ...] = get_args(Keyword)
MAX_INDEXES = 16
MAX_INDEX_FIELDS = 6

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}\Z")
_PATH = re.compile(r"[^$.\x00][^.\x00]*(?:\.[^$.\x00][^.\x00]*)*\Z")


@dataclass(frozen=True, slots=True)
class Index:
    """A declared index: (dotted path, 1 ascending or -1 descending) in order, and whether values must differ."""

    fields: tuple[tuple[str, Literal[1, -1]], ...]
    unique: bool = False

    @property
    def name(self) -> str:
        """For people: `brand,-price`."""
        return ",".join(("-" if direction < 0 else "") + path for path, direction in self.fields)

    def to_json(self) -> JsonObject:
        """As in a definition."""
        shown: JsonObject = {"fields": [("-" if d < 0 else "") + path for path, d in self.fields]}
        if self.unique:
            shown["unique"] = True
        return shown


@dataclass(frozen=True, slots=True)
class Collection:
    """A definition. A rule that is not given is the tenant's default rule."""

    name: str
    rules: Mapping[Action, Keyword] = field(default_factory=dict[Action, Keyword])
    indexes: tuple[Index, ...] = ()

    def to_json(self) -> JsonObject:
        """As stored and answered (without the server's own fields)."""
        rules: JsonObject = dict(self.rules.items())
        return {"name": self.name, "rules": rules, "indexes": [index.to_json() for index in self.indexes]}


def check_collection_name(value: object, path: str = "/collection") -> str:
    """Accept a name for a collection of a client; names that begin with `_` are the server's own.

    Raises:
        Invalid: not a letter followed by up to 63 of letters, digits, `-` and `_`.
    """
    if isinstance(value, str) and _NAME.match(value):
        return value
    message = "must begin with a letter and have 1 to 64 of letters, digits, - and _"
    raise Invalid("The collection's name is not valid.", places=[Place(path, message)])


def parse_collection(name: str, body: Mapping[str, Json]) -> Collection:
    """Read a definition `{"rules"?: {...}, "indexes"?: [...]}`.

    Raises:
        Invalid: with each place that is wrong.
    """
    problems: list[Place] = []
    rules = _parse_rules(body.get("rules"), problems)
    indexes = _parse_indexes(body.get("indexes"), problems)
    if problems:
        raise Invalid("The collection's definition is not valid.", places=problems)
    return Collection(name, rules, indexes)


def _parse_rules(value: Json, problems: list[Place]) -> dict[Action, Keyword]:
    rules: dict[Action, Keyword] = {}
    if value is None:
        return rules
    if not isinstance(value, dict):
        problems.append(Place("/rules", "must be an object"))
        return rules
    for action, rule in value.items():
        if action not in ACTIONS:
            problems.append(Place(f"/rules/{action}", f"is not an action; the actions are {', '.join(ACTIONS)}"))
        elif not isinstance(rule, str) or rule not in KEYWORDS:
            problems.append(Place(f"/rules/{action}", f"must be one of {', '.join(KEYWORDS)}"))
        else:
            rules[action] = rule
    return rules


def _parse_indexes(value: Json, problems: list[Place]) -> tuple[Index, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_INDEXES:
        problems.append(Place("/indexes", f"must be a list of at most {MAX_INDEXES} indexes"))
        return ()
    indexes: list[Index] = []
    for number, item in enumerate(value):
        index = _parse_index(item, f"/indexes/{number}", problems)
        if index is not None and index in indexes:
            problems.append(Place(f"/indexes/{number}", "is there twice"))
        elif index is not None:
            indexes.append(index)
    return tuple(indexes)


def _parse_index(item: Json, place: str, problems: list[Place]) -> Index | None:
    if not isinstance(item, dict) or set(item) - {"fields", "unique"} or "fields" not in item:
        problems.append(Place(place, 'must be {"fields": [...], "unique"?: true}'))
        return None
    fields, unique = item["fields"], item.get("unique", False)
    if not isinstance(fields, list) or not 1 <= len(fields) <= MAX_INDEX_FIELDS or not isinstance(unique, bool):
        problems.append(Place(place, f"fields must be 1 to {MAX_INDEX_FIELDS} paths, unique true or false"))
        return None
    parsed: list[tuple[str, Literal[1, -1]]] = []
    for field_number, entry in enumerate(fields):
        path = entry.removeprefix("-") if isinstance(entry, str) else ""
        if not _PATH.match(path) or path in {known for known, _ in parsed}:
            problems.append(
                Place(f"{place}/fields/{field_number}", "must be a path such as price, -price or owner.name")
            )
            return None
        parsed.append((path, -1 if isinstance(entry, str) and entry.startswith("-") else 1))
    return Index(tuple(parsed), unique)

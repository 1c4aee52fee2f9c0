"""A collection's definition: rules, indexes, schema."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

from tenancy.errors import Invalid, Place
from tenancy.model.json import Json, JsonObject, trusted

Action = Literal["list", "read", "create", "update", "delete"]
Keyword = Literal["public", "authenticated", "owner", "nobody"]
Rule = Keyword | bytes
"""A word, or the text of a filter with variables."""
ACTIONS: tuple[Action, ...] = get_args(Action)
KEYWORDS: tuple[Keyword, ...] = get_args(Keyword)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}\Z")


@dataclass(frozen=True, slots=True)
class Index:
    """A declared index.

    `fields`: (dotted path, 1 ascending or -1 descending) in order. `unique`: values must differ. `where`: the text of
    the filter that says which documents are in it. `expire_after_s`: its one field is a time (RFC 3339), and documents
    are removed so many seconds after it. `text`: the words of its fields are in it.
    """

    fields: tuple[tuple[str, Literal[1, -1]], ...]
    unique: bool = False
    where: bytes | None = None
    expire_after_s: int | None = None
    text: bool = False

    @property
    def name(self) -> str:
        """For people: `brand,-price`."""
        return ",".join(("-" if direction < 0 else "") + path for path, direction in self.fields)

    def to_json(self) -> JsonObject:
        """As in a definition."""
        shown: JsonObject = {"fields": [("-" if d < 0 else "") + path for path, d in self.fields]}
        if self.unique:
            shown["unique"] = True
        if self.where is not None:
            shown["where"] = trusted(self.where)
        if self.expire_after_s is not None:
            shown["expireAfterSeconds"] = self.expire_after_s
        if self.text:
            shown["text"] = True
        return shown


Once = Literal["once"]
"""A field that is written once: when there is none yet."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Who sees a field, and who may change it; None: whoever may with the document."""

    path: tuple[str, ...]
    read: Rule | None = None
    write: Rule | Once | None = None

    def to_json(self) -> JsonObject:
        """As in a definition."""
        known = {"read": self.read, "write": self.write}
        return {name: rule_to_json(rule) for name, rule in known.items() if rule is not None}


@dataclass(frozen=True, slots=True)
class Collection:
    """A definition. A rule that is not given is the tenant's default rule. `schema`: its text.

    `reads_user`: a rule asks for more of a caller than the id.
    """

    name: str
    rules: Mapping[Action, Rule] = field(default_factory=dict[Action, Rule])
    indexes: tuple[Index, ...] = ()
    schema: bytes | None = None
    reads_user: bool = False
    fields: tuple[FieldRule, ...] = ()

    def to_json(self) -> JsonObject:
        """As stored and answered (without the server's own fields)."""
        rules: JsonObject = {action: rule_to_json(rule) for action, rule in self.rules.items()}
        shown: JsonObject = {"name": self.name, "rules": rules, "indexes": [index.to_json() for index in self.indexes]}
        if self.fields:
            shown["fields"] = {".".join(field.path): field.to_json() for field in self.fields}
        if self.schema is not None:
            shown["schema"] = trusted(self.schema)
        return shown


class Collections(dict[str, Collection]):
    """The definitions by name; never changed in place. `own`: those of the server's own collections."""

    def __init__(self, known: Mapping[str, "Collection"] = {}, own: Mapping[str, "Collection"] = {}) -> None:
        """Of these."""
        super().__init__(known)
        self.own = own

    @cached_property
    def reads_user(self) -> bool:
        """Whether a rule of any of them asks for more of a caller than the id."""
        return any(one.reads_user for one in (*self.values(), *self.own.values()))


def rule_to_json(rule: Rule | Once) -> Json:
    """As in a definition."""
    return trusted(rule) if isinstance(rule, bytes) else rule


def check_collection_name(value: object, path: str = "/collection") -> str:
    """Accept a name for a collection of a client; names that begin with `_` are the server's own.

    Raises:
        Invalid: not a letter followed by up to 63 of letters, digits, `-` and `_`.
    """
    if isinstance(value, str) and _NAME.match(value):
        return value
    message = "must begin with a letter and have 1 to 64 of letters, digits, - and _"
    raise Invalid("The collection's name is not valid.", places=[Place(path, message)])

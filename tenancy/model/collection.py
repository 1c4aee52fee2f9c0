"""A collection's definition: rules, indexes, schema."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from tenancy.errors import Invalid, Place
from tenancy.model.json import JsonObject, trusted

Action = Literal["list", "read", "create", "update", "delete"]
Keyword = Literal["public", "authenticated", "owner", "nobody"]
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


@dataclass(frozen=True, slots=True)
class Collection:
    """A definition. A rule that is not given is the tenant's default rule. `schema`: its text."""

    name: str
    rules: Mapping[Action, Keyword] = field(default_factory=dict[Action, Keyword])
    indexes: tuple[Index, ...] = ()
    schema: bytes | None = None

    def to_json(self) -> JsonObject:
        """As stored and answered (without the server's own fields)."""
        rules: JsonObject = dict(self.rules.items())
        shown: JsonObject = {"name": self.name, "rules": rules, "indexes": [index.to_json() for index in self.indexes]}
        if self.schema is not None:
            shown["schema"] = trusted(self.schema)
        return shown


def check_collection_name(value: object, path: str = "/collection") -> str:
    """Accept a name for a collection of a client; names that begin with `_` are the server's own.

    Raises:
        Invalid: not a letter followed by up to 63 of letters, digits, `-` and `_`.
    """
    if isinstance(value, str) and _NAME.match(value):
        return value
    message = "must begin with a letter and have 1 to 64 of letters, digits, - and _"
    raise Invalid("The collection's name is not valid.", places=[Place(path, message)])

"""The file of `backpack rules test`: who, what, expected. Read strictly, so that a misspelt case does not pass."""

from pathlib import Path
from typing import Any, Literal

import msgspec

from server.cli.client import CommandError

Verdict = Literal["allowed", "refused", "hidden"]


class Case(msgspec.Struct, forbid_unknown_fields=True, rename={"who": "as", "of": "of"}):
    """One line of the table. `who`: a name of `users`, null for nobody. `sees`: the ids that a list shows, in any
    order. `shows` and `hides`: fields of what is read."""

    do: Literal["list", "read", "create", "update", "delete"]
    of: str
    who: str | None = None
    id: str | None = None
    data: Any = None
    expect: Verdict | None = None
    sees: list[str] | None = None
    shows: list[str] = msgspec.field(default_factory=list[str])
    hides: list[str] = msgspec.field(default_factory=list[str])

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.who or 'nobody'} may {self.do} {self.of}{f'/{self.id}' if self.id else ''}"


class RuleBook(msgspec.Struct, forbid_unknown_fields=True):
    """The whole file. `collections`: definitions, those of a tenant where there are none. A document's `owner` and any
    value `@name` stand for the user of this name."""

    tests: list[Case]
    collections: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict[str, dict[str, Any]])
    users: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict[str, dict[str, Any]])
    documents: dict[str, list[dict[str, Any]]] = msgspec.field(default_factory=dict[str, list[dict[str, Any]]])


def read_rulebook(path: Path) -> RuleBook:
    """The file, YAML or JSON by its name.

    Raises:
        CommandError: it is not of the form, or names somebody who is not in it.
    """
    try:
        text = path.read_bytes()
        decode = msgspec.json.decode if path.suffix == ".json" else msgspec.yaml.decode
        book = decode(text, type=RuleBook)
    except (OSError, msgspec.MsgspecError) as error:
        raise CommandError(f"{path} cannot be read: {error}", "docs/rules.md shows the form.") from None
    for number, case in enumerate(book.tests, 1):
        if case.who is not None and case.who not in book.users:
            raise CommandError(f"Test {number}: {case.who} is not among the users.", "Name everybody in users.")
        if case.expect is None and case.sees is None and not case.shows and not case.hides:
            raise CommandError(f"Test {number} expects nothing.", "Say expect, sees, shows or hides.")
    return book


def with_users(value: Any, ids: dict[str, str]) -> Any:
    """The value with ids for `@name`."""
    if isinstance(value, str) and value.startswith("@"):
        return ids.get(value[1:], value)
    if isinstance(value, list):
        return [with_users(one, ids) for one in value]
    if isinstance(value, dict):
        return {name: with_users(one, ids) for name, one in value.items()}
    return value

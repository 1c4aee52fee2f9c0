"""What a careful reader would ask about a tenant's rules: who can read or change what, and what a rule trusts."""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from server.data.rights import ruled
from server.data.special_rules import SPECIAL
from tenancy.context import TenantContext
from tenancy.model.collection import ACTIONS, Action, Collection, Collections, Rule
from tenancy.model.json import JsonObject
from tenancy.model.principal import ANONYMOUS
from tenancy.model.system import USERS
from tenancy.query.tree import is_everything, is_nothing
from tenancy.rules.bind import bind, rule_of
from tenancy.rules.parse import USES, rule_from
from tenancy.rules.tree import variables

Severity = Literal["warning", "notice"]
SERVER_SET: Final = frozenset(
    {"id", "email", "verified", "roles", "groups", "disabled", "guest", "createdAt", "updatedAt"}
)
"""What of a user's document the user does not choose."""
_READS: Final = ("list", "read")


class Finding(NamedTuple):
    """Something to look at, in words."""

    severity: Severity
    collection: str
    action: str
    says: str

    def to_json(self) -> JsonObject:
        """As answered."""
        return {
            "severity": self.severity, "collection": self.collection, "action": self.action, "says": self.says,
        }  # fmt: skip


def lint(context: TenantContext) -> list[JsonObject]:
    """The findings of all collections, files and channels, warnings first: `{"severity", "collection", "action",
    "says"}`."""
    known = context.documents.collections()
    found = [
        finding
        for name in sorted(known)
        for action in ACTIONS
        for finding in _of_rule(known, ruled(context, name) or known[name], action, _Words.of(name, action))
    ]  # fmt: skip
    found += _of_special(known)
    return [finding.to_json() for finding in sorted(found, key=lambda one: one.severity != "warning")]


class _Words(NamedTuple):
    """What a rule is of and for, in the words of a finding."""

    name: str
    action: str
    does: str
    every: str
    some: str

    @classmethod
    def of(cls, name: str, action: Action) -> "_Words":
        """Of a collection."""
        does = "see" if action in _READS else action
        return cls(name, action, does, f"every document of {name}", f"some documents of {name}")


def _of_special(known: Collections) -> Iterator[Finding]:
    """What was said of files and channels; what holds without a rule needs no look."""
    for title, special in SPECIAL.items():
        definition = known.own.get(special.name)
        for shown, action in special.actions.items():
            if definition is not None and action in definition.rules:
                does = {"read": "see", "publish": "publish in"}.get(shown, shown)
                words = _Words(title, shown, does, f"every one of the {title}", f"some {title}")
                yield from _of_rule(known, definition, action, words)


def _of_rule(known: Collections, collection: Collection, action: Action, words: _Words) -> Iterator[Finding]:
    rule = rule_of(collection, action)
    severity: Severity = "notice" if action in _READS else "warning"
    anybody = bind(collection, action, ANONYMOUS)
    if is_everything(anybody):
        says = f"Anybody can {words.does} {words.every}, without signing in."
        yield Finding(severity, words.name, words.action, says)
    elif not is_nothing(anybody):
        says = f"Anybody can {words.does} {words.some}, without signing in."
        yield Finding("notice", words.name, words.action, says)
    elif rule == "authenticated" and action != "create":
        says = f"Every signed-in user can {words.does} {words.every}."
        yield Finding(severity, words.name, words.action, says)
    for path in _trusted(rule, action):
        if not _is_ruled(known.get(USERS), path):
            says = f"The rule trusts $user.{path}, which users set themselves; protect it by a rule of fields."
            yield Finding("warning", words.name, words.action, says)


def _trusted(rule: Rule, action: Action) -> list[str]:
    """The first names of what a rule asks of a user's document and its user can choose."""
    if not isinstance(rule, bytes):
        return []
    asked = {one.path[0] for one in variables(rule_from(rule, USES[action])) if one.root == "user"}
    return sorted(asked - SERVER_SET)


def _is_ruled(users: Collection | None, name: str) -> bool:
    return users is not None and any(field.path[0] == name and field.write is not None for field in users.fields)

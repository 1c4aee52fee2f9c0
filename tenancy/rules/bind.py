"""A rule and a caller become a filter, which is AND-ed into whatever the caller asks.

`NOTHING` means refused whatever the document; the caller turns that into 401 or 403, because an empty list would hide a
mistake in the rules from the developer.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final

from tenancy.errors import Forbidden, Unauthenticated
from tenancy.model.collection import ACTIONS, Action, Collection, Keyword, Rule
from tenancy.model.principal import ANONYMOUS, Kind, Principal
from tenancy.model.system import USERS
from tenancy.query.tree import EVERYTHING, NOTHING, Compare, Filter, is_nothing
from tenancy.rules.known import filter_of, known_of
from tenancy.rules.parse import USES, Use, rule_from, speaks_of_now

DEFAULT_RULES: Final[Mapping[Action, Rule]] = dict.fromkeys(ACTIONS, "authenticated")
USERS_RULES: Final[Mapping[Action, Rule]] = {
    "list": "owner", "read": "owner", "create": "nobody", "update": "nobody", "delete": "nobody",
}  # fmt: skip


def rule_of(collection: Collection | None, action: Action) -> Rule:
    """The rule in force; a collection that does not exist yet has the default rules."""
    if collection is None:
        return DEFAULT_RULES[action]
    defaults = USERS_RULES if collection.name == USERS else DEFAULT_RULES
    return collection.rules.get(action, defaults[action])


def with_default(collection: Collection | None, name: str, default: Keyword) -> Collection | None:
    """The collection with a tenant's default for the rules that are not given."""
    if default == "authenticated" or name == USERS:
        return collection
    known = collection if collection is not None else Collection(name)
    return replace(known, rules={**dict.fromkeys(ACTIONS, default), **known.rules})


def bind(collection: Collection | None, action: Action, principal: Principal) -> Filter:
    """The documents of the collection that the caller may do this with.

    For `create` the filter is about the new document. What a rule asks of a change counts as given: `terms` has the
    rest. An API key passes every rule.
    """
    if principal.trusted:
        return EVERYTHING
    return bound(rule_of(collection, action), USES[action], collection, principal)


def bound(rule: Rule, use: Use, collection: Collection | None, principal: Principal) -> Filter:
    """The documents for which one rule holds; the caller is no API key."""
    if isinstance(rule, bytes):
        if speaks_of_now(rule, use):
            return filter_of(rule_from(rule, use), known_of(principal), hopeful=True)
        return _bound(rule, use, principal.owner, principal.user)
    if rule == "public":
        return EVERYTHING
    if rule == "nobody" or principal.owner is None:
        return NOTHING
    if rule == "authenticated":
        return EVERYTHING
    return _own("id" if collection is not None and collection.name == USERS else "owner", principal.owner)


def refuse_nothing(rule: Filter, things: str, action: Action, principal: Principal) -> Filter:
    """The rule of these things, unless it is refused whatever the document.

    Raises:
        Unauthenticated, Forbidden: it is.
    """
    if not is_nothing(rule):
        return rule
    if principal.id is None:
        raise Unauthenticated(f"The rules of {things} do not let anonymous callers {action}.")
    raise Forbidden(f"The rules of {things} do not let you {action}.")


# Both are asked for by every request, and the very same filter leads to the very same page in memory (`narrowed`).
@lru_cache(maxsize=4096)
def _own(field: str, owner: str) -> Filter:
    return Compare((field,), "eq", owner)


@lru_cache(maxsize=4096)
def _bound(rule: bytes, use: Use, owner: str | None, user: bytes | None) -> Filter:
    principal = Principal(Kind.USER, owner, None, user) if owner is not None else ANONYMOUS
    return filter_of(rule_from(rule, use), known_of(principal), hopeful=True)

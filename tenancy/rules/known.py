"""A rule's tree and what is known become a filter of documents, or a verdict.

What is missing denies: a comparison with a variable that has no value, or null, does not hold, and below a negation it
does. So `{"team": {"$ne": "$user.team"}}` is no way in for who has no team.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TypeAlias

from tenancy.model.clock import now_text
from tenancy.model.json import Json, JsonObject, trusted
from tenancy.model.principal import Principal
from tenancy.query.match import compile_filter
from tenancy.query.parse import MAX_DEPTH
from tenancy.query.tree import (
    EVERYTHING,
    NOTHING,
    And,
    Compare,
    ElemMatch,
    Filter,
    Not,
    Or,
    is_everything,
    is_nothing,
)
from tenancy.rules.tree import Element, Every, Fixed, No, Open, Operand, Root, Rule, Some, Variable

Known: TypeAlias = Mapping[Root, JsonObject | None]
"""What each root is: None where there is none, such as an anonymous caller's user. A root that is not there is not
known yet."""
_MOST_VALUES = 1000
_GIVEN: JsonObject = {"roles": [], "groups": [], "verified": False}
"""What every user has."""


def known_of(principal: Principal) -> dict[Root, JsonObject | None]:
    """What is known of a caller, now."""
    user = _user(principal.owner, principal.user) if principal.owner is not None else None
    return {"user": user, "now": {"now": now_text()}}


# The same text is the same user, whosever; it is read by every request of theirs.
@lru_cache(maxsize=4096)
def _user(id: str, text: bytes | None) -> JsonObject:
    return {**_GIVEN, **(trusted(text) if text is not None else {}), "id": id}


def holds(rule: Rule, known: Known) -> bool:
    """Whether the rule allows it; everything that it speaks of is known."""
    return is_everything(filter_of(rule, known))


def filter_of(rule: Rule, known: Known, *, hopeful: bool = False) -> Filter:
    """The documents for which the rule holds.

    With `hopeful` a condition about what is not known yet holds: the documents with which something could be done.
    """
    return _Binder(known, hopeful=hopeful).bind(rule, positive=True)


class _Binder:
    def __init__(self, known: Known, *, hopeful: bool) -> None:
        self._known = known
        self._hopeful = hopeful
        self._denials = 0

    def bind(self, rule: Rule, *, positive: bool) -> Filter:
        match rule:
            case Every(parts):
                return all_of(self.bind(part, positive=positive) for part in parts)
            case Some(parts):
                return any_of(self.bind(part, positive=positive) for part in parts)
            case No(part):
                return negated(self.bind(part, positive=not positive))
            case Fixed(_, root, _, filter):
                return self._about(root, filter, positive, rule)
            case Open(_, root, path, operator, operand):
                value = self._value(operand, operator == "in")
                if value is None:
                    return self._missing(operand, positive)
                return self._about(root, Compare(path, operator, value), positive)
            case Element():
                return self._element(rule, positive)

    def _element(self, rule: Element, positive: bool) -> Filter:
        denials = self._denials
        part = self.bind(rule.part, positive=positive)
        if not positive and self._denials > denials:
            # An empty array would have no element that fits, and below a negation let everybody in.
            return EVERYTHING
        return self._about(rule.root, ElemMatch(rule.path, part, rule.objects), positive)

    def _about(self, root: Root, filter: Filter, positive: bool, fixed: Fixed | None = None) -> Filter:
        """The condition, decided where its root is known."""
        if root not in self._known:
            # Of what is asked for in a store, the document before the change is the document.
            return filter if root in {"document", "element", "old"} else _constant(self._hopeful is positive)
        thing = self._known[root]
        if thing is None:
            return self._denied(positive)
        fits = fixed.fits if fixed is not None else compile_filter(filter)
        return _constant(fits(thing))

    def _missing(self, operand: Operand, positive: bool) -> Filter:
        """A condition whose operand has no value."""
        asked = operand if not isinstance(operand, Variable) else (operand,)
        unknown = any(isinstance(one, Variable) and one.root not in self._known for one in asked)
        return _constant(self._hopeful is positive) if unknown else self._denied(positive)

    def _denied(self, positive: bool) -> Filter:
        self._denials += 1
        return _constant(not positive)

    def _value(self, operand: Operand, many: bool) -> Json:
        """The operand's value; None where it has none that could be compared."""
        if not isinstance(operand, Variable):
            members = [self._lookup(one) if isinstance(one, Variable) else one for one in operand]
            missing = any(
                isinstance(one, Variable) and value is None for one, value in zip(operand, members, strict=True)
            )
            return None if missing else members
        value = self._lookup(operand)
        if not many:
            return value
        if not isinstance(value, list) or len(value) > _MOST_VALUES:
            return None
        return [one for one in value if one is not None]  # null would fit every document without the field

    def _lookup(self, variable: Variable) -> Json:
        value: Json = self._known.get(variable.root)
        for name in variable.path[:MAX_DEPTH]:
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value


def _constant(value: bool) -> Filter:
    return EVERYTHING if value else NOTHING


def all_of(parts: Iterable[Filter]) -> Filter:
    """AND, flat, without what decides nothing."""
    found: list[Filter] = []
    for part in parts:
        if is_nothing(part):
            return NOTHING
        found += part.parts if isinstance(part, And) else (part,)
    return found[0] if len(found) == 1 else And(tuple(found))


def any_of(parts: Iterable[Filter]) -> Filter:
    """OR, flat, without what decides nothing."""
    found: list[Filter] = []
    for part in parts:
        if is_everything(part):
            return EVERYTHING
        found += part.parts if isinstance(part, Or) else (part,)
    return found[0] if len(found) == 1 else Or(tuple(found))


def negated(part: Filter) -> Filter:
    """The other documents."""
    if is_everything(part):
        return NOTHING
    return EVERYTHING if is_nothing(part) else Not(part)

"""From a rule's JSON to its tree: the language of filters, and variables.

A condition without variables is a filter and is read as one. A variable stands where a value does: alone, or in the
list of `$in` and `$nin`. A text that begins with `$` is never anything else than a variable.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from tenancy.errors import BadFilter, Place
from tenancy.model.collection import Action
from tenancy.model.json import Json, JsonObject, trusted
from tenancy.query.parse import MAX_DEPTH, Parser, is_segment, suggestion
from tenancy.query.tree import ELEMENT, And, FieldPath, Operator
from tenancy.rules.tree import (
    CHANGED,
    NOW,
    Element,
    Every,
    Fixed,
    No,
    Open,
    Operand,
    Root,
    Rule,
    Some,
    Variable,
    variables,
)

Use = Literal["read", "create", "update", "delete"]
"""What a rule is for: reading has neither old nor new."""
USES: Final[Mapping[Action, Use]] = {
    "list": "read", "read": "read", "create": "create", "update": "update", "delete": "delete",
}  # fmt: skip
_ROOTS: Final[Mapping[Use, Mapping[str, Root]]] = {
    "read": {"$user": "user"},
    "create": {"$user": "user", "$new": "document", "$changed": "changed"},
    "update": {"$user": "user", "$new": "new", "$old": "old", "$changed": "changed"},
    "delete": {"$user": "user", "$old": "document"},
}
_OPEN: Final[Mapping[str, Operator]] = {
    "$eq": "eq", "$ne": "eq", "$gt": "gt", "$gte": "gte", "$lt": "lt", "$lte": "lte", "$in": "in", "$nin": "in",
}  # fmt: skip
_NEGATED: Final = frozenset({"$ne", "$nin"})
_LOGICAL: Final = ("$and", "$or", "$nor")
Subject: TypeAlias = tuple[Root, FieldPath]


def parse_rule(value: Json, use: Use, place: str = "") -> Rule:
    """Read a rule that is a filter.

    Raises:
        BadFilter: with the JSON pointer of the first mistake.
    """
    return _RuleParser(use).rule(value, place, 0)


@lru_cache(maxsize=4096)
def rule_from(text: bytes, use: Use) -> Rule:
    """A rule as it was kept. The same text is the same rule, whosever it is."""
    return parse_rule(trusted(text), use)


@lru_cache(maxsize=4096)
def speaks_of_now(text: bytes, use: Use) -> bool:
    """Whether what the rule comes to for a caller changes with the time alone."""
    return any(one.root == "now" for one in variables(rule_from(text, use)))


def _has_variable(value: Json) -> bool:
    if isinstance(value, str):
        return value.startswith("$")
    if isinstance(value, list):
        return any(map(_has_variable, value))
    if isinstance(value, dict):
        return any(
            (name.startswith("$") and name.partition(".")[0] in _NAMES) or (name != "$regex" and _has_variable(member))
            for name, member in value.items()
        )
    return False


_NAMES: Final = frozenset({"$user", "$new", "$old", "$changed", "$now"})


class _RuleParser:
    def __init__(self, use: Use) -> None:
        self._roots = _ROOTS[use]
        self._parser = Parser()

    def rule(self, value: Json, place: str, depth: int, root: Root = "document") -> Rule:
        """An object of conditions, all of which hold."""
        if not isinstance(value, dict):
            raise _refused(place, "must be an object")
        if depth > MAX_DEPTH:
            raise _refused(place, f"is nested deeper than {MAX_DEPTH}")
        parts: list[Rule] = []
        for name, condition in value.items():
            if name in _LOGICAL:
                parts.append(self._logical(name, condition, place, depth, root))
            else:
                subject = self._subject(name, f"{place}/{name}", root)
                parts += self._condition(subject, condition, f"{place}/{name}", depth)
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _logical(self, name: str, value: Json, place: str, depth: int, root: Root) -> Rule:
        if not isinstance(value, list) or not value:
            raise _refused(f"{place}/{name}", "must be a list of at least one rule")
        parts = tuple(self.rule(part, f"{place}/{name}/{n}", depth + 1, root) for n, part in enumerate(value))
        if name == "$nor":
            return No(Some(parts))
        return Every(parts) if name == "$and" else Some(parts)

    def _subject(self, name: str, place: str, root: Root) -> Subject:
        """What a condition is about."""
        path = tuple(name.split("."))
        if not name.startswith("$"):
            self._check_path(path, place)
            return root, path
        if name == "$text":
            raise _refused(place, "cannot stand in a rule: a search finds documents, it does not protect them")
        found = self._variable(name, place)
        if found.root == "now":
            raise _refused(place, "is a value; compare a field with it")
        return found.root, found.path

    def _variable(self, name: str, place: str) -> Variable:
        if name == "$now":
            return Variable("now", NOW)
        first, *rest = name.split(".")
        root = self._roots.get(first)
        if root is None:
            known = ("$now", *self._roots, *_LOGICAL)
            if first in _NAMES:
                raise _refused(place, f"{first} is not known in this rule; known here: {' '.join(known)}")
            raise _refused(place, f"{name} is no variable{suggestion(name, known)}")
        if root == "changed":
            if rest:
                raise _refused(place, "$changed is the list of the changed fields' names; it has no fields")
            return Variable(root, CHANGED)
        if not rest:
            raise _refused(place, f"must name a field, such as {first}.id")
        self._check_path(tuple(rest), place)
        return Variable(root, tuple(rest))

    def _check_path(self, path: FieldPath, place: str) -> None:
        if len(path) > MAX_DEPTH or not all(map(is_segment, path)):
            raise _refused(place, "is not a path such as price or address.city")

    def _condition(self, subject: Subject, value: Json, place: str, depth: int) -> list[Rule]:
        root, path = subject
        if not _has_variable(value):
            filters = self._parser.on_path(path, value, place, depth)
            return [Fixed(place, root, path, filters[0] if len(filters) == 1 else And(tuple(filters)))]
        if not isinstance(value, dict):
            return [self._open(subject, "$eq", value, place)]
        plain: JsonObject = {name: operand for name, operand in value.items() if not _has_variable({name: operand})}
        found = self._condition(subject, plain, place, depth) if plain else []
        for name in value:
            if name not in plain:
                found.append(self._operator(subject, name, value[name], f"{place}/{name}", depth))
        return found

    def _operator(self, subject: Subject, name: str, operand: Json, place: str, depth: int) -> Rule:
        if name == "$not" and isinstance(operand, dict):
            return No(Every(tuple(self._condition(subject, operand, place, depth + 1))))
        if name == "$elemMatch" and isinstance(operand, dict):
            return self._element(subject, operand, place, depth)
        if name not in _OPEN:
            raise _refused(place, f"{name} takes no variable; {' '.join(_OPEN)} and $elemMatch do")
        opened = self._open(subject, name, operand, place)
        return No(opened) if name in _NEGATED else opened

    def _element(self, subject: Subject, operand: JsonObject, place: str, depth: int) -> Rule:
        root, path = subject
        of_values = any(name in _OPEN or name in {"$not", "$elemMatch", "$exists", "$type"} for name in operand)
        if of_values:
            inner: Rule = Every(tuple(self._condition(("element", ELEMENT), operand, place, depth + 1)))
        else:
            inner = self.rule(operand, place, depth + 1, "element")
        return Element(place, root, path, inner, objects=not of_values)

    def _open(self, subject: Subject, name: str, operand: Json, place: str) -> Open:
        self._parser.count(place)
        root, path = subject
        return Open(place, root, path, _OPEN[name], self._operand(name, operand, place))

    def _operand(self, name: str, operand: Json, place: str) -> Operand:
        if isinstance(operand, str):
            return self._variable(operand, place)
        if name in {"$in", "$nin"} and isinstance(operand, list):
            return tuple(self._member(member, f"{place}/{number}") for number, member in enumerate(operand))
        raise _refused(place, "a variable stands alone, or in the list of $in and $nin")

    def _member(self, member: Json, place: str) -> Json | Variable:
        if isinstance(member, str) and member.startswith("$"):
            return self._variable(member, place)
        if _has_variable(member):
            raise _refused(place, "a variable stands alone, or in the list of $in and $nin")
        return member


def _refused(place: str, message: str) -> BadFilter:
    return BadFilter(f"{place or 'The rule'}: {message}.", places=[Place(place, message)])

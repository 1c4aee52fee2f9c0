"""What a write is held to: the collection's rule, and the rules of the fields that it changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from tenancy.errors import Forbidden, Place
from tenancy.model.collection import Action, Collection
from tenancy.model.document import SERVER_FIELDS
from tenancy.model.json import Json, JsonObject, equal
from tenancy.model.principal import Principal
from tenancy.query.match import compile_filter
from tenancy.query.project import compile_projection
from tenancy.query.tree import EVERYTHING, FieldPath, Filter, Projection
from tenancy.rules.bind import bind, bound, rule_of
from tenancy.rules.known import Known, holds, known_of
from tenancy.rules.parse import USES, rule_from
from tenancy.rules.tree import Root, Rule, variables
from tenancy.writes import Judge

_CHANGES: Final = frozenset({"old", "new", "changed"})


class Terms(NamedTuple):
    """`where` is about the document before, `check` about the one after, `judge` about both."""

    where: Filter
    check: Filter
    judge: Judge | None


def terms(collection: Collection | None, action: Action, principal: Principal) -> Terms:
    """The terms of `create` or `update`. A rule without `$old`, `$new` and `$changed` holds before and after."""
    filter = bind(collection, action, principal)
    if principal.trusted:
        return Terms(filter, filter, None)
    rule = rule_of(collection, action)
    parsed = rule_from(rule, USES[action]) if isinstance(rule, bytes) else None
    of_change = parsed if parsed is not None and _CHANGES & {one.root for one in variables(parsed)} else None
    fields = _bound_fields(collection, principal)
    judge = _Judged(of_change, known_of(principal), fields) if of_change is not None or fields else None
    return Terms(filter, EVERYTHING if of_change is not None else filter, judge)


def field_terms(collection: Collection | None, principal: Principal) -> Judge | None:
    """The rules of fields alone, for what is written past the collection's rules: one's own profile."""
    fields = _bound_fields(collection, principal)
    return _Judged(None, known_of(principal), fields) if fields and not principal.trusted else None


def _bound_fields(collection: Collection | None, principal: Principal) -> "tuple[_Field, ...]":
    """The fields that not everybody may write. What one does not see one does not write, unless a rule says so."""
    if collection is None:
        return ()
    found: list[_Field] = []
    for field in collection.fields:
        seen = bound(field.read, "read", collection, principal) if field.read is not None else EVERYTHING
        if field.write == "once":
            found.append(_Field(field.path, None, None, seen))
            continue
        rule = field.write if field.write is not None else field.read
        if rule is None:
            continue
        if isinstance(rule, bytes) and field.write is not None:
            found.append(_Field(field.path, rule_from(rule, "update"), None, seen))
        else:
            found.append(_Field(field.path, None, bound(rule, "read", collection, principal), seen))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Field:
    """A field with the rule for writing it, or the documents in which it may be written; neither: written once. `seen`:
    the documents in which the caller sees it."""

    path: FieldPath
    rule: Rule | None
    where: Filter | None
    seen: Filter

    @property
    def place(self) -> Place:
        """Where it stands in a body."""
        return Place("/" + "/".join(self.path), "is not yours to write")

    def part(self, document: JsonObject) -> JsonObject:
        """What the document has there."""
        part = compile_projection(Projection((self.path,), keep=True))(document)
        part.pop("id", None)
        return part

    def allows(self, old: JsonObject | None, new: JsonObject, known: Known) -> bool:
        """Whether this caller may change it so. The rule speaks of the document before, or of a new one."""
        document = old if old is not None else new
        if self.rule is not None:
            return holds(self.rule, {**known, "document": document})
        if self.where is not None:
            return compile_filter(self.where)(document)
        return old is None or not _is_there(old, self.path)


def _overlap(one: FieldPath, other: FieldPath) -> bool:
    """Whether one of the paths leads to the other, or through it."""
    return one[: len(other)] == other[: len(one)]


def _is_there(document: Json, path: FieldPath) -> bool:
    for name in path:
        if not isinstance(document, dict) or name not in document:
            return False
        document = document[name]
    return True


@dataclass(frozen=True, slots=True)
class _Judged:
    """Holds a change to what its rules say."""

    rule: Rule | None
    caller: Known
    fields: Sequence[_Field]

    def keep(self, old: JsonObject, new: JsonObject) -> JsonObject:
        """The client's fields of an overwritten document: what was left out and is not the caller's to remove stays."""
        known = self._known(old, new)
        for field in self.fields:
            if _is_there(old, field.path) and not _is_there(new, field.path) and not field.allows(old, new, known):
                new = _with(new, field.path, _value(old, field.path))
        return new

    def accept(self, old: JsonObject, named: Sequence[FieldPath]) -> None:
        """Accept a change that names these fields.

        Raises:
            Forbidden: one is hidden from the caller, who may not write it.
        """
        known = self._known(old, old)
        places = [
            field.place
            for field in self.fields
            if any(_overlap(path, field.path) for path in named)
            and not compile_filter(field.seen)(old)
            and not field.allows(old, old, known)
        ]
        if places:
            raise Forbidden("The collection's rules do not let you write a field.", places=places)

    def check(self, old: JsonObject | None, new: JsonObject) -> None:
        """Accept the document after the change.

        Raises:
            Forbidden: a rule does not allow it.
        """
        known = self._known(old, new)
        if self.rule is not None:
            for document in (old, new):
                if document is not None and not holds(self.rule, {**known, "document": document}):
                    raise Forbidden("The collection's rules do not allow this change.")
        places = [
            field.place
            for field in self.fields
            if not equal(field.part(old or {}), field.part(new)) and not field.allows(old, new, known)
        ]
        if places:
            raise Forbidden("The collection's rules do not let you write a field.", places=places)

    def _known(self, old: JsonObject | None, new: JsonObject) -> dict[Root, JsonObject | None]:
        # Where there is nothing before, everything that is asked of it is missing.
        changed: JsonObject = {"changed": changed_fields(old, new)}
        return {**self.caller, "old": old or {}, "new": new, "changed": changed}


def changed_fields(old: JsonObject | None, new: JsonObject) -> list[Json]:
    """The names of the client's fields that differ, those that came and went included."""
    before = old or {}
    return [
        name
        for name in dict.fromkeys((*before, *new))
        if name not in SERVER_FIELDS and not (name in before and name in new and equal(before[name], new[name]))
    ]


def _value(document: Json, path: FieldPath) -> Json:
    for name in path:
        assert isinstance(document, dict)
        document = document[name]
    return document


def _with(document: JsonObject, path: FieldPath, value: Json) -> JsonObject:
    """The document with the value there; what stands in its way is replaced."""
    name, *rest = path
    below = document.get(name)
    return {**document, name: _with(below if isinstance(below, dict) else {}, tuple(rest), value) if rest else value}

"""A parsed rule: a filter that may speak of its caller and of a change, not only of the document.

What a condition is about, its root, is the document, the caller (`$user`), the document before (`$old`) and after
(`$new`) a change, or the names of the fields that it changes (`$changed`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, NamedTuple, TypeAlias

from tenancy.model.json import Json, JsonObject
from tenancy.query.match import compile_filter
from tenancy.query.tree import FieldPath, Filter, Operator

Root = Literal["document", "element", "user", "old", "new", "changed", "now"]
CHANGED: Final[FieldPath] = ("changed",)
"""The path of the names of changed fields in what is known under `changed`."""
NOW: Final[FieldPath] = ("now",)


class Variable(NamedTuple):
    """A value that is known when somebody asks: `$user.id`, `$old.price`, `$now`."""

    root: Root
    path: FieldPath

    def __str__(self) -> str:
        """As it is written."""
        return "$" + ".".join(self.path if self.root in {"now", "changed"} else (self.root, *self.path))


Operand: TypeAlias = "Variable | tuple[Json | Variable, ...]"


@dataclass(frozen=True)
class Fixed:
    """A filter without variables of what stands at the path. `place`: its JSON pointer in the rule."""

    place: str
    root: Root
    path: FieldPath
    filter: Filter

    @cached_property
    def fits(self) -> Callable[[JsonObject], bool]:
        """The filter as a function."""
        return compile_filter(self.filter)


@dataclass(frozen=True, slots=True)
class Open:
    """A comparison with a variable, or with a list in which there are some."""

    place: str
    root: Root
    path: FieldPath
    operator: Operator
    operand: Operand


@dataclass(frozen=True, slots=True)
class Element:
    """Some element of an array fits a part in which there are variables; `objects` as in `ElemMatch`."""

    place: str
    root: Root
    path: FieldPath
    part: "Rule"
    objects: bool


@dataclass(frozen=True, slots=True)
class Every:
    """All of them."""

    parts: "tuple[Rule, ...]"


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of them."""

    parts: "tuple[Rule, ...]"


@dataclass(frozen=True, slots=True)
class No:
    """Whatever does not fit the part."""

    part: "Rule"


Rule: TypeAlias = Fixed | Open | Element | Every | Some | No


def variables(rule: Rule) -> set[Variable]:
    """Everything that a rule asks beside the document."""
    match rule:
        case Fixed(_, root, path):
            return set() if root in {"document", "element"} else {Variable(root, path)}
        case Open(_, root, path, _, operand):
            asked = operand if isinstance(operand, tuple) and not isinstance(operand, Variable) else (operand,)
            found = {one for one in asked if isinstance(one, Variable)}
            return found if root in {"document", "element"} else {*found, Variable(root, path)}
        case Element(_, root, path, part):
            return variables(part) if root in {"document", "element"} else {*variables(part), Variable(root, path)}
        case Every(parts) | Some(parts):
            return set().union(*map(variables, parts))
        case No(part):
            return variables(part)

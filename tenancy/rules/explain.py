"""Why a rule holds or does not, condition by condition."""

from collections.abc import Iterator
from typing import NamedTuple

from tenancy.model.json import dumps
from tenancy.query.aggregate.expressions import value_at
from tenancy.query.tree import is_everything, is_nothing
from tenancy.query.values import MISSING
from tenancy.rules.known import Known, filter_of
from tenancy.rules.tree import Element, Every, Fixed, No, Open, Rule, Some, Variable

_LONGEST = 100


class Reason(NamedTuple):
    """A condition by its place in the rule; `holds` is None where it depends on the document."""

    place: str
    holds: bool | None
    because: str


def reasons(rule: Rule, known: Known) -> Iterator[Reason]:
    """Each condition with what it found; below a negation the condition itself, not its negation."""
    match rule:
        case Every(parts) | Some(parts):
            for part in parts:
                yield from reasons(part, known)
        case No(part):
            yield from reasons(part, known)
        case Fixed() | Open() | Element():
            filter = filter_of(rule, known)
            holds = True if is_everything(filter) else False if is_nothing(filter) else None
            yield Reason(rule.place, holds, ", ".join(_found(rule, known)))


def _found(rule: Fixed | Open | Element, known: Known) -> Iterator[str]:
    root = rule.root
    if root not in {"document", "element"} or root in known:
        if known.get(root) is None:
            yield "there is no signed-in user" if root == "user" else f"there is nothing in ${root}"
        else:
            variable = Variable(root, rule.path)
            yield f"{'.'.join(rule.path) if root == 'document' else variable} is {_value(variable, known)}"
    if isinstance(rule, Open):
        asked = (rule.operand,) if isinstance(rule.operand, Variable) else rule.operand
        for one in asked:
            if isinstance(one, Variable):
                yield f"{one} is {_value(one, known)}"


def _value(variable: Variable, known: Known) -> str:
    thing = known.get(variable.root)
    found: object = value_at(thing, variable.path) if thing is not None else MISSING
    if found is MISSING or found is None:
        return "missing"
    text = dumps(found).decode()
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"

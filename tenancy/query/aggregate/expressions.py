"""Expressions: what a stage computes from a document. Parsed to a tree, compiled to a closure.

A document's value at a path is `"$path"`; every other string is itself. Null and missing make most results null, as in
MongoDB. Source: https://www.mongodb.com/docs/manual/reference/operator/aggregation/
"""

from collections.abc import Callable
from functools import partial
from typing import Final, TypeAlias

from tenancy.errors import BadPipeline, Place
from tenancy.model.json import Json, JsonObject
from tenancy.query.aggregate.operators import OPERATORS
from tenancy.query.aggregate.tree import Expression, Field, Listing, Literally, Operation, Record
from tenancy.query.parse import is_segment, suggestion
from tenancy.query.tree import FieldPath
from tenancy.query.values import MISSING, Found, Missing

MAX_DEPTH: Final = 20
MAX_NODES: Final = 500
Computed: TypeAlias = Callable[[JsonObject], Found]


def refuse(place: str, message: str) -> BadPipeline:
    """The error for a place in the pipeline."""
    return BadPipeline(f"{place}: {message}.", places=[Place(place, message)])


def parse_path(text: str, place: str) -> FieldPath:
    """A path without the `$` in front.

    Raises:
        BadPipeline: not a path.
    """
    segments = tuple(text.split("."))
    if len(segments) > MAX_DEPTH or not all(map(is_segment, segments)):
        raise refuse(place, f"{text!r} is not a path such as price or address.city")
    return segments


class Expressions:
    """Reads the expressions of one pipeline and counts them."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._nodes = 0

    def parse(self, value: Json, place: str, depth: int = 0) -> Expression:
        """Read an expression.

        Raises:
            BadPipeline: with the place of the first mistake.
        """
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise refuse(place, f"expressions may be {MAX_DEPTH} deep and {MAX_NODES} in all")
        if isinstance(value, str):
            return self._text(value, place)
        if isinstance(value, list):
            return Listing(tuple(self.parse(part, f"{place}/{n}", depth + 1) for n, part in enumerate(value)))
        if not isinstance(value, dict):
            return Literally(value)
        if any(name.startswith("$") for name in value):
            return self._operation(value, place, depth)
        for name in value:
            if not is_segment(name):
                raise refuse(f"{place}/{name}", "is not a field's name")
        return Record(tuple((name, self.parse(part, f"{place}/{name}", depth + 1)) for name, part in value.items()))

    @staticmethod
    def _text(value: str, place: str) -> Expression:
        if value.startswith("$$"):
            raise refuse(place, "there are no variables here")
        return Field(parse_path(value[1:], place)) if value.startswith("$") else Literally(value)

    def _operation(self, value: JsonObject, place: str, depth: int) -> Expression:
        name, operand = next(iter(value.items()))
        if len(value) != 1:
            raise refuse(place, "an object with an operator has that operator alone")
        if name == "$literal":
            return Literally(operand)
        operator = OPERATORS.get(name)
        if operator is None:
            raise refuse(f"{place}/{name}", f"{name} is not an operator{suggestion(name, (*OPERATORS, '$literal'))}")
        if name == "$cond" and isinstance(operand, dict):
            if set(operand) != {"if", "then", "else"}:
                raise refuse(f"{place}/{name}", 'must be {"if": …, "then": …, "else": …} or a list of the three')
            operand = [operand["if"], operand["then"], operand["else"]]
        arguments = operand if isinstance(operand, list) else [operand]
        if not operator.least <= len(arguments) <= operator.most:
            wanted = str(operator.least) if operator.least == operator.most else f"at least {operator.least}"
            raise refuse(f"{place}/{name}", f"takes {wanted} arguments, not {len(arguments)}")
        read = (self.parse(part, f"{place}/{name}/{n}", depth + 1) for n, part in enumerate(arguments))
        return Operation(name, tuple(read))


def compile_expression(expression: Expression) -> Computed:
    """The expression as a function of a document.

    Raises:
        BadPipeline: (when called) a value has the wrong type for an operator.
    """
    match expression:
        case Literally(value):
            return lambda _: value
        case Field(path):
            return lambda document: value_at(document, path)
        case Record(members):
            compiled = [(name, compile_expression(member)) for name, member in members]
            return lambda document: {
                name: value for name, member in compiled if not isinstance(value := member(document), Missing)
            }
        case Listing(elements):
            parts = [compile_expression(element) for element in elements]
            return lambda document: [plain(part(document)) for part in parts]
        case Operation(name, arguments):
            compute = OPERATORS[name].compute
            inputs = [compile_expression(argument) for argument in arguments]
            if OPERATORS[name].lazy:
                return lambda document: compute([partial(part, document) for part in inputs])
            return lambda document: compute([part(document) for part in inputs])


def value_at(value: Json, path: FieldPath) -> Found:
    """The value at a path; for an array the list of what its elements that are objects have there. A number in a path
    is a field's name and no place in an array."""
    for number, name in enumerate(path):
        if isinstance(value, dict):
            if name not in value:
                return MISSING
            value = value[name]
        elif isinstance(value, list):
            found = (value_at(element, path[number:]) for element in value if isinstance(element, dict))
            return [element for element in found if not isinstance(element, Missing)]
        else:
            return MISSING
    return value


def plain(value: Found) -> Json:
    """The value, null for missing."""
    return None if isinstance(value, Missing) else value

"""Update operators: from a caller's JSON to a typed list of operations, with the place of each mistake.

The operators are MongoDB's. An operator is an object of paths; no two of an update may touch the same place. `$[]` in
a path stands for every element of an array.
Source: https://www.mongodb.com/docs/manual/reference/operator/update/
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from tenancy.errors import BadUpdate, Place
from tenancy.model.document import SERVER_FIELDS, check_value
from tenancy.model.json import MAX_DEPTH, Json, JsonObject, depth
from tenancy.query.options import MAX_SORT_KEYS
from tenancy.query.parse import ElementKind, is_segment, parse_element, suggestion
from tenancy.query.tree import EVERY_ELEMENT, Direction, FieldPath, Filter

MAX_OPERATIONS: Final = 200
MAX_SEGMENTS: Final = 20
NAMES: Final = (
    "$set", "$unset", "$inc", "$mul", "$min", "$max", "$rename", "$push", "$addToSet", "$pull", "$pullAll", "$pop",
    "$currentDate",
)  # fmt: skip
Kind: TypeAlias = Literal["set", "unset", "inc", "mul", "min", "max", "addToSet", "pullAll", "pop", "currentDate"]
_SCALARS: Final[Mapping[str, Kind]] = {
    "$set": "set", "$unset": "unset", "$inc": "inc", "$mul": "mul", "$min": "min", "$max": "max",
    "$addToSet": "addToSet", "$pullAll": "pullAll", "$pop": "pop", "$currentDate": "currentDate",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """An operator with one operand: a value, a number, a list of values (`addToSet`, `pullAll`)."""

    path: FieldPath
    kind: Kind
    operand: Json


@dataclass(frozen=True, slots=True)
class Rename:
    """`$rename`: the value moves to another path."""

    path: FieldPath
    to: FieldPath


@dataclass(frozen=True, slots=True)
class Push:
    """`$push`: insert the values at `position`, then sort (by whole elements, or by paths in them), then cut."""

    path: FieldPath
    values: tuple[Json, ...]
    position: int | None = None
    sort: Direction | tuple[tuple[FieldPath, Direction], ...] | None = None
    slice: int | None = None


@dataclass(frozen=True, slots=True)
class Pull:
    """`$pull`: remove the elements that fit.

    The filter is about the `value` itself, about an `object`'s fields, or about the element as the field of a document
    (`wrapped`).
    """

    path: FieldPath
    where: Filter
    kind: ElementKind


Operation: TypeAlias = Change | Rename | Push | Pull


def has_operators(body: Json) -> bool:
    """Whether a body is meant as operators and not as fields."""
    return isinstance(body, dict) and any(name.startswith("$") for name in body)


def is_long(operations: Sequence[Operation]) -> bool:
    """Whether they may look at every element of an array, some of them with conditions or an order."""
    return any(
        isinstance(operation, Pull)
        or EVERY_ELEMENT in operation.path
        or (isinstance(operation, Push) and operation.sort is not None)
        for operation in operations
    )


def parse_update(body: JsonObject) -> tuple[Operation, ...]:
    """Read `{"$inc": {"stock": -1}, "$push": {"tags": "new"}}`.

    Raises:
        BadUpdate: with the JSON pointer of the first mistake.
    """
    operations: list[Operation] = []
    for name, operands in body.items():
        if name not in NAMES:
            raise _unknown(name)
        if not isinstance(operands, dict) or not operands:
            raise refuse(f"/{name}", 'must be an object of paths, such as {"price": 5}')
        for path, operand in operands.items():
            operations.append(_operation(name, path, operand, f"/{name}/{path}"))
            if len(operations) > MAX_OPERATIONS:
                raise refuse(f"/{name}", f"the update has more than {MAX_OPERATIONS} operations")
    _check_conflicts(operations)
    return tuple(operations)


def refuse(place: str, message: str) -> BadUpdate:
    """The error for a place."""
    return BadUpdate(f"{place}: {message}.", places=[Place(place, message)])


def _unknown(name: str) -> BadUpdate:
    if not name.startswith("$"):
        return refuse(f"/{name}", "fields and operators cannot be mixed; put the field into $set")
    return refuse(f"/{name}", f"{name} is not an operator{suggestion(name, NAMES)}")


def parse_target(text: str, place: str, *, every: bool = True) -> FieldPath:
    """A path that may be written.

    Raises:
        BadUpdate: not a path, or one of the server's own fields.
    """
    segments = tuple(text.split("."))
    named = segments[:1] + tuple(name for name in segments[1:] if not (every and name == EVERY_ELEMENT))
    if len(segments) > MAX_SEGMENTS or not all(map(is_segment, named)):
        raise refuse(place, "is not a path such as price, address.city or tags.0")
    if segments[0] in SERVER_FIELDS:
        raise refuse(place, f"{segments[0]} is written by the server alone")
    if "__proto__" in segments:
        raise refuse(place, "is not an allowed name")
    return segments


def _operation(name: str, text: str, operand: Json, place: str) -> Operation:
    path = parse_target(text, place, every=name != "$rename")
    if name == "$rename":
        if not isinstance(operand, str):
            raise refuse(place, "must be the new path")
        return Rename(path, parse_target(operand, place, every=False))
    if name == "$push":
        return _push(path, operand, place)
    if name == "$pull":
        return Pull(path, *parse_element(operand, place, BadUpdate))
    return Change(path, _SCALARS[name], _operand(name, operand, place, len(path)))


def _operand(name: str, operand: Json, place: str, above: int) -> Json:
    if name == "$addToSet":
        return list(_each(operand, place, above)[0])
    if name in {"$set", "$min", "$max"}:
        check_operand(operand, place, above)
    elif name in _FORMS:
        fits, form = _FORMS[name]
        if not fits(operand):
            raise refuse(place, form)
    return operand


def _is_number(operand: Json) -> bool:
    return isinstance(operand, int | float) and not isinstance(operand, bool)


_FORMS: Final[Mapping[str, tuple[Callable[[Json], bool], str]]] = {
    "$inc": (_is_number, "must be a number"),
    "$mul": (_is_number, "must be a number"),
    "$pop": (lambda operand: _direction(operand) is not None, "must be 1 (the last element) or -1 (the first)"),
    "$pullAll": (lambda operand: isinstance(operand, list), "must be a list of values"),
    "$currentDate": (
        lambda operand: operand is True or operand == {"$type": "date"}, 'must be true or {"$type": "date"}',
    ),
}  # fmt: skip


def check_operand(value: Json, place: str, above: int) -> None:
    """A value that is to be stored below so many levels.

    Raises:
        BadUpdate: a field's name that is not allowed, or too deep.
    """
    problems: list[Place] = []
    check_value(value, place, problems)
    if problems:
        raise refuse(problems[0].path, problems[0].message)
    if depth(value) + above > MAX_DEPTH:
        raise refuse(place, f"the document would be nested deeper than {MAX_DEPTH} levels")


def _each(operand: Json, place: str, above: int, *more: str) -> tuple[tuple[Json, ...], JsonObject]:
    """The values of `{"$each": [...]}` or of one value, and the modifiers beside them."""
    if not isinstance(operand, dict) or "$each" not in operand:
        check_operand(operand, place, above + 1)
        return (operand,), {}
    values = operand["$each"]
    if not isinstance(values, list):
        raise refuse(f"{place}/$each", "must be a list of values")
    for name in operand:
        if name not in {"$each", *more}:
            raise refuse(f"{place}/{name}", f"{name} is not a modifier{suggestion(name, ('$each', *more))}")
    check_operand(values, f"{place}/$each", above)
    return tuple(values), operand


def _push(path: FieldPath, operand: Json, place: str) -> Push:
    values, modifiers = _each(operand, place, len(path), "$position", "$slice", "$sort")
    numbers: dict[str, int | None] = {}
    for name in ("$position", "$slice"):
        number = modifiers.get(name)
        if name in modifiers and type(number) is not int:
            raise refuse(f"{place}/{name}", "must be an integer")
        numbers[name] = number if isinstance(number, int) else None
    sort = _sort(modifiers["$sort"], f"{place}/$sort") if "$sort" in modifiers else None
    return Push(path, values, numbers["$position"], sort, numbers["$slice"])


def _sort(value: Json, place: str) -> Direction | tuple[tuple[FieldPath, Direction], ...]:
    direction = _direction(value)
    if direction is not None:
        return direction
    if not isinstance(value, dict) or not value:
        raise refuse(place, 'must be 1, -1 or an object such as {"price": -1}')
    if len(value) > MAX_SORT_KEYS:
        raise refuse(place, f"has more than {MAX_SORT_KEYS} keys")
    keys: list[tuple[FieldPath, Direction]] = []
    for name, member in value.items():
        direction = _direction(member)
        segments = tuple(name.split("."))
        if direction is None or not all(map(is_segment, segments)):
            raise refuse(f"{place}/{name}", "must be a path with 1 or -1")
        keys.append((segments, direction))
    return tuple(keys)


def _direction(value: Json) -> Direction | None:
    if isinstance(value, bool):
        return None
    return 1 if value == 1 else -1 if value == -1 else None


def _check_conflicts(operations: list[Operation]) -> None:
    """No two paths are the same, lie one below the other, or name every element and one of them."""
    touched: list[FieldPath] = []
    for operation in operations:
        paths = (operation.path, operation.to) if isinstance(operation, Rename) else (operation.path,)
        for path in paths:
            for other in touched:
                shared = next((n for n, (a, b) in enumerate(zip(path, other, strict=False)) if a != b), None)
                if shared is None or EVERY_ELEMENT in {path[shared], other[shared]}:
                    both = ".".join(path[:shared] if shared else path[: len(other)])
                    raise refuse("/" + "/".join(path), f"two operators would write to {both}")
            touched.append(path)

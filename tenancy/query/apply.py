"""What update operators make of a document. Nothing of the given document is changed: what differs is copied.

Source for the corners: https://www.mongodb.com/docs/manual/reference/operator/update/
"""

import math
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias, cast

from tenancy.errors import BadUpdate, Place
from tenancy.model.clock import now_text
from tenancy.model.json import MAX_DEPTH, MAX_INT, MIN_INT, Json, JsonObject, depth
from tenancy.query.every import MAX_WRITTEN, written
from tenancy.query.match import compile_filter
from tenancy.query.order import directed, encode
from tenancy.query.parse import WRAPPED
from tenancy.query.tree import EVERY_ELEMENT, FieldPath
from tenancy.query.update import Change, Operation, Pull, Push, Rename
from tenancy.query.values import MISSING, Found, Missing, array_index

MAX_PADDING: Final = 1000
Edit: TypeAlias = Callable[[Found], Found]


def apply_update(fields: JsonObject, operations: Sequence[Operation], now: str | None = None) -> JsonObject:
    """The fields after all operations; `now` is the current date, where the caller has one already.

    Raises:
        BadUpdate: a value has the wrong type for its operator, or a path leads through one.
        TooLarge: `$[]` stands for so many elements that the document would not be stored.
    """
    left, now = MAX_WRITTEN, now or now_text()
    for operation in operations:
        if EVERY_ELEMENT in operation.path:
            left -= written(fields, operation, left)
        if isinstance(operation, Rename):
            fields = _rename(fields, operation)
        else:
            edit = _edit(operation, now)
            fields = _object(_walk(fields, operation.path, 0, edit, _is_lenient(operation)))
    return fields


def _object(value: Found) -> JsonObject:
    assert isinstance(value, dict)
    return value


def _is_lenient(operation: Operation) -> bool:
    """Whether a path that leads nowhere is none of its business: there is nothing to remove."""
    return isinstance(operation, Pull) or (
        isinstance(operation, Change) and operation.kind in {"unset", "pullAll", "pop"}
    )


def _refuse(path: FieldPath, message: str) -> BadUpdate:
    place = "/" + "/".join(path)
    return BadUpdate(f"{'.'.join(path)}: {message}.", places=[Place(place, message)])


def _walk(value: Found, path: FieldPath, at: int, edit: Edit, lenient: bool) -> Found:
    """The value with the edit done at the path; the same object where nothing changes."""
    if at == len(path):
        return edit(value)
    name = path[at]
    if name == EVERY_ELEMENT:
        return _walk_every(value, path, at, edit, lenient)
    if isinstance(value, Missing):
        below = _walk(MISSING, path, at + 1, edit, lenient)
        return MISSING if below is MISSING else {name: _json(below)}
    if isinstance(value, dict):
        return _walk_member(value, path, at, edit, lenient)
    if isinstance(value, list) and array_index(name) is not None:
        return _walk_element(value, path, at, edit, lenient)
    if lenient:
        return value
    raise _refuse(path[: at + 1], f"cannot be written, since {'.'.join(path[:at])} is {_kind(value)}")


def _walk_member(value: JsonObject, path: FieldPath, at: int, edit: Edit, lenient: bool) -> Found:
    name = path[at]
    before = value.get(name, MISSING)
    after = _walk(before, path, at + 1, edit, lenient)
    if after is before:
        return value
    if isinstance(after, Missing):
        return {known: member for known, member in value.items() if known != name}
    return {**value, name: after}


def _walk_element(value: list[Json], path: FieldPath, at: int, edit: Edit, lenient: bool) -> Found:
    number = array_index(path[at])
    assert number is not None
    before = value[number] if number < len(value) else MISSING
    after = _walk(before, path, at + 1, edit, lenient)
    if after is before:
        return value
    if number - len(value) > MAX_PADDING:
        raise _refuse(path[: at + 1], f"would add more than {MAX_PADDING} empty elements")
    padded = [*value, *[None] * (number + 1 - len(value))]
    padded[number] = _json(after)  # an element that is removed leaves null
    return padded


def _walk_every(value: Found, path: FieldPath, at: int, edit: Edit, lenient: bool) -> Found:
    if not isinstance(value, list):
        raise _refuse(path[: at + 1], f"needs an array, and {'.'.join(path[:at])} is {_kind(value)}")
    edited = [_json(_walk(element, path, at + 1, edit, lenient)) for element in value]
    same = all(before is after for before, after in zip(value, edited, strict=True))
    return value if same else edited


def _json(value: Found) -> Json:
    return None if isinstance(value, Missing) else value


def _kind(value: Found) -> str:
    if isinstance(value, Missing):
        return "missing"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, list):
        return "an array"
    return "an object" if isinstance(value, dict) else "a number"


def _edit(operation: Change | Push | Pull, now: str) -> Edit:
    """What happens to the value at the operation's path."""
    match operation:
        case Push():
            return lambda found: _push(operation, _array(operation.path, found, "$push"))
        case Pull():
            fits = _pulled(operation)
            return lambda found: _remaining(operation.path, found, "$pull", lambda element: not fits(element))
        case Change(path, kind, operand):
            return lambda found: now if kind == "currentDate" else _changed(path, kind, operand, found)


def _pulled(pull: Pull) -> Callable[[Json], bool]:
    """Whether an element is one of those that go."""
    fits = compile_filter(pull.where)
    match pull.kind:
        case "value":
            # `ELEMENT`, the empty path, stands for whatever the matcher is given.
            return cast("Callable[[Json], bool]", fits)
        case "wrapped":
            (name,) = WRAPPED
            return lambda element: fits({name: element})
        case "object":
            return lambda element: isinstance(element, dict) and fits(element)


def _changed(path: FieldPath, kind: str, operand: Json, found: Found) -> Found:
    match kind:
        case "set":
            return operand
        case "unset":
            return MISSING
        case "inc" | "mul":
            assert isinstance(operand, int | float)
            return _computed(path, kind, operand, found)
        case "min" | "max":
            return _extreme(kind, operand, found)
        case "pop":
            return _popped(path, operand == 1, found)
    values = operand if isinstance(operand, list) else []
    if kind == "addToSet":
        return _united(values, _array(path, found, "$addToSet"))
    keys = {encode(value) for value in values}
    return _remaining(path, found, "$pullAll", lambda element: encode(element) not in keys)


def _computed(path: FieldPath, kind: str, operand: float, found: Found) -> Found:
    if isinstance(found, Missing):
        found = 0  # 0 times a negative double is -0.0, as in MongoDB
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise _refuse(path, f"is {_kind(found)}, so ${kind} cannot be applied")
    result = found + operand if kind == "inc" else found * operand
    if isinstance(result, int):
        if not MIN_INT <= result <= MAX_INT:
            raise _refuse(path, "would leave the 64 bit range")
    elif not math.isfinite(result):
        raise _refuse(path, "would become infinite")
    return result


def _extreme(kind: str, operand: Json, found: Found) -> Found:
    if isinstance(found, Missing):
        return operand
    ours, theirs = encode(operand), encode(found)
    return operand if (ours < theirs if kind == "min" else ours > theirs) else found


def _array(path: FieldPath, found: Found, name: str) -> list[Json]:
    if isinstance(found, Missing):
        return []
    if not isinstance(found, list):
        raise _refuse(path, f"is {_kind(found)}, and {name} needs an array")
    return found


def _popped(path: FieldPath, last: bool, found: Found) -> Found:
    if isinstance(found, Missing):
        return found
    values = _array(path, found, "$pop")
    return (values[:-1] if last else values[1:]) if values else found


def _remaining(path: FieldPath, found: Found, name: str, keep: Callable[[Json], bool]) -> Found:
    if isinstance(found, Missing):
        return found
    values = _array(path, found, name)
    kept = [value for value in values if keep(value)]
    return values if len(kept) == len(values) else kept


def _united(values: Sequence[Json], known: list[Json]) -> Found:
    keys = {encode(value) for value in known}
    more: list[Json] = []
    for value in values:
        key = encode(value)
        if key not in keys:
            keys.add(key)
            more.append(value)
    return [*known, *more]


def _push(push: Push, known: list[Json]) -> Found:
    at = len(known) if push.position is None else push.position
    values = [*known[:at], *push.values, *known[at:]]
    if isinstance(push.sort, int):
        values.sort(key=encode, reverse=push.sort < 0)
    elif push.sort is not None:
        values.sort(key=_place_in(push.sort))
    if push.slice is None:
        return values
    return values[: push.slice] if push.slice >= 0 else values[push.slice :]


def _place_in(keys: Sequence[tuple[FieldPath, int]]) -> Callable[[Json], bytes]:
    """An element's place in the order of these keys: each is encoded once, not at each comparison."""
    return lambda value: b"".join(directed(encode(_member(value, path)), direction) for path, direction in keys)


def _member(value: Json, path: FieldPath) -> Found:
    if not isinstance(value, dict):
        return MISSING
    found: Json = value
    for name in path:
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and (number := array_index(name)) is not None and number < len(found):
            found = found[number]
        else:
            return MISSING
    return found


def _rename(fields: JsonObject, rename: Rename) -> JsonObject:
    """Remove the value from the one path and write it to the other; neither may lead through an array."""
    value: Found = fields
    lists: list[str] = []
    for number, name in enumerate(rename.path):
        place = array_index(name) if isinstance(value, list) else None
        if isinstance(value, list) and place is not None:
            lists.append(".".join(rename.path[:number]))
            value = value[place] if place < len(value) else MISSING
        elif isinstance(value, dict):
            value = value.get(name, MISSING)
        else:
            raise _refuse(rename.path, f"cannot be renamed, since {'.'.join(rename.path[:number])} is {_kind(value)}")
        if isinstance(value, Missing):
            return fields
    if lists:
        raise _refuse(rename.path, f"cannot be renamed, since {lists[0]} is an array")
    _check_no_array(fields, rename.to)
    if depth(_json(value)) + len(rename.to) > MAX_DEPTH:
        raise _refuse(rename.to, f"the document would be nested deeper than {MAX_DEPTH} levels")
    without = _walk(fields, rename.path, 0, lambda _: MISSING, lenient=True)
    return _object(_walk(without, rename.to, 0, lambda _: value, lenient=False))


def _check_no_array(fields: JsonObject, path: FieldPath) -> None:
    value: Found = fields
    for name in path[:-1]:
        value = value.get(name, MISSING) if isinstance(value, dict) else MISSING
        if isinstance(value, list):
            raise _refuse(path, "cannot be the new path, since it leads through an array")

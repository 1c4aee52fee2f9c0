"""From a tree back to the JSON that says it: for people who want to see what a rule came to."""

from tenancy.model.json import Json, JsonObject
from tenancy.query.tree import ELEMENT, And, Compare, ElemMatch, Filter, Not, Or, Text


def to_json(filter: Filter) -> JsonObject:
    """A filter in the query language that matches the same documents. Nothing at all is `{"$or": []}`."""
    match filter:
        case And(parts):
            return _all(parts)
        case Or(parts):
            return {"$or": [to_json(part) for part in parts]}
        case Not(Compare(path, "eq" | "in" as operator, value)) if path != ELEMENT:
            return {".".join(path): {"$ne" if operator == "eq" else "$nin": value}}
        case Not(part):
            return {"$nor": [to_json(part)]}
        case Text():
            return {"$text": {}}
        case Compare(path) | ElemMatch(path):
            return {".".join(path): _condition(filter)}


def _all(parts: tuple[Filter, ...]) -> JsonObject:
    said = [to_json(part) for part in parts]
    names = [name for one in said for name in one]
    if len(names) == len(set(names)):
        return {name: condition for one in said for name, condition in one.items()}
    members: list[Json] = [*said]
    return {"$and": members}


def _condition(filter: Compare | ElemMatch) -> JsonObject:
    if isinstance(filter, Compare):
        return _comparison(filter)
    part = to_json(filter.part) if filter.objects else _of_element(filter.part)
    return {"$elemMatch": part}


def _comparison(condition: Compare) -> JsonObject:
    if condition.operator == "regex":
        assert isinstance(condition.value, list)
        pattern, flags = condition.value
        return {"$regex": pattern, **({"$options": flags} if flags else {})}
    return {f"${condition.operator}": condition.value}


def _of_element(part: Filter) -> JsonObject:
    """Conditions on an element itself: operators without a path."""
    match part:
        case Compare():
            return _comparison(part)
        case ElemMatch():
            return _condition(part)
        case Not(inner):
            return {"$not": _of_element(inner)}
        case And(parts):
            return {name: operand for one in parts for name, operand in _of_element(one).items()}
    raise AssertionError(part)

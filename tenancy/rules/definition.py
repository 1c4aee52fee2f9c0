"""From JSON to a collection's definition, with every place that is wrong."""

from collections.abc import Mapping
from typing import Final, Literal

from tenancy.errors import Invalid, Place
from tenancy.model.collection import ACTIONS, KEYWORDS, Action, Collection, FieldRule, Index, Once, Rule
from tenancy.model.document import SERVER_FIELDS
from tenancy.model.json import Json, JsonObject, dumps
from tenancy.model.schema import check_schema
from tenancy.query.match import compile_filter
from tenancy.query.parse import is_segment, parse_filter
from tenancy.rules.parse import USES, Use, parse_rule, rule_from
from tenancy.rules.tree import variables

MAX_INDEXES: Final = 16
MAX_INDEX_FIELDS: Final = 6
MAX_FIELD_RULES: Final = 50
_INDEX_OPTIONS: Final = frozenset({"fields", "unique", "where", "expireAfterSeconds", "text"})
_LONGEST_S: Final = 100 * 366 * 24 * 3600


def parse_collection(name: str, body: Mapping[str, Json]) -> Collection:
    """Read a definition `{"rules"?: {...}, "indexes"?: [...], "schema"?: {...}, "fields"?: {...}}`.

    Raises:
        Invalid: with each place that is wrong.
    """
    problems: list[Place] = []
    rules = _parse_rules(body.get("rules"), problems)
    indexes = _parse_indexes(body.get("indexes"), problems)
    schema = _parse_schema(body.get("schema"), problems)
    fields = _parse_fields(body.get("fields"), problems)
    if problems:
        raise Invalid("The collection's definition is not valid.", places=problems)
    return Collection(name, rules, indexes, schema, _reads_user(rules, fields), fields)


def _parse_schema(value: Json, problems: list[Place]) -> bytes | None:
    if value is None:
        return None
    try:
        return check_schema(value)
    except Invalid as error:
        problems.extend(error.places)
        return None


def _parse_rules(value: Json, problems: list[Place]) -> dict[Action, Rule]:
    rules: dict[Action, Rule] = {}
    if value is None:
        return rules
    if not isinstance(value, dict):
        problems.append(Place("/rules", "must be an object"))
        return rules
    for action, rule in value.items():
        if action not in ACTIONS:
            problems.append(Place(f"/rules/{action}", f"is not an action; the actions are {', '.join(ACTIONS)}"))
        elif (parsed := _parse_rule(rule, USES[action], f"/rules/{action}", problems)) is not None:
            rules[action] = parsed
    return rules


def _parse_rule(value: Json, use: Use, place: str, problems: list[Place]) -> Rule | None:
    if isinstance(value, str) and value in KEYWORDS:
        return value
    if not isinstance(value, dict):
        problems.append(Place(place, f"must be one of {', '.join(KEYWORDS)}, or a filter"))
        return None
    try:
        parse_rule(value, use, place)
    except Invalid as error:
        problems.extend(error.places or [Place(place, error.detail)])
        return None
    return dumps(value)


def _parse_fields(value: Json, problems: list[Place]) -> tuple[FieldRule, ...]:
    if value is None:
        return ()
    if not isinstance(value, dict) or len(value) > MAX_FIELD_RULES:
        problems.append(Place("/fields", f"must be an object of at most {MAX_FIELD_RULES} fields"))
        return ()
    found = [_parse_field(name, rules, f"/fields/{name}", problems) for name, rules in value.items()]
    return tuple(field for field in found if field is not None)


def _parse_field(name: str, value: Json, place: str, problems: list[Place]) -> FieldRule | None:
    path = tuple(name.split("."))
    if not all(map(is_segment, path)) or any(part.isdecimal() for part in path) or path[0] in SERVER_FIELDS:
        problems.append(Place(place, "must be the path of a field of yours, such as salary or address.city"))
        return None
    if not isinstance(value, dict) or set(value) - {"read", "write"} or not value:
        problems.append(Place(place, "must be an object with read, write or both"))
        return None
    known = len(problems)
    read = _parse_rule(value["read"], "read", f"{place}/read", problems) if "read" in value else None
    write: Rule | Once | None = None
    if value.get("write") == "once":
        write = "once"
    elif "write" in value:
        write = _parse_rule(value["write"], "update", f"{place}/write", problems)
    return FieldRule(path, read, write) if len(problems) == known else None


def _reads_user(rules: Mapping[Action, Rule], fields: tuple[FieldRule, ...]) -> bool:
    """Whether a rule asks for more of a caller than the id."""
    trees = [rule_from(rule, USES[action]) for action, rule in rules.items() if isinstance(rule, bytes)]
    for field in fields:
        trees += [rule_from(field.read, "read")] if isinstance(field.read, bytes) else []
        trees += [rule_from(field.write, "update")] if isinstance(field.write, bytes) else []
    return any(one.root == "user" and one.path != ("id",) for tree in trees for one in variables(tree))


def _parse_indexes(value: Json, problems: list[Place]) -> tuple[Index, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_INDEXES:
        problems.append(Place("/indexes", f"must be a list of at most {MAX_INDEXES} indexes"))
        return ()
    indexes: list[Index] = []
    for number, item in enumerate(value):
        index = _parse_index(item, f"/indexes/{number}", problems)
        if index is not None and index in indexes:
            problems.append(Place(f"/indexes/{number}", "is there twice"))
        elif index is not None:
            indexes.append(index)
    if sum(index.text for index in indexes) > 1:
        problems.append(Place("/indexes", "can have one text index at most; name all its fields there"))
    return tuple(indexes)


def _parse_index(item: Json, place: str, problems: list[Place]) -> Index | None:
    known = len(problems)
    if not isinstance(item, dict) or set(item) - _INDEX_OPTIONS or "fields" not in item:
        problems.append(Place(place, f"must be an object with fields, and of {', '.join(sorted(_INDEX_OPTIONS))}"))
        return None
    fields = _parse_index_fields(item["fields"], place, problems)
    flags = [name for name in ("unique", "text") if not isinstance(item.get(name, False), bool)]
    problems.extend(Place(f"{place}/{name}", "must be true or false") for name in flags)
    where = _parse_where(item["where"], f"{place}/where", problems) if "where" in item else None
    expire = item.get("expireAfterSeconds")
    if expire is not None and (type(expire) is not int or not 0 <= expire <= _LONGEST_S or len(fields) != 1):
        problems.append(Place(f"{place}/expireAfterSeconds", "must be seconds, and the index has one field"))
    text = item.get("text") is True
    if text and (item.get("unique") or expire is not None or any(direction < 0 for _, direction in fields)):
        problems.append(Place(f"{place}/text", "cannot be unique, expire or have a direction"))
    if len(problems) > known:
        return None
    return Index(fields, item.get("unique") is True, where, expire if isinstance(expire, int) else None, text)


def _parse_index_fields(value: Json, place: str, problems: list[Place]) -> tuple[tuple[str, Literal[1, -1]], ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_INDEX_FIELDS:
        problems.append(Place(f"{place}/fields", f"must be a list of 1 to {MAX_INDEX_FIELDS} paths"))
        return ()
    parsed: list[tuple[str, Literal[1, -1]]] = []
    for number, entry in enumerate(value):
        path = entry.removeprefix("-") if isinstance(entry, str) else ""
        if not all(map(is_segment, path.split("."))) or path in {known for known, _ in parsed}:
            problems.append(Place(f"{place}/fields/{number}", "must be a path such as price, -price or owner.name"))
            continue
        parsed.append((path, -1 if isinstance(entry, str) and entry.startswith("-") else 1))
    return tuple(parsed)


def _parse_where(value: Json, place: str, problems: list[Place]) -> bytes | None:
    try:
        compile_filter(parse_filter(value, place))
    except Invalid as error:
        problems.extend(error.places or [Place(place, error.detail)])
        return None
    return dumps(value)


def known_options(body: JsonObject, *known: str) -> None:
    """Refuse what a definition does not have.

    Raises:
        Invalid: with each unknown field.
    """
    unknown = [Place(f"/{name}", f"is not known; known here: {', '.join(known)}") for name in body if name not in known]
    if unknown:
        raise Invalid("The definition has an unknown field.", places=unknown)

"""From a caller's JSON to a pipeline: an allow-list, with the place of each mistake."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, get_args

from tenancy.errors import Invalid
from tenancy.model.collection import check_collection_name
from tenancy.model.json import Json, JsonObject
from tenancy.query.aggregate.expressions import Expressions, parse_path, refuse
from tenancy.query.aggregate.tree import (
    Accumulator,
    AccumulatorName,
    Count,
    Expression,
    Group,
    Limit,
    Literally,
    Lookup,
    Match,
    Project,
    Skip,
    Sort,
    Stage,
    Unwind,
)
from tenancy.query.options import MAX_SORT_KEYS, checked_projection
from tenancy.query.parse import is_segment, parse_filter, suggestion
from tenancy.query.tree import Direction, FieldPath, SortKey

_IDS: Final[tuple[FieldPath, ...]] = (("id",), ("_id",))
"""Of a document and of a group: kept without being named."""
MAX_STAGES: Final = 20
MAX_ACCUMULATORS: Final = 50
MAX_COUNT: Final = 10_000_000
_ACCUMULATORS: Final = {f"${name}": name for name in get_args(AccumulatorName)}


def parse_pipeline(value: Json) -> tuple[Stage, ...]:
    """Read `[{"$match": {...}}, {"$group": {...}}]`.

    Raises:
        BadPipeline: with the JSON pointer of the first mistake.
        BadFilter: a mistake in a `$match`.
    """
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_STAGES:
        raise refuse("", f"a pipeline is a list of 1 to {MAX_STAGES} stages")
    parser = _Parser()
    return tuple(parser.stage(stage, f"/{number}") for number, stage in enumerate(value))


class _Parser:
    """Reads the stages of one pipeline, whose expressions are counted together."""

    def __init__(self) -> None:
        self._expressions = Expressions()
        self._stages: Mapping[str, Callable[[Json, str], Stage]] = {
            "$match": _match, "$group": self._group, "$sort": _sort, "$project": self._project, "$limit": _limit,
            "$skip": _skip, "$unwind": _unwind, "$count": _count, "$lookup": _lookup,
        }  # fmt: skip

    def stage(self, value: Json, place: str) -> Stage:
        """Read one stage."""
        if not isinstance(value, dict) or len(value) != 1:
            raise refuse(place, 'a stage is an object with one name, such as {"$limit": 10}')
        name, operand = next(iter(value.items()))
        read = self._stages.get(name)
        if read is None:
            raise refuse(f"{place}/{name}", f"{name} is not a stage{suggestion(name, tuple(self._stages))}")
        return read(operand, f"{place}/{name}")

    def _group(self, value: Json, place: str) -> Stage:
        fields = _object(value, place)
        if "_id" not in fields:
            raise refuse(place, 'needs "_id", the key of the groups; null puts all into one')
        if len(fields) > MAX_ACCUMULATORS:
            raise refuse(place, f"has more than {MAX_ACCUMULATORS} fields")
        key = self._expressions.parse(fields["_id"], f"{place}/_id")
        collected = (self._accumulator(name, part, f"{place}/{name}") for name, part in fields.items() if name != "_id")
        return Group(key, tuple(collected))

    def _accumulator(self, field: str, value: Json, place: str) -> Accumulator:
        if not is_segment(field):
            raise refuse(place, "is not a field's name")
        if not isinstance(value, dict) or len(value) != 1:
            raise refuse(place, 'must be an object with one accumulator, such as {"$sum": "$price"}')
        name, operand = next(iter(value.items()))
        if name not in _ACCUMULATORS:
            raise refuse(f"{place}/{name}", f"{name} is not an accumulator{suggestion(name, tuple(_ACCUMULATORS))}")
        if name == "$count" and operand != {}:
            raise refuse(f"{place}/{name}", "takes {}")
        argument: Expression = Literally(1) if name == "$count" else self._expressions.parse(operand, f"{place}/{name}")
        known: AccumulatorName = _ACCUMULATORS[name]
        return Accumulator(field, known, argument)

    def _project(self, value: Json, place: str) -> Stage:
        parts = _Projected()
        self._collect(parts, (), _object(value, place), place)
        kept, left_out, computed = parts.kept, parts.left_out, parts.computed
        named = [*kept, *left_out, *(path for path, _ in computed)]
        without: set[str] = set()
        if kept or computed:
            without = {path[0] for path in left_out if path in _IDS}
            left_out = [path for path in left_out if path not in _IDS]
        if left_out and (kept or computed):
            raise refuse(place, "fields that are left out cannot be mixed with others; the id alone can")
        if not left_out:
            kept = [*kept, *(path for path in _IDS if all(path[0] != other[0] for other in named))]
        try:
            checked_projection(named, keep=True)
            shown = checked_projection(left_out or kept, keep=not left_out)
        except Invalid as error:
            raise refuse(place, error.places[0].message) from None
        return Project(shown, tuple(computed), frozenset(without))

    def _collect(self, parts: "_Projected", above: FieldPath, fields: JsonObject, place: str) -> None:
        """Objects without operators are paths written one name at a time."""
        for name, part in fields.items():
            here = f"{place}/{name}"
            path = parse_path(".".join((*above, name)), here)
            if isinstance(part, bool | int | float):
                (parts.kept if part else parts.left_out).append(path)
            elif isinstance(part, dict) and not any(known.startswith("$") for known in part):
                self._collect(parts, path, _object(part, here), here)
            else:
                parts.computed.append((path, self._expressions.parse(part, here)))


@dataclass(slots=True)
class _Projected:
    """The paths of a `$project`, by what happens to them."""

    kept: list[FieldPath] = field(default_factory=list)
    left_out: list[FieldPath] = field(default_factory=list)
    computed: list[tuple[FieldPath, Expression]] = field(default_factory=list)


def _object(value: Json, place: str) -> JsonObject:
    if not isinstance(value, dict) or not value:
        raise refuse(place, "must be an object with at least one field")
    return value


def _match(value: Json, place: str) -> Stage:
    return Match(parse_filter(value, place))


def _sort(value: Json, place: str) -> Stage:
    keys: list[SortKey] = []
    fields = _object(value, place)
    if len(fields) > MAX_SORT_KEYS:
        raise refuse(place, f"has more than {MAX_SORT_KEYS} keys")
    for name, part in fields.items():
        if isinstance(part, bool) or not isinstance(part, int | float) or part not in {1, -1}:
            raise refuse(f"{place}/{name}", "must be 1 or -1")
        direction: Direction = 1 if part == 1 else -1
        keys.append((parse_path(name, f"{place}/{name}"), direction))
    return Sort(tuple(keys))


def _number(value: Json, place: str, least: int) -> int:
    if type(value) is not int or not least <= value <= MAX_COUNT:
        raise refuse(place, f"must be an integer from {least} to {MAX_COUNT}")
    return value


def _limit(value: Json, place: str) -> Stage:
    return Limit(_number(value, place, 1))


def _skip(value: Json, place: str) -> Stage:
    return Skip(_number(value, place, 0))


def _name(value: Json, place: str) -> str:
    if not isinstance(value, str) or not is_segment(value):
        raise refuse(place, "must be a field's name")
    return value


def _count(value: Json, place: str) -> Stage:
    return Count(_name(value, place))


def _unwind(value: Json, place: str) -> Stage:
    options: JsonObject = value if isinstance(value, dict) else {"path": value}
    _only(options, place, "path", "includeArrayIndex", "preserveNullAndEmptyArrays")
    path, index, keep = options.get("path"), options.get("includeArrayIndex"), options.get("preserveNullAndEmptyArrays")
    if not isinstance(path, str) or not path.startswith("$"):
        raise refuse(place, 'must be a path such as "$tags"')
    if keep is not None and not isinstance(keep, bool):
        raise refuse(f"{place}/preserveNullAndEmptyArrays", "must be true or false")
    name = _name(index, f"{place}/includeArrayIndex") if index is not None else None
    return Unwind(parse_path(path[1:], place), name, bool(keep))


def _lookup(value: Json, place: str) -> Stage:
    options = _object(value, place)
    _only(options, place, "from", "localField", "foreignField", "as")
    texts: dict[str, str] = {}
    for name in ("from", "localField", "foreignField", "as"):
        part = options.get(name)
        if not isinstance(part, str):
            raise refuse(f"{place}/{name}", "is required and must be a string")
        texts[name] = part
    try:
        check_collection_name(texts["from"])
    except Invalid:
        raise refuse(f"{place}/from", "is not a collection's name") from None
    local, foreign = (parse_path(texts[name], f"{place}/{name}") for name in ("localField", "foreignField"))
    return Lookup(texts["from"], local, foreign, _name(texts["as"], f"{place}/as"))


def _only(options: JsonObject, place: str, *known: str) -> None:
    for name in options:
        if name not in known:
            raise refuse(f"{place}/{name}", f"is not known{suggestion(name, known)}")

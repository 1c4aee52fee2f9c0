"""Strategies for filters, updates, sorts and pipelines: mostly of the right form, with any operands."""

from typing import Any

from hypothesis import strategies as st

from tests.support.values import documents, paths, scalars, values

TYPES = ("string", "number", "int", "long", "double", "bool", "null", "array", "object")


def _one(name: str, operand: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return operand.map(lambda drawn: {name: drawn})


comparisons = st.one_of(
    *(_one(name, values) for name in ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte")),
    *(_one(name, st.lists(values, max_size=3)) for name in ("$in", "$nin", "$all")),
    _one("$exists", st.booleans()), _one("$size", st.integers(0, 3)),
    _one("$type", st.sampled_from(TYPES) | st.lists(st.sampled_from(TYPES), min_size=1, max_size=3)),
    _one("$mod", st.tuples(st.sampled_from([1, 2, -3, 4]), st.integers(-2, 3)).map(list)),
    _one("$regex", st.sampled_from(["^a", "a", "b$", "", "^$", "Ä", "."])),
)  # fmt: skip
conditions: st.SearchStrategy[Any] = st.recursive(
    comparisons,
    lambda inner: (
        _one("$not", inner) | _one("$elemMatch", inner) | st.tuples(inner, inner).map(lambda two: {**two[0], **two[1]})
    ),
    max_leaves=3,
)


def _logic(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        *(_one(name, several) for name in ("$and", "$or", "$nor")),
        st.tuples(paths, inner).map(lambda drawn: {drawn[0]: {"$elemMatch": drawn[1]}}),
    )


filters: st.SearchStrategy[Any] = st.recursive(
    st.dictionaries(paths, conditions | values.filter(lambda value: not isinstance(value, dict)), max_size=2),
    _logic,
    max_leaves=4,
)
sorts = st.lists(
    st.tuples(st.sampled_from(["", "-"]), paths), min_size=1, max_size=2, unique_by=lambda key: key[1]
).map(lambda keys: ",".join(sign + path for sign, path in keys))
targets = st.one_of(paths, paths.map(lambda path: f"{path}.$[]"), paths.map(lambda path: f"{path}.0"))
numbers = scalars.filter(lambda value: isinstance(value, int | float))
_pushed = st.fixed_dictionaries(
    {"$each": st.lists(values, max_size=3)},
    optional={
        "$position": st.integers(-3, 3), "$slice": st.integers(-3, 3),
        "$sort": st.sampled_from([1, -1, {"a": 1}, {"b": -1, "x.0": 1}]),
    },
)  # fmt: skip
operators: st.SearchStrategy[Any] = st.one_of(
    st.tuples(st.sampled_from(["$set", "$min", "$max", "$unset"]), targets, values),
    st.tuples(st.sampled_from(["$inc", "$mul"]), targets, numbers),
    st.tuples(st.just("$rename"), paths, paths),
    st.tuples(st.just("$push"), targets, values | _pushed),
    st.tuples(st.just("$addToSet"), targets, values | _one("$each", st.lists(values, max_size=3))),
    st.tuples(
        st.just("$pull"), targets, values | conditions | st.dictionaries(paths, conditions | scalars, max_size=2)
    ),
    st.tuples(st.just("$pullAll"), targets, st.lists(values, max_size=3)),
    st.tuples(st.just("$pop"), targets, st.sampled_from([1, -1])),
)


def _joined(drawn: list[tuple[str, str, Any]]) -> dict[str, dict[str, Any]]:
    update: dict[str, dict[str, Any]] = {}
    for name, path, operand in drawn:
        update.setdefault(name, {})[path] = operand
    return update


updates = st.lists(operators, min_size=1, max_size=3).map(_joined)
expressions: st.SearchStrategy[Any] = st.recursive(
    scalars | paths.map(lambda path: f"${path}"),
    lambda inner: st.one_of(
        *(_one(name, st.lists(inner, min_size=2, max_size=2)) for name in (
            "$add", "$subtract", "$multiply", "$divide", "$mod", "$concat", "$eq", "$lt", "$and", "$ifNull", "$arrayElemAt", "$in", "$round",
        )),
        *(_one(name, inner) for name in (
            "$abs", "$floor", "$ceil", "$size", "$first", "$type", "$toString", "$toLower", "$strLenCP", "$not", "$isArray",
        )),
        st.lists(inner, min_size=3, max_size=3).map(lambda three: {"$cond": three}),
        st.dictionaries(st.sampled_from(["a", "b"]), inner, min_size=1, max_size=2), st.lists(inner, max_size=2),
    ),
    max_leaves=5,
)  # fmt: skip
stages = st.one_of(
    _one("$match", filters),
    _one("$project", st.dictionaries(paths, expressions | st.sampled_from([0, 1]), min_size=1, max_size=3)),
    _one("$unwind", paths.map(lambda path: f"${path}")),
    _one("$sort", st.dictionaries(paths, st.sampled_from([1, -1]), min_size=1, max_size=2)),
    _one("$group", st.fixed_dictionaries(
        {"_id": expressions},
        optional={name: _one(f"${name}", expressions) for name in ("sum", "avg", "min", "max", "push", "addToSet", "first", "last")},
    )),
    _one("$limit", st.integers(1, 3)), _one("$skip", st.integers(0, 2)), st.just({"$count": "n"}),
)  # fmt: skip
pipelines = st.lists(stages, min_size=1, max_size=4)
collections = st.lists(documents, max_size=5).map(
    lambda drawn: [{**document, "id": f"d{number}"} for number, document in enumerate(drawn)]
)

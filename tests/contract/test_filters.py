"""Every engine reads filters as the matcher does: no server's own reading comes through."""

from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenancy.model.collection import Index
from tenancy.model.json import JsonObject
from tenancy.ports import DocumentStore
from tenancy.query.aggregate.parse import parse_pipeline
from tenancy.query.match import compile_filter
from tenancy.query.parse import parse_filter
from tenancy.query.tree import Query
from tenancy.writes import Create
from tests.contract.support import define

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from([0.5, 1.0, -0.0, 2**40, 2**53 + 1, "", "a", "ab", "A\n"])
)
nested = st.recursive(
    scalars,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "0"]), values, max_size=2),
    max_leaves=6,
)
contents = st.lists(st.dictionaries(st.sampled_from(["a", "b", "_id"]), nested, max_size=3), max_size=10)
paths = st.sampled_from(["a", "b", "_id", "a.b", "b.a", "a.0", "a.0.b", "a.b.a", "b.0"])


def _one(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values.map(lambda value: {name: value})


simple = st.one_of(
    _one("$eq", nested), _one("$ne", nested), _one("$in", st.lists(nested, max_size=3)),
    _one("$nin", st.lists(nested, max_size=2)), _one("$exists", st.booleans()), _one("$size", st.integers(0, 3)),
    _one("$type", st.sampled_from(["null", "array", "object", "bool", "int", "long", "double", "number", "string"])),
    _one("$mod", st.tuples(st.integers(1, 3), st.integers(-1, 2)).map(list)),
    _one("$regex", st.sampled_from(["^a", "b$", "^ab?", "", "(?i)A", "^A$", "a|^$"])),
    _one("$all", st.lists(nested, max_size=2)),
    *(_one(name, nested) for name in ("$gt", "$gte", "$lt", "$lte")),
)  # fmt: skip
elements = st.one_of(simple, st.dictionaries(st.sampled_from(["a", "b", "0"]), simple, max_size=2))
operators = st.one_of(simple, _one("$not", simple), _one("$elemMatch", elements))
conditions = st.dictionaries(paths, operators, min_size=1, max_size=2)
filters = st.recursive(
    conditions,
    lambda inner: st.tuples(st.sampled_from(["$and", "$or", "$nor"]), st.lists(inner, min_size=1, max_size=2)).map(
        lambda pair: dict([pair])
    ),
    max_leaves=4,
)
_numbers = iter(range(1_000_000))


@pytest.mark.timeout(300)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents, st.lists(filters, min_size=1, max_size=6), st.sampled_from([(), ("a",), ("b", "a.b")]))
async def test_a_filter_means_the_same_everywhere(
    documents: DocumentStore, contents: list[JsonObject], asked: list[Any], indexed: tuple[str, ...]
) -> None:
    name = f"run{next(_numbers)}"
    await define(documents, name, *(Index(((path, 1),)) for path in indexed))
    if contents:
        await documents.commit([Create(name, f"d{n}", fields) for n, fields in enumerate(contents)])
    there = [orjson.loads(await documents.get(name, f"d{n}") or b"") for n in range(len(contents))]
    for value in asked:
        filter_ = parse_filter(value)
        fitting = {document["id"] for document in filter(compile_filter(filter_), there)}
        page = await documents.find(name, Query(filter_, limit=100, count=True))
        assert {orjson.loads(text)["id"] for text in page.items} == fitting, value
        assert page.total == len(fitting), value
        counted = await documents.aggregate(name, parse_pipeline([{"$match": value}, {"$count": "n"}]))
        assert [orjson.loads(text)["n"] for text in counted] == [len(fitting)] * bool(fitting), value
        scanned = [orjson.loads(text)["id"] async for batch in documents.scan(name, filter_) for text in batch]
        assert scanned == sorted(fitting), value

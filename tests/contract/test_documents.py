"""What every `DocumentStore` does."""

import asyncio
import dataclasses
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenancy.errors import AlreadyExists, BadCursor, DocumentNotFound, Forbidden, QueryTooExpensive
from tenancy.model.collection import Collection, Index
from tenancy.model.ids import new_id
from tenancy.model.json import JsonObject
from tenancy.ports import DocumentStore
from tenancy.query.match import compile_filter
from tenancy.query.options import parse_sort
from tenancy.query.order import order_key
from tenancy.query.parse import parse_filter
from tenancy.query.tree import EVERYTHING, NOTHING, Compare, Query
from tenancy.writes import Create, Delete, Update
from tests.contract.conftest import Opener
from tests.contract.support import define, everything


async def test_a_document_is_what_was_written(documents: DocumentStore) -> None:
    fields: JsonObject = {"a": [1, 1.0, True, None, "ä\0", {"b": 2**63 - 1}], "": 1}
    (change,) = await documents.commit([Create("cars", "c1", fields, "ann")])
    text = await documents.get("cars", "c1")
    assert change.op == "create" and text == change.text
    read = orjson.loads(text or b"")
    assert list(read)[:5] == ["id", "createdAt", "updatedAt", "version", "owner"]
    assert {name: read[name] for name in fields} == fields
    assert repr(read["a"]) == repr(fields["a"])
    assert (read["id"], read["version"], read["owner"]) == ("c1", 1, "ann")


async def test_a_commit_is_all_or_nothing(documents: DocumentStore) -> None:
    await documents.commit([Create("cars", "c1", {"n": 1})])
    refused = [
        [Create("cars", "c2", {}), Create("cars", "c1", {})],
        [Update("cars", "c1", {"n": 2}), Delete("cars", "missing")],
        [Delete("cars", "c1"), Create("boats", "b1", {}), Update("boats", "missing", {})],
        [Create("cars", "c3", {"n": 1}), Create("cars", "c4", {"n": 1}, check=NOTHING)],
    ]
    for writes in refused:
        with pytest.raises((AlreadyExists, DocumentNotFound, Forbidden)):
            await documents.commit(writes)  # type: ignore[arg-type]
    assert [item["id"] for item in await everything(documents, "cars", Query(count=True))] == ["c1"]
    assert (await documents.find("cars", Query(count=True))).total == 1
    assert "boats" not in documents.collections()


async def test_where_hides_and_check_forbids(documents: DocumentStore) -> None:
    await documents.commit([Create("cars", "c1", {"n": 1}, "ann")])
    bobs = Compare(("owner",), "eq", "bob")
    for write in (Update("cars", "c1", {"n": 2}, where=bobs), Delete("cars", "c1", bobs)):
        with pytest.raises(DocumentNotFound):
            await documents.commit([write])
    with pytest.raises(Forbidden):
        await documents.commit([Update("cars", "c1", {"n": 2}, check=Compare(("n",), "lt", 2))])
    with pytest.raises(DocumentNotFound):  # a hidden document is not made again either
        await documents.commit([Update("cars", "c1", {}, where=bobs, otherwise=Create("cars", "c1", {}))])
    (unchanged,) = await documents.commit([Update("cars", "c1", {"n": 1})])
    assert unchanged.op is None and b'"n":1' in (unchanged.text or b"")


async def test_concurrent_commits_are_each_done_once(documents: DocumentStore) -> None:
    await documents.commit([Create("counters", "c", {})])
    done = await asyncio.gather(
        *(documents.commit([Create("cars", new_id(), {"n": n})]) for n in range(300)),
        *(documents.commit([Create("cars", "same", {"n": -n})]) for n in range(1, 20)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, AlreadyExists) for result in done) == 18
    page = await documents.find("cars", Query(limit=0, count=True))
    assert page.total == 301


async def test_a_cancelled_commit_harms_no_other(documents: DocumentStore) -> None:
    tasks = [asyncio.create_task(documents.commit([Create("cars", f"c{n}", {})])) for n in range(50)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await documents.commit([Create("cars", "last", {})])
    assert await documents.get("cars", "c1") is not None
    assert await documents.get("cars", "c49") is not None


async def test_everything_is_there_after_opening_again(engine: Opener) -> None:
    async with engine() as (documents, changes):
        await define(documents, "cars", Index((("n", 1),)), Index((("code", 1),), unique=True))
        await documents.commit(
            [Create("cars", f"c{n}", {"n": n, "code": f"k{n}", "tags": [n, n + 1]}) for n in range(10)]
        )
        head, epoch = changes.head(), changes.epoch
    async with engine() as (documents, changes):
        assert (changes.head(), changes.epoch) == (head, epoch)
        assert documents.collections()["cars"].indexes[1].unique
        assert (await documents.find("cars", Query(limit=0, count=True))).total == 10
        with pytest.raises(AlreadyExists):
            await documents.commit([Create("cars", "x", {"code": "k1"})])
        assert [change.seq for change in await changes.read(head, 10)] == []


async def test_definitions_make_and_remove_collections(documents: DocumentStore) -> None:
    await documents.commit([Create("cars", "c1", {})])
    assert documents.collections()["cars"] == Collection("cars")
    await documents.commit([Delete("_collections", "cars")])
    assert "cars" not in documents.collections()
    assert await documents.get("cars", "c1") is None
    assert (await documents.find("cars", Query(count=True))).total == 0
    assert (await documents.usage())[0] == 0


async def test_a_query_that_examines_too_much_is_stopped_with_advice(documents: DocumentStore) -> None:
    for start in range(0, 2100, 300):
        writes = [Create("cars", f"c{n}", {"n": n, "b": {"c": n % 3}}) for n in range(start, start + 300)]
        await documents.commit(writes)
    query = Query(parse_filter({"b.c": 5}), parse_sort("-n"))
    with pytest.raises(QueryTooExpensive) as refused:
        await documents.find("cars", query)
    assert "b.c, -n" in refused.value.next_step
    await define(documents, "cars", Index((("b.c", 1), ("n", -1))))
    assert (await documents.find("cars", query)).items == []
    ordered = await everything(documents, "cars", Query(parse_filter({"b.c": 1}), parse_sort("-n"), limit=100))
    assert [item["n"] for item in ordered] == [n for n in range(2099, -1, -1) if n % 3 == 1]


async def test_a_strange_cursor_is_refused(documents: DocumentStore) -> None:
    await documents.commit([Create("cars", f"c{n}", {"n": n}) for n in range(3)])
    page = await documents.find("cars", Query(limit=1))
    assert page.next is not None
    with pytest.raises(BadCursor):
        await documents.find("cars", Query(parse_filter({"n": 1}), limit=1, after=page.next))


keys = st.sampled_from(["a", "b", "c"])
leaves = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, 2**53 + 1, "", "x", "y", "x\0"])
inner = st.lists(leaves, max_size=3) | st.dictionaries(keys, leaves, max_size=2)
stored = st.dictionaries(keys, leaves | inner | st.lists(inner, max_size=2), max_size=3)
paths = st.sampled_from(["a", "b", "c", "a.b", "b.a", "a.0", "c.a"])
operators = st.one_of(
    (leaves | inner).map(lambda value: {"$eq": value}),
    st.tuples(st.sampled_from(["$gt", "$gte", "$lt", "$lte", "$ne"]), leaves).map(lambda pair: dict([pair])),
    st.lists(leaves, max_size=3).map(lambda value: {"$in": value}),
    st.booleans().map(lambda value: {"$exists": value}),
)
conditions = st.dictionaries(paths, operators, min_size=1, max_size=2)
filters: st.SearchStrategy[Any] = (
    conditions | st.tuples(conditions, conditions).map(lambda pair: {"$or": list(pair)}) | st.just({})
)
sorts = st.sampled_from(["", "a", "-a", "b,-c", "-a.b", "id", "-id", "-b,a", "-createdAt"])
INDEXES = (
    Index((("a", 1),)), Index((("b", 1), ("c", -1))), Index((("a.b", -1),)), Index((("b", -1), ("a", 1))), Index((("c", 1),)),
)  # fmt: skip


@pytest.fixture(scope="module")
def case() -> dict[str, int]:
    return {"number": 0}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(stored, max_size=12), filters, sorts, st.integers(1, 5), st.sets(st.sampled_from(INDEXES)))
async def test_lists_are_what_the_matcher_and_the_order_say(
    documents: DocumentStore, case: dict[str, int], contents: list[JsonObject], filter_: Any, sort: str, limit: int,
    indexes: set[Index],
) -> None:  # fmt: skip
    """Whatever the indexes: the same documents in the same order, page by page, and the same total."""
    case["number"] += 1
    name = f"run{case['number']}"
    await define(documents, name, *indexes)
    if contents:
        await documents.commit([Create(name, f"d{n}", fields) for n, fields in enumerate(contents)])
        await documents.commit([Update(name, "d0", {"a": "changed"}), Update(name, "d0", contents[0], overwrite=True)])
    contents_now = [orjson.loads(await documents.get(name, f"d{n}") or b"") for n in range(len(contents))]
    query = Query(parse_filter(filter_), parse_sort(sort), limit, count=True)
    expected = sorted(
        filter(compile_filter(query.filter), contents_now), key=lambda document: order_key(document, query.total_order)
    )
    assert await everything(documents, name, query) == expected
    assert (await documents.find(name, query)).total == len(expected)
    assert (await documents.find(name, dataclasses.replace(query, filter=EVERYTHING))).total == len(contents)


async def test_an_empty_array_sorts_first_with_and_without_an_index(documents: DocumentStore) -> None:
    """Found by the property above: an index that held only the whole array's key put it last."""
    for name, indexes in (("plain", ()), ("indexed", (Index((("a", 1),)),))):
        await define(documents, name, *indexes)
        contents: list[JsonObject] = [{}, {"a": []}, {"a": [2]}, {"a": 1}, {"a": "x"}]
        await documents.commit([Create(name, f"d{n}", fields) for n, fields in enumerate(contents)])
        ordered = await everything(documents, name, Query(sort=parse_sort("a"), limit=2))
        assert [item["id"] for item in ordered] == ["d1", "d0", "d3", "d2", "d4"]

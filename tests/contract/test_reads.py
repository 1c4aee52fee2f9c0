"""What every `DocumentStore` and `ChangeLog` answers beside lists: scans, verdicts, pipelines, explanations, history."""

import asyncio
from contextlib import aclosing
from typing import Any

import orjson
import pytest

from tenancy.errors import BadPipeline, Invalid, QueryTooExpensive
from tenancy.model.collection import Index
from tenancy.model.json import Json
from tenancy.ports import ChangeLog, CursorGoneError, DocumentStore
from tenancy.query.aggregate.parse import parse_pipeline
from tenancy.query.options import parse_fields, parse_sort
from tenancy.query.parse import parse_filter
from tenancy.query.tree import EVERYTHING, Query
from tenancy.writes import Create, Delete, Update
from tests.contract.conftest import Opener
from tests.contract.support import define, everything


async def _aggregate(documents: DocumentStore, collection: str, pipeline: Json) -> list[Any]:
    return [orjson.loads(text) for text in await documents.aggregate(collection, parse_pipeline(pipeline))]


async def test_offset_passes_over(documents: DocumentStore) -> None:
    await documents.commit([Create("cars", f"c{n:02}", {"n": n, "m": n % 5}) for n in range(30)])
    for indexes in ((), (Index((("n", -1),)), Index((("m", 1),)))):
        await define(documents, "cars", *indexes)
        filters: list[Json] = [{}, {"m": {"$gte": 1}}]
        for filter_ in filters:
            whole = await everything(documents, "cars", Query(parse_filter(filter_), parse_sort("-n"), limit=1000))
            for offset in (0, 1, 7, 24, 100):
                query = Query(parse_filter(filter_), parse_sort("-n"), limit=5, offset=offset)
                page = await documents.find("cars", query)
                assert [orjson.loads(text) for text in page.items] == whole[offset : offset + 5]
                assert (page.next is None) == (offset + 5 >= len(whole))


async def test_fields_are_kept_or_left_out(documents: DocumentStore) -> None:
    await documents.commit([Create("cars", "c1", {"b": {"x": 1, "y": 2}, "a": [{"x": 1}, 5, {"z": 1}]})])
    for fields, shown in (
        ("b.x,a.x", {"id": "c1", "b": {"x": 1}, "a": [{"x": 1}, {}]}),
        ("-b.x,-createdAt,-updatedAt,-version,-owner,-a", {"id": "c1", "b": {"y": 2}}),
    ):
        page = await documents.find("cars", Query(fields=parse_fields(fields)))
        assert [orjson.loads(text) for text in page.items] == [shown]


async def test_an_explanation_tells_how_a_list_is_read(documents: DocumentStore) -> None:
    await documents.commit([Create("cars", f"c{n:03}", {"n": n, "m": n % 5}) for n in range(300)])
    query = Query(parse_filter({"m": 3}), parse_sort("-n"), limit=10)
    bare = await documents.explain("cars", query)
    assert (bare.ordered, bare.examined, bare.returned) == (False, 300, 10)
    assert bare.suggestion == ["m", "-n"]
    await define(documents, "cars", Index((("m", 1), ("n", -1))))
    served = await documents.explain("cars", query)
    assert (served.index, served.ordered, served.exact, served.ranges) == ("m,-n", True, True, 1)
    assert served.examined <= 11 and served.suggestion is None
    inexact = await documents.explain(
        "cars", Query(parse_filter({"m": 3, "n": {"$mod": [2, 0]}}), parse_sort("-n"), limit=3)
    )
    assert (inexact.index, inexact.exact) == ("m,-n", False)
    assert (await documents.explain("nothing", query)).examined == 0


async def test_a_scan_gives_everything_by_id(documents: DocumentStore) -> None:
    await documents.commit([Create("cars", f"c{n:04}", {"n": n, "s": "x" * (n % 3)}) for n in range(1000)])
    await documents.commit([Create("cars", f"c{n:04}", {"n": n}) for n in range(1000, 1300)])
    seen: list[int] = []
    async with aclosing(documents.scan("cars", EVERYTHING)) as batches:
        async for batch in batches:
            seen += [orjson.loads(text)["n"] for text in batch]
    assert seen == list(range(1300))
    fitting = parse_filter({"$or": [{"s": {"$regex": "^xx$"}}, {"n": 1299}]})
    async with aclosing(documents.scan("cars", fitting)) as batches:
        found = [orjson.loads(text)["n"] async for batch in batches for text in batch]
    assert found == [n for n in range(1300) if (n < 1000 and n % 3 == 2) or n == 1299]
    async with aclosing(documents.scan("cars", EVERYTHING)) as batches:
        assert await anext(batches)  # and is closed early
    async with aclosing(documents.scan("nothing", EVERYTHING)) as batches:
        assert [batch async for batch in batches] == []


async def test_a_schema_is_judged_before_it_is_taken(documents: DocumentStore) -> None:
    await documents.commit([Create("cars", f"c{n}", {"n": n if n % 4 else str(n)}) for n in range(20)])
    verdict = await documents.judge("cars", {"properties": {"n": {"type": "integer"}}}, 2)
    assert (verdict.documents, verdict.rejected, [id for id, _ in verdict.first]) == (20, 5, ["c0", "c12"])
    assert verdict.first[0][1][0].path == "/n"
    assert (await documents.judge("nothing", {}, 2)).documents == 0
    with pytest.raises(Invalid):
        await documents.judge("cars", {"type": "nonsense"}, 2)


async def test_pipelines(documents: DocumentStore) -> None:
    await documents.commit([Create("makers", f"m{n}", {"name": f"maker {n}"}) for n in range(3)])
    await documents.commit(
        [Create("cars", f"c{n:02}", {"n": n, "maker": f"m{n % 4}", "tags": [n % 2, "x"]}) for n in range(20)]
    )
    pipeline: Json = [
        {"$match": {"n": {"$gte": 4}}}, {"$group": {"_id": "$maker", "sum": {"$sum": "$n"}, "n": {"$count": {}}}},
        {"$sort": {"_id": 1}},
    ]  # fmt: skip
    expected = [{"_id": f"m{m}", "sum": sum(range(4 + m, 20, 4)), "n": 4} for m in range(4)]
    for indexes in ((), (Index((("n", 1),)), Index((("tags", 1),)), Index((("maker", 1),)))):
        await define(documents, "cars", *indexes)
        assert await _aggregate(documents, "cars", pipeline) == expected
        assert await _aggregate(documents, "cars", [{"$match": {"tags": 1}}, {"$count": "n"}]) == [{"n": 10}]
        joined = await _aggregate(
            documents, "makers",
            [{"$lookup": {"from": "cars", "localField": "id", "foreignField": "maker", "as": "cars"}},
             {"$sort": {"id": 1}}, {"$project": {"cars.n": 1}}],
        )  # fmt: skip
        assert [[car["n"] for car in item["cars"]] for item in joined] == [list(range(m, 20, 4)) for m in range(3)]
        first = await _aggregate(documents, "cars", [{"$sort": {"n": -1}}, {"$limit": 2}, {"$project": {"n": 1}}])
        assert [item["n"] for item in first] == [19, 18]
    assert await _aggregate(documents, "nothing", [{"$count": "n"}]) == []
    with pytest.raises(BadPipeline):
        await _aggregate(documents, "cars", [{"$project": {"x": {"$add": ["$maker", 1]}}}])


async def test_a_pipeline_that_examines_too_much_is_stopped(documents: DocumentStore) -> None:
    for start in range(0, 2100, 700):
        await documents.commit([Create("cars", f"c{n}", {"n": n}) for n in range(start, start + 700)])
    with pytest.raises(QueryTooExpensive):
        await _aggregate(documents, "cars", [{"$group": {"_id": "$n"}}])
    await define(documents, "cars", Index((("n", 1),)))
    assert await _aggregate(documents, "cars", [{"$match": {"n": {"$lt": 50}}}, {"$count": "n"}]) == [{"n": 50}]


async def test_a_list_in_order_is_stopped_where_too_much_does_not_fit(documents: DocumentStore) -> None:
    for start in range(0, 2100, 700):
        await documents.commit(
            [Create("cars", f"c{n:04}", {"n": n, "odd": n % 2 == 1}) for n in range(start, start + 700)]
        )
    odd = Query(parse_filter({"odd": True}), parse_sort("id"), limit=50)
    assert len((await documents.find("cars", odd)).items) == 50
    nothing: list[Json] = [{"odd": 5}, {"odd": {"$regex": "x"}}, {"n": {"$mod": [5000, 4000]}}]
    for never in nothing:
        with pytest.raises(QueryTooExpensive):
            await documents.find("cars", Query(parse_filter(never), parse_sort("id")))


async def test_the_history_of_a_document(documents: DocumentStore, changes: ChangeLog) -> None:
    await documents.commit([Create("cars", "other", {})])
    before = changes.head()
    await documents.commit([Create("cars", "c1", {"n": 1})])
    made = changes.head()
    await asyncio.sleep(0.005)
    await documents.commit([Update("cars", "c1", {"n": 2})])
    await documents.commit([Delete("cars", "c1")])
    newest, middle, oldest = await changes.history("cars", "c1", 10)
    assert [newest.op, middle.op, oldest.op] == ["delete", "update", "create"]
    assert (newest.before, middle.before) == (middle.after, oldest.after)
    assert [change.op for change in await changes.history("cars", "c1", 1)] == ["delete"]
    assert await changes.history("cars", "nobody", 10) == []
    changed = await changes.as_of("cars", "c1", made, by_seq=True)
    assert changed == middle
    assert await changes.as_of("cars", "c1", before, by_seq=True) == oldest
    assert await changes.as_of("cars", "c1", changes.head(), by_seq=True) is None
    assert await changes.as_of("cars", "c1", oldest.at, by_seq=False) == middle
    assert await changes.as_of("cars", "c1", newest.at, by_seq=False) is None


async def test_a_moment_before_the_log_begins_is_said_to_be_gone(engine: Opener) -> None:
    async with engine() as (documents, changes):
        for start in range(0, 1200, 100):
            await documents.commit([Create("cars", f"c{n}", {}) for n in range(start, start + 100)])
        for by_seq in (True, False):
            with pytest.raises(CursorGoneError):
                await changes.as_of("cars", "c1", 1, by_seq=by_seq)
        assert await changes.as_of("cars", "c1", changes.head() - 10, by_seq=True) is None


async def test_usage_counts_what_clients_have(documents: DocumentStore) -> None:
    await documents.commit([Create("cars", "c1", {}), Create("_hidden", "x", {}), Create("boats", "b1", {})])
    count, size = await documents.usage()
    assert count == 2 and size > 0

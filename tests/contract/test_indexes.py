"""What every `DocumentStore` does with indexes: unique, partial, expiring, and those over documents that are there."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tenancy.errors import AlreadyExists
from tenancy.model.collection import Index
from tenancy.model.json import Json, JsonObject
from tenancy.ports import DocumentStore
from tenancy.query.options import parse_sort
from tenancy.query.parse import parse_filter
from tenancy.query.tree import Query
from tenancy.writes import Create, Delete, Update
from tests.contract.conftest import Opener
from tests.contract.support import declare, define, everything

UNIQUE = Index((("code", 1),), unique=True)


async def test_unique_values_are_in_one_document(documents: DocumentStore) -> None:
    await define(documents, "cars", UNIQUE)
    await documents.commit(
        [Create("cars", "c1", {"code": "k"}), Create("cars", "none", {}), Create("cars", "nil", {"code": None})]
    )
    values: list[Json] = ["k", ["x", "k"], ["k"]]
    for value in values:
        with pytest.raises(AlreadyExists) as refused:
            await documents.commit([Create("cars", "c2", {"code": value})])
        assert (refused.value.places[0].path, "code" in refused.value.detail) == ("/code", True)
        assert "c1" not in str(refused.value.detail)
    await documents.commit([Update("cars", "c1", {"code": ["k", "k", "l"]})])
    await documents.commit([Create("cars", "c2", {"code": 1})])
    with pytest.raises(AlreadyExists):
        await documents.commit([Create("cars", "c3", {"code": 1.0})])
    await documents.commit([Create("cars", "c3", {"code": True}), Create("cars", "c4", {"code": "1"})])
    await documents.commit([Delete("cars", "c1"), Create("cars", "c5", {"code": "k"})])
    with pytest.raises(AlreadyExists):  # write by write: the value is taken at that moment
        await documents.commit([Update("cars", "c2", {"code": "k"}), Update("cars", "c5", {"code": 1})])


async def test_a_unique_index_of_two_fields(documents: DocumentStore) -> None:
    await define(documents, "cars", Index((("a", 1), ("b", -1)), unique=True))
    await documents.commit([Create("cars", "c1", {"a": 1}), Create("cars", "c2", {"b": 1}), Create("cars", "c3", {})])
    await documents.commit([Create("cars", "c4", {"a": 1, "b": 1}), Create("cars", "c5", {"x": 1})])
    for fields in ({"a": 1}, {"a": 1, "b": None}, {"b": 1}, {"a": [2, 1], "b": [1]}):
        with pytest.raises(AlreadyExists):
            await documents.commit([Create("cars", "c9", fields)])  # type: ignore[arg-type]


async def test_concurrent_creates_of_a_unique_value_make_one(documents: DocumentStore) -> None:
    await define(documents, "cars", UNIQUE)
    done = await asyncio.gather(
        *(documents.commit([Create("cars", f"c{n}", {"code": n % 3})]) for n in range(30)), return_exceptions=True
    )
    assert sum(isinstance(result, AlreadyExists) for result in done) == 27


async def test_an_index_is_built_over_what_is_there_while_writes_go_on(documents: DocumentStore) -> None:
    await documents.commit([Create("cars", f"a{n:04}", {"n": n, "tags": [n % 7, "x"]}) for n in range(600)])
    await declare(documents, "cars", Index((("n", -1),)), Index((("tags", 1),)))
    for n in range(20):
        await documents.commit(
            [
                Update("cars", f"a{n * 29:04}", {"n": -n}),
                Create("cars", f"b{n}", {"n": n}),
                Delete("cars", f"a{n * 29 + 1:04}"),
            ]
        )
    await documents.settle("cars")
    assert [status.built for status in documents.indexes("cars")] == [None, None]
    query = Query(sort=parse_sort("n"), limit=200, count=True)
    found = await everything(documents, "cars", query)
    assert [item["n"] for item in found] == sorted(item["n"] for item in found)
    kept = {f"a{n:04}" for n in range(600)} - {f"a{n * 29 + 1:04}" for n in range(20)} | {f"b{n}" for n in range(20)}
    assert {item["id"] for item in found} == kept
    assert (len(found), (await documents.find("cars", query)).total) == (600, 600)
    explained = await documents.explain("cars", query)
    assert (explained.index, explained.ordered) == ("-n", True)
    tagged = Query(parse_filter({"tags": 3}), parse_sort("x"), limit=1000, count=True)
    assert {item["id"] for item in await everything(documents, "cars", tagged)} == {
        item["id"] for item in found if 3 in item.get("tags", [])
    }
    assert (await documents.explain("cars", tagged)).index == "tags"


async def test_a_unique_index_that_cannot_be_is_given_up(documents: DocumentStore) -> None:
    await documents.commit([Create("cars", f"c{n}", {"code": n % 299}) for n in range(300)])
    with pytest.raises(AlreadyExists):
        await define(documents, "cars", UNIQUE, Index((("n", 1),)))
    assert documents.collections()["cars"].indexes == (Index((("n", 1),)),)
    await documents.settle("cars")
    await documents.commit([Create("cars", "more", {"code": 1}), Update("cars", "c299", {"code": 1000})])
    await documents.commit([Update("cars", "more", {"code": 2000})])
    await define(documents, "cars", UNIQUE)
    with pytest.raises(AlreadyExists):
        await documents.commit([Create("cars", "yet", {"code": 1000})])


async def test_an_index_that_is_removed_and_comes_back(engine: Opener) -> None:
    async with engine() as (documents, _):
        await define(documents, "cars", UNIQUE, Index((("tags", 1),)))
        await documents.commit([Create("cars", f"c{n}", {"code": n, "tags": [n, n + 1]}) for n in range(5)])
        await define(documents, "cars")
        await documents.commit([Create("cars", "same", {"code": 1}), Delete("cars", "c1")])
        await define(documents, "cars", UNIQUE, Index((("tags", 1),)))
    async with engine() as (documents, _):
        with pytest.raises(AlreadyExists):
            await documents.commit([Create("cars", "again", {"code": 1})])
        found = await everything(documents, "cars", Query(parse_filter({"tags": 3})))
        assert {item["id"] for item in found} == {"c2", "c3"}


async def test_a_partial_index_holds_what_fits_and_serves_who_asks_for_it(documents: DocumentStore) -> None:
    where = b'{"sold": false}'
    contents: list[JsonObject] = [{"n": n % 10, "sold": n % 2 == 0} for n in range(40)]
    await documents.commit([Create("cars", f"c{n:02}", fields) for n, fields in enumerate(contents)])
    await define(documents, "cars", Index((("n", 1),), where=where))
    query = Query(parse_filter({"sold": False, "n": {"$gte": 5}}), parse_sort("n"), limit=7)
    assert (await documents.explain("cars", query)).index == "n"
    assert len(await everything(documents, "cars", query)) == 12
    assert (await documents.explain("cars", Query(parse_filter({"n": {"$gte": 5}})))).index != "n"
    await documents.commit([Update("cars", "c00", {"sold": False, "n": 9}), Update("cars", "c05", {"sold": True})])
    ids = {item["id"] for item in await everything(documents, "cars", query)}
    assert "c00" in ids and "c05" not in ids


async def test_a_partial_unique_index_binds_what_fits(documents: DocumentStore) -> None:
    await define(documents, "cars", Index((("code", 1),), unique=True, where=b'{"live": true}'))
    await documents.commit([Create("cars", f"c{n}", {"code": 1}) for n in range(3)])
    await documents.commit([Update("cars", "c0", {"live": True})])
    with pytest.raises(AlreadyExists):
        await documents.commit([Update("cars", "c1", {"live": True})])


async def test_documents_expire_by_the_time_in_their_field(documents: DocumentStore) -> None:
    def moment(seconds: float) -> str:
        return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()

    past, future = moment(-100), moment(100)
    await documents.commit(
        [
            Create("codes", "over", {"until": past}), Create("codes", "lives", {"until": future}),
            Create("codes", "several", {"until": [future, past]}), Create("codes", "no time", {"until": "soon"}),
            Create("codes", "number", {"until": 5}), Create("codes", "none", {}),
        ]
    )  # fmt: skip
    await define(documents, "codes", Index((("until", 1),), expire_after_s=10))
    async with asyncio.timeout(30):
        while await documents.get("codes", "over") is not None:
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.2)
    ids = {item["id"] for item in await everything(documents, "codes", Query())}
    assert ids == {"lives", "no time", "number", "none"}


async def test_many_values_of_in_and_long_keys(documents: DocumentStore) -> None:
    await define(documents, "cars", Index((("n", 1),)), Index((("s", -1),)))
    await documents.commit([Create("cars", f"c{n:03}", {"n": n, "s": "ÿ\0\U0001f600" * n}) for n in range(200)])
    query = Query(parse_filter({"n": {"$in": [*range(0, 400, 2), "x", True]}}), limit=1000, count=True)
    page = await documents.find("cars", query)
    assert (len(page.items), page.total) == (100, 100)
    ordered = await everything(documents, "cars", Query(sort=parse_sort("-s"), limit=50))
    assert [item["n"] for item in ordered] == list(range(199, -1, -1))

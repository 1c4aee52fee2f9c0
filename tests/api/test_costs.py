"""A request costs about what its size allows: nothing small makes something huge."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from server.http.response import Chunks
from tenancy.errors import Invalid, TooLarge
from tenancy.model.collection import Index
from tenancy.model.schema import check_schema, compile_schema
from tenancy.query.aggregate.meter import Meter, OutOfTimeError
from tenancy.query.aggregate.parse import parse_pipeline
from tenancy.query.aggregate.run import run_pipeline
from tenancy.query.apply import apply_update
from tenancy.query.update import parse_update
from tenancy.stores.common.catalog import IndexState
from tests.support.app import Tenant, User
from tests.support.problems import assert_problem
from tests.wire.raw import GET, served


async def _collection(tenant: Tenant, **definition: Any) -> None:
    response = await tenant.http.post("/api/collections", json={"name": "notes", **definition}, headers=tenant.key)
    assert response.status_code == 201, response.text


async def test_keys_are_counted_before_they_are_made() -> None:
    """A thousand elements in each of six fields make more keys than there are atoms."""
    known = IndexState(1, Index(tuple((name, 1) for name in "abcdef")))
    with pytest.raises(Invalid):
        known.prefixes({"id": "x", **{name: list(range(1000)) for name in "abcdef"}})


async def test_keys_are_bounded_in_bytes() -> None:
    known = IndexState(1, Index((("tags", 1), ("title", 1))))
    with pytest.raises(Invalid):
        known.prefixes({"id": "x", "tags": list(range(900)), "title": "x" * 900_000})


async def test_a_document_with_too_many_keys_is_refused_and_harms_nothing(tenant: Tenant, user: User) -> None:
    await _collection(tenant, indexes=[{"fields": ["a", "b"]}])
    body = {"id": "n1", "a": list(range(100)), "b": list(range(100))}
    refused = await tenant.http.post("/api/data/notes", json=body, headers=user.auth)
    assert_problem(refused, "invalid_request")
    listed = await tenant.http.get("/api/data/notes?count=true", headers=user.auth)
    assert listed.json()["total"] == 0


@pytest.mark.parametrize("value", ["x" * 500_000, 0])
def test_every_element_is_written_within_bounds(value: object) -> None:
    """500 kB to each of 100,000 elements would be 50 GB."""
    body: Any = {"$set": {f"a.$[].x{number}": value for number in range(100)}}
    with pytest.raises(TooLarge):
        apply_update({"a": [{} for _ in range(100_000)]}, parse_update(body))


def test_many_keys_of_a_sort_are_refused() -> None:
    body: Any = {"$push": {"a": {"$each": [], "$sort": {f"k{number}": 1 for number in range(7)}}}}
    with pytest.raises(Invalid):
        parse_update(body)


async def test_a_texts_words_are_replaced_in_linear_time(tenant: Tenant, user: User) -> None:
    await _collection(tenant, indexes=[{"fields": ["text"], "text": True}])
    first, second = (" ".join(f"{letter}{number}" for number in range(15_000)) for letter in "ab")
    await tenant.create("notes", user, id="n1", text=first)
    begun = time.perf_counter()
    changed = await tenant.http.patch("/api/data/notes/n1", json={"text": second}, headers=user.auth)
    assert changed.status_code == 200, changed.text
    assert time.perf_counter() - begun < 2


async def test_a_batch_changes_one_large_document_a_few_times_at_most(tenant: Tenant, user: User) -> None:
    """100 kB of operations would answer 900 MB, and write twice that into the log."""
    await tenant.create("notes", user, id="n1", n=0, text="x" * 900_000)
    change = {"op": "update", "collection": "notes", "id": "n1", "data": {"$inc": {"n": 1}}}
    refused = await tenant.http.post("/api/batch", json={"operations": [change] * 1000}, headers=user.auth)
    assert_problem(refused, "too_large")
    known = await tenant.http.get("/api/data/notes/n1?fields=n", headers=user.auth)
    assert known.json()["n"] == 0


async def test_a_history_is_as_long_as_its_bytes_allow(tenant: Tenant, user: User) -> None:
    await tenant.create("notes", user, id="n1", n=0, text="x" * 900_000)
    change = {"op": "update", "collection": "notes", "id": "n1", "data": {"$inc": {"n": 1}}}
    done = await tenant.http.post("/api/batch", json={"operations": [change] * 30}, headers=user.auth)
    assert done.status_code == 200
    history = await tenant.http.get("/api/data/notes/n1/history?limit=1000", headers=user.auth)
    assert 1 < len(history.json()["items"]) < 20


async def test_an_index_that_a_document_cannot_be_in_is_given_up(tenant: Tenant, user: User) -> None:
    """It was tried for ever, and nothing else that is done beside the writes was done any more."""
    await tenant.create("notes", user, id="n1", tags=list(range(2000)))
    indexes = [{"fields": ["tags"]}, {"fields": ["n"]}]
    refused = await tenant.http.patch("/api/collections/notes", json={"indexes": indexes}, headers=tenant.key)
    assert_problem(refused, "invalid_request")
    known = await tenant.http.get("/api/collections/notes", headers=tenant.key)
    assert known.json()["indexes"] == [{"fields": ["n"], "state": "ready"}]


@asynccontextmanager
async def free_loop() -> AsyncIterator[None]:
    """The loop, which is the server's and the test's, gets turns while something goes on."""
    turns = 0

    async def watch() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.005)
            turns += 1

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
    assert turns >= 5


async def test_arrays_that_multiply_do_not_hold_the_loop(tenant: Tenant, user: User) -> None:
    """One document of 10 kB is a million, and one of 1 MiB would take a day."""
    await tenant.create("notes", user, a=list(range(1000)), b=list(range(1000)))
    pipeline = [{"$unwind": "$a"}, {"$unwind": "$b"}, {"$count": "n"}]
    async with free_loop():
        found = await tenant.http.post("/api/data/notes/aggregate", json={"pipeline": pipeline}, headers=user.auth)
    assert found.json() == {"items": [{"n": 1_000_000}]}


def test_a_pipeline_ends_when_its_time_is_over() -> None:
    stages = parse_pipeline([{"$unwind": "$a"}, {"$unwind": "$a"}, {"$unwind": "$b"}, {"$count": "n"}])
    documents: list[Any] = [{"a": list(range(100_000)), "b": list(range(100_000))}]
    with pytest.raises(OutOfTimeError):
        run_pipeline(documents, stages, lambda *_: [], Meter(time.perf_counter() + 0.1))


async def test_what_is_joined_is_bounded(tenant: Tenant, user: User) -> None:
    """60 documents of 100 kB, joined to each of 100 others, would be 600 MB."""
    await tenant.http.post("/api/data/large", json=[{"k": 1, "text": "x" * 15_000}] * 60, headers=user.auth)
    for _ in range(2):
        await tenant.http.post("/api/data/notes", json=[{"k": 1}] * 400, headers=user.auth)
    lookup = {"$lookup": {"from": "large", "localField": "k", "foreignField": "k", "as": "found"}}
    async with free_loop():
        refused = await tenant.http.post("/api/data/notes/aggregate", json={"pipeline": [lookup]}, headers=user.auth)
    assert_problem(refused, "query_too_expensive")


async def test_many_conditions_on_a_large_document_do_not_hold_the_loop(tenant: Tenant, user: User) -> None:
    await tenant.create("notes", user, a=list(range(8_000)))
    parts = [{"a": {"$not": {"$elemMatch": {"$gt": number + 5, "$lt": 3}}}} for number in range(90)]
    async with free_loop():
        found = await tenant.http.post("/api/data/notes/query", json={"filter": {"$and": parts}}, headers=user.auth)
    assert len(found.json()["items"]) == 1


async def test_large_documents_make_short_pages(tenant: Tenant, user: User) -> None:
    """A thousand of them would be a gigabyte; the cursor goes on where the page ends."""
    for number in range(12):
        await tenant.create("notes", user, id=f"n{number:02}", n=number, text="x" * 1_000_000)
    for sort in ("id", "-n"):
        seen: list[str] = []
        cursor, pages = "", 0
        while cursor is not None:
            params = {"sort": sort, "limit": "1000", **({"cursor": cursor} if cursor else {})}
            page = await tenant.http.get("/api/data/notes", params=params, headers=user.auth)
            assert 0 < len(page.content) < 9_000_000
            seen += [item["id"] for item in page.json()["items"]]
            cursor, pages = page.json()["next"], pages + 1
        assert sorted(seen) == [f"n{number:02}" for number in range(12)]
        assert pages == 2


async def test_references_are_bounded_in_bytes(tenant: Tenant, user: User) -> None:
    """A thousand times the same document is a thousand times its text."""
    await tenant.create("large", user, id="one", text="x" * 900_000)
    await tenant.create("notes", user, id="n1", ids=["one"] * 1000)
    refused = await tenant.http.get("/api/data/notes/n1?expand=ids:large", headers=user.auth)
    assert_problem(refused, "invalid_request")


async def test_conditions_on_every_element_do_not_hold_the_loop(tenant: Tenant, user: User) -> None:
    await tenant.create("notes", user, id="n1", a=list(range(90_000)))
    body = {"$pull": {"a": {"$nin": [], "$not": {"$in": list(range(100_000, 100_100))}, "$lt": -1}}}
    async with free_loop():
        done = await tenant.http.patch("/api/data/notes/n1", json=body, headers=user.auth)
    assert len(done.json()["a"]) == 90_000


async def test_an_answer_in_pieces_ends_with_its_client() -> None:
    """An export that nobody reads any more goes on to the last document, and its snapshot keeps the log growing."""
    made, ended = 0, asyncio.Event()

    async def pieces() -> AsyncGenerator[bytes, None]:
        nonlocal made
        for _ in range(2000):
            made += 1
            yield b"x" * 100_000
            await asyncio.sleep(0)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await (await Chunks.begun(200, pieces(), [])).send(scope, send)
        finally:
            ended.set()

    async with served(app) as server:
        client = await server.client()
        client.send(GET)
        await asyncio.sleep(0.1)
        client.writer.transport.abort()
        await ended.wait()
    assert made < 1000


def test_a_schemas_work_on_a_document_is_bounded() -> None:
    """A fraction held against 8000 integers takes 20 ms: a document of 4 kB would take 40 s, in which no thread runs."""
    schema: Any = {"properties": {"a": {"items": {"not": {"enum": list(range(8000))}}}}}
    validate = compile_schema(check_schema(schema))
    assert validate({"a": [1.5] * 10}) == []
    (place,) = validate({"a": [1.5] * 1000})
    assert "too many values" in place.message

"""A request costs about what its size allows: nothing small makes something huge."""

import time
from typing import Any

import pytest

from tenancy.errors import Invalid, TooLarge
from tenancy.model.collection import Index
from tenancy.query.apply import apply_update
from tenancy.query.update import parse_update
from tenancy.stores.common.catalog import IndexState
from tests.support.app import Tenant, User
from tests.support.problems import assert_problem


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

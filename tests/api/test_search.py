"""Full-text search."""

import asyncio
from typing import Any

import pytest

from tests.support.app import Tenant, User
from tests.support.problems import assert_problem
from tests.support.sockets import socket

TEXTS: dict[str, dict[str, Any]] = {
    "a": {"title": "Hot Coffee", "body": "A warm drink from roasted beans."},
    "b": {"title": "Tea", "body": "A hot drink; café au lait is none."},
    "c": {"title": "Cold brew coffee", "tags": ["Decaf", "iced"]},
    "d": {"title": 5, "body": ["Übergröße", "東京の珈琲"]},
}


async def _filled(tenant: Tenant, user: User) -> None:
    index = {"fields": ["title", "body", "tags"], "text": True}
    made = await tenant.http.post("/api/collections", json={"name": "drinks", "indexes": [index]}, headers=tenant.key)
    assert made.status_code == 201, made.text
    for id, fields in TEXTS.items():
        await tenant.create("drinks", user, id=id, **fields)


@pytest.mark.parametrize(
    ("search", "ids"),
    [
        ("coffee", "ac"), ("COFFEE hot", "a"), ("hot", "ab"), ('"hot drink"', "b"), ("coffee -decaf", "a"),
        ("cof*", "ac"), ("co*", "ac"), ("cafe", "b"), ("café", "b"), ("ubergrosse", "d"), ("drink hot -tea", "a"),
        ('"drink hot"', ""), ("東京", "d"), ("京東", ""), ("珈琲", "d"), ("5", ""), ("iced", "c"), ("none", "b"),
        ('"warm dri*"', ""), ("roasted-beans", "a"),
    ],
)  # fmt: skip
async def test_a_search_finds_words(tenant: Tenant, user: User, search: str, ids: str) -> None:
    await _filled(tenant, user)
    body = {"filter": {"$text": {"$search": search}}, "sort": "id", "count": True}
    found = (await tenant.http.post("/api/data/drinks/query", json=body, headers=user.auth)).json()
    assert ("".join(item["id"] for item in found["items"]), found["total"]) == (ids, len(ids))


async def test_a_search_reads_through_its_index_and_goes_with_other_conditions(tenant: Tenant, user: User) -> None:
    await _filled(tenant, user)
    rows = [{"title": f"filler number{n}"} for n in range(600)]
    await tenant.http.post("/api/data/drinks", json=rows, headers=user.auth)
    body = {"filter": {"$text": {"$search": "coffee"}, "title": {"$regex": "^Cold"}}}
    found = (await tenant.http.post("/api/data/drinks/query", json=body, headers=user.auth)).json()["items"]
    assert [item["id"] for item in found] == ["c"]
    told = (await tenant.http.post("/api/data/drinks/query?explain=true", json=body, headers=tenant.key)).json()
    assert (told["index"], told["examined"]) == ("title,body,tags", 2)
    await tenant.http.patch("/api/data/drinks/c", json={"title": "Cold water", "tags": None}, headers=user.auth)
    assert (await tenant.http.post("/api/data/drinks/query", json=body, headers=user.auth)).json()["items"] == []
    grouped = [{"$match": {"$text": {"$search": "hot"}}}, {"$count": "n"}]
    counted = await tenant.http.post("/api/data/drinks/aggregate", json={"pipeline": grouped}, headers=user.auth)
    assert counted.json()["items"] == [{"n": 2}]


async def test_a_search_is_a_live_query(tenant: Tenant, user: User) -> None:
    await _filled(tenant, user)
    async with socket(tenant, user) as opened:
        await opened.say(
            "subscribe", id="s", collection="drinks", filter={"$text": {"$search": "coffee"}}, snapshot=True
        )
        assert {item["id"] for item in (await opened.hear("subscribed"))["items"]} == {"a", "c"}
        await tenant.create("drinks", user, id="e", body="more coffee")
        assert (await opened.hear("change"))["document"]["id"] == "e"
        await asyncio.sleep(0)


async def test_a_search_that_cannot_be(tenant: Tenant, user: User) -> None:
    await tenant.create("plain", user, id="p")
    no_index = {"filter": {"$text": {"$search": "x"}}}
    problem = assert_problem(
        await tenant.http.post("/api/data/plain/query", json=no_index, headers=user.auth), "bad_filter"
    )
    assert "text index" in problem["detail"]
    for operand in (
        5,
        {},
        {"$search": 5},
        {"$search": ""},
        {"$search": "-only"},
        {"$search": "x" * 201},
        {"$search": "a " * 21},
    ):
        refused = await tenant.http.post(
            "/api/data/plain/query", json={"filter": {"$text": operand}}, headers=user.auth
        )
        assert_problem(refused, "bad_filter")
    for filter in ({"$or": [{"$text": {"$search": "x"}}]}, {"a": {"$text": {"$search": "x"}}}):
        assert_problem(
            await tenant.http.post("/api/data/plain/query", json={"filter": filter}, headers=user.auth), "bad_filter"
        )

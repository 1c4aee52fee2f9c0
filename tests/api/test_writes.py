"""Update operators, lists of documents, batches, schemas, indexes over HTTP."""

import asyncio
from typing import Any

import pytest

from tests.support.app import Tenant, User
from tests.support.problems import assert_problem


async def test_operators_change_a_document(tenant: Tenant, user: User) -> None:
    await tenant.create("cars", user, id="c1", stock=5, tags=["a"], seller={"name": "Ann"})
    change = {
        "$inc": {"stock": -2}, "$push": {"tags": {"$each": ["c", "b"], "$sort": 1, "$slice": -2}},
        "$rename": {"seller.name": "seller.who"}, "$set": {"size.w": 3}, "$currentDate": {"sold": True},
    }  # fmt: skip
    changed = (await tenant.http.patch("/api/data/cars/c1", json=change, headers=user.auth)).json()
    assert (changed["stock"], changed["tags"], changed["seller"]) == (3, ["b", "c"], {"who": "Ann"})
    assert (changed["size"], changed["version"], changed["sold"]) == ({"w": 3}, 2, changed["updatedAt"])


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"$inc": {"name": 1}}, "/name"),
        ({"$inc": {"n": 2**63 - 1}}, "/n"),
        ({"$inc": {"n": "1"}}, "/$inc/n"),
        ({"$set": {"owner": "me"}}, "/$set/owner"),
        ({"$set": {"version": 5}}, "/$set/version"),
        ({"$unset": {"id": 1}}, "/$unset/id"),
        ({"$set": {"a": {"$b": 1}}}, "/$set/a/$b"),
        ({"$set": {"name.first": 1}}, "/name/first"),
        ({"$set": {"a": 1}, "$inc": {"a.b": 1}}, "/a/b"),
        ({"$set": {"a": 1}, "b": 2}, "/b"),
        ({"$push": {"name": 1}}, "/name"),
        ({"$push": {"t": {"$each": [1], "$foo": 1}}}, "/$push/t/$foo"),
        ({"$pull": {"t": {"$foo": 1}}}, "/$pull/t/$foo"),
        ({"$set": {"t.5000": 1}}, "/t/5000"),
        ({"$where": {"a": 1}}, "/$where"),
        ({"$set": {"constructor.__proto__": 1}}, "/$set/constructor.__proto__"),
    ],
)
async def test_a_bad_update_changes_nothing(tenant: Tenant, user: User, change: dict[str, Any], place: str) -> None:
    before = await tenant.create("cars", user, id="c1", name="x", n=1, t=[1])
    refused = await tenant.http.patch("/api/data/cars/c1", json=change, headers=user.auth)
    assert_problem(refused, "bad_update", place)
    assert (await tenant.http.get("/api/data/cars/c1", headers=user.auth)).json() == before


async def test_concurrent_counting_loses_nothing(tenant: Tenant, user: User) -> None:
    await tenant.create("cars", user, id="c1", n=0)
    add = {"$inc": {"n": 1}}
    await asyncio.gather(*(tenant.http.patch("/api/data/cars/c1", json=add, headers=user.auth) for _ in range(50)))
    assert (await tenant.http.get("/api/data/cars/c1", headers=user.auth)).json()["n"] == 50


async def test_a_list_is_made_whole_or_not_at_all(tenant: Tenant, user: User) -> None:
    refused = await tenant.http.post("/api/data/cars", json=[{"id": "a"}, {"id": "a"}], headers=user.auth)
    assert_problem(refused, "already_exists")
    bodies: list[list[Any]] = [[], [{}] * 1001, [1], [[]]]
    for body in bodies:
        assert_problem(await tenant.http.post("/api/data/cars", json=body, headers=user.auth), "invalid_request")
    assert (await tenant.http.get("/api/data/cars?count=true", headers=user.auth)).json()["total"] == 0


async def test_a_batch_is_all_or_nothing(tenant: Tenant, user: User) -> None:
    car = await tenant.create("cars", user, id="c1", n=1)
    operations: list[dict[str, Any]] = [
        {"op": "create", "collection": "boats", "id": "b1", "data": {"n": 1}},
        {
            "op": "update",
            "collection": "cars",
            "id": "c1",
            "data": {"$inc": {"n": 1}},
            "ifMatch": f"1-{car['createdAt']}",
        },
        {"op": "overwrite", "collection": "cars", "id": "c2", "data": {"n": 9}},
        {"op": "delete", "collection": "boats", "id": "b1"},
    ]
    done = await tenant.http.post("/api/batch", json={"operations": operations}, headers=user.auth)
    results = done.json()["results"]
    assert [(one["op"], one["id"]) for one in results] == [(one["op"], one["id"]) for one in operations]
    assert [one["document"] and one["document"]["n"] for one in results] == [1, 2, 9, None]
    again = await tenant.http.post("/api/batch", json={"operations": operations}, headers=user.auth)
    assert_problem(again, "precondition_failed", "/operations/1/ifMatch")
    assert (await tenant.http.get("/api/data/boats?count=true", headers=user.auth)).json()["total"] == 0


async def test_a_batch_that_is_refused_says_where(tenant: Tenant, user: User) -> None:
    await tenant.http.post(
        "/api/collections", json={"name": "locked", "rules": {"create": "nobody"}}, headers=tenant.key
    )
    fine = {"op": "create", "collection": "cars", "data": {}}
    for operation, code, place in (
        ({"op": "drop", "collection": "cars"}, "invalid_request", "/operations/1/op"),
        ({"op": "delete", "collection": "cars"}, "invalid_request", "/operations/1/id"),
        ({"op": "create", "collection": "cars", "data": {"$a": 1}}, "invalid_request", "/operations/1/data/$a"),
        ({"op": "create", "collection": "locked", "data": {}}, "forbidden", "/operations/1"),
        ({"op": "delete", "collection": "cars", "id": "none"}, "document_not_found", "/operations/1"),
        ({"op": "create", "collection": "_keys", "data": {}}, "invalid_request", "/operations/1/collection"),
    ):
        asked = {"operations": [fine, operation]}
        assert_problem(await tenant.http.post("/api/batch", json=asked, headers=user.auth), code, place)
    refused: list[dict[str, Any]] = [
        {"operations": []}, {"operations": [fine] * 1001}, {}, {"operations": [{**fine, "x": 1}]},
    ]  # fmt: skip
    for body in refused:
        assert (await tenant.http.post("/api/batch", json=body, headers=user.auth)).status_code == 400
    assert (await tenant.http.get("/api/data/cars?count=true", headers=user.auth)).json()["total"] == 0


SCHEMA = {
    "type": "object", "required": ["brand"], "additionalProperties": False,
    "properties": {"brand": {"type": "string", "pattern": "^[A-Z]"}, "price": {"type": "number", "minimum": 0}},
}  # fmt: skip


async def test_a_schema_holds_for_every_write(tenant: Tenant, user: User) -> None:
    made = await tenant.http.post("/api/collections", json={"name": "cars", "schema": SCHEMA}, headers=tenant.key)
    assert made.json()["schema"] == SCHEMA
    await tenant.create("cars", user, id="c1", brand="Fiat", price=1)
    for method, path, body, place in (
        ("POST", "/api/data/cars", {"price": 1}, ""),
        ("POST", "/api/data/cars", {"brand": "fiat"}, "/brand"),
        ("PUT", "/api/data/cars/c1", {"brand": "Opel", "price": -1}, "/price"),
        ("PATCH", "/api/data/cars/c1", {"price": "1"}, "/price"),
        ("PATCH", "/api/data/cars/c1", {"$unset": {"brand": 1}}, ""),
        ("PATCH", "/api/data/cars/c1", {"colour": "red"}, ""),
    ):
        refused = await tenant.http.request(method, path, json=body, headers=user.auth)
        assert_problem(refused, "schema_violated", place)
    batch = {"operations": [{"op": "create", "collection": "cars", "data": {"brand": 5}}]}
    refused = await tenant.http.post("/api/batch", json=batch, headers=tenant.key)
    assert_problem(refused, "schema_violated", "/operations/0/data/brand")
    assert (await tenant.http.get("/api/data/cars/c1", headers=user.auth)).json()["version"] == 1


async def test_a_new_schema_tells_which_documents_it_rejects(tenant: Tenant, user: User) -> None:
    for id, brand in (("a", "Fiat"), ("b", "opel"), ("c", 5)):
        await tenant.create("cars", user, id=id, brand=brand)
    url, body = "/api/collections/cars", {"schema": SCHEMA}
    dry = (await tenant.http.patch(f"{url}?dryRun=true", json=body, headers=tenant.key)).json()
    assert (dry["documents"], dry["rejected"], [one["id"] for one in dry["first"]]) == (3, 2, ["b", "c"])
    assert dry["first"][0]["errors"][0]["path"] == "/brand"
    assert "schema" not in (await tenant.http.get(url, headers=tenant.key)).json()
    assert_problem(await tenant.http.patch(url, json=body, headers=tenant.key), "conflict", "/b/brand")
    kept = await tenant.http.patch(f"{url}?existing=keep", json=body, headers=tenant.key)
    assert kept.json()["schema"] == SCHEMA
    refused = await tenant.http.patch("/api/data/cars/b", json={"price": 1}, headers=user.auth)
    assert_problem(refused, "schema_violated", "/brand")
    without = await tenant.http.patch(url, json={"schema": None}, headers=tenant.key)
    assert "schema" not in without.json()


@pytest.mark.parametrize(
    "schema",
    [5, {"type": "nope"}, {"$ref": "http://127.0.0.1/x"}, {"$ref": "file:///etc/passwd"}, {"pattern": "(?=a)"}],
)
async def test_a_bad_schema_is_refused(tenant: Tenant, schema: object) -> None:
    body = {"name": "cars", "schema": schema}
    refused = await tenant.http.post("/api/collections", json=body, headers=tenant.key)
    assert assert_problem(refused, "invalid_request")["errors"][0]["path"].startswith("/schema")


async def test_a_unique_index_over_documents_that_collide_is_given_up(tenant: Tenant, user: User) -> None:
    rows = [{"code": n % 400} for n in range(700)]
    await tenant.http.post("/api/data/cars", json=rows, headers=user.auth)
    body = {"indexes": [{"fields": ["code"], "unique": True}]}
    refused = await tenant.http.patch("/api/collections/cars", json=body, headers=tenant.key)
    problem = assert_problem(refused, "already_exists", "/code")
    told = {name: value for name, value in problem.items() if name != "requestId"}  # random digits, too
    assert "399" not in str(told) and "code" in problem["detail"]
    assert (await tenant.http.get("/api/collections/cars", headers=tenant.key)).json()["indexes"] == []
    await tenant.create("cars", user, code=1)


async def test_a_partial_unique_index_binds_the_documents_that_fit(tenant: Tenant, user: User) -> None:
    index = {"fields": ["seat"], "unique": True, "where": {"state": "booked"}}
    await tenant.http.post("/api/collections", json={"name": "seats", "indexes": [index]}, headers=tenant.key)
    await tenant.create("seats", user, seat=1, state="free")
    await tenant.create("seats", user, id="s", seat=1, state="booked")
    again = {"seat": 1, "state": "booked"}
    assert_problem(await tenant.http.post("/api/data/seats", json=again, headers=user.auth), "already_exists", "/seat")
    await tenant.http.patch("/api/data/seats/s", json={"state": "free"}, headers=user.auth)
    assert (await tenant.http.post("/api/data/seats", json=again, headers=user.auth)).status_code == 201
    explain = "/api/data/seats/query?explain=true"
    used = await tenant.http.post(explain, json={"filter": {"seat": 1, "state": "booked"}}, headers=tenant.key)
    unused = await tenant.http.post(explain, json={"filter": {"seat": 1}}, headers=tenant.key)
    assert (used.json()["index"], unused.json()["index"]) == ("seat", "createdAt")


async def test_documents_expire(tenant: Tenant, user: User) -> None:
    index = {"fields": ["until"], "expireAfterSeconds": 1}
    await tenant.http.post("/api/data/offers", json=[{"id": f"o{n}", "until": t} for n, t in enumerate(
        ["2020-01-01T00:00:00Z", "2020-01-01T02:00:00+01:00", "2999-01-01T00:00:00Z", "soon", None, ["2020-01-01T00:00:00Z"]]
    )], headers=user.auth)  # fmt: skip
    await tenant.http.patch("/api/collections/offers", json={"indexes": [index]}, headers=tenant.key)
    for _ in range(400):
        found = (await tenant.http.get("/api/data/offers?sort=id", headers=user.auth)).json()["items"]
        if len(found) == 3:
            break
        await asyncio.sleep(0.01)
    assert [item["id"] for item in found] == ["o2", "o3", "o4"]
    history = await tenant.http.get("/api/data/offers/o0/history", headers=user.auth)
    assert history.json()["items"][0]["op"] == "delete"


async def test_a_partial_index_cannot_search(tenant: Tenant) -> None:
    """Every later write would have been refused."""
    index = {"fields": ["a"], "where": {"$text": {"$search": "x"}}}
    refused = await tenant.http.post("/api/collections", json={"name": "c", "indexes": [index]}, headers=tenant.key)
    assert_problem(refused, "invalid_request")


async def test_a_schema_whose_references_follow_each_other_for_ever_is_refused(tenant: Tenant) -> None:
    chain: dict[str, Any] = {f"a{number}": {"$ref": f"#/$defs/a{number + 1}"} for number in range(1200)}
    schema = {"$defs": chain | {"a1200": {}}, "$ref": "#/$defs/a0"}
    refused = await tenant.http.post("/api/collections", json={"name": "c", "schema": schema}, headers=tenant.key)
    assert_problem(refused, "invalid_request")

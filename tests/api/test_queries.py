"""Lists as a frontend asks for them: filters in parts, fields, offsets, references, explanations, pipelines."""

from typing import Any

from tests.support.app import Tenant, User
from tests.support.problems import assert_problem

CARS: list[dict[str, Any]] = [
    {"id": "a", "brand": "Fiat", "price": 5000, "tags": ["red", "old"], "maker": "m1"},
    {"id": "b", "brand": "Fiat", "price": 9000, "tags": ["blue"], "maker": "m1"},
    {"id": "c", "brand": "Opel", "price": 7000, "tags": [], "maker": "m2"},
    {"id": "d", "brand": "Saab", "price": None, "maker": "gone"},
]


async def _filled(tenant: Tenant, user: User) -> None:
    made = await tenant.http.post("/api/data/cars", json=CARS, headers=user.auth)
    assert made.status_code == 201
    assert [item["id"] for item in made.json()["items"]] == ["a", "b", "c", "d"]


async def _ids(tenant: Tenant, user: User, **parameters: str) -> list[str]:
    response = await tenant.http.get("/api/data/cars", params={"sort": "id", **parameters}, headers=user.auth)
    assert response.status_code == 200, response.text
    return [item["id"] for item in response.json()["items"]]


async def test_a_filter_in_parts_is_the_same_as_in_json(tenant: Tenant, user: User) -> None:
    await _filled(tenant, user)
    assert await _ids(tenant, user, **{"filter[brand]": "Fiat", "filter[price][$gt]": "6000"}) == ["b"]
    assert await _ids(tenant, user, **{"filter[brand][$in][0]": "Opel", "filter[brand][$in][1]": "Saab"}) == ["c", "d"]
    assert await _ids(tenant, user, **{"filter[$or][0][id]": "a", "filter[$or][1][tags][$size]": "0"}) == ["a", "c"]
    assert await _ids(tenant, user, **{"filter[price]": "null"}) == ["d"]
    assert await _ids(tenant, user, **{"filter[brand][$regex]": "^[FO]"}) == ["a", "b", "c"]
    for bad in ({"filter[price": "5"}, {"filter[]": "5"}, {"filter[a]": "1", "filter[a][b]": "1"}):
        assert_problem(await tenant.http.get("/api/data/cars", params=bad, headers=user.auth), "bad_filter")
    both = {"filter[price]": "5", "filter": "{}"}
    assert_problem(await tenant.http.get("/api/data/cars", params=both, headers=user.auth), "invalid_request")


async def test_fields_and_offset(tenant: Tenant, user: User) -> None:
    await _filled(tenant, user)
    assert await _ids(tenant, user, offset="1", limit="2") == ["b", "c"]
    assert await _ids(tenant, user, offset="9") == []
    found = await tenant.http.get("/api/data/cars?sort=id&limit=1&fields=brand,tags", headers=user.auth)
    assert found.json()["items"] == [{"id": "a", "brand": "Fiat", "tags": ["red", "old"]}]
    without = await tenant.http.get(
        "/api/data/cars/a?fields=-tags,-maker,-owner,-createdAt,-updatedAt", headers=user.auth
    )
    assert without.json() == {"id": "a", "version": 1, "brand": "Fiat", "price": 5000}
    for bad in ("brand,-price", "-id", "a,a.b", "$a", ","):
        assert_problem(
            await tenant.http.get("/api/data/cars", params={"fields": bad}, headers=user.auth), "invalid_request"
        )
    for bad in ("-1", "10001", "x"):
        assert_problem(
            await tenant.http.get("/api/data/cars", params={"offset": bad}, headers=user.auth), "invalid_request"
        )


async def test_the_next_page_is_a_link(tenant: Tenant, user: User) -> None:
    await _filled(tenant, user)
    url, seen = "/api/data/cars?sort=-price&limit=2&filter[brand][$ne]=Saab", []
    while url:
        response = await tenant.http.get(url, headers=user.auth)
        seen += [item["id"] for item in response.json()["items"]]
        link = response.headers.get("link")
        assert (link is None) == (response.json()["next"] is None)
        url = link.split(">")[0].removeprefix("<") if link else ""
    assert seen == ["b", "c", "a"]


async def test_a_query_in_a_body_by_post_and_by_query(tenant: Tenant, user: User) -> None:
    await _filled(tenant, user)
    body = {"filter": {"tags": {"$all": ["red", "old"]}}, "fields": "brand", "count": True}
    for method in ("POST", "QUERY"):
        found = await tenant.http.request(method, "/api/data/cars/query", json=body, headers=user.auth)
        assert found.json() == {"items": [{"id": "a", "brand": "Fiat"}], "next": None, "total": 1}
    both = {"offset": 5, "cursor": "x"}
    assert_problem(await tenant.http.post("/api/data/cars/query", json=both, headers=user.auth), "invalid_request")


async def test_references_are_answered_as_far_as_they_may_be_read(tenant: Tenant, user: User) -> None:
    await _filled(tenant, user)
    await tenant.create("makers", user, id="m1", name="Torino")
    other = await tenant.user()
    await tenant.create("makers", other, id="m2", name="secret")
    await tenant.create("fleets", user, id="f", cars=["a", "x", "b"], best={"car": "c"})
    await tenant.http.patch("/api/collections/makers", json={"rules": {"read": "owner"}}, headers=tenant.key)
    found = await tenant.http.get("/api/data/cars?sort=id&expand=maker:makers&fields=brand", headers=user.auth)
    shown = [item["$expand"] for item in found.json()["items"]]
    assert [one["maker"] and one["maker"]["name"] for one in shown] == ["Torino", "Torino", None, None]
    one = await tenant.http.get("/api/data/fleets/f?expand=cars:cars,best.car:cars,none:cars", headers=user.auth)
    below = one.json()["$expand"]
    assert [car["id"] for car in below["cars"]] == ["a", "b"]
    assert (below["best.car"]["id"], "none" in below) == ("c", False)
    await tenant.http.patch("/api/collections/makers", json={"rules": {"read": "nobody"}}, headers=tenant.key)
    hidden = await tenant.http.post("/api/data/cars/query", json={"expand": "maker:makers"}, headers=user.auth)
    assert all(item["$expand"]["maker"] is None for item in hidden.json()["items"])
    for bad in ("maker", "maker:", ":makers", "maker:_keys", "a:b,a:b,a:b,a:b,a:b,a:b", "$a:b"):
        refused = await tenant.http.get("/api/data/cars", params={"expand": bad}, headers=user.auth)
        assert_problem(refused, "invalid_request")


async def test_an_explanation_tells_the_index_and_suggests_one(tenant: Tenant, user: User) -> None:
    rows = [{"brand": f"b{n % 7}", "price": n} for n in range(700)]
    await tenant.http.post("/api/data/cars", json=rows, headers=user.auth)
    body = {"filter": {"brand": "b3"}, "sort": "-price", "limit": 5}
    url = "/api/data/cars/query?explain=true"
    response = await tenant.http.post(url, json=body, headers=tenant.key)
    plain = response.json()
    assert response.status_code == 200, plain
    assert (plain["index"], plain["examined"], plain["returned"]) == (None, 700, 5)
    assert plain["suggestion"] == ["brand", "-price"]
    indexes = {"indexes": [{"fields": plain["suggestion"]}]}
    made = await tenant.http.patch("/api/collections/cars", json=indexes, headers=tenant.key)
    assert made.json()["indexes"] == [{"fields": ["brand", "-price"], "state": "ready"}]
    used = (await tenant.http.post(url, json=body, headers=tenant.key)).json()
    assert (used["index"], used["examined"], used["exact"], used["suggestion"]) == ("brand,-price", 6, True, None)
    assert_problem(await tenant.http.post(url, json=body, headers=user.auth), "forbidden")


async def test_a_pipeline_under_the_rules(tenant: Tenant, user: User) -> None:
    await _filled(tenant, user)
    other = await tenant.user()
    await tenant.create("cars", other, id="e", brand="Fiat", price=1)
    await tenant.create("makers", user, id="m1", name="Torino")
    pipeline: list[dict[str, Any]] = [
        {"$match": {"price": {"$type": "number"}}},
        {"$group": {"_id": "$brand", "count": {"$count": {}}, "total": {"$sum": "$price"}, "ids": {"$push": "$id"}}},
        {"$sort": {"total": -1}},
    ]
    answer = await tenant.http.post("/api/data/cars/aggregate", json={"pipeline": pipeline}, headers=user.auth)
    items = answer.json()["items"]
    assert [(item["_id"], item["count"], item["total"]) for item in items] == [("Fiat", 3, 14001), ("Opel", 1, 7000)]
    await tenant.http.patch("/api/collections/cars", json={"rules": {"list": "owner"}}, headers=tenant.key)
    hidden = await tenant.http.post("/api/data/cars/aggregate", json={"pipeline": pipeline}, headers=user.auth)
    assert hidden.json()["items"][0]["total"] == 14000
    lookup = [{"$lookup": {"from": "makers", "localField": "maker", "foreignField": "id", "as": "by"}}]
    joined = await tenant.http.post("/api/data/cars/aggregate", json={"pipeline": lookup}, headers=user.auth)
    assert {item["id"]: [maker["name"] for maker in item["by"]] for item in joined.json()["items"]} == {
        "a": ["Torino"], "b": ["Torino"], "c": [], "d": [],
    }  # fmt: skip
    await tenant.http.patch("/api/collections/makers", json={"rules": {"list": "nobody"}}, headers=tenant.key)
    refused = await tenant.http.post("/api/data/cars/aggregate", json={"pipeline": lookup}, headers=user.auth)
    assert_problem(refused, "forbidden")


async def test_a_bad_pipeline_is_refused_with_its_place(tenant: Tenant, user: User) -> None:
    await tenant.create("cars", user, id="a")
    for stage, place in (
        ({"$out": "x"}, "/0/$out"), ({"$group": {}}, "/0/$group"), ({"$group": {"_id": 1, "a": {"$foo": 1}}}, "/0/$group/a/$foo"),
        ({"$limit": 0}, "/0/$limit"), ({"$sort": {"a": 2}}, "/0/$sort/a"), ({"$project": {"a": 1, "b": 0}}, "/0/$project"),
        ({"$lookup": {"from": "_keys", "localField": "a", "foreignField": "b", "as": "c"}}, "/0/$lookup/from"),
        ({"$project": {"a": {"$function": "x"}}}, "/0/$project/a/$function"), ({"$unwind": "a"}, "/0/$unwind"),
    ):  # fmt: skip
        refused = await tenant.http.post("/api/data/cars/aggregate", json={"pipeline": [stage]}, headers=user.auth)
        assert_problem(refused, "bad_pipeline", place)
    wrong = {"pipeline": [{"$project": {"a": {"$add": ["$id", 1]}}}]}
    assert_problem(await tenant.http.post("/api/data/cars/aggregate", json=wrong, headers=user.auth), "bad_pipeline")
    bodies: list[dict[str, Any]] = [{}, {"pipeline": {}}, {"pipeline": []}, {"pipeline": [{"$limit": 1}] * 21}]
    for body in bodies:
        refused = await tenant.http.post("/api/data/cars/aggregate", json=body, headers=user.auth)
        assert refused.status_code == 400

"""Rules of fields: what is hidden is not told on any way, and what is not one's to write stays as it is."""

from typing import Any

import pytest

from tests.support.accounts import assign
from tests.support.app import Tenant, User
from tests.support.documents import make
from tests.support.sockets import socket

HR = {"$user.roles": "hr"}
FIELDS = {
    "salary": {"read": HR, "write": HR},
    "phone": {"read": "owner"},
    "address.street": {"read": "nobody"},
    "lines.cost": {"read": "nobody"},
    "code": {"write": "once"},
    "state": {"write": {"$old.state": "draft"}},
}
PERSON = {
    "name": "Ann", "salary": 5000, "phone": "123", "address": {"street": "Long Road", "city": "Graz"},
    "lines": [{"cost": 3, "n": 1}], "code": "c1", "state": "draft",
}  # fmt: skip
SEEN = {"name": "Ann", "address": {"city": "Graz"}, "lines": [{"n": 1}], "code": "c1", "state": "draft"}
OWN = ("id", "createdAt", "updatedAt", "version", "owner")


def fields_of(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in OWN}


@pytest.fixture
async def people(tenant: Tenant, user: User) -> User:
    """A collection with a person that is nobody's, and one that is the user's."""
    body = {"name": "people", "rules": dict.fromkeys(["read", "list", "update"], "authenticated"), "fields": FIELDS}
    response = await tenant.http.post("/api/collections", json=body, headers=tenant.key)
    assert response.status_code == 201, response.text
    assert response.json()["fields"] == FIELDS
    await make(tenant, "people", "a", **PERSON)
    return user


async def _hears(tenant: Tenant, user: User, path: str) -> Any:
    response = await tenant.http.get(path, headers=user.auth)
    assert response.status_code == 200, response.text
    return response.json()


async def test_every_way_shows_the_same(tenant: Tenant, people: User) -> None:
    http, auth = tenant.http, people.auth
    assert fields_of(await _hears(tenant, people, "/api/data/people/a")) == SEEN
    page = await _hears(tenant, people, "/api/data/people")
    assert [fields_of(one) for one in page["items"]] == [SEEN]
    page = await _hears(tenant, people, "/api/data/people?fields=salary,name,phone,address")
    assert [fields_of(one) for one in page["items"]] == [{"name": "Ann", "address": {"city": "Graz"}}]
    kept = await http.get("/api/data/people/a", headers=tenant.key)
    assert fields_of(kept.json()) == PERSON
    moment = kept.json()["createdAt"]
    await make(tenant, "cars", "x", by="a")
    expanded = await _hears(tenant, people, "/api/data/cars/x?expand=by:people")
    assert fields_of(expanded["$expand"]["by"]) == SEEN
    (line,) = (await http.get("/api/data/people/export", headers=auth)).text.splitlines()
    assert "salary" not in line and "Long Road" not in line and "Graz" in line
    table = (await http.get("/api/data/people/export?format=csv", headers=auth)).text
    assert "salary" not in table and "5000" not in table and "Graz" in table
    change = await http.patch("/api/data/people/a", json={"name": "Anna"}, headers=auth)
    assert fields_of(change.json()) == {**SEEN, "name": "Anna"}
    past = await _hears(tenant, people, f"/api/data/people/a?asOf={moment}")
    assert fields_of(past) == SEEN
    history = await _hears(tenant, people, "/api/data/people/a/history")
    assert [fields_of(one["document"]) for one in history["items"]] == [{**SEEN, "name": "Anna"}, SEEN]
    batch = {"operations": [{"op": "update", "collection": "people", "id": "a", "data": {"name": "Ann"}}]}
    (result,) = (await http.post("/api/batch", json=batch, headers=auth)).json()["results"]
    assert fields_of(result["document"]) == SEEN


@pytest.mark.parametrize(
    "stages",
    [
        [{"$limit": 5}],
        [{"$match": {"salary": {"$gt": 1}}}],
        [{"$match": {"name": "Ann"}}, {"$match": {"address.street": {"$exists": True}}}],
        [{"$sort": {"salary": 1}}, {"$limit": 5}],
        [{"$group": {"_id": "$salary", "all": {"$push": "$address.street"}, "sum": {"$sum": "$salary"}}}],
        [{"$project": {"x": "$salary", "y": "$phone", "z": "$lines.cost", "name": 1}}],
        [{"$unwind": "$lines"}],
        [{"$lookup": {"from": "people", "localField": "name", "foreignField": "name", "as": "same"}}],
    ],
)
async def test_pipelines_do_not_have_it(tenant: Tenant, people: User, stages: list[Any]) -> None:
    body = {"pipeline": stages}
    response = await tenant.http.post("/api/data/people/aggregate", json=body, headers=people.auth)
    assert response.status_code == 200, response.text
    for secret in ("5000", "Long Road", '"cost"', '"123"'):
        assert secret not in response.text
    whole = await tenant.http.post("/api/data/people/aggregate", json=body, headers=tenant.key)
    assert "5000" in whole.text or "Long Road" in whole.text


async def test_a_lookup_by_what_is_hidden_is_refused(tenant: Tenant, people: User) -> None:
    stage = {"$lookup": {"from": "people", "localField": "n", "foreignField": "salary", "as": "same"}}
    body = {"pipeline": [stage]}
    response = await tenant.http.post("/api/data/cars/aggregate", json=body, headers=people.auth)
    assert (response.status_code, response.json()["code"]) == (403, "field_hidden")


@pytest.mark.parametrize(
    "query",
    [
        {"filter": {"salary": 5000}},
        {"filter": {"phone": "123"}},
        {"filter": {"salary.x": 1}},
        {"filter": {"address": {"street": "Long Road", "city": "Graz"}}},
        {"filter": {"address.street": {"$exists": True}}},
        {"filter": {"lines.0.cost": 3}},
        {"filter": {"lines": {"$elemMatch": {"cost": 3}}}},
        {"filter": {"lines": {"$size": 1}}},
        {"filter": {"$nor": [{"$and": [{"salary": {"$gt": 1}}]}]}},
        {"filter": {"$or": [{"name": "Ann"}, {"salary": {"$not": {"$gt": 1}}}]}},
        {"sort": "salary"},
        {"sort": "name,-address"},
    ],
)
async def test_nothing_is_asked_by_it(tenant: Tenant, people: User, query: dict[str, Any]) -> None:
    path = "/api/data/people/query"
    response = await tenant.http.post(path, json=query, headers=people.auth)
    assert (response.status_code, response.json()["code"]) == (403, "field_hidden"), response.text
    assert (await tenant.http.post(path, json=query, headers=tenant.key)).status_code == 200
    if "filter" in query:
        async with socket(tenant, people) as one:
            await one.say("subscribe", id="s", collection="people", filter=query["filter"])
            assert (await one.hear("error"))["problem"]["code"] == "field_hidden"
        export = await tenant.http.get(
            "/api/data/people/export", params={"filter": str(query["filter"]).replace("'", '"').replace("True", "true")},
            headers=people.auth,
        )  # fmt: skip
        assert export.status_code == 403, export.text


async def test_what_is_seen_can_be_asked_by(tenant: Tenant, people: User) -> None:
    query = {"filter": {"address.city": "Graz", "lines.n": 1, "name": "Ann"}, "sort": "name"}
    response = await tenant.http.post("/api/data/people/query", json=query, headers=people.auth)
    assert len(response.json()["items"]) == 1, response.text


async def test_a_search_looks_at_nothing_hidden(tenant: Tenant, user: User) -> None:
    body = {
        "name": "texts", "indexes": [{"fields": ["title", "secret"], "text": True}], "fields": {"secret": {"read": "nobody"}},
    }  # fmt: skip
    assert (await tenant.http.post("/api/collections", json=body, headers=tenant.key)).status_code == 201
    query = {"filter": {"$text": {"$search": "word"}}}
    response = await tenant.http.post("/api/data/texts/query", json=query, headers=user.auth)
    assert response.json()["code"] == "field_hidden", response.text


async def test_live_queries_do_not_tell(tenant: Tenant, people: User) -> None:
    async with socket(tenant, people) as one:
        await one.say("subscribe", id="s", collection="people", snapshot=True)
        assert [fields_of(item) for item in (await one.hear("subscribed"))["items"]] == [SEEN]
        await tenant.http.patch("/api/data/people/a", json={"salary": 1, "name": "B"}, headers=tenant.key)
        change = await one.hear("change")
        assert fields_of(change["document"]) == {**SEEN, "name": "B"}


async def test_who_may_see_does(tenant: Tenant, people: User) -> None:
    await assign(tenant, people, roles=["hr"])
    seen = await _hears(tenant, people, "/api/data/people/a")
    assert (seen["salary"], "phone" in seen) == (5000, False)
    page = await _hears(tenant, people, "/api/data/people?filter[salary]=5000&sort=-salary")
    assert len(page["items"]) == 1
    mine = await tenant.create("people", people, name="Me", phone="456")
    assert mine["phone"] == "456"
    assert (await _hears(tenant, people, "/api/data/people?fields=phone&sort=-name"))["items"][0]["phone"] == "456"
    seen = {one["name"]: one.get("phone") for one in (await _hears(tenant, people, "/api/data/people"))["items"]}
    assert seen == {"Ann": None, "Me": "456"}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"salary": 9}, "/salary"),
        ({"salary": None}, "/salary"),
        ({"phone": "9"}, "/phone"),
        ({"address": {"street": "x"}}, "/address/street"),
        ({"address": None}, "/address/street"),
        ({"address": "none"}, "/address/street"),
        ({"lines": []}, "/lines/cost"),
        ({"code": "c2"}, "/code"),
        ({"code": None}, "/code"),
        ({"$set": {"address.street": "x"}}, "/address/street"),
        ({"$inc": {"salary": 1}}, "/salary"),
        ({"$unset": {"code": ""}}, "/code"),
        ({"$rename": {"code": "old"}}, "/code"),
        ({"$rename": {"name": "code"}}, "/code"),
    ],
)
async def test_what_is_not_ones_own_is_not_written(tenant: Tenant, people: User, change: Any, place: str) -> None:
    response = await tenant.http.patch("/api/data/people/a", json=change, headers=people.auth)
    assert response.status_code == 403, response.text
    assert [error["path"] for error in response.json()["errors"]] == [place]
    kept = await tenant.http.get("/api/data/people/a", headers=tenant.key)
    assert fields_of(kept.json()) == PERSON


@pytest.mark.parametrize("path", ["salary", "address", "address.street"])
async def test_nothing_is_moved_out_of_hiding(tenant: Tenant, people: User, path: str) -> None:
    change = {"$rename": {path: "shown"}}
    response = await tenant.http.patch("/api/data/people/a", json=change, headers=people.auth)
    assert (response.status_code, response.json()["code"]) == (403, "field_hidden"), response.text


async def test_an_overwrite_leaves_it_there(tenant: Tenant, people: User) -> None:
    """Who reads a document and sends it back does not remove what was not shown."""
    shown = await _hears(tenant, people, "/api/data/people/a")
    response = await tenant.http.put("/api/data/people/a", json={**shown, "name": "B"}, headers=people.auth)
    assert response.status_code == 403, response.text  # its lines have no cost any more
    del shown["lines"]
    await tenant.http.patch("/api/data/people/a", json={"lines": None}, headers=tenant.key)
    response = await tenant.http.put("/api/data/people/a", json={**shown, "name": "B"}, headers=people.auth)
    assert response.status_code == 200, response.text
    kept = fields_of((await tenant.http.get("/api/data/people/a", headers=tenant.key)).json())
    assert kept == {**{name: value for name, value in PERSON.items() if name != "lines"}, "name": "B"}
    del shown["code"]
    response = await tenant.http.put("/api/data/people/a", json=shown, headers=people.auth)
    assert response.json()["code"] == "c1"


async def test_a_state_goes_one_way(tenant: Tenant, people: User) -> None:
    for state, status in (("sent", 200), ("draft", 403), ("sent", 200)):
        body = {"state": state, "name": state}
        assert (await tenant.http.patch("/api/data/people/a", json=body, headers=people.auth)).status_code == status


@pytest.mark.parametrize(
    ("fields", "status"), [({"salary": 1}, 403), ({"code": "c", "name": "x"}, 201), ({"phone": "1"}, 201)]
)
async def test_creates(tenant: Tenant, people: User, fields: dict[str, Any], status: int) -> None:
    response = await tenant.http.post("/api/data/people", json=fields, headers=people.auth)
    assert response.status_code == status, response.text
    response = await tenant.http.put("/api/data/people/new", json=fields, headers=people.auth)
    assert response.status_code == (403 if status == 403 else 201), response.text


async def test_profiles(tenant: Tenant) -> None:
    """Users' own fields are ruled in the same way, through accounts."""
    fields = {"plan": {"write": "nobody"}, "score": {"read": "nobody"}, "handle": {"write": "once"}}
    response = await tenant.http.patch("/api/collections/users", json={"fields": fields}, headers=tenant.key)
    assert response.status_code == 200, response.text
    body = {"email": "a@example.com", "password": "correct horse", "plan": "gold"}
    assert (await tenant.http.post("/api/auth/register", json=body)).status_code == 403
    user = await tenant.user(handle="ann")
    await assign(tenant, user, plan="gold", score=5)
    me = (await tenant.http.get("/api/auth/me", headers=user.auth)).json()["user"]
    assert (me["plan"], me["handle"], "score" in me) == ("gold", "ann", False)
    for change, status in (({"plan": "x"}, 403), ({"handle": "eve"}, 403), ({"score": 9}, 403), ({"bio": "x"}, 200)):
        response = await tenant.http.patch("/api/auth/me", json=change, headers=user.auth)
        assert response.status_code == status, response.text
    login = await tenant.http.post("/api/auth/login", json={"email": user.email, "password": "correct horse"})
    assert "score" not in login.json()["user"]


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ([], "/fields"),
        ({"": {"read": "public"}}, "/fields/"),
        ({"a..b": {"read": "public"}}, "/fields/a..b"),
        ({"$a": {"read": "public"}}, "/fields/$a"),
        ({"a.0": {"read": "public"}}, "/fields/a.0"),
        ({"owner": {"read": "nobody"}}, "/fields/owner"),
        ({"a": {}}, "/fields/a"),
        ({"a": "nobody"}, "/fields/a"),
        ({"a": {"see": "nobody"}}, "/fields/a"),
        ({"a": {"read": "once"}}, "/fields/a/read"),
        ({"a": {"write": "twice"}}, "/fields/a/write"),
        ({"a": {"read": {"$new.a": 1}}}, "/fields/a/read/$new.a"),
        ({"a": {"write": {"b": "$usr.id"}}}, "/fields/a/write/b"),
        ({f"f{n}": {"read": "public"} for n in range(51)}, "/fields"),
    ],
)
async def test_mistakes(tenant: Tenant, fields: Any, place: str) -> None:
    response = await tenant.http.post("/api/collections", json={"name": "x", "fields": fields}, headers=tenant.key)
    assert response.status_code == 400, response.text
    assert [error["path"] for error in response.json()["errors"]] == [place]

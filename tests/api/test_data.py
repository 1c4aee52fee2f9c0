"""Collections and documents over HTTP."""

import asyncio
import json
import re

import pytest

from tests.support.app import App, Tenant, User
from tests.support.problems import assert_problem


async def test_a_document_goes_round(tenant: Tenant, user: User) -> None:
    created = await tenant.http.post("/api/data/cars", json={"brand": "Fiat", "tags": ["a"]}, headers=user.auth)
    assert created.status_code == 201
    document = created.json()
    assert created.headers["location"] == f"/api/data/cars/{document['id']}"
    assert list(document)[:5] == ["id", "createdAt", "updatedAt", "version", "owner"]
    assert (document["version"], document["owner"], document["brand"]) == (1, user.id, "Fiat")
    read = await tenant.http.get(f"/api/data/cars/{document['id']}", headers=user.auth)
    assert read.json() == document
    gone = await tenant.http.delete(f"/api/data/cars/{document['id']}", headers=user.auth)
    assert (gone.status_code, gone.content) == (204, b"")
    assert_problem(await tenant.http.get(f"/api/data/cars/{document['id']}", headers=user.auth), "document_not_found")


async def test_a_patch_merges_and_a_put_replaces(tenant: Tenant, user: User) -> None:
    await tenant.create("cars", user, id="c1", brand="Fiat", size={"w": 1, "h": 2}, old=True)
    patch = {"size": {"h": None, "d": 3}, "old": None, "version": 99, "owner": "somebody"}
    patched = (await tenant.http.patch("/api/data/cars/c1", json=patch, headers=user.auth)).json()
    assert patched["size"] == {"w": 1, "d": 3}
    assert "old" not in patched
    assert (patched["version"], patched["owner"]) == (2, user.id)
    put = (await tenant.http.put("/api/data/cars/c1", json={"brand": "Opel"}, headers=user.auth)).json()
    assert {name for name in put if name not in patched} == set()
    assert (put["brand"], put["version"], put["createdAt"]) == ("Opel", 3, patched["createdAt"])
    assert "size" not in put


async def test_put_on_a_free_id_creates(tenant: Tenant, user: User) -> None:
    response = await tenant.http.put("/api/data/cars/new-1", json={"a": 1}, headers=user.auth)
    assert (response.status_code, response.json()["version"]) == (201, 1)
    assert response.headers["location"] == "/api/data/cars/new-1"


async def test_a_write_that_changes_nothing_leaves_the_version(tenant: Tenant, user: User) -> None:
    first = await tenant.create("cars", user, id="c1", a=1)
    again = await tenant.http.patch("/api/data/cars/c1", json={"a": 1}, headers=user.auth)
    assert again.json() == first
    other_type = await tenant.http.patch("/api/data/cars/c1", json={"a": 1.0}, headers=user.auth)
    assert other_type.json()["version"] == 2


async def test_a_taken_id_is_a_conflict(tenant: Tenant, user: User) -> None:
    await tenant.create("cars", user, id="c1", a=1)
    response = await tenant.http.post("/api/data/cars", json={"id": "c1", "a": 2}, headers=user.auth)
    assert_problem(response, "already_exists", "/id")
    assert (await tenant.http.get("/api/data/cars/c1", headers=user.auth)).json()["a"] == 1


async def test_lists_page_without_gap_or_double_while_documents_are_written(tenant: Tenant, user: User) -> None:
    await asyncio.gather(*(tenant.create("cars", user, n=n) for n in range(25)))
    for sort in ("", "n", "-n", "id", "-id", "-createdAt,n"):
        seen: list[int] = []
        cursor: str | None = None
        while True:
            params = {"limit": "7", **({"sort": sort} if sort else {}), **({"cursor": cursor} if cursor else {})}
            params["filter"] = json.dumps({"n": {"$gte": 0}})
            page = (await tenant.http.get("/api/data/cars", params=params, headers=user.auth)).json()
            seen += [item["n"] for item in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
            await tenant.create("cars", user, n=-1)
        assert sorted(seen) == list(range(25)), sort
        if sort in {"n", "-n"}:
            assert seen == sorted(seen, reverse=sort == "-n")


async def test_newest_first_without_a_sort(tenant: Tenant, user: User) -> None:
    for n in range(5):
        await tenant.create("cars", user, n=n)
    page = (await tenant.http.get("/api/data/cars", headers=user.auth)).json()
    assert [item["n"] for item in page["items"]] == [4, 3, 2, 1, 0]


async def test_count_and_limit_zero(tenant: Tenant, user: User) -> None:
    for n in range(5):
        await tenant.create("cars", user, n=n)
    params = {"limit": "0", "count": "true", "filter": '{"n":{"$gt":1}}'}
    page = (await tenant.http.get("/api/data/cars", params=params, headers=user.auth)).json()
    assert page == {"items": [], "next": None, "total": 3}
    everything = await tenant.http.get("/api/data/cars?count=true&limit=2", headers=user.auth)
    assert everything.json()["total"] == 5


async def test_a_long_filter_goes_into_the_body(tenant: Tenant, user: User) -> None:
    await tenant.create("cars", user, n=1)
    body = {"filter": {"n": {"$in": list(range(900))}}, "sort": "n", "limit": 1, "count": True}
    response = await tenant.http.post("/api/data/cars/query", json=body, headers=user.auth)
    assert (response.json()["total"], response.json()["next"]) == (1, None)


async def test_a_list_of_a_collection_that_does_not_exist_is_empty(tenant: Tenant, user: User) -> None:
    response = await tenant.http.get("/api/data/nothing?count=true", headers=user.auth)
    assert response.json() == {"items": [], "next": None, "total": 0}


async def test_a_cursor_is_only_good_for_its_own_query(tenant: Tenant, user: User) -> None:
    for n in range(3):
        await tenant.create("cars", user, n=n)
    cursor = (await tenant.http.get("/api/data/cars?limit=1&sort=n", headers=user.auth)).json()["next"]
    for query in (f"sort=-n&cursor={cursor}", f"sort=n&filter=%7B%22n%22%3A1%7D&cursor={cursor}", "cursor=abc"):
        assert_problem(await tenant.http.get(f"/api/data/cars?{query}", headers=user.auth), "bad_cursor")
    await tenant.create("boats", user, n=1)
    assert_problem(await tenant.http.get(f"/api/data/boats?sort=n&cursor={cursor}", headers=user.auth), "bad_cursor")


async def test_a_collection_has_rules_and_indexes(tenant: Tenant, user: User) -> None:
    definition = {"name": "notes", "rules": {"list": "owner", "read": "public"}, "indexes": [{"fields": ["a", "-b"]}]}
    made = await tenant.http.post("/api/collections", json=definition, headers=tenant.key)
    assert made.status_code == 201
    assert made.json()["rules"]["create"] == "authenticated"
    note = await tenant.create("notes", user, a=1)
    other = await tenant.user()
    assert (await tenant.http.get("/api/data/notes", headers=other.auth)).json()["items"] == []
    assert len((await tenant.http.get("/api/data/notes", headers=user.auth)).json()["items"]) == 1
    assert (await tenant.http.get(f"/api/data/notes/{note['id']}")).status_code == 200
    changed = await tenant.http.patch("/api/collections/notes", json={"rules": {"read": "nobody"}}, headers=tenant.key)
    assert changed.json()["rules"]["list"] == "owner"
    assert_problem(await tenant.http.get(f"/api/data/notes/{note['id']}", headers=user.auth), "forbidden")
    assert_problem(await tenant.http.get(f"/api/data/notes/{note['id']}"), "authentication_required")
    assert (await tenant.http.get(f"/api/data/notes/{note['id']}", headers=tenant.key)).status_code == 200


async def test_owner_rules_hide_what_belongs_to_others(tenant: Tenant, user: User) -> None:
    rules = dict.fromkeys(("list", "read", "update", "delete"), "owner")
    await tenant.http.post("/api/collections", json={"name": "notes", "rules": rules}, headers=tenant.key)
    note, other = await tenant.create("notes", user, a=1), await tenant.user()
    path = f"/api/data/notes/{note['id']}"
    assert_problem(await tenant.http.get(path, headers=other.auth), "document_not_found")
    assert_problem(await tenant.http.patch(path, json={"a": 2}, headers=other.auth), "document_not_found")
    assert_problem(await tenant.http.put(path, json={"a": 2}, headers=other.auth), "document_not_found")
    assert_problem(await tenant.http.delete(path, headers=other.auth), "document_not_found")
    assert (await tenant.http.get("/api/data/notes?count=true", headers=other.auth)).json()["total"] == 0
    assert (await tenant.http.get(path, headers=user.auth)).json() == note


async def test_deleting_a_collection_removes_its_documents(tenant: Tenant, user: User) -> None:
    await tenant.create("cars", user, id="c1", a=1)
    assert (await tenant.http.delete("/api/collections/cars", headers=tenant.key)).status_code == 204
    assert_problem(await tenant.http.get("/api/collections/cars", headers=tenant.key), "collection_not_found")
    assert_problem(await tenant.http.get("/api/data/cars/c1", headers=user.auth), "document_not_found")
    assert (await tenant.create("cars", user, id="c1", a=2))["version"] == 1


async def test_a_unique_index_names_itself_and_nobody_else(tenant: Tenant, user: User) -> None:
    definition = {"name": "shops", "indexes": [{"fields": ["code"], "unique": True}]}
    await tenant.http.post("/api/collections", json=definition, headers=tenant.key)
    await tenant.create("shops", user, code="A", secret="canary")
    await tenant.create("shops", user)
    await tenant.create("shops", user)
    response = await tenant.http.post("/api/data/shops", json={"code": "A"}, headers=user.auth)
    assert_problem(response, "already_exists", "/code")
    assert "canary" not in response.text


async def test_an_index_can_be_added_later_and_refuses_doubles(tenant: Tenant, user: User) -> None:
    await tenant.create("shops", user, code="A")
    await tenant.create("shops", user, code="A")
    unique = {"indexes": [{"fields": ["code"], "unique": True}]}
    refused = await tenant.http.patch("/api/collections/shops", json=unique, headers=tenant.key)
    assert_problem(refused, "already_exists")
    shown = (await tenant.http.get("/api/collections/shops", headers=tenant.key)).json()
    assert shown["indexes"] == []
    plain = {"indexes": [{"fields": ["code"]}]}
    assert (await tenant.http.patch("/api/collections/shops", json=plain, headers=tenant.key)).status_code == 200
    page = await tenant.http.get('/api/data/shops?filter={"code":"A"}&count=true', headers=user.auth)
    assert page.json()["total"] == 2


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_collections_are_for_keys_alone(tenant: Tenant, user: User, method: str) -> None:
    assert_problem(await tenant.http.request(method, "/api/collections", json={"name": "x"}), "authentication_required")
    response = await tenant.http.request(method, "/api/collections", json={"name": "x"}, headers=user.auth)
    assert_problem(response, "forbidden")


async def test_users_are_made_by_registration_only(tenant: Tenant, user: User) -> None:
    for headers in (user.auth, tenant.key):
        response = await tenant.http.post("/api/data/users", json={"email": "x@example.com"}, headers=headers)
        assert_problem(response, "forbidden")
    own = await tenant.http.get("/api/data/users", headers=user.auth)
    assert [item["id"] for item in own.json()["items"]] == [user.id]


async def test_the_openapi_document_knows_a_collection_at_once(tenant: Tenant, user: User) -> None:
    before = (await tenant.http.get("/api/openapi.json")).json()
    assert "/api/data/cars" not in before["paths"]
    await tenant.create("cars", user, a=1)
    after = (await tenant.http.get("/api/openapi.json")).json()
    assert {"get", "post"} <= set(after["paths"]["/api/data/cars"])
    ids = [operation["operationId"] for path in after["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids))


async def test_every_reference_of_an_openapi_document_leads_somewhere(app: App, tenant: Tenant) -> None:
    for document in (
        (await tenant.http.get("/api/openapi.json")).json(), (await app.admin.get("/v1/openapi.json")).json(),
    ):  # fmt: skip
        names = set(re.findall(r'"\$ref": "#/components/schemas/([A-Za-z]+)"', json.dumps(document)))
        assert names
        assert names <= set(document["components"]["schemas"])
        assert json.dumps(document).count('"$ref": "#/$defs') == 0

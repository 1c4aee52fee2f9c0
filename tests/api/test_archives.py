"""One tenant as one file: out, and in again."""

import json
from pathlib import Path

import pytest

from server.control.archives import write
from tests.support.app import PASSWORD, App, Tenant, running_app
from tests.support.archives import ARCHIVE as ZIP
from tests.support.archives import entries_of, imported, pulled, taken_in
from tests.support.filled import filled, seen
from tests.support.mongo import MongoServer
from tests.support.operations import WAIT, done, opened
from tests.support.problems import assert_problem


async def test_an_archive_comes_back_the_same_as_another_tenant(app: App, tenant: Tenant) -> None:
    ann, file = await filled(app, tenant)
    rules = {"files": {"create": "nobody"}, "channels": {"publish": "nobody"}}
    assert (await tenant.http.patch("/api/rules", json=rules, headers=tenant.key)).is_success
    ruled = {
        "name": "notes", "indexes": [{"fields": ["n"], "where": {"done": {"$ne": True}}}],
        "rules": {"update": {"$or": [{"owner": "$user.id"}, {"$changed": {"$nin": ["text.short"]}}]}},
        "fields": {"text.long": {"read": {"$user.roles": "staff"}, "write": "once"}},
        "schema": {"type": "object", "properties": {"$odd.name": {"type": "string"}}},
    }  # fmt: skip
    assert (await tenant.http.post("/api/collections", json=ruled, headers=tenant.key)).is_success
    text = {"subject": "Hi ${email}", "text": "${link}"}
    assert (await tenant.http.put("/api/settings/mails/verify", json=text, headers=tenant.key)).is_success
    provider = {"clientId": "c", "clientSecret": "s", "issuer": "https://id.example.com", "kind": "oidc"}
    assert (await tenant.http.put("/api/settings/providers/own", json=provider, headers=tenant.key)).is_success
    before = await seen(tenant, file)
    archive = await pulled(app, tenant.name)
    two = await taken_in(app, f"{tenant.name}-two", archive)
    assert await seen(two, file) == before
    for path in ("/api/rules", "/api/settings/mails", "/api/settings/providers"):
        pair = [(await one.http.get(path, headers=one.key)).json() for one in (tenant, two)]
        assert pair[0] == pair[1]
    login = await two.http.post("/api/auth/login", json={"email": ann.email, "password": PASSWORD})
    assert login.status_code == 200
    for old in (tenant.key, ann.auth):
        assert_problem(await two.http.get("/api/data/users", headers=old), "session_invalid")
    refused = await two.http.post("/api/data/cars", json={"plate": "p1"}, headers=two.key)
    assert_problem(refused, "already_exists", "/plate")
    again = entries_of(await pulled(app, two.name))
    first = entries_of(archive)
    assert set(again) == set(first)
    # The rows of the site are new; all else is the same to the byte.
    assert {name for name in first if first[name] != again[name]} == {"backpack.json"}
    said = json.loads(first["backpack.json"])
    assert (said["format"], said["tenant"], said["files"], said["siteFiles"]) == (1, tenant.name, 1, 1)
    assert not [name for name in said["collections"] if name in {"_keys", "_sessions", "_tokens", "_outbox"}]


async def test_an_archive_takes_the_place_of_what_a_tenant_is(app: App, tenant: Tenant) -> None:
    _, file = await filled(app, tenant)
    before = await seen(tenant, file)
    archive = await pulled(app, tenant.name)
    other = await app.tenant()
    await other.create("boats", await other.user(), id="b1")
    pushed = await app.admin.put(f"/v1/tenants/{other.name}/archive", content=archive, headers={**ZIP, **WAIT})
    assert (pushed.status_code, pushed.json()["status"]) == (200, "done"), pushed.text
    assert await seen(other, file) == before  # by its own key, which it has kept
    assert_problem(await other.http.get("/api/data/boats/b1", headers=other.key), "document_not_found")
    bad = await app.admin.put(f"/v1/tenants/{other.name}/archive", content=archive[:-40], headers={**ZIP, **WAIT})
    assert_problem(bad, "invalid_request")
    assert await seen(other, file) == before


async def test_a_snapshot_is_an_archive_too(app: App, tenant: Tenant) -> None:
    ann, file = await filled(app, tenant)
    before = await seen(tenant, file)
    taken = await done(app, tenant.name, "snapshots")
    await tenant.http.delete("/api/data/cars/c1", headers=ann.auth)
    answer = await app.admin.get(f"/v1/tenants/{tenant.name}/snapshots/{taken['id']}/archive")
    assert await seen(await taken_in(app, f"{tenant.name}-old", answer.content), file) == before
    gone = await app.admin.get(f"/v1/tenants/{tenant.name}/snapshots/{'0' * 24}/archive")
    assert_problem(gone, "snapshot_not_found")


@pytest.mark.starts_server
@pytest.mark.timeout(120)
async def test_an_archive_moves_a_tenant_between_engines(tmp_path: Path) -> None:
    server = MongoServer()
    try:
        async with running_app(tmp_path / "a") as here, running_app(tmp_path / "b", mongo_url=server.url) as there:
            tenant = await here.tenant("shop")
            _, file = await filled(here, tenant)
            before = await seen(tenant, file)
            moved = await taken_in(there, "shop", await pulled(here, "shop"))
            assert (await there.admin.get("/v1/tenants/shop")).json()["engine"] == "mongo"
            assert await seen(moved, file) == before
            assert await seen(await taken_in(here, "again", await pulled(there, "shop")), file) == before
            # Snapshots, clones and restores of a tenant that MongoDB keeps.
            taken = await done(there, "shop", "snapshots")
            await moved.http.delete("/api/data/cars/c1", headers=moved.key)
            await done(there, "shop", "clone", **{"as": "two"})
            two = await opened(there, "two")
            assert await seen(two, file) == await seen(moved, file) != before
            await done(there, "shop", f"snapshots/{taken['id']}/restore")
            assert await seen(moved, file) == before
            assert (await done(there, "shop", f"snapshots/{taken['id']}/prove"))["proven"]["documents"] == 31
            assert (await moved.http.post("/api/data/cars", json={"plate": "n"}, headers=moved.key)).status_code == 201
    finally:
        server.stop()


# What honest tenants hold, however odd.

SCHEMA = {"type": "object", "properties": {"brand": {"type": "string"}}}


async def _again(app: App, tenant: Tenant) -> tuple[Tenant, list[str]]:
    """A tenant out and in: the same to the byte; the new one, and what the operation said."""
    archive = await pulled(app, tenant.name)
    name = f"{tenant.name}-in"
    answer = await imported(app, name, archive)
    ended = answer.json()
    assert (answer.status_code, ended["status"]) == (200, "done"), answer.text
    first, again = entries_of(archive), entries_of(await pulled(app, name))
    assert set(first) == set(again)
    assert {one for one in first if first[one] != again[one]} == {"backpack.json"}
    return await opened(app, name), [line[2] for line in ended["lines"]]


async def test_what_users_say_of_files_comes_back(app: App, tenant: Tenant) -> None:
    ann = await tenant.user()
    deepest = "{" + '"a":{' * 99 + "}" * 100
    for said in ('{"a.b":1}', '{"$x":{"$gt":1}}', '{"":1}', '{"__proto__":1}', '{"\\u0000":1}', deepest):
        form = {"visibility": "public", "metadata": said}
        made = await tenant.http.post("/api/files", files={"file": ("é.txt", b"x")}, data=form, headers=ann.auth)
        assert made.status_code == 201, (said[:20], made.text)
    two, _ = await _again(app, tenant)
    lists = [(await one.http.get("/api/files?sort=id", headers=one.key)).json() for one in (tenant, two)]
    assert lists[0] == lists[1] and len(lists[0]["items"]) == 6


async def test_a_document_of_very_many_elements_comes_back(app: App, tenant: Tenant) -> None:
    ann = await tenant.user()
    await tenant.create("cars", ann, id="big", list=[0] * 60_000)
    for _ in range(3):
        push = {"$push": {"list": {"$each": [0] * 60_000}}}
        assert (await tenant.http.patch("/api/data/cars/big", json=push, headers=ann.auth)).is_success
    two, _ = await _again(app, tenant)
    found = (await two.http.get("/api/data/cars/big", headers=two.key)).json()
    assert found["list"] == [0] * 240_000


async def test_documents_that_a_new_schema_rejects_come_back_and_are_told(app: App, tenant: Tenant) -> None:
    ann = await tenant.user()
    for id, brand in (("a", "Fiat"), ("b", 1), ("c", [])):
        await tenant.create("cars", ann, id=id, brand=brand)
    url = "/api/collections/cars?existing=keep"
    assert (await tenant.http.patch(url, json={"schema": SCHEMA}, headers=tenant.key)).is_success
    two, said = await _again(app, tenant)
    assert "The schemas of their collections reject 2 documents: cars 2." in said
    refused = await two.http.patch("/api/data/cars/b", json={"price": 1}, headers=two.key)
    assert_problem(refused, "schema_violated", "/brand")


async def test_users_with_odd_fields_come_back_and_may_no_more_than_before(app: App, tenant: Tenant) -> None:
    ann = await tenant.user("ann@example.com")
    odd = {"roles": "admin", "groups": {"a": 1}, "verified": "yes", "disabled": "no", "guest": 1}
    assert (await tenant.http.patch(f"/api/data/users/{ann.id}", json=odd, headers=tenant.key)).is_success
    rules = {"list": {"$user.roles": "adm"}, "create": {"g": {"$in": "$user.groups"}}, "read": {"$user.verified": True}}
    await tenant.http.post("/api/collections", json={"name": "cars", "rules": rules}, headers=tenant.key)
    await tenant.http.post("/api/data/cars", json={"id": "c", "g": "a"}, headers=tenant.key)
    two, _ = await _again(app, tenant)
    login = await two.http.post("/api/auth/login", json={"email": ann.email, "password": PASSWORD})
    assert login.status_code == 200
    auth = {"authorization": f"Bearer {login.json()['token']}"}
    kept = (await two.http.get(f"/api/data/users/{ann.id}", headers=two.key)).json()
    assert {name: kept[name] for name in odd} == odd
    for answer in (
        await two.http.get("/api/data/cars", headers=auth), await two.http.get("/api/data/cars/c", headers=auth),
        await two.http.post("/api/data/cars", json={"g": "a"}, headers=auth),
        await two.http.get("/api/settings", headers=auth),
        await two.http.patch("/api/auth/me", json={"roles": ["admin"]}, headers=auth),
    ):  # fmt: skip
        assert answer.status_code in {400, 403, 404} or answer.json()["items"] == [], answer.text


async def test_a_masked_clone_comes_back(app: App, tenant: Tenant) -> None:
    _, file = await filled(app, tenant)
    body = {"metadata": {"who": "Ann"}}
    assert (await tenant.http.patch(file.removesuffix("/content"), json=body, headers=tenant.key)).is_success
    mask = {
        "users": {"email": "hash", "city": "null"}, "cars": {"brand": {"set": 5}, "driver.email": "email"},
        "files": {"name": "hash", "path": "null", "metadata": "hash"},
    }  # fmt: skip
    await done(app, tenant.name, "clone", **{"as": f"{tenant.name}-m", "mask": mask})
    clone = await opened(app, f"{tenant.name}-m")
    two, said = await _again(app, clone)
    await done(app, tenant.name, "clone", **{"as": f"{tenant.name}-n", "mask": {"files": {"name": "remove"}}})
    nameless = await taken_in(app, f"{tenant.name}-o", await pulled(app, f"{tenant.name}-n"))
    assert (await nameless.http.get(file)).text == "bytes"
    assert "The schemas of their collections reject 30 documents: cars 30." in said
    assert await seen(two, file) == await seen(clone, file)


async def test_what_no_server_takes_in_is_not_given_out(
    app: App, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(app, tenant)
    entries = len(entries_of(await pulled(app, tenant.name)))
    monkeypatch.setattr(write, "MAX_ENTRIES", entries - 1)
    refused = await app.admin.get(f"/v1/tenants/{tenant.name}/archive")
    assert f"{entries} entries" in assert_problem(refused, "conflict")["detail"]
    monkeypatch.setattr(write, "MAX_ENTRIES", entries)
    await pulled(app, tenant.name)


async def test_a_tenant_has_no_more_collections_of_an_archive_than_it_may(app: App, tenant: Tenant) -> None:
    for name in ("a", "b", "c"):
        await tenant.http.post("/api/collections", json={"name": name}, headers=tenant.key)
    archive, two = await pulled(app, tenant.name), await app.tenant()
    url = f"/v1/tenants/{two.name}"
    for most, status in ((1, "failed"), (3, "done")):
        limits = {"limits": {"maxCollections": most}}
        assert (await app.admin.patch(url, json=limits)).is_success
        pushed = await app.admin.put(f"{url}/archive", content=archive, headers={**ZIP, **WAIT})
        assert pushed.json()["status"] == status, pushed.text
        if status == "failed":
            assert pushed.json()["error"]["code"] == "over_quota"
            assert "3 collections; the tenant may have 1" in pushed.json()["error"]["detail"]

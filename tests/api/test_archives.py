"""One tenant as one file: out, in again, and what is sent by strangers."""

import asyncio
import json
import tracemalloc
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.control.archives import directory, write
from server.control.archives.checks import written
from server.control.archives.read import opened_archive
from tenancy.errors import BackpackError, Invalid, TooLarge
from tests.support.app import PASSWORD, App, Tenant, running_app
from tests.support.archives import archive_from, entries_of, rows_of, with_rows
from tests.support.bad_archives import BAD_ROWS, bad_entries, many_entries
from tests.support.figures import FIGURES
from tests.support.filled import filled, seen
from tests.support.mongo import MongoServer
from tests.support.operations import WAIT, done, opened
from tests.support.problems import assert_problem

ZIP = {"content-type": "application/vnd.backpack+zip"}


async def pulled(app: App, name: str) -> bytes:
    answer = await app.admin.get(f"/v1/tenants/{name}/archive")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}.backpack"'
    return answer.content


async def imported(app: App, name: str, archive: bytes) -> httpx.Response:
    return await app.admin.post(
        f"/v1/tenants/import?name={name}", content=archive, headers={**ZIP, **WAIT}, timeout=120
    )


async def taken_in(app: App, name: str, archive: bytes) -> Tenant:
    answer = await imported(app, name, archive)
    assert (answer.status_code, answer.json()["status"]) == (200, "done"), answer.text
    return await opened(app, name)


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


@pytest.mark.starts_server
async def test_a_template_is_made_of_a_tenant_and_tenants_of_it(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        tenant = await app.tenant("model")
        _, file = await filled(app, tenant)
        before = await seen(tenant, file)
        made = await app.admin.post("/v1/templates", json={"name": "cars", "tenant": "model"})
        assert made.status_code == 201
        (mine,) = [one for one in made.json()["items"] if one["name"] == "cars"]
        assert (mine["builtIn"], mine["collections"], mine["files"]) == (False, {"cars": 30, "users": 1}, 1)
        answer = await app.admin.post("/v1/tenants", json={"name": "from-it", "template": "cars", "ttl": 3600})
        assert answer.status_code == 201, answer.text
        two = Tenant("from-it", app.public_port, answer.json()["apiKey"])
        app.tenants.append(two)
        assert await seen(two, file) == before
        assert answer.json()["expiresAt"]
        for body, code, path in [
            ({"name": "Cars", "tenant": "model"}, "invalid_request", "/name"),
            ({"name": "board", "tenant": "model"}, "already_exists", "/name"),
            ({"name": "x", "tenant": "nobody-here"}, "tenant_not_found", None),
            ({"name": "x", "tenant": "model", "snapshot": "0" * 24}, "snapshot_not_found", None),
        ]:
            assert_problem(await app.admin.post("/v1/templates", json=body), code, path)
        for name in ("nothing", "..", "../cars"):
            refused = await app.admin.post("/v1/tenants", json={"name": "no-such", "template": name})
            assert_problem(refused, "template_not_found")
        assert_problem(await app.admin.delete("/v1/templates/nothing"), "template_not_found")
        assert_problem(await app.admin.delete("/v1/templates/board"), "conflict")
        assert (await app.admin.delete("/v1/templates/cars")).status_code == 204
        assert "cars" not in [one["name"] for one in (await app.admin.get("/v1/templates")).json()["items"]]


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
    assert "2 documents do not fit their collection's schema: cars 2." in said
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
    assert "30 documents do not fit their collection's schema: cars 30." in said
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


# What strangers send.


def test_a_directory_is_refused_before_zipfile_holds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("zipfile was asked")

    monkeypatch.setattr(zipfile, "ZipFile", never)
    path = tmp_path / "x.zip"
    for bad, kind in [
        (many_entries(200_001, large=True), TooLarge), (many_entries(300_000, said=3), Invalid),
        (many_entries(300_000, said=3, large=True), Invalid), (many_entries(3, said=4), Invalid),
        (many_entries(3, large=True, locator=5), Invalid), (b"x" + many_entries(1)[1:], Invalid), (b"PK", Invalid),
        (many_entries(1)[:-2] + b"\x01\x00", Invalid),
    ]:  # fmt: skip
        path.write_bytes(bad)
        with pytest.raises(kind), opened_archive(path, 10**10):
            pass
    monkeypatch.setattr(directory, "MAX_DIRECTORY", 100)
    path.write_bytes(many_entries(3))
    with pytest.raises(TooLarge, match="list of entries"), opened_archive(path, 10**10):
        pass


def test_a_manifest_takes_no_more_memory_than_its_entries(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    bombs = {
        "large": b'{"format":1,"x":[' + b"{}," * 20_000_000 + b"1]}",
        "of many objects": b'{"format":1,"x":[' + b"{}," * 20_000 + b"1]}",
        "of many collections": b'{"format":1,"collections":{' + b",".join(b'"%d":1' % n for n in range(6000)) + b"}}",
        "a format of objects": b'{"format":[' + b"{}," * 20_000 + b"1]}",
    }
    for name, text in bombs.items():
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
            opened.writestr("backpack.json", text)
        tracemalloc.start()
        with pytest.raises(BackpackError), opened_archive(path, 10**10):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 1_000_000, (name, peak)


def test_what_cannot_be_written_is_the_senders_fault() -> None:
    deep: Any = []
    for _ in range(300):
        deep = [deep]
    for bad in (deep, "\ud800"):
        with pytest.raises(Invalid):
            written({"id": "a", "x": bad})


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[App, bytes]]:
    """A server, and a good archive of one of its tenants."""
    async with running_app(tmp_path_factory.mktemp("archives"), max_archive=20_000_000) as app:
        tenant = await app.tenant("good")
        await filled(app, tenant)
        yield app, await pulled(app, "good")


async def _refused(app: App, archive: bytes) -> str:
    """An archive is refused, in clear words, and nothing is left of it."""
    before = (await app.admin.get("/v1/tenants")).json()
    answer = await imported(app, "hostile", archive)
    if answer.status_code == 200:
        ended = answer.json()
        assert ended["status"] == "failed", ended
        assert ended["error"]["code"] in {"invalid_request", "too_large", "bad_json", "over_quota"}, ended
        told = json.dumps(ended["error"])
    else:
        assert_problem(answer, answer.json()["code"])
        assert answer.json()["code"] in {"invalid_request", "too_large"}, answer.text
        told = answer.text
    assert not any(word in told for word in ("Traceback", "zipfile", "sqlite", "msgspec", "Errno")), told
    assert (await app.admin.get("/v1/tenants")).json() == before
    assert_problem(await app.admin.get("/v1/tenants/hostile"), "tenant_not_found")
    data = app.context.tenants.folders.root
    assert len(list(data.iterdir())) == 1
    assert list((data.parent / "work").iterdir()) == []
    return told


@pytest.mark.starts_server
async def test_an_archive_that_is_not_whole_changes_nothing(
    server: tuple[App, bytes], record_property: Callable[[str, object], None]
) -> None:
    app, archive = server
    corpus, told = bad_entries(entries_of(archive)), dict[str, str]()
    assert len(corpus) >= 47
    for name, bad in corpus.items():
        try:
            told[name] = await _refused(app, bad)
        except AssertionError as error:
            raise AssertionError(name) from error
    rows = len(rows_of(entries_of(archive), "_collections"))
    for name, words in {
        "the manifest has collections without number": "more collections than the archive",
        "a checksum that is none": "length >= 64",
        "collections that are not counted": f"has {rows + 1} documents or more",  # the first too many is the last read
        "entries without number": "other entries than its end says",
    }.items():
        assert words in told[name], (name, told[name])
    record_property(FIGURES, f"{len(corpus)} archives that are not whole: refused, nothing changed")


@pytest.mark.starts_server
async def test_rows_that_no_request_could_make_are_refused(
    server: tuple[App, bytes], record_property: Callable[[str, object], None]
) -> None:
    app, archive = server
    entries = entries_of(archive)
    assert len(BAD_ROWS) >= 37
    for name, (collection, change) in BAD_ROWS.items():
        known = (
            entries if f"documents/{collection}.jsonl" in entries else {**entries, f"documents/{collection}.jsonl": b""}
        )
        try:
            told = await _refused(app, with_rows(known, collection, change))
            assert "line" in told or "documents/" in told, told
        except AssertionError as error:
            raise AssertionError(name) from error
    record_property(
        FIGURES, f"{len(BAD_ROWS)} archives with a row that no request could make: refused, nothing changed"
    )


@pytest.mark.starts_server
async def test_the_good_one_is_good(server: tuple[App, bytes]) -> None:
    app, archive = server
    entries = entries_of(archive)
    two = await taken_in(app, "honest", archive_from(entries))
    assert (await two.http.get("/api/data/cars?limit=0&count=true")).json()["total"] == len(rows_of(entries, "cars"))
    assert (await app.admin.delete("/v1/tenants/honest?purge=1")).status_code == 204
    # Sent in a way that is refused before anything is read.
    for headers, query, code in [
        ({"content-type": "text/plain"}, "?name=a-name", "unsupported_media_type"),
        (ZIP, "", "invalid_request"),
        (ZIP, "?name=good", "already_exists"),
        (ZIP, "?name=www", "invalid_request"),
        (ZIP, "?name=a-name&plan=none", "invalid_request"),
        (ZIP, "?name=a-name&ttl=x", "invalid_request"),
        (ZIP, "?name=a-name&x=1", "invalid_request"),
    ]:
        answer = await app.admin.post(f"/v1/tenants/import{query}", content=archive, headers=headers)
        assert_problem(answer, code)
    answer = await app.admin.put("/v1/tenants/nobody-here/archive", content=archive, headers=ZIP)
    assert_problem(answer, "tenant_not_found")


@pytest.mark.starts_server
async def test_what_a_client_leaves_half_sent_or_half_read_goes(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        tenant = await app.tenant("shop")
        await filled(app, tenant)
        archive = await pulled(app, "shop")

        async def half() -> AsyncIterator[bytes]:
            yield archive[:100]
            raise ConnectionError

        with pytest.raises(ConnectionError):
            await app.admin.post("/v1/tenants/import?name=half", content=half(), headers=ZIP)
        big = {"file": ("big", b"x" * 20_000_000)}
        assert (await tenant.http.post("/api/files", files=big, headers=tenant.key)).status_code == 201
        async with app.admin.stream("GET", "/v1/tenants/shop/archive") as answer:
            assert answer.status_code == 200
            async for _ in answer.aiter_bytes(1000):
                break
        async with asyncio.timeout(20):
            while list((tmp_path / "work").iterdir()):
                await asyncio.sleep(0.02)
        assert (await taken_in(app, "whole", archive)).name == "whole"

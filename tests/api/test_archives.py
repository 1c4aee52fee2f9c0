"""One tenant as one file: out, in again, and what is sent by strangers."""

import asyncio
import io
import json
import struct
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.test_copies import filled, seen
from tests.support.app import PASSWORD, App, Tenant, running_app
from tests.support.archives import Entries, archive_from, entries_of, rows_of, with_rows
from tests.support.figures import FIGURES
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


# What strangers send.


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[App, bytes]]:
    """A server, and a good archive of one of its tenants."""
    async with running_app(tmp_path_factory.mktemp("archives"), max_archive=20_000_000) as app:
        tenant = await app.tenant("good")
        await filled(app, tenant)
        yield app, await pulled(app, "good")


def _raw(entries: Entries, change: Callable[[zipfile.ZipFile], None]) -> bytes:
    """An archive to which something was added by hand."""
    into = io.BytesIO(archive_from(entries))
    with zipfile.ZipFile(into, "a") as opened:
        change(opened)
    return into.getvalue()


def _link(opened: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("files/link")
    info.external_attr = 0o120777 << 16
    opened.writestr(info, "/etc/passwd")


def _overlapping(entries: Entries) -> bytes:
    """A zip whose directory names one entry's bytes many times."""
    data = archive_from(entries, method=zipfile.ZIP_STORED)
    end = data.rindex(b"PK\x05\x06")
    count, size, start = struct.unpack("<HII", data[end + 10 : end + 20])
    directory = data[start : start + size]
    at = directory.index(b"PK\x01\x02")
    name_length = struct.unpack("<H", directory[at + 28 : at + 30])[0]
    one = bytearray(directory[at : at + 46 + name_length])
    many = b"".join(bytes(one[:46]) + b"files/" + str(n).zfill(name_length - 6).encode() for n in range(2000))
    fresh = directory + many
    tail = struct.pack("<HHHHIIH", 0, 0, count + 2000, count + 2000, len(fresh), start, 0)
    return data[:start] + fresh + b"PK\x05\x06" + tail


def _nested(entries: Entries) -> bytes:
    """A zip in which one entry's bytes are another entry with its header, so each counts for two (David Fifield's way)."""
    inner, outer = zipfile.ZipInfo("site/b.bin"), zipfile.ZipInfo("site/a.bin")
    content = b"x" * 2_000_000
    for info, data in ((inner, content), (outer, b"")):
        info.file_size, info.compress_size, info.CRC = len(data), len(data), zlib.crc32(data)
    nested = inner.FileHeader() + content
    outer.file_size, outer.compress_size, outer.CRC = len(nested), len(nested), zlib.crc32(nested)
    whole = entries_of(archive_from({**entries, "site/a.bin": nested, "site/b.bin": content}))
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in whole.items():
            if name not in {"site/a.bin", "site/b.bin"}:
                opened.writestr(name, data)
        start = into.tell()
        header = outer.FileHeader()
        into.write(header + nested)
        outer.header_offset, inner.header_offset = start, start + len(header)
        opened.filelist += [outer, inner]
        opened.NameToInfo |= {"site/a.bin": outer, "site/b.bin": inner}
        opened.start_dir = into.tell()
    return into.getvalue()


def _bad_entries(entries: Entries) -> dict[str, bytes]:
    """Archives that are not whole, or hold what no archive does."""
    whole = archive_from(entries)
    without = {name: data for name, data in entries.items() if name != "documents/cars.jsonl"}
    file = next(name for name in entries if name.startswith("files/"))
    bomb = b"0" * 30_000_000
    return {
        "nothing": b"", "no zip": b"hello" * 100, "half": whole[: len(whole) // 2], "cut off": whole[:-30],
        "no manifest": _zipped({name: data for name, data in entries.items() if name != "backpack.json"}),
        "manifest is no JSON": _zipped({**entries, "backpack.json": b"{"}),
        "manifest is a list": _zipped({**entries, "backpack.json": b"[]"}),
        "no format": archive_from(entries, format=None), "a newer format": archive_from(entries, format=2),
        "format as text": archive_from(entries, format="1"), "format zero": archive_from(entries, format=0),
        "an entry too few": archive_from(without, honest=False), "an entry too many": _raw(entries, lambda opened: opened.writestr("files/more", "x")),
        "another checksum": archive_from({**entries, "documents/cars.jsonl": entries["documents/cars.jsonl"].replace(b"b1", b"b9")}, honest=False),
        "doubled": _doubled(entries), "a link": _raw(entries, _link), "climbs": archive_from({**entries, "../evil": b"x"}),
        "climbs out of the site": archive_from({**entries, "site/../../evil": b"x"}),
        "absolute": archive_from({**entries, "/etc/evil": b"x"}), "a database": archive_from({**entries, "data.db": b"SQLite format 3\0"}),
        "the keys of others": archive_from({**entries, "documents/_keys.jsonl": b""}),
        "sessions": archive_from({**entries, "documents/_sessions.jsonl": b""}),
        "a file without a row": archive_from({**entries, "files/more": b"x"}),
        "a row without its file": archive_from({name: data for name, data in entries.items() if name != file}),
        "other bytes of a file": archive_from({**entries, file: b"other"}),
        "a bomb": archive_from({**entries, "files/bomb": bomb}), "overlapping": _overlapping(entries), "nested": _nested(entries),
        "compressed otherwise": archive_from(entries, method=zipfile.ZIP_BZIP2),
        "a site without index": archive_from({**{n: d for n, d in entries.items() if not n.startswith("site/")}, "site/x.html": b""}),
        "documents of nothing": archive_from({**entries, "documents/boats.jsonl": b""}),
        "another count": archive_from(entries, collections={"cars": 1}),
        "one line too long": archive_from({**entries, "documents/cars.jsonl": b'{"id":"' + b"x" * 2_000_000 + b'"}\n'}),
        "a line is no JSON": archive_from({**entries, "documents/cars.jsonl": b"{\n"}),
        "a line is no object": archive_from({**entries, "documents/cars.jsonl": b"[1]\n"}),
        "nested deeply": archive_from({**entries, "documents/cars.jsonl": b'{"a":' * 2000 + b"1" + b"}" * 2000 + b"\n"}),
        "lone surrogate": archive_from({**entries, "documents/cars.jsonl": b'{"id":"\\ud800"}\n'}),
    }  # fmt: skip


def _zipped(entries: Entries) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as opened:
        for name, data in entries.items():
            opened.writestr(name, data)
    return into.getvalue()


def _doubled(entries: Entries) -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        return _raw(entries, lambda opened: opened.writestr("documents/cars.jsonl", entries["documents/cars.jsonl"]))


def _id(row: dict[str, Any]) -> str:
    return str(row["id"])


Change = Callable[[list[dict[str, Any]]], Any]
_HEAVY = "$argon2id$v=19$m=999999,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$GpZ3sK/oH9p7VIiV56G/64Zo/8GaUw434IimaPqxwCo"
BAD_ROWS: dict[str, tuple[str, Change]] = {
    "doubled ids": ("cars", lambda rows: [rows[0], *rows]),
    "out of order": ("cars", lambda rows: rows[::-1]),
    "no id": ("cars", lambda rows: rows[0].pop("id")),
    "id climbs": ("cars", lambda rows: rows[0].update(id="../x")),
    "reserved id": ("cars", lambda rows: rows[0].update(id="aggregate")),
    "no time": ("cars", lambda rows: rows[0].update(createdAt="yesterday")),
    "version as text": ("cars", lambda rows: rows[0].update(version="1")),
    "version zero": ("cars", lambda rows: rows[0].update(version=0)),
    "owner is a list": ("cars", lambda rows: rows[0].update(owner=["a"])),
    "an operator as name": ("cars", lambda rows: rows[0].update({"$set": 1})),
    "a prototype": ("cars", lambda rows: rows[0].update(a={"__proto__": 1})),
    "against the schema": ("cars", lambda rows: rows[0].update(brand=5)),
    "a unique value twice": ("cars", lambda rows: rows[0].update(plate=rows[1]["plate"])),
    "a rule that is none": ("_collections", lambda rows: _named(rows, "cars").update(rules={"list": "everybody"})),
    "a rule that does not parse": ("_collections", lambda rows: _named(rows, "cars").update(rules={"list": {"$where": "1"}})),
    "a schema that reads files": ("_collections", lambda rows: _named(rows, "cars").update(schema={"$ref": "file:///etc/passwd"})),
    "an index on nothing": ("_collections", lambda rows: _named(rows, "cars").update(indexes=[{"fields": []}])),
    "an unknown option": ("_collections", lambda rows: _named(rows, "cars").update(trigger="x")),
    "another name inside": ("_collections", lambda rows: _named(rows, "cars").update(name="boats")),
    "a rule of files that is none": ("_collections", lambda rows: sorted([*rows, {**rows[0], "id": "_files", "name": "_files", "rules": {"list": 1}}], key=_id)),
    "users without their schema": ("users", lambda rows: rows[0].update(email="Ann@Example.com")),
    "verified as text": ("users", lambda rows: rows[0].update(verified="yes")),
    "roles as text": ("users", lambda rows: rows[0].update(roles="admin")),
    "two users of an address": ("users", lambda rows: [rows[0], {**rows[0], "id": rows[0]["id"] + "x"}]),
    "secrets of nobody": ("_credentials", lambda rows: rows[0].update(id="nobody")),
    "a password in clear": ("_credentials", lambda rows: rows[0].update(password="secret")),
    "a hash that costs a gigabyte": ("_credentials", lambda rows: rows[0].update(password=_HEAVY)),
    "a way that leads to another": ("_credentials", lambda rows: rows[0].update(ways=["0" * 64])),
    "an unknown secret": ("_credentials", lambda rows: rows[0].update(admin=True)),
    "a file of another address": ("_files", lambda rows: rows[0].update(url="https://evil.example/x")),
    "a file of no type": ("_files", lambda rows: rows[0].update(type="text/html\r\nx: y")),
    "a file that is public and odd": ("_files", lambda rows: rows[0].update(visibility="everybody")),
    "settings that are none": ("_settings", lambda rows: rows[0].update(settings={"appUrl": "javascript:1"})),
    "two settings": ("_settings", lambda rows: [rows[0], {**rows[0], "id": "z"}]),
    "a provider in clear": ("_providers", lambda rows: [_row("own", form={"clientId": "c", "issuer": "ftp://x"})]),
    "a template that is none": ("_templates", lambda rows: [_row("verify", subject="${secret}", text="x")]),
    "a mail that there is not": ("_templates", lambda rows: [_row("advert", subject="a", text="x")]),
}  # fmt: skip


def _named(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(row for row in rows if row["id"] == name)


def _row(id: str, **fields: Any) -> dict[str, Any]:
    head = {"id": id, "createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:00.000Z", "version": 1}
    return {**head, "owner": None, **fields}


async def _refused(app: App, archive: bytes) -> str:
    """An archive is refused, in clear words, and nothing is left of it."""
    before = (await app.admin.get("/v1/tenants")).json()
    answer = await imported(app, "hostile", archive)
    if answer.status_code == 200:
        ended = answer.json()
        assert ended["status"] == "failed", ended
        assert ended["error"]["code"] in {"invalid_request", "too_large", "bad_json"}, ended
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
    corpus = _bad_entries(entries_of(archive))
    assert len(corpus) >= 36
    for name, bad in corpus.items():
        try:
            await _refused(app, bad)
        except AssertionError as error:
            raise AssertionError(name) from error
    record_property(FIGURES, f"{len(corpus)} archives that are not whole: refused, nothing changed")


@pytest.mark.starts_server
async def test_rows_that_no_request_could_make_are_refused(
    server: tuple[App, bytes], record_property: Callable[[str, object], None]
) -> None:
    app, archive = server
    entries = entries_of(archive)
    assert len(BAD_ROWS) >= 36
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

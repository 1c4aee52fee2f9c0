"""Hosting over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from server.hosting import archives
from tenancy.errors import Unavailable
from tenancy.model.json import trusted
from tenancy.model.system import SITE as RECORD
from tenancy.stores.embedded.engine import EmbeddedDocuments
from tenancy.writes import Write
from tests.support.app import App, Tenant, User
from tests.support.operations import done
from tests.support.problems import assert_problem
from tests.support.zips import doubled_zip, link_zip, make_zip

ZIP = {"content-type": "application/zip"}
SITE = {
    "index.html": b"<h1>home</h1>",
    "assets/app-B1c2D3e4.js": b"js",
    "about.html": b"about",
    "docs/index.html": b"d",
}


async def _publish(tenant: Tenant, archive: bytes) -> None:
    answer = await tenant.http.post("/api/site", content=archive, headers={**tenant.key, **ZIP})
    assert answer.status_code == 201, answer.text
    assert {"release", "files", "size", "publishedAt"} == set(answer.json())


async def test_a_site_is_served_with_fallback(tenant: Tenant) -> None:
    await _publish(tenant, make_zip(SITE))
    for path, expected in {
        "/": b"<h1>home</h1>", "/index.html": b"<h1>home</h1>", "/some/route": b"<h1>home</h1>", "/about": b"about",
        "/docs": b"d", "/docs/": b"d", "/assets/app-B1c2D3e4.js": b"js",
    }.items():  # fmt: skip
        answer = await tenant.http.get(path)
        assert (answer.status_code, answer.content) == (200, expected), path
    hashed = await tenant.http.get("/assets/app-B1c2D3e4.js")
    assert hashed.headers["content-type"].startswith("text/javascript")
    assert "immutable" in hashed.headers["cache-control"]
    home = await tenant.http.get("/")
    assert home.headers["cache-control"] == "no-cache"
    assert (await tenant.http.get("/", headers={"if-none-match": home.headers["etag"]})).status_code == 304
    part = await tenant.http.get("/", headers={"range": "bytes=1-2"})
    assert (part.status_code, part.content) == (206, b"h1")
    assert_problem(await tenant.http.get("/missing.png"), "site_not_found")
    assert_problem(await tenant.http.get("/api/missing"), "route_not_found")
    assert_problem(await tenant.http.post("/some/route"), "route_not_found")


async def test_a_new_release_takes_over_at_once(app: App, tenant: Tenant) -> None:
    for n in range(4):
        await _publish(tenant, make_zip({"index.html": str(n).encode()}))
        assert (await tenant.http.get("/")).content == str(n).encode()
    found = app.context.tenants.registry.directory.find(tenant.name)
    assert found is not None
    async with app.context.tenants.pool.use(found) as context:
        assert (await context.files.usage())[0] == 4  # pack and manifest of two releases
    assert (await tenant.http.delete("/api/site", headers=tenant.key)).status_code == 204
    assert_problem(await tenant.http.get("/"), "site_not_found")


async def test_of_releases_at_once_the_files_of_two_stay(app: App, tenant: Tenant) -> None:
    """The live one and the one before it, whatever the order in which they came."""
    zipped = {**tenant.key, **ZIP}
    made = await asyncio.gather(*(
        tenant.http.post("/api/site", content=make_zip({"index.html": b"%d" % n}), headers=zipped) for n in range(6)
    ))  # fmt: skip
    assert [one.status_code for one in made] == [201] * 6
    known = app.context.tenants.registry.directory.find(tenant.name)
    assert known is not None
    async with app.context.tenants.pool.use(known) as context:
        kept = await context.files.usage()
        live = trusted(await context.documents.get(RECORD, "current") or b"{}")
    assert kept[0] == 4, kept  # each has its files in one, and what they are
    assert {live["release"], live["previous"]} <= {one.json()["release"] for one in made}
    assert (await tenant.http.delete("/api/site", headers=tenant.key)).status_code == 204
    async with app.context.tenants.pool.use(known) as context:
        assert await context.files.usage() == (0, 0)
    again = await tenant.http.post("/api/site", content=make_zip({"index.html": b"new"}), headers=zipped)
    assert (again.status_code, (await tenant.http.get("/")).text) == (201, "new")


async def test_a_publication_that_is_broken_off_leaves_nothing(
    app: App, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _publish(tenant, make_zip({"index.html": b"one"}))
    known = app.context.tenants.registry.directory.find(tenant.name)
    assert known is not None
    honest = EmbeddedDocuments.commit

    async def refuse(self: EmbeddedDocuments, writes: Sequence[Write], *rest: Any) -> Any:
        if any(write.collection == RECORD for write in writes):
            raise Unavailable
        return await honest(self, writes, *rest)

    async def lose_the_answer(self: EmbeddedDocuments, writes: Sequence[Write], *rest: Any) -> Any:
        await honest(self, writes, *rest)
        return await refuse(self, writes, *rest)

    zipped = {**tenant.key, **ZIP}
    for commit, kept, text in ((refuse, 2, "one"), (lose_the_answer, 4, "two")):
        with monkeypatch.context() as patched:
            patched.setattr(EmbeddedDocuments, "commit", commit)
            content = make_zip({"index.html": b"two"})
            assert (await tenant.http.post("/api/site", content=content, headers=zipped)).status_code == 503
        async with app.context.tenants.pool.use(known) as context:
            assert (await context.files.usage())[0] == kept, text
        assert (await tenant.http.get("/")).text == text
    # What a crash has left is in no copy, and goes with the site.
    async with app.context.tenants.pool.use(known) as context:
        for suffix in ("pack", "json"):
            await context.files.put(f"site/{'0' * 24}.{suffix}", _bytes(b"left"), limit=10)
    await done(app, tenant.name, "clone", **{"as": f"{tenant.name}-two"})
    clone = app.context.tenants.registry.directory.find(f"{tenant.name}-two")
    assert clone is not None
    async with app.context.tenants.pool.use(clone) as context:
        assert (await context.files.usage())[0] == 4
    for status in (204, 404):
        assert (await tenant.http.delete("/api/site", headers=tenant.key)).status_code == status
        async with app.context.tenants.pool.use(known) as context:
            assert await context.files.usage() == (0, 0)


async def _bytes(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def test_a_folder_around_everything_is_left_out(tenant: Tenant) -> None:
    await _publish(
        tenant, make_zip({"dist/index.html": b"in", "dist/a.css": b"c", "__MACOSX/x": b"", "dist/.DS_Store": b""})
    )
    assert (await tenant.http.get("/")).content == b"in"
    assert (await tenant.http.get("/a.css")).content == b"c"


@pytest.mark.parametrize(
    "archive",
    [
        b"", b"PK", b"not a zip", make_zip({}), make_zip({"a.html": b"x"}), make_zip(SITE)[:-30], link_zip("link", "/etc/passwd"),
        doubled_zip(),
        *[
            make_zip({"index.html": b"x", name: b"evil"})
            for name in ("/etc/x", "../x", "a/../../x", "..\\x", "C:\\x", "C:/x", "a//b", "./x", "a\nb", "x" * 501)
        ],
    ],
)  # fmt: skip
async def test_a_bad_archive_changes_nothing(app: App, tenant: Tenant, archive: bytes) -> None:
    await _publish(tenant, make_zip({"index.html": b"old"}))
    before = (await app.admin.get(f"/v1/tenants/{tenant.name}")).json()["usage"]["fileBytes"]
    answer = await tenant.http.post("/api/site", content=archive, headers={**tenant.key, **ZIP})
    assert_problem(answer, "invalid_request")
    assert (await tenant.http.get("/")).content == b"old"
    assert (await app.admin.get(f"/v1/tenants/{tenant.name}")).json()["usage"]["fileBytes"] == before


async def test_a_bomb_is_stopped(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_UNPACKED", 100_000)
    monkeypatch.setattr(archives, "MAX_ENTRIES", 50)
    for entries in ({"index.html": b"\0" * 200_000}, {f"{n}": b"" for n in range(60)}):
        answer = await tenant.http.post("/api/site", content=make_zip(entries), headers={**tenant.key, **ZIP})
        assert_problem(answer, "too_large")


async def test_an_archive_that_lies_about_sizes_is_stopped(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_UNPACKED", 100_000)
    honest = make_zip({"index.html": b"\0" * 200_000})
    lying = honest.replace((200_000).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    answer = await tenant.http.post("/api/site", content=lying, headers={**tenant.key, **ZIP})
    assert answer.status_code in {400, 413}
    assert_problem(await tenant.http.get("/"), "site_not_found")


async def test_who_may_publish(app: App, tenant: Tenant, user: User) -> None:
    archive = make_zip(SITE)
    assert_problem(await tenant.http.post("/api/site", content=archive, headers=ZIP), "authentication_required")
    assert_problem(await tenant.http.post("/api/site", content=archive, headers={**user.auth, **ZIP}), "forbidden")
    assert_problem(await tenant.http.post("/api/site", content=archive, headers=tenant.key), "unsupported_media_type")
    path = f"/v1/tenants/{tenant.name}/site"
    assert (await app.admin.post(path, content=archive, headers=ZIP)).status_code == 201
    assert (await tenant.http.get("/")).status_code == 200


async def test_a_tenant_without_a_site_says_what_to_do(tenant: Tenant) -> None:
    page = await tenant.http.get("/", headers={"accept": "text/html"})
    assert page.status_code == 404
    assert f"backpack deploy DIR --tenant {tenant.name}" in page.text
    assert_problem(await tenant.http.get("/"), "site_not_found")

"""What is kept in memory, or by a cache outside, goes to nobody whom it is not for."""

import pytest

from tests.support.app import App, Tenant, User
from tests.support.problems import assert_problem
from tests.support.zips import make_zip

DECEITS = (
    "{path}/x.css", "{path}/x.js", "{path}%2fx.css", "{path};x.css", "{path}%00.css", "{path}/..%2fx.css", "{path}.css",
    "{path}%3fx.css", "{path}%0a.css", "/x.css/..%2f{path}", "/assets/..%2f{path}", "{path}//x.css",
)  # fmt: skip
OWN = {"name": "notes", "rules": dict.fromkeys(["list", "read", "update", "delete"], "owner")}


async def test_what_one_asked_for_is_not_what_another_gets(app: App, tenant: Tenant, user: User) -> None:
    """The same address, asked in turn by the owner, another user, a visitor, a key and another tenant."""
    other, elsewhere = await tenant.user(), await app.tenant()
    stranger = await elsewhere.user()
    await tenant.http.post("/api/collections", json=OWN, headers=tenant.key)
    await tenant.create("notes", user, id="n1", word="canary-mine")
    await tenant.create("notes", other, id="n2", word="canary-theirs")
    await elsewhere.create("notes", stranger, id="n1", word="canary-elsewhere")
    addresses = (
        "/api/data/notes", "/api/data/notes?count=true", "/api/data/notes?limit=1", "/api/data/notes/n1",
        "/api/data/notes?filter={%22id%22:%22n1%22}", "/api/data/notes/export", "/api/data/notes/n1/history",
        "/api/auth/me", "/api/data/users", "/api/files",
    )  # fmt: skip
    for path in addresses:
        for _ in range(3):  # what is asked for again comes from memory
            mine = await tenant.http.get(path, headers=user.auth)
            assert mine.status_code == 200
            assert "canary-theirs" not in mine.text and other.id not in mine.text
            if path.startswith("/api/data/notes"):
                assert "canary-mine" in mine.text or "limit=1" in path
            theirs = await tenant.http.get(path, headers=other.auth)
            assert "canary-mine" not in theirs.text and user.id not in theirs.text
            nobodys = await tenant.http.get(path)
            assert "canary" not in nobodys.text and user.id not in nobodys.text
            foreign = await elsewhere.http.get(path, headers=stranger.auth)
            assert "canary-mine" not in foreign.text and "canary-theirs" not in foreign.text
            assert not {mine.headers.get("cache-control"), theirs.headers.get("cache-control")} - {"no-store"}
    assert (await tenant.http.get("/api/data/notes", headers=tenant.key)).text.count("canary-") == 2


async def test_a_change_of_rule_or_right_is_not_answered_from_memory(tenant: Tenant, user: User) -> None:
    await tenant.create("notes", user, id="n1", word="canary")
    for _ in range(3):
        assert "canary" in (await tenant.http.get("/api/data/notes", headers=user.auth)).text
        assert "canary" in (await tenant.http.get("/api/data/notes/n1", headers=user.auth)).text
    for word, shown in (("nobody", False), ("authenticated", True), ("nobody", False)):
        rules = {"rules": {"list": word, "read": word}}
        await tenant.http.patch("/api/collections/notes", json=rules, headers=tenant.key)
        for path in ("/api/data/notes", "/api/data/notes/n1"):
            assert ("canary" in (await tenant.http.get(path, headers=user.auth)).text) is shown


@pytest.mark.parametrize("deceit", DECEITS)
async def test_an_address_that_looks_like_a_file_shows_nothing_private(tenant: Tenant, user: User, deceit: str) -> None:
    """A cache outside that keeps whatever ends in .css must not be led to keep what is the visitor's own."""
    await tenant.create("notes", user, id="n1", word="canary")
    kind = {**tenant.key, "content-type": "application/zip"}
    site = make_zip({"index.html": b"site", "x.css": b"css"})
    assert (await tenant.http.post("/api/site", content=site, headers=kind)).status_code == 201
    cookie = {"cookie": f"backpack={user.token}"}
    for path in ("/api/auth/me", "/api/data/notes", "/api/data/notes/n1"):
        answer = await tenant.http.get(deceit.format(path=path), headers=cookie)
        assert "canary" not in answer.text and user.id not in answer.text
        if answer.status_code == 200:
            assert answer.text in {"site", "css"}
        assert answer.headers["cache-control"] in {"no-store", "no-cache"}
        assert user.id in (await tenant.http.get(path, headers=cookie)).text
    assert_problem(await tenant.http.get("/api/auth/me/x.css", headers=cookie), "route_not_found")

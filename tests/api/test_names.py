"""Names of tenants: which there can be, and that one that is made again shares nothing with the one before."""

import unicodedata
from pathlib import Path
from typing import Any

import idna
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tenancy.model.slug import RESERVED
from tests.support.app import PASSWORD, App, Tenant, User, running_app
from tests.support.problems import assert_problem
from tests.support.sockets import socket
from tests.support.zips import make_zip

LOOK_ALIKES = (
    "shop\u200b", "ѕhop", "ｓhop", "shop。a", "ⓢhop", "sh\u00adop", "ßhop", "ſhop", "kelvin\u212a", "xn--hop-3na",
    "xn--shop", "sh--op", "SHOP", "Shop", "shoP", "sHop", "shop.", "shop-", "-shop", "1shop", "_shop", "sho_p", "shop ", " shop",
    "shop\n", "shop\0", "shop/x", "shop%2e", "a@shop", "shop:80", "shop,x", "..", "a.b", "\u202eshop", "sh", "s" * 41,
    "ａｄｍｉｎ", "аdmin", "ADMIN", "www.", "localhost.", "127-0-0-1", "",
)  # fmt: skip
letters = st.text("abyz019-", min_size=1, max_size=42)


async def _made(app: App, name: Any) -> int:
    """The status of an attempt to make a tenant; what was made is removed."""
    answer = await app.admin.post("/v1/tenants", json={"name": name})
    if answer.status_code == 201:
        label = answer.json()["name"]
        assert label == name
        assert label.isascii() and label == label.lower() and idna.alabel(label).decode() == label == idna.ulabel(label)
        assert unicodedata.normalize("NFKC", label) == label
        assert (await app.admin.delete(f"/v1/tenants/{label}?purge=1")).status_code == 204
    else:
        assert_problem(answer, "invalid_request", "/name" if isinstance(name, str) else None)
    return answer.status_code


@pytest.fixture(scope="module")
async def naming(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server in which a name may be used again at once."""
    async with running_app(tmp_path_factory.mktemp("names"), name_rest_days=0) as app:
        yield app


@pytest.mark.starts_server
@pytest.mark.parametrize("name", [*sorted(RESERVED), *LOOK_ALIKES])
async def test_a_reserved_or_look_alike_name_is_no_tenants(naming: App, name: str) -> None:
    assert await _made(naming, name) == 400
    assert await _made(naming, "shop-1") == 201


def test_the_names_that_a_server_needs_for_itself_are_reserved() -> None:
    needed = (
        "www api admin mail smtp imap ns1 mx autodiscover autoconfig wpad isatap localhost status cdn static assets app "
        "login auth oauth sso account billing support security abuse postmaster hostmaster webmaster root"
    )
    assert set(needed.split()) <= RESERVED


@pytest.mark.starts_server
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(letters | st.text(max_size=12) | st.none() | st.integers(-9, 9) | st.lists(letters, max_size=1))
@example("a" * 40)
@example("a1z")
async def test_every_name_that_is_taken_is_one_plain_label(naming: App, name: Any) -> None:
    assert await _made(naming, name) in {201, 400}


async def _filled(tenant: Tenant, word: str) -> tuple[User, dict[str, Any]]:
    """A tenant with one of each thing, and every handle to them that is given out."""
    user = await tenant.user("ann@example.com", bio=word)
    await tenant.create("cars", user, id="c1", word=word)
    await tenant.create("cars", user, id="c2", word=word)
    page = (await tenant.http.get("/api/data/cars?limit=1", headers=user.auth)).json()
    one = await tenant.http.get("/api/data/cars/c1", headers=user.auth)
    form = {"visibility": "public"}
    file = await tenant.http.post("/api/files", files={"file": ("a.txt", word)}, data=form, headers=user.auth)
    site = {**tenant.key, "content-type": "application/zip"}
    packed = make_zip({"index.html": word.encode()})
    assert (await tenant.http.post("/api/site", content=packed, headers=site)).status_code == 201
    home = await tenant.http.get("/")
    async with socket(tenant, user) as opened:
        await opened.say("subscribe", id="s", collection="cars", snapshot=True)
        resume = (await opened.hear("subscribed"))["cursor"]
    return user, {
        "cursor": page["next"], "etag": one.headers["etag"], "file": file.json()["url"], "home": home.headers["etag"],
        "resume": resume,
    }  # fmt: skip


async def _works(tenant: Tenant, user: User, known: dict[str, Any], word: str) -> None:
    """Every handle does at its own tenant what it is for."""
    cookie = {"cookie": f"backpack={user.token}"}
    for headers in (user.auth, cookie):
        assert (await tenant.http.get("/api/auth/me", headers=headers)).json()["user"]["bio"] == word
    assert (await tenant.http.get("/api/collections", headers=tenant.key)).status_code == 200
    following = await tenant.http.get(f"/api/data/cars?limit=1&cursor={known['cursor']}", headers=user.auth)
    assert following.json()["items"][0]["word"] == word
    unchanged = {**user.auth, "if-none-match": known["etag"]}
    assert (await tenant.http.get("/api/data/cars/c1", headers=unchanged)).status_code == 304
    assert (await tenant.http.get(known["file"])).text == word
    assert (await tenant.http.get("/", headers={"if-none-match": known["home"]})).status_code == 304
    async with socket(tenant, user) as opened:
        await opened.say("subscribe", id="s", collection="cars", after=known["resume"])
        await opened.hear("subscribed")


@pytest.mark.starts_server
async def test_a_name_that_is_made_again_shares_nothing_with_the_one_before(tmp_path: Path) -> None:
    async with running_app(tmp_path, name_rest_days=0) as app:
        old = await app.tenant("shop")
        ann, known = await _filled(old, "canary")
        await _works(old, ann, known, "canary")
        once = {**ann.auth, "idempotency-key": "k"}
        assert (await old.http.post("/api/data/cars", json={"word": "canary"}, headers=once)).status_code == 201
        assert (await app.admin.delete("/v1/tenants/shop?purge=1")).status_code == 204

        new = await app.tenant("shop")
        bob, fresh = await _filled(new, "new")
        for headers in (ann.auth, old.key):
            assert_problem(await new.http.get("/api/auth/me", headers=headers), "session_invalid")
            assert_problem(await new.http.get("/api/data/cars", headers=headers), "session_invalid")
        cookie = {"cookie": f"backpack={ann.token}", "origin": new.origin}
        assert_problem(await new.http.get("/api/auth/me", headers=cookie), "authentication_required")
        assert_problem(await new.http.post("/api/data/cars", json={}, headers=cookie), "authentication_required")
        taken = await new.http.get(f"/api/data/cars?limit=1&cursor={known['cursor']}", headers=bob.auth)
        assert_problem(taken, "bad_cursor")
        changed = {**bob.auth, "if-none-match": known["etag"]}
        assert (await new.http.get("/api/data/cars/c1", headers=changed)).json()["word"] == "new"
        assert_problem(await new.http.get(known["file"]), "file_not_found")
        assert (await new.http.get("/", headers={"if-none-match": known["home"]})).text == "new"
        again = {**bob.auth, "idempotency-key": "k"}
        assert (await new.http.post("/api/data/cars", json={"word": "new"}, headers=again)).json()["word"] == "new"
        async with socket(new, bob) as opened:
            await opened.say("subscribe", id="s", collection="cars", after=known["resume"])
            await opened.hear("resync", id="s")
        login = await new.http.post("/api/auth/login", json={"email": ann.email, "password": PASSWORD + "x"})
        assert_problem(login, "wrong_credentials")
        await _works(new, bob, fresh, "new")
        for path in ("/api/data/cars", "/api/data/users", "/api/files"):
            assert "canary" not in (await new.http.get(path, headers=new.key)).text

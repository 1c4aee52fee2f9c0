"""Sessions begin new, end everywhere at once, and are good for nothing but what they are."""

import hashlib
from collections.abc import Sequence

import pytest

from tenancy.model.change import Change, Seq
from tenancy.ports import CursorGoneError
from tenancy.stores.embedded.log import EmbeddedChanges
from tests.support.app import PASSWORD, App, Tenant, User
from tests.support.problems import assert_problem
from tests.support.sockets import socket


async def _signed_in(tenant: Tenant, user: User, **headers: str) -> User:
    """The same user on another device."""
    body = {"email": user.email, "password": PASSWORD}
    answer = await tenant.http.post("/api/auth/login", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    tenant.http.cookies.clear()
    return User(user.id, answer.json()["token"], user.email)


def _cookie(token: str) -> dict[str, str]:
    return {"cookie": f"backpack={token}"}


@pytest.mark.parametrize("given", ["chosen", "an anonymous visitor's", "x" * 43, "bpk_" + "x" * 43])
async def test_a_session_that_somebody_chose_is_never_one(tenant: Tenant, user: User, given: str) -> None:
    """An attacker's token that is in the browser before the log-in is not what the visitor is known by after it."""
    given = given.replace(" ", "-").replace("'", "")
    assert_problem(await tenant.http.get("/api/auth/me", headers=_cookie(given)), "authentication_required")
    signed = await _signed_in(tenant, user, origin=tenant.origin, **_cookie(given))
    assert signed.token not in {given, user.token}
    for headers in (_cookie(given), {"authorization": f"Bearer {given}"}):
        assert (await tenant.http.get("/api/auth/me", headers=headers)).status_code == 401
    assert (await tenant.http.get("/api/auth/me", headers=_cookie(signed.token))).json()["user"]["id"] == user.id


async def test_a_session_of_somebody_else_is_left_behind_by_a_log_in(tenant: Tenant, user: User) -> None:
    """Signed in as the attacker by a planted cookie, a visitor who logs in acts as themselves from then on."""
    attacker = await tenant.user()
    body = {"email": user.email, "password": PASSWORD}
    own = {"origin": tenant.origin}
    answer = await tenant.http.post("/api/auth/login", json=body, headers={**own, **_cookie(attacker.token)})
    token = answer.headers["set-cookie"].partition(";")[0].removeprefix("backpack=")
    tenant.http.cookies.clear()
    assert token == answer.json()["token"] != attacker.token
    made = await tenant.http.post("/api/data/notes", json={}, headers={**own, **_cookie(token)})
    assert made.json()["owner"] == user.id
    theirs = await tenant.http.post("/api/data/notes", json={}, headers={**own, **_cookie(attacker.token)})
    assert theirs.json()["owner"] == attacker.id


async def test_a_log_out_ends_the_session_on_every_way_in_and_no_other(tenant: Tenant, user: User) -> None:
    laptop = await _signed_in(tenant, user)
    async with socket(tenant, user) as phone_socket, socket(tenant, laptop) as laptop_socket:
        for device in (user, laptop):
            assert (await tenant.http.get("/api/auth/me", headers=_cookie(device.token))).status_code == 200
        out = await tenant.http.post("/api/auth/logout", headers={**_cookie(user.token), "origin": tenant.origin})
        assert out.status_code == 204
        assert out.headers["set-cookie"].startswith("backpack=; ") and "Max-Age=0" in out.headers["set-cookie"]
        assert await phone_socket.closed() == 4401
        assert_problem(await tenant.http.get("/api/auth/me", headers=user.auth), "session_invalid")
        assert_problem(await tenant.http.get("/api/auth/me", headers=_cookie(user.token)), "authentication_required")
        async with socket(tenant) as again:
            await again.say("auth", token=user.token)
            assert await again.closed() == 4401
        await laptop_socket.nothing_but_pong()
        assert (await tenant.http.get("/api/auth/me", headers=laptop.auth)).status_code == 200
    tenant.http.cookies.clear()


async def test_a_user_who_is_removed_is_out_on_every_device_at_once(tenant: Tenant, user: User) -> None:
    other, laptop = await tenant.user(), await _signed_in(tenant, user)
    async with socket(tenant, user) as one, socket(tenant, laptop) as two, socket(tenant, other) as theirs:
        for opened in (one, two, theirs):
            await opened.say("subscribe", id="s", collection="notes")
            await opened.hear("subscribed")
            await opened.say("join", channel="room")
            await opened.hear("joined")
        theirs.unread.clear()
        assert (await tenant.http.delete(f"/api/data/users/{user.id}", headers=tenant.key)).status_code == 204
        assert [await one.closed(), await two.closed()] == [4401, 4401]
        for device in (user, laptop):
            assert_problem(await tenant.http.get("/api/data/notes", headers=device.auth), "session_invalid")
            answer = await tenant.http.get("/api/data/notes", headers=_cookie(device.token))
            assert_problem(answer, "authentication_required")
        await tenant.create("notes", other, secret="canary")
        assert (await theirs.hear("change"))["document"]["secret"] == "canary"
        assert "canary" not in str(one.unread + two.unread)


async def test_an_end_that_the_log_no_longer_tells_of_closes_the_socket_too(
    tenant: Tenant, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub comes too late for a log that many writes have passed over."""
    laptop = await _signed_in(tenant, user)

    async def passed_over(self: EmbeddedChanges, after: Seq, limit: int) -> Sequence[Change]:
        monkeypatch.undo()
        raise CursorGoneError

    async with socket(tenant, user) as phone_socket, socket(tenant, laptop) as laptop_socket:
        await laptop_socket.say("subscribe", id="s", collection="notes")
        await laptop_socket.hear("subscribed")
        monkeypatch.setattr(EmbeddedChanges, "read", passed_over)
        assert (await tenant.http.post("/api/auth/logout", headers=user.auth)).status_code == 204
        assert await phone_socket.closed() == 4401
        await laptop_socket.hear("resync", id="s")
        await laptop_socket.nothing_but_pong()


async def test_a_right_that_is_taken_away_is_gone_for_tokens_and_sockets_that_are_there(
    tenant: Tenant, user: User
) -> None:
    await tenant.create("notes", user, secret="old")
    async with socket(tenant, user) as opened:
        await opened.say("subscribe", id="s", collection="notes", snapshot=True)
        assert (await opened.hear("subscribed"))["items"][0]["secret"] == "old"
        nobody = {"rules": {"list": "nobody", "read": "nobody"}}
        changed = await tenant.http.patch("/api/collections/notes", json=nobody, headers=tenant.key)
        assert changed.status_code == 200
        await opened.hear("resync", id="s")
        assert_problem(await tenant.http.get("/api/data/notes", headers=user.auth), "forbidden")
        await tenant.http.post("/api/data/notes", json={"secret": "canary"}, headers=tenant.key)
        await opened.nothing_but_pong()
        back = {"rules": {"list": "authenticated", "read": "authenticated"}}
        await tenant.http.patch("/api/collections/notes", json=back, headers=tenant.key)
        assert "canary" in (await tenant.http.get("/api/data/notes", headers=user.auth)).text
        await opened.say("subscribe", id="s", collection="notes", snapshot=True)
        assert len((await opened.hear("subscribed"))["items"]) == 2


async def test_what_is_no_session_and_no_key_is_nothing_in_their_place(app: App, tenant: Tenant, user: User) -> None:
    """Everything else that is secret, unguessable or signed, where a token goes; and each token where the others go."""
    await tenant.create("notes", user, id="c1")
    await tenant.create("notes", user, id="c2")
    page = (await tenant.http.get("/api/data/notes?limit=1", headers=user.auth)).json()
    file = (await tenant.http.post("/api/files", files={"file": b"x"}, headers=user.auth)).json()
    async with socket(tenant, user) as opened:
        await opened.say("subscribe", id="s", collection="notes", snapshot=True)
        resume = (await opened.hear("subscribed"))["cursor"]
    hashes = [hashlib.sha256(token.encode()).hexdigest() for token in (user.token, tenant.api_key)]
    for token in (
        page["next"], resume, file["id"], file["sha256"], user.id, user.email, PASSWORD, *hashes, f"bpk_{hashes[1]}",
        f"bpk_{user.token}", tenant.api_key.removeprefix("bpk_"), tenant.api_key.upper(), user.token.swapcase(),
        user.token[:-1], user.token + "x", app.admin.headers["authorization"].removeprefix("Bearer "),
    ):  # fmt: skip
        answer = await tenant.http.get("/api/auth/me", headers={"authorization": f"Bearer {token}"})
        assert_problem(answer, "session_invalid")
        answer = await tenant.http.get("/api/data/notes", headers=_cookie(token.replace("@", "")))
        assert answer.status_code == 401
        async with socket(tenant) as opened:
            await opened.say("auth", token=token)
            assert await opened.closed() == 4401
    assert_problem(await tenant.http.get("/api/data/notes", headers=_cookie(tenant.api_key)), "authentication_required")
    for token in (user.token, tenant.api_key):
        assert_problem(await tenant.http.get(f"/api/data/notes?cursor={token}", headers=user.auth), "bad_cursor")
    assert (await tenant.http.get("/api/auth/me", headers=user.auth)).status_code == 200
    assert (await tenant.http.get("/api/collections", headers=tenant.key)).status_code == 200

"""Rules of files and of channels, in the form of those of collections."""

import asyncio
from typing import Any

import pytest

from server.realtime.conversation import Conversation
from tests.support.accounts import assign, settle
from tests.support.app import Tenant, User
from tests.support.problems import assert_problem
from tests.support.sockets import socket

PUBLIC = {"visibility": "public"}


async def rule(tenant: Tenant, **rules: Any) -> dict[str, Any]:
    response = await tenant.http.patch("/api/rules", json=rules, headers=tenant.key)
    assert response.status_code == 200, response.text
    shown: dict[str, Any] = response.json()
    return shown


async def upload(tenant: Tenant, headers: dict[str, str], content: bytes = b"x", **form: str) -> Any:
    return await tenant.http.post("/api/files", files={"file": ("a.txt", content)}, data=form, headers=headers)


async def test_shown_merged_and_taken_away(tenant: Tenant, user: User) -> None:
    nothing = {
        "files": dict.fromkeys(("read", "create", "update", "delete")),
        "channels": dict.fromkeys(("join", "publish")),
    }
    assert (await tenant.http.get("/api/rules", headers=tenant.key)).json() == nothing
    shown = await rule(tenant, files={"read": "owner"}, channels={"join": {"name": {"$in": "$user.groups"}}})
    assert shown["files"]["read"] == "owner" and shown["channels"]["join"] == {"name": {"$in": "$user.groups"}}
    shown = await rule(tenant, files={"create": "nobody"})
    assert (shown["files"]["read"], shown["files"]["create"]) == ("owner", "nobody")
    assert await rule(tenant, files={"read": None, "create": None}, channels={"join": None}) == nothing
    assert_problem(await tenant.http.patch("/api/rules", json={}, headers=user.auth), "forbidden")
    assert "_files" not in (await tenant.http.get("/api/collections", headers=tenant.key)).text


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"files": {"list": "public"}}, "/files/list"), ({"films": {}}, "/films"), ({"files": []}, "/files"),
        ({"files": {"read": "everybody"}}, "/files/read"), ({"files": {"read": {"$nope": 1}}}, "/files/read/$nope"),
        ({"channels": {"publish": {"name": "$user.nope.$x"}}}, "/channels/publish/name"),
        ({"channels": {"join": {"$old.name": 1}}}, "/channels/join/$old.name"),
        ({"files": {"read": "owner"}, "channels": {"join": 7}}, "/channels/join"),
    ],
)  # fmt: skip
async def test_mistakes_change_nothing(tenant: Tenant, body: dict[str, Any], place: str) -> None:
    before = (await tenant.http.get("/api/rules", headers=tenant.key)).json()
    response = await tenant.http.patch("/api/rules", json=body, headers=tenant.key)
    assert response.status_code == 400 and place in {one["path"] for one in response.json()["errors"]}, response.text
    assert (await tenant.http.get("/api/rules", headers=tenant.key)).json() == before


async def test_files_are_read_as_the_rule_says(tenant: Tenant) -> None:
    """On every way: metadata, list, count, filter, bytes. What its visibility says counts no more."""
    ann, bob = await tenant.user(), await tenant.user()
    await rule(tenant, files={"read": {"metadata.team": {"$in": "$user.groups"}}})
    file = (await upload(tenant, ann.auth, b"secret", metadata='{"team":"red"}', **PUBLIC)).json()
    await assign(tenant, bob, groups=["red"])
    paths = (f"/api/files/{file['id']}", f"/api/files/{file['id']}/content")
    for path in paths:
        assert (await tenant.http.get(path, headers=bob.auth)).status_code == 200
        for headers in (ann.auth, {}):  # its owner too is no exception to a rule that makes none
            refused = await tenant.http.get(path, headers=headers)
            assert refused.status_code in {401, 404} and b"secret" not in refused.content
    listed = [(await tenant.http.get("/api/files?count=true", headers=one.auth)).json() for one in (ann, bob)]
    assert [(len(one["items"]), one["total"]) for one in listed] == [(0, 0), (1, 1)]
    content = await tenant.http.get(paths[1], headers=bob.auth)
    assert "public" not in content.headers["cache-control"]  # another may not be answered from a cache
    await assign(tenant, bob, groups=["blue"])
    assert (await tenant.http.get(paths[1], headers=bob.auth)).status_code == 404
    assert (await tenant.http.get(paths[1], headers=tenant.key)).status_code == 200


async def test_files_are_stored_as_the_rule_says(tenant: Tenant) -> None:
    ann = await tenant.user()
    await rule(
        tenant, files={"create": {"size": {"$lte": 3}, "$user.roles": "author", "visibility": {"$ne": "public"}}}
    )
    assert_problem(await upload(tenant, ann.auth), "forbidden")
    await assign(tenant, ann, roles=["author"])
    assert (await upload(tenant, ann.auth, b"123")).status_code == 201
    assert_problem(await upload(tenant, ann.auth, b"1234"), "forbidden")
    assert_problem(await upload(tenant, ann.auth, b"1", **PUBLIC), "forbidden")
    assert len((await tenant.http.get("/api/files", headers=tenant.key)).json()["items"]) == 1
    used = (await tenant.http.get("/api/usage", headers=tenant.key)).json()["now"]
    assert (used["files"], used["fileBytes"]) == (1, 3)  # the bytes of the refused ones are gone
    assert (await upload(tenant, tenant.key, b"12345", **PUBLIC)).status_code == 201
    await rule(tenant, files={"create": "public"})
    anonymous = await upload(tenant, {})
    assert anonymous.status_code == 201 and anonymous.json()["owner"] is None


async def test_files_are_changed_and_removed_as_the_rule_says(tenant: Tenant) -> None:
    ann, bob = await tenant.user(), await tenant.user()
    await assign(tenant, bob, roles=["editor"])
    only_path = {
        "$or": [{"owner": "$user.id"}, {"$user.roles": "editor", "$changed": {"$nin": ["visibility", "metadata"]}}]
    }
    await rule(tenant, files={"update": only_path, "delete": {"$user.roles": "editor"}, "read": "authenticated"})
    id = (await upload(tenant, ann.auth)).json()["id"]
    path = f"/api/files/{id}"
    assert (await tenant.http.patch(path, json={"path": "b.txt"}, headers=bob.auth)).status_code == 200
    assert_problem(await tenant.http.patch(path, json={"visibility": "public"}, headers=bob.auth), "forbidden")
    assert (await tenant.http.patch(path, json={"visibility": "public"}, headers=ann.auth)).status_code == 200
    assert (await tenant.http.delete(path, headers=ann.auth)).status_code in {403, 404}
    assert (await tenant.http.delete(path, headers=bob.auth)).status_code == 204


async def test_channels_are_joined_as_the_rule_says(tenant: Tenant) -> None:
    ann, bob = await tenant.user(), await tenant.user()
    await assign(tenant, ann, groups=["room:1"])
    await rule(tenant, channels={"join": {"$or": [{"name": "lobby"}, {"name": {"$in": "$user.groups"}}]}})
    async with socket(tenant, ann) as first, socket(tenant, bob) as second, socket(tenant) as nobody:
        await first.say("join", channel="room:1")
        await first.hear("joined")
        for connection, code in ((second, "forbidden"), (nobody, "authentication_required")):
            await connection.say("join", channel="room:1")
            assert (await connection.hear("error", channel="room:1"))["problem"]["code"] == code
        await nobody.say("join", channel="lobby")
        assert (await nobody.hear("joined"))["members"][0]["user"] is None
        await second.say("publish", channel="room:1", event="x", data=1)
        assert (await second.hear("error"))["problem"]["code"] == "invalid_request"
        await first.nothing_but_pong()


async def test_a_right_that_is_taken_away_ends_the_stay(tenant: Tenant) -> None:
    """By a change of the user, and by a change of the rule; the others see it."""
    ann, bob = await tenant.user(), await tenant.user()
    for user in (ann, bob):
        await assign(tenant, user, groups=["room"])
    await rule(tenant, channels={"join": {"name": {"$in": "$user.groups"}}})
    async with socket(tenant, ann) as first, socket(tenant, bob) as second:
        for connection in (first, second):
            await connection.say("join", channel="room")
            await connection.hear("joined")
        await first.hear("presence", event="join")
        await assign(tenant, bob, groups=[])
        await second.hear("left", channel="room")
        await first.hear("presence", event="leave")
        await second.say("join", channel="room")
        assert (await second.hear("error"))["problem"]["code"] == "forbidden"
        await rule(tenant, channels={"join": "nobody"})
        await first.hear("left", channel="room")
        await rule(tenant, channels={"join": None})
        await second.say("join", channel="room")
        await second.hear("joined")


async def test_what_is_said_is_ruled(tenant: Tenant) -> None:
    ann, bob = await tenant.user(), await tenant.user()
    await assign(tenant, ann, roles=["host"])
    await rule(
        tenant, channels={"publish": {"$or": [{"event": "wave"}, {"$user.roles": "host", "data.loud": {"$ne": True}}]}}
    )
    async with socket(tenant, ann) as first, socket(tenant, bob) as second:
        for connection in (first, second):
            await connection.say("join", channel="room")
            await connection.hear("joined")
        await second.say("publish", channel="room", event="song", data={})
        assert (await second.hear("error", channel="room"))["problem"]["code"] == "forbidden"
        await second.say("publish", channel="room", event="wave", data=None, id="p1")
        await second.hear("published")
        await first.hear("message", event="wave")
        await first.say("publish", channel="room", event="song", data={"loud": True}, id="p2")
        assert (await first.hear("error", id="p2"))["problem"]["code"] == "forbidden"
        await first.say("publish", channel="room", event="song", data={"loud": False})
        await second.hear("message", event="song")
        assert not [one for one in (*first.unread, *second.unread) if one["type"] == "message"]


async def test_presence_is_ruled(tenant: Tenant) -> None:
    """A member whose new presence does not fit stays with the one before."""
    ann = await tenant.user()
    await rule(tenant, channels={"join": {"presence.name": {"$type": "string"}, "$user.verified": {"$ne": True}}})
    async with socket(tenant, ann) as connection:
        await connection.say("join", channel="room", presence={"name": 7})
        await connection.hear("error", channel="room")
        await connection.say("join", channel="room", presence={"name": "Ann"})
        await connection.hear("joined")
        await connection.say("join", channel="room", presence={})
        await connection.hear("error", channel="room")
        await connection.say("join", channel="room")
        assert (await connection.hear("joined"))["members"][0]["presence"] == {"name": "Ann"}


async def test_without_rules_it_is_as_it_was(tenant: Tenant) -> None:
    await settle(tenant, guests=True)
    await tenant.http.patch("/api/settings", json={"defaultRules": "nobody"}, headers=tenant.key)
    ann = await tenant.user()
    async with socket(tenant, ann) as connection, socket(tenant) as nobody:
        await connection.say("join", channel="room")
        await connection.hear("joined")
        await nobody.say("join", channel="room")
        assert (await nobody.hear("error"))["problem"]["code"] == "authentication_required"
    assert (await upload(tenant, ann.auth)).status_code == 201
    assert_problem(await upload(tenant, {}), "authentication_required")


async def test_what_a_message_has_is_ruled(tenant: Tenant) -> None:
    ann = await tenant.user()
    async with socket(tenant, ann) as connection:
        await connection.say("join", channel="room")
        await connection.hear("joined")
        await rule(tenant, channels={"publish": {"$changed": {"$ne": "data"}}})
        await connection.say("publish", channel="room", event="x", data=1, id="p1")
        assert (await connection.hear("error", id="p1"))["problem"]["code"] == "forbidden"
        await rule(tenant, channels={"publish": {"$changed": "data"}})
        await connection.say("publish", channel="room", event="x", data=1, id="p2")
        await connection.hear("published", id="p2")


async def test_the_linter_names_them(tenant: Tenant) -> None:
    await rule(tenant, files={"read": "public", "delete": "authenticated"}, channels={"join": {"name": "$user.team"}})
    items = (await tenant.http.get("/api/rules/lint", headers=tenant.key)).json()["items"]
    found = {(one["collection"], one["action"]): (one["severity"], one["says"]) for one in items}
    assert found["files", "read"] == ("notice", "Anybody can see every one of the files, without signing in.")
    assert found["files", "delete"] == ("warning", "Every signed-in user can delete every one of the files.")
    assert "trusts $user.team" in found["channels", "join"][1]
    assert ("channels", "publish") not in found and ("files", "create") not in found


async def test_two_changes_at_once_are_both_kept(tenant: Tenant) -> None:
    for number in range(5):
        word = "nobody" if number % 2 else "public"
        await asyncio.gather(
            rule(tenant, channels={"join": word}), rule(tenant, channels={"publish": word}),
            rule(tenant, files={"read": word}), rule(tenant, files={"delete": word}),
        )  # fmt: skip
        shown = (await tenant.http.get("/api/rules", headers=tenant.key)).json()
        assert shown["channels"] == {"join": word, "publish": word}
        assert (shown["files"]["read"], shown["files"]["delete"]) == (word, word)


async def test_one_socket_that_fails_keeps_no_other_in(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    ann, bob = await tenant.user(), await tenant.user()
    look, failed = Conversation.look_again, list[str]()

    async def broken(self: Conversation) -> None:
        if self.principal.owner == ann.id:
            failed.append("once")
            raise RuntimeError("the store is away")
        await look(self)

    monkeypatch.setattr(Conversation, "look_again", broken)
    async with socket(tenant, ann) as first, socket(tenant, bob) as second:
        for connection in (first, second):
            await connection.say("join", channel="room")
            await connection.hear("joined")
        await rule(tenant, channels={"join": "nobody"})
        assert await first.closed() == 1013 and failed
        await second.hear("left", channel="room")

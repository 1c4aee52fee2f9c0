"""Realtime over real sockets."""

import asyncio
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.support.app import App, Tenant, User
from tests.support.sockets import Socket, socket


async def test_changes_arrive_with_their_meaning(tenant: Tenant, user: User) -> None:
    async with socket(tenant, user) as opened:
        await opened.say("subscribe", id="s", collection="cars", filter={"price": {"$lt": 10}})
        await opened.hear("subscribed", id="s")
        await tenant.create("cars", user, id="c1", price=5)
        assert (await opened.hear("change"))["op"] == "create"
        await tenant.create("cars", user, id="c2", price=50)
        await tenant.http.patch("/api/data/cars/c1", json={"price": 6}, headers=user.auth)
        change = await opened.hear("change")
        assert (change["op"], change["document"]["price"], change["document"]["version"]) == ("update", 6, 2)
        await tenant.http.patch("/api/data/cars/c1", json={"price": 60}, headers=user.auth)
        change = await opened.hear("change")
        assert (change["op"], change["document"]) == ("delete", {"id": "c1"})
        await tenant.http.patch("/api/data/cars/c2", json={"price": 1}, headers=user.auth)
        change = await opened.hear("change")
        assert (change["op"], change["document"]["id"]) == ("create", "c2")
        await tenant.http.delete("/api/data/cars/c2", headers=user.auth)
        assert (await opened.hear("change"))["op"] == "delete"
        await opened.say("unsubscribe", id="s")
        await opened.hear("unsubscribed", id="s")
        await tenant.create("cars", user, price=1)
        await opened.nothing_but_pong()


async def _counted(opened: Socket, expected: int, seen: dict[int, int]) -> None:
    while len(seen) < expected:
        change = await opened.hear("change")
        number = change["document"]["n"]
        assert number not in seen, "a change came twice"
        seen[number] = change["document"]["version"]


async def test_a_snapshot_and_its_changes_have_no_gap_and_no_double(tenant: Tenant, user: User) -> None:
    total = 150
    writing = asyncio.gather(*(tenant.create("cars", user, n=n) for n in range(total)))
    async with socket(tenant, user) as opened:
        seen: dict[int, int] = {}
        while len(seen) < 20:  # somewhere in the middle of the writing
            await opened.say("subscribe", id="s", collection="cars", snapshot=True)
            subscribed = await opened.hear("subscribed")
            seen = {item["n"]: item["version"] for item in subscribed["items"]}
            if len(seen) < 20:
                await opened.say("unsubscribe", id="s")
                await opened.hear("unsubscribed")
                opened.unread.clear()
        await _counted(opened, total, seen)
        await writing
        await opened.nothing_but_pong()


async def test_a_reconnecting_client_misses_nothing(tenant: Tenant, user: User) -> None:
    async with socket(tenant, user) as first:
        await first.say("subscribe", id="s", collection="cars", snapshot=True)
        cursor = (await first.hear("subscribed"))["cursor"]
        await tenant.create("cars", user, n=0)
        cursor = (await first.hear("change"))["cursor"]
    for n in range(1, 20):
        await tenant.create("cars", user, n=n)
    async with socket(tenant, user) as second:
        await second.say("subscribe", id="s", collection="cars", after=cursor)
        assert "items" not in await second.hear("subscribed")
        numbers = [(await second.hear("change"))["document"]["n"] for _ in range(19)]
        assert numbers == list(range(1, 20))
        await second.nothing_but_pong()


@pytest.mark.parametrize("cursor", ["", "x", "x.1", "0123456789abcdef.1", ".5", "a.b.c"])
async def test_a_strange_cursor_means_begin_again(tenant: Tenant, user: User, cursor: str) -> None:
    async with socket(tenant, user) as opened:
        await opened.say("subscribe", id="s", collection="cars", after=cursor)
        await opened.hear("resync", id="s")
        await opened.say("subscribe", id="s", collection="cars", snapshot=True)
        assert (await opened.hear("subscribed"))["items"] == []


async def test_a_cursor_of_the_future_means_begin_again(tenant: Tenant, user: User) -> None:
    async with socket(tenant, user) as opened:
        await opened.say("subscribe", id="s", collection="cars", snapshot=True)
        epoch = (await opened.hear("subscribed"))["cursor"].partition(".")[0]
        await opened.say("subscribe", id="t", collection="cars", after=f"{epoch}.999999")
        await opened.hear("resync", id="t")


async def test_rules_hold_for_changes(tenant: Tenant, user: User) -> None:
    rules = {"name": "notes", "rules": {"list": "owner", "read": "owner"}}
    await tenant.http.post("/api/collections", json=rules, headers=tenant.key)
    other = await tenant.user()
    async with socket(tenant, other) as theirs, socket(tenant, user) as mine:
        for opened in (theirs, mine):
            await opened.say("subscribe", id="s", collection="notes", snapshot=True)
            await opened.hear("subscribed")
        await tenant.create("notes", user, secret="canary")
        assert (await mine.hear("change"))["document"]["secret"] == "canary"
        await theirs.nothing_but_pong()


async def test_new_rules_end_old_subscriptions(tenant: Tenant, user: User) -> None:
    await tenant.create("notes", user, a=1)
    async with socket(tenant, user) as opened:
        await opened.say("subscribe", id="s", collection="notes")
        await opened.hear("subscribed")
        await tenant.http.patch("/api/collections/notes", json={"rules": {"list": "nobody"}}, headers=tenant.key)
        await opened.hear("resync", id="s")
        await tenant.create("notes", user, secret="canary")
        await opened.say("subscribe", id="s", collection="notes")
        assert (await opened.hear("error", id="s"))["problem"]["code"] == "forbidden"
        await opened.nothing_but_pong()


async def test_an_anonymous_socket_sees_public_collections_alone(tenant: Tenant, user: User) -> None:
    rules = {"name": "news", "rules": {"list": "public"}}
    await tenant.http.post("/api/collections", json=rules, headers=tenant.key)
    async with socket(tenant) as opened:
        await opened.say("subscribe", id="n", collection="news")
        await opened.hear("subscribed", id="n")
        await opened.say("subscribe", id="c", collection="cars")
        assert (await opened.hear("error", id="c"))["problem"]["code"] == "authentication_required"
        await opened.say("subscribe", id="x", collection="_sessions")
        assert (await opened.hear("error", id="x"))["problem"]["code"] == "invalid_request"
        await opened.say("join", channel="room")
        assert (await opened.hear("error", channel="room"))["problem"]["code"] == "authentication_required"
        await tenant.create("news", user, a=1)
        assert (await opened.hear("change", id="n"))["op"] == "create"


async def test_channels(tenant: Tenant, user: User) -> None:
    other = await tenant.user()
    async with socket(tenant, user) as ann:
        await ann.say("join", channel="room", presence={"name": "Ann"})
        joined = await ann.hear("joined")
        assert [member["presence"] for member in joined["members"]] == [{"name": "Ann"}]
        async with socket(tenant, other) as bob:
            await bob.say("join", channel="room", presence={"name": "Bob"})
            welcome = await bob.hear("joined")
            assert {m["presence"]["name"] for m in welcome["members"]} == {"Ann", "Bob"}
            arrived = await ann.hear("presence", event="join")
            assert arrived["member"]["member"] == welcome["self"]
            assert arrived["member"]["user"] == {"id": other.id}
            await bob.say("join", channel="room", presence={"name": "Robert"})
            assert (await ann.hear("presence", event="update"))["member"]["presence"] == {"name": "Robert"}
            await ann.say("publish", channel="room", event="typing", data={"x": 1}, id="p1")
            await ann.hear("published", id="p1")
            message = await bob.hear("message")
            assert (message["event"], message["data"], message["user"]) == ("typing", {"x": 1}, {"id": user.id})
            assert message["from"] == joined["self"]
        await ann.hear("presence", event="leave")
        await ann.say("leave", channel="room")
        await ann.hear("left")
        await ann.say("publish", channel="room", event="e")
        assert (await ann.hear("error", channel="room"))["problem"]["code"] == "invalid_request"


async def test_a_log_out_closes_its_sockets(tenant: Tenant, user: User) -> None:
    other = await tenant.user()
    async with socket(tenant, user) as mine, socket(tenant, other) as theirs:
        await tenant.http.post("/api/auth/logout", headers=user.auth)
        assert await mine.closed() == 4401
        await theirs.nothing_but_pong()


async def test_a_wrong_token_closes(tenant: Tenant) -> None:
    async with socket(tenant) as opened:
        await opened.say("auth", token="wrong")
        assert await opened.closed() == 4401


async def test_a_socket_belongs_to_one_user(tenant: Tenant, user: User) -> None:
    other = await tenant.user()
    async with socket(tenant, user) as opened:
        await opened.say("auth", token=other.token)
        assert (await opened.hear("error"))["problem"]["code"] == "conflict"


async def test_the_cookie_signs_in_on_the_own_origin_alone(tenant: Tenant, user: User) -> None:
    async def who(origin: str | None) -> Any:
        from websockets.asyncio.client import connect

        uri = f"ws://{tenant.host}/api/realtime"
        headers = {"cookie": f"backpack={user.token}"}
        options: dict[str, Any] = {"origin": origin} if origin else {}
        async with connect(
            uri, host="127.0.0.1", port=tenant.port, proxy=None, additional_headers=headers, **options
        ) as connection:
            return (await Socket(connection).hear("hello"))["user"]

    assert await who(tenant.origin) == {"id": user.id}
    for foreign in (None, "http://evil.localhost", "null"):
        assert await who(foreign) is None


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "[]", "1", "{}", '{"type":"nothing"}', '{"type":5}', '{"type":"subscribe"}', '{"type":"ping","x":1}',
        '{"type":"subscribe","id":5,"collection":"cars"}', '{"type":"join","channel":"a","presence":[]}',
        '{"a":' * 200 + "1" + "}" * 200, "x" * 70_000,
    ],
    ids=lambda text: text[:20],
)  # fmt: skip
async def test_a_bad_frame_closes(tenant: Tenant, user: User, text: str) -> None:
    async with socket(tenant, user) as opened:
        await opened.say_text(text)
        assert await opened.closed() == 4400


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"type": "subscribe", "id": "", "collection": "cars"}, "invalid_request"),
        ({"type": "subscribe", "id": "x" * 65, "collection": "cars"}, "invalid_request"),
        ({"type": "subscribe", "id": "s", "collection": "../x"}, "invalid_request"),
        ({"type": "subscribe", "id": "s", "collection": "cars", "filter": {"a": {"$where": 1}}}, "bad_filter"),
        ({"type": "subscribe", "id": "s", "collection": "cars", "snapshot": True, "sort": "$"}, "bad_sort"),
        ({"type": "subscribe", "id": "s", "collection": "cars", "snapshot": True, "limit": 1001}, "invalid_request"),
        ({"type": "join", "channel": ""}, "invalid_request"),
        ({"type": "join", "channel": "a\nb"}, "invalid_request"),
        ({"type": "join", "channel": "a", "presence": {"x": "y" * 5000}}, "too_large"),
        ({"type": "publish", "channel": "nowhere", "event": "e"}, "invalid_request"),
    ],
)
async def test_a_refused_frame_is_explained(tenant: Tenant, user: User, frame: dict[str, Any], code: str) -> None:
    async with socket(tenant, user) as opened:
        await opened.say(frame.pop("type"), **frame)
        problem = (await opened.hear("error"))["problem"]
        assert problem["code"] == code
        assert problem["hint"]
        await opened.nothing_but_pong()


async def test_too_many_subscriptions_and_channels(tenant: Tenant, user: User) -> None:
    async with socket(tenant, user) as opened:
        for n in range(101):
            await opened.say("subscribe", id=f"s{n}", collection="cars")
        assert (await opened.hear("error", id="s100"))["problem"]["code"] == "too_many"
        for n in range(51):
            await opened.say("join", channel=f"c{n}")
        assert (await opened.hear("error", channel="c50"))["problem"]["code"] == "too_many"
        await opened.say("subscribe", id="s0", collection="cars")
        assert (await opened.hear("error", id="s0"))["problem"]["code"] == "conflict"


async def test_a_socket_needs_a_tenant(app: App, tenant: Tenant) -> None:
    nobody = Tenant("nobody", app.public_port, "")
    app.tenants.append(nobody)
    with pytest.raises(InvalidStatus) as refused:
        async with socket(nobody):
            pass
    assert refused.value.response.status_code == 404
    async with socket(tenant) as opened:
        await opened.nothing_but_pong()


async def test_without_an_upgrade_it_is_no_route(tenant: Tenant) -> None:
    assert (await tenant.http.get("/api/realtime")).status_code == 404

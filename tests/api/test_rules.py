"""Rules that are filters, on every way to documents."""

from typing import Any

import pytest

from tests.support.accounts import assign
from tests.support.app import Tenant, User
from tests.support.documents import define, make
from tests.support.sockets import socket

TEAM = {"team": {"$in": "$user.groups"}}
OWN = {"owner": "$user.id"}


@pytest.fixture
async def member(tenant: Tenant, user: User) -> User:
    """Of the group red; `notes` has one of red and one of blue."""
    await assign(tenant, user, groups=["red"])
    await define(tenant, "notes", list=TEAM, read=TEAM, create=TEAM, update=TEAM, delete=TEAM)
    for team in ("red", "blue"):
        await make(tenant, "notes", team, team=team, word=f"word of {team}", next="blue")
    return user


async def test_a_definition_says_its_rules(tenant: Tenant, member: User) -> None:
    rules = (await tenant.http.get("/api/collections/notes", headers=tenant.key)).json()["rules"]
    assert rules == dict.fromkeys(["list", "read", "create", "update", "delete"], TEAM)
    change = {"rules": {"read": "public"}}
    changed = await tenant.http.patch("/api/collections/notes", json=change, headers=tenant.key)
    assert changed.json()["rules"] == {**rules, "read": "public"}


@pytest.mark.parametrize(
    ("rule", "place"),
    [("anyone", "/rules/list"), (5, "/rules/list"), ({"a": "$usr.id"}, "/rules/list/a"),
     ({"$or": [{"a": {"$foo": 1}}]}, "/rules/list/$or/0/a/$foo"), ({"$new.a": 1}, "/rules/list/$new.a")],
)  # fmt: skip
async def test_a_mistake_is_named_and_changes_nothing(tenant: Tenant, rule: object, place: str) -> None:
    body = {"name": "notes", "rules": {"list": rule, "read": "public"}}
    response = await tenant.http.post("/api/collections", json=body, headers=tenant.key)
    assert response.status_code == 400, response.text
    assert [error["path"] for error in response.json()["errors"]] == [place]
    assert (await tenant.http.get("/api/collections/notes", headers=tenant.key)).status_code == 404


async def test_every_way_to_read(tenant: Tenant, member: User) -> None:
    """Each shows the document of red, to its group alone, and with it that there is no other."""
    http, auth = tenant.http, member.auth
    page = (await http.get("/api/data/notes?count=true&sort=word", headers=auth)).json()
    assert ([one["id"] for one in page["items"]], page["total"]) == (["red"], 1)
    hidden = {"filter": {"word": "word of blue"}, "count": True}
    page = (await http.post("/api/data/notes/query", json=hidden, headers=auth)).json()
    assert (page["items"], page["total"]) == ([], 0)
    assert (await http.get("/api/data/notes/red", headers=auth)).status_code == 200
    assert (await http.get("/api/data/notes/blue", headers=auth)).status_code == 404
    assert (await http.get("/api/data/notes/blue/history", headers=auth)).status_code == 404
    pipeline: Any = {"pipeline": [{"$group": {"_id": None, "n": {"$count": {}}}}]}
    response = await http.post("/api/data/notes/aggregate", json=pipeline, headers=auth)
    assert response.json()["items"][0]["n"] == 1, response.text
    lines = (await http.get("/api/data/notes/export", headers=auth)).text.splitlines()
    assert len(lines) == 1
    expanded = (await http.get("/api/data/notes/red?expand=next:notes", headers=auth)).json()
    assert expanded["$expand"] == {"next": None}
    keyed = (await http.get("/api/data/notes?count=true", headers=tenant.key)).json()
    assert keyed["total"] == 2


async def test_who_is_in_no_group_sees_nothing(tenant: Tenant, member: User) -> None:
    other = await tenant.user()
    assert (await tenant.http.get("/api/data/notes", headers=other.auth)).json()["items"] == []
    assert (await tenant.http.get("/api/data/notes/red", headers=other.auth)).status_code == 404
    response = await tenant.http.get("/api/data/notes")
    assert (response.status_code, response.json()["code"]) == (401, "authentication_required")


async def test_a_rule_for_everybody_about_documents(tenant: Tenant) -> None:
    await define(tenant, "posts", list={"published": True}, read={"published": True})
    await make(tenant, "posts", "a", published=True)
    await make(tenant, "posts", "b", published=False)
    page = (await tenant.http.get("/api/data/posts")).json()
    assert [one["id"] for one in page["items"]] == ["a"]
    assert (await tenant.http.get("/api/data/posts/b")).status_code == 404


async def test_a_role_opens_everything(tenant: Tenant, user: User) -> None:
    rule = {"$or": [{"$user.roles": "editor"}, OWN]}
    await define(tenant, "notes", list=rule, read=rule)
    await make(tenant, "notes", "a")
    assert (await tenant.http.get("/api/data/notes", headers=user.auth)).json()["items"] == []
    await assign(tenant, user, roles=["editor"])
    assert len((await tenant.http.get("/api/data/notes", headers=user.auth)).json()["items"]) == 1
    await assign(tenant, user, roles=[])
    assert (await tenant.http.get("/api/data/notes", headers=user.auth)).json()["items"] == []


@pytest.mark.parametrize("name", ["roles", "groups", "verified", "disabled", "role", "owner_of"])
async def test_nobody_gives_oneself_a_role(tenant: Tenant, user: User, name: str) -> None:
    """Only what is no right can be set on one's own profile."""
    expected = (200, 201) if name == "owner_of" else (400, 400)
    patch = await tenant.http.patch("/api/auth/me", json={name: ["admin"]}, headers=user.auth)
    body = {"email": "new@example.com", "password": "correct horse", name: ["admin"]}
    register = await tenant.http.post("/api/auth/register", json=body)
    assert (patch.status_code, register.status_code) == expected


async def test_writes_before_and_after(tenant: Tenant, member: User) -> None:
    """A rule without $old and $new holds for both."""
    http, auth = tenant.http, member.auth
    assert (await http.patch("/api/data/notes/red", json={"word": "x"}, headers=auth)).status_code == 200
    assert (await http.patch("/api/data/notes/blue", json={"word": "x"}, headers=auth)).status_code == 404
    away = await http.patch("/api/data/notes/red", json={"team": "blue"}, headers=auth)
    assert (away.status_code, away.json()["code"]) == (403, "forbidden")
    assert (await http.post("/api/data/notes", json={"team": "red"}, headers=auth)).status_code == 201
    assert (await http.post("/api/data/notes", json={"team": "blue"}, headers=auth)).status_code == 403
    assert (await http.delete("/api/data/notes/blue", headers=auth)).status_code == 404
    assert (await http.delete("/api/data/notes/red", headers=auth)).status_code == 204
    rest = (await http.get("/api/data/notes/blue", headers=tenant.key)).json()
    assert rest["version"] == 1


@pytest.mark.parametrize(
    ("rule", "change", "status"),
    [
        ({"$changed": {"$nin": ["price", "sold"]}}, {"note": "x"}, 200),
        ({"$changed": {"$nin": ["price", "sold"]}}, {"note": "x", "price": 1}, 403),
        ({"$changed": {"$nin": ["price", "sold"]}}, {"price": 10}, 200),
        ({"$changed": {"$nin": ["price", "sold"]}}, {"$set": {"sold.to": "me"}}, 403),
        ({"$changed": {"$nin": ["price", "sold"]}}, {"$unset": {"price": ""}}, 403),
        ({"$changed": {"$nin": ["price", "sold"]}}, {"$rename": {"price": "cost"}}, 403),
        ({"$changed": {"$nin": ["price", "sold"]}}, {"price": None}, 403),
        ({"$new.price": {"$gte": "$old.price"}}, {"price": 11}, 200),
        ({"$new.price": {"$gte": "$old.price"}}, {"price": 9}, 403),
        ({"$new.price": {"$gte": "$old.price"}}, {"price": None}, 403),
        ({"$old.state": "draft", "$new.state": {"$in": ["draft", "sent"]}}, {"state": "sent"}, 200),
        ({"$old.state": "draft", "$new.state": {"$in": ["draft", "sent"]}}, {"state": "lost"}, 403),
        ({"$old.state": "sent"}, {"note": "x"}, 404),
    ],
)
async def test_changes(tenant: Tenant, user: User, rule: object, change: Any, status: int) -> None:
    await define(tenant, "goods", update=rule)
    await make(tenant, "goods", "a", price=10, state="draft")
    response = await tenant.http.patch("/api/data/goods/a", json=change, headers=user.auth)
    assert response.status_code == status, response.text
    kept = (await tenant.http.get("/api/data/goods/a", headers=tenant.key)).json()
    assert kept["version"] == (2 if status == 200 and change != {"price": 10} else 1)
    operation = {"op": "update", "collection": "goods", "id": "a", "data": change}
    batch = await tenant.http.post("/api/batch", json={"operations": [operation]}, headers=user.auth)
    if status != 200:
        assert batch.status_code == status, batch.text


async def test_an_overwrite_is_a_change_too(tenant: Tenant, user: User) -> None:
    await define(tenant, "goods", update={"$changed": {"$ne": "price"}})
    await make(tenant, "goods", "a", price=10, note="x")
    for body, status in (({"note": "y"}, 403), ({"note": "y", "price": 10}, 200)):
        assert (await tenant.http.put("/api/data/goods/a", json=body, headers=user.auth)).status_code == status


@pytest.mark.parametrize(("fields", "status"), [({"state": "draft"}, 201), ({"state": "sent"}, 403), ({}, 403)])
async def test_creates(tenant: Tenant, user: User, fields: dict[str, Any], status: int) -> None:
    await define(tenant, "goods", create={"$new.state": "draft", "$changed": {"$nin": ["price"]}})
    assert (await tenant.http.post("/api/data/goods", json=fields, headers=user.auth)).status_code == status
    response = await tenant.http.put("/api/data/goods/x", json=fields, headers=user.auth)
    assert response.status_code in {status, 404}
    priced = {**fields, "price": 1}
    assert (await tenant.http.post("/api/data/goods", json=priced, headers=user.auth)).status_code == 403


async def test_live_queries(tenant: Tenant, member: User) -> None:
    async with socket(tenant, member) as one:
        await one.say("subscribe", id="s", collection="notes", snapshot=True)
        opened = await one.hear("subscribed")
        assert [item["id"] for item in opened["items"]] == ["red"]
        await make(tenant, "notes", "b2", team="blue")
        await make(tenant, "notes", "r2", team="red")
        change = await one.hear("change")
        assert change["document"]["id"] == "r2"
        await assign(tenant, member, groups=["blue"])
        await one.hear("resync", id="s")
        await one.say("subscribe", id="s", collection="notes", snapshot=True)
        again = await one.hear("subscribed")
        assert sorted(item["id"] for item in again["items"]) == ["b2", "blue"]
        await assign(tenant, member, groups=[])
        await one.hear("resync", id="s")
        await make(tenant, "notes", "b3", team="blue")
        await one.say("ping")
        await one.hear("pong")
    assert not [frame for frame in one.unread if frame["type"] == "change"]


async def test_a_profile_that_rules_do_not_ask_for_disturbs_no_live_query(tenant: Tenant, user: User) -> None:
    await define(tenant, "notes", list=OWN)
    async with socket(tenant, user) as one:
        await one.say("subscribe", id="s", collection="notes")
        await one.hear("subscribed")
        await assign(tenant, user, groups=["blue"])
        await tenant.create("notes", user)
        assert (await one.hear("change"))["op"] == "create"
    assert not [frame for frame in one.unread if frame["type"] == "resync"]


async def test_an_index_serves_a_rule(tenant: Tenant, user: User) -> None:
    body = {"name": "notes", "rules": {"list": OWN}, "indexes": [{"fields": ["owner", "-n"]}]}
    assert (await tenant.http.post("/api/collections", json=body, headers=tenant.key)).status_code == 201
    for number in range(3):
        await tenant.create("notes", user, n=number)
    page = (await tenant.http.get("/api/data/notes?sort=-n", headers=user.auth)).json()
    assert [one["n"] for one in page["items"]] == [2, 1, 0]


async def test_pages_go_on_under_a_rule_with_a_time(tenant: Tenant, user: User) -> None:
    """The rule is bound anew for each page, and its time with it; the cursor stays good."""
    await define(tenant, "posts", list={"from": {"$lte": "$now"}})
    for number in range(5):
        await make(tenant, "posts", f"p{number}", **{"from": "2020-01-01T00:00:00Z"})
    await make(tenant, "posts", "later", **{"from": "2999-01-01T00:00:00Z"})
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await tenant.http.get(f"/api/data/posts?limit=2{cursor}", headers=user.auth)).json()
        seen += [one["id"] for one in page["items"]]
        cursor = f"&cursor={page['next']}" if page["next"] else None
    assert sorted(seen) == [f"p{number}" for number in range(5)]


async def explain(tenant: Tenant, **question: object) -> dict[str, Any]:
    response = await tenant.http.post("/api/rules/explain", json=question, headers=tenant.key)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_why(tenant: Tenant, member: User) -> None:
    asked = {"collection": "notes", "action": "read", "user": member.id}
    yes = await explain(tenant, **asked, id="red")
    assert (yes["allowed"], yes["status"], yes["code"], yes["rule"], yes["from"]) == (
        True, 200, None, TEAM, "the collection",
    )  # fmt: skip
    assert yes["filter"] == {"team": {"$in": ["red"]}}
    (reason,) = yes["conditions"]
    assert reason == {"path": "/team/$in", "holds": True, "because": 'team is "red", $user.groups is ["red"]'}
    no = await explain(tenant, **asked, id="blue")
    assert (no["allowed"], no["status"], no["code"]) == (False, 404, "document_not_found")
    assert no["conditions"][0]["because"] == 'team is "blue", $user.groups is ["red"]'
    listed = await explain(tenant, collection="notes", action="list", user=member.id)
    assert (listed["status"], listed["conditions"][0]["holds"]) == (200, None)
    nobody = await explain(tenant, collection="notes", action="list")
    assert (nobody["status"], nobody["code"], nobody["filter"]) == (401, "authentication_required", None)
    assert nobody["conditions"][0]["because"] == "$user.groups is missing"


@pytest.mark.parametrize(
    ("action", "data", "status"),
    [
        ("create", {"team": "red"}, 201), ("create", {"team": "blue"}, 403), ("create", None, 403),
        ("update", {"word": "x"}, 200), ("update", {"team": "blue"}, 403), ("update", {"$set": {"team": "blue"}}, 403),
        ("delete", None, 204), ("read", None, 200),
    ],
)  # fmt: skip
async def test_an_explanation_is_what_happens(
    tenant: Tenant, member: User, action: str, data: Any, status: int
) -> None:
    about = {"id": "red"} if action != "create" else {}
    said = await explain(tenant, collection="notes", action=action, user=member.id, data=data, **about)
    assert said["status"] == status
    method, path = {
        "create": ("POST", "/api/data/notes"), "update": ("PATCH", "/api/data/notes/red"),
        "delete": ("DELETE", "/api/data/notes/red"), "read": ("GET", "/api/data/notes/red"),
    }[action]  # fmt: skip
    body = data if data is not None else {}
    done = await tenant.http.request(
        method, path, headers=member.auth, json=body if action in {"create", "update"} else None
    )
    assert done.status_code == status, done.text


async def test_explaining_changes_nothing_and_is_for_keys(tenant: Tenant, member: User) -> None:
    for action in ("create", "update", "delete"):
        await explain(tenant, collection="notes", action=action, user=member.id, id="red", data={"team": "red", "n": 1})
    page = (await tenant.http.get("/api/data/notes?count=true&sort=id", headers=tenant.key)).json()
    assert (page["total"], [one["version"] for one in page["items"]]) == (2, [1, 1])
    body = {"collection": "notes", "action": "list"}
    assert (await tenant.http.post("/api/rules/explain", json=body, headers=member.auth)).status_code == 403
    assert (await tenant.http.post("/api/rules/explain", json=body)).status_code == 401


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ({"collection": "notes", "action": "read"}, "/id"),
        ({"collection": "notes", "action": "list", "user": "nobody"}, "/user"),
        ({"collection": "_keys", "action": "list"}, "/collection"),
        ({"collection": "notes", "action": "look"}, "/action"),
        ({"collection": "notes", "action": "create", "data": {"$a": 1}}, "/$a"),
    ],
)
async def test_questions_that_are_none(tenant: Tenant, question: object, place: str) -> None:
    response = await tenant.http.post("/api/rules/explain", json=question, headers=tenant.key)
    assert response.status_code == 400, response.text
    assert [error["path"] for error in response.json()["errors"]] == [place]


async def test_a_linter_says_who_can_do_what(tenant: Tenant) -> None:
    await define(tenant, "posts", list="public", read={"open": True}, create="nobody", update="public", delete="owner")
    await define(
        tenant, "plans", **{key: {"plan": "$user.plan"} for key in ["list", "read", "create", "update", "delete"]}
    )
    items = (await tenant.http.get("/api/rules/lint", headers=tenant.key)).json()["items"]
    found = {(one["severity"], one["collection"], one["action"]) for one in items}
    assert {("warning", "posts", "update"), ("notice", "posts", "list"), ("notice", "posts", "read")} <= found
    assert not {one for one in found if one[1:] in {("posts", "create"), ("posts", "delete")}}
    assert {one for one in found if one[1] == "plans"} == {
        ("warning", "plans", action) for action in ("list", "read", "create", "update", "delete")
    }
    assert [one["severity"] for one in items] == sorted((one["severity"] for one in items), reverse=True)
    protect = {"fields": {"plan": {"write": "nobody"}}}
    assert (await tenant.http.patch("/api/collections/users", json=protect, headers=tenant.key)).status_code == 200
    items = (await tenant.http.get("/api/rules/lint", headers=tenant.key)).json()["items"]
    assert not [one for one in items if one["collection"] == "plans"]


@pytest.mark.parametrize(("default", "seen"), [("authenticated", 2), ("owner", 1), ("nobody", 403)])
async def test_a_tenants_default(tenant: Tenant, user: User, default: str, seen: int) -> None:
    """It counts for collections that say nothing, for new ones too, and for open live queries at once."""
    other = await tenant.user()
    await tenant.create("notes", user)
    await tenant.create("notes", other)
    await define(tenant, "said", list="authenticated")
    async with socket(tenant, user) as one:
        await one.say("subscribe", id="s", collection="notes")
        await one.hear("subscribed")
        change = await tenant.http.patch("/api/settings", json={"defaultRules": default}, headers=tenant.key)
        assert change.status_code == 200
        await one.hear("resync", id="s")
    page = await tenant.http.get("/api/data/notes", headers=user.auth)
    assert (len(page.json()["items"]) if page.status_code == 200 else page.status_code) == seen
    assert (await tenant.http.get("/api/data/said", headers=user.auth)).status_code == 200
    fresh = await tenant.http.post("/api/data/fresh", json={}, headers=user.auth)
    assert fresh.status_code == (403 if default == "nobody" else 201)
    assert (await tenant.http.get("/api/data/notes")).status_code == 401
    definition = (await tenant.http.get("/api/collections/notes", headers=tenant.key)).json()
    assert set(definition["rules"].values()) == {default}
    assert (await explain(tenant, collection="notes", action="list"))["rule"] == default
    assert (await explain(tenant, collection="users", action="list"))["rule"] == "owner"

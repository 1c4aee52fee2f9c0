"""API keys: what each may do, on every route; shown once, rotated, over, removed."""

import json
import time
from typing import Any

import pytest

from server.outbound import Outbound
from server.public import tenant_routes
from tenancy.shares import Shares
from tests.isolation.routes import ROWS
from tests.support.app import App, Tenant, User
from tests.support.problems import assert_problem
from tests.support.sockets import socket

ROUTES = [route for route in tenant_routes("0", Shares(), Outbound()).routes if route.method != "WEBSOCKET"]
CHANGING = [route for route in ROUTES if route.changes and route.policy != "open"]


async def key(tenant: Tenant, scope: str, **more: object) -> dict[str, Any]:
    body = {"name": "k", "scope": scope, **more}
    response = await tenant.http.post("/api/keys", json=body, headers=tenant.key)
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


def auth(made: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {made['key']}"}


async def state(tenant: Tenant) -> str:
    """Everything that the routes could change; a key's last use aside."""
    found = []
    for path in (
        "data/cars",
        "data/users",
        "files",
        "collections",
        "settings",
        "settings/mails",
        "settings/providers",
        "invitations",
        "rules",
    ):
        found.append((await tenant.http.get(f"/api/{path}", headers=tenant.key)).text)
    names = (await tenant.http.get("/api/keys", headers=tenant.key)).json()["items"]
    return "".join([*found, str([one["id"] for one in names])])


def test_what_changes_something_is_known_by_its_method_or_said() -> None:
    quiet = {f"{route.method} {route.path}" for route in ROUTES if not route.changes and route.method == "POST"}
    assert quiet == {"POST /api/data/{collection}/query", "POST /api/data/{collection}/aggregate"}
    assert {f"{route.method} {route.path}" for route in CHANGING} <= ROWS.keys()


@pytest.mark.parametrize("route", CHANGING, ids=lambda route: f"{route.method} {route.path}")
async def test_a_key_that_reads_changes_nothing(tenant: Tenant, user: User, route: Any) -> None:
    """One place decides it, for every route that there is."""
    reader = await key(tenant, "read")
    await tenant.create("cars", user, id="c1")
    file = await tenant.http.post("/api/files", files={"file": ("a", b"x")}, headers=user.auth)
    before = await state(tenant)
    values = {"collection": "cars", "id": "c1", "kind": "reset", "provider": "idp"}
    if "/files/" in route.path:
        values["id"] = file.json()["id"]
    path = route.path.format(**values)
    for body, kind in ((b'{"name":"x"}', "application/json"), (b"", "application/x-ndjson"), (b"", "application/zip")):
        headers = {**auth(reader), "content-type": kind}
        assert_problem(await tenant.http.request(route.method, path, content=body, headers=headers), "forbidden")
    assert await state(tenant) == before


async def test_a_key_that_reads_reads(tenant: Tenant, user: User) -> None:
    reader = auth(await key(tenant, "read"))
    await tenant.create("cars", user, id="c1")
    for path in ("data/cars", "data/cars/c1", "data/cars/c1/history", "data/cars/export", "data/users", "files"):
        assert (await tenant.http.get(f"/api/{path}", headers=reader)).status_code == 200, path
    for path, body in (("query", {"filter": {}}), ("aggregate", {"pipeline": [{"$limit": 1}]})):
        response = await tenant.http.post(f"/api/data/cars/{path}", json=body, headers=reader)
        assert len(response.json()["items"]) == 1
    for path in ("collections", "settings", "keys", "usage", "rules/lint"):
        assert_problem(await tenant.http.get(f"/api/{path}", headers=reader), "forbidden")


async def test_a_key_that_writes_does_not_administer(tenant: Tenant, user: User) -> None:
    writer = auth(await key(tenant, "write"))
    assert (await tenant.http.post("/api/data/cars", json={"id": "c1"}, headers=writer)).status_code == 201
    assert (await tenant.http.delete("/api/data/cars/c1", headers=writer)).status_code == 204
    roles = await tenant.http.patch(f"/api/data/users/{user.id}", json={"roles": ["a"]}, headers=writer)
    assert roles.status_code == 200
    for route in ROUTES:
        if route.policy == "key":
            path = route.path.format(collection="cars", id="x", kind="reset", provider="x")
            response = await tenant.http.request(route.method, path, content=b"{}", headers=writer)
            assert_problem(response, "forbidden")


async def test_a_key_for_some_collections(tenant: Tenant, user: User) -> None:
    only = auth(await key(tenant, "write", collections=["cars"]))
    await tenant.create("secrets", user, id="s1", word="canary")
    await tenant.create("cars", user, id="c1", by="s1")
    http = tenant.http
    assert (await http.get("/api/data/cars/c1", headers=only)).status_code == 200
    assert (await http.patch("/api/data/cars/c1", json={"n": 1}, headers=only)).status_code == 200
    assert (await http.get("/api/data/cars/c1?expand=by:secrets", headers=only)).json()["$expand"] == {"by": None}
    lookup = {"$lookup": {"from": "secrets", "localField": "by", "foreignField": "id", "as": "x"}}
    operations = [{"op": "update", "collection": "secrets", "id": "s1", "data": {"a": 1}}]
    for method, path, body in (
        ("GET", "data/secrets", None), ("GET", "data/secrets/s1", None), ("GET", "data/secrets/export", None),
        ("GET", "data/secrets/s1/history", None), ("POST", "data/secrets", {}), ("PUT", "data/secrets/s1", {}),
        ("PATCH", "data/secrets/s1", {"a": 1}), ("DELETE", "data/secrets/s1", None), ("GET", "data/users", None),
        ("POST", "data/secrets/query", {}), ("POST", "data/secrets/query?explain=true", {}),
        ("POST", "data/cars/aggregate", {"pipeline": [lookup]}), ("POST", "batch", {"operations": operations}),
        ("GET", "files", None), ("GET", "settings", None), ("GET", "collections/cars", None),
    ):  # fmt: skip
        content = json.dumps(body).encode() if body is not None else b""
        response = await http.request(
            method, f"/api/{path}", content=content, headers={**only, "content-type": "application/json"}
        )
        assert_problem(response, "forbidden")
        assert "canary" not in response.text
    async with socket(tenant) as one:
        await one.say("auth", token=only["authorization"].removeprefix("Bearer "))
        await one.hear("authenticated")
        await one.say("subscribe", id="s", collection="secrets")
        assert (await one.hear("error"))["problem"]["code"] == "forbidden"
        await one.say("join", channel="room")
        assert (await one.hear("error"))["problem"]["code"] == "forbidden"
        await one.say("subscribe", id="t", collection="cars")
        await one.hear("subscribed")


async def test_a_publishable_key_authorises_nothing(tenant: Tenant, user: User) -> None:
    made = await key(tenant, "publishable")
    assert made["key"].startswith("bpk_pub_")
    rules = {"name": "posts", "rules": {"list": "public"}}
    assert (await tenant.http.post("/api/collections", json=rules, headers=tenant.key)).status_code == 201
    assert (await tenant.http.get("/api/data/posts", headers=auth(made))).status_code == 200
    await tenant.create("cars", user)
    for method, path in (("GET", "data/cars"), ("POST", "data/cars"), ("GET", "collections"), ("GET", "auth/me")):
        response = await tenant.http.request(method, f"/api/{path}", json={}, headers=auth(made))
        assert_problem(response, "authentication_required")


async def test_a_key_is_shown_once_and_kept_as_a_hash(app: App, tenant: Tenant) -> None:
    made = await key(tenant, "read", days=10)
    listed = await tenant.http.get("/api/keys", headers=tenant.key)
    assert made["key"] not in listed.text
    (first, second) = listed.json()["items"]
    assert (first["name"], first["scope"], second["id"]) == ("first key", "admin", made["id"])
    assert second["expiresAt"] is not None and second["lastUsedAt"] is None
    assert (await tenant.http.get("/api/data/cars", headers=auth(made))).status_code == 200
    used = (await tenant.http.get("/api/keys", headers=tenant.key)).json()["items"][1]["lastUsedAt"]
    assert used is not None
    await tenant.http.get("/api/data/cars", headers=auth(made))
    assert (await tenant.http.get("/api/keys", headers=tenant.key)).json()["items"][1]["lastUsedAt"] == used


async def test_a_key_is_rotated(tenant: Tenant) -> None:
    made = await key(tenant, "write", collections=["cars"])
    path = f"/api/keys/{made['id']}/rotate"
    new = (await tenant.http.post(path, json={"graceHours": 1}, headers=tenant.key)).json()
    assert (new["scope"], new["collections"], new["id"] != made["id"]) == ("write", ["cars"], True)
    for one in (made, new):
        assert (await tenant.http.get("/api/data/cars", headers=auth(one))).status_code == 200
    path = f"/api/keys/{new['id']}/rotate"
    last = (await tenant.http.post(path, json={}, headers=tenant.key)).json()
    assert_problem(await tenant.http.get("/api/data/cars", headers=auth(new)), "session_invalid")
    assert (await tenant.http.get("/api/data/cars", headers=auth(last))).status_code == 200


async def test_a_key_is_over_in_time(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await key(tenant, "read", days=1)
    assert (await tenant.http.get("/api/data/cars", headers=auth(made))).status_code == 200
    now = time.time
    monkeypatch.setattr("server.identity.keys.time.time", lambda: now() + 86_401)
    assert_problem(await tenant.http.get("/api/data/cars", headers=auth(made)), "session_invalid")


async def test_a_removed_key_is_refused(app: App, tenant: Tenant) -> None:
    made = await key(tenant, "admin")
    assert (await tenant.http.delete(f"/api/keys/{made['id']}", headers=auth(made))).status_code == 204
    assert_problem(await tenant.http.get("/api/keys", headers=auth(made)), "session_invalid")
    assert (await tenant.http.delete(f"/api/keys/{made['id']}", headers=tenant.key)).status_code == 404
    other = await app.tenant()
    assert_problem(await other.http.get("/api/keys", headers=tenant.key), "session_invalid")


async def test_operators_make_keys_too(app: App, tenant: Tenant) -> None:
    """A tenant whose last key is lost is not locked out."""
    path = f"/v1/tenants/{tenant.name}/keys"
    (first,) = (await app.admin.get(path)).json()["items"]
    assert (await app.admin.delete(f"{path}/{first['id']}")).status_code == 204
    assert_problem(await tenant.http.get("/api/keys", headers=tenant.key), "session_invalid")
    made = (await app.admin.post(path, json={"name": "again", "scope": "admin"})).json()
    assert (await tenant.http.get("/api/keys", headers=auth(made))).status_code == 200


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"scope": "read"}, ""), ({"name": "", "scope": "read"}, "/name"), ({"name": "a\n", "scope": "read"}, "/name"),
        ({"name": "k", "scope": "all"}, "/scope"), ({"name": "k", "scope": "read", "days": 0}, "/days"),
        ({"name": "k", "scope": "read", "collections": []}, "/collections"),
        ({"name": "k", "scope": "admin", "collections": ["cars"]}, "/collections"),
        ({"name": "k", "scope": "read", "collections": ["_keys"]}, "/collections/0"),
        ({"name": "k", "scope": "read", "key": "bpk_mine"}, ""),
    ],
)  # fmt: skip
async def test_keys_that_are_none(tenant: Tenant, body: object, place: str) -> None:
    response = await tenant.http.post("/api/keys", json=body, headers=tenant.key)
    assert_problem(response, "invalid_request", place)
    assert len((await tenant.http.get("/api/keys", headers=tenant.key)).json()["items"]) == 1

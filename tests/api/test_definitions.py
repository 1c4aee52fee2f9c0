"""Definitions as one file: out, compared, in again, and to many tenants."""

from typing import Any

import httpx
import pytest

from server.control.definitions.apply import apply
from tests.api.test_copies import filled
from tests.support.app import App, Tenant
from tests.support.operations import WAIT
from tests.support.problems import assert_problem

CARS: dict[str, Any] = {
    "rules": {"list": "public", "read": "public"}, "indexes": [{"fields": ["plate"], "unique": True}],
    "schema": {"type": "object", "properties": {"brand": {"type": "string"}}},
}  # fmt: skip


async def _pulled(app: App, name: str) -> dict[str, Any]:
    answer = await app.admin.get(f"/v1/tenants/{name}/definitions")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _put(app: App, name: str, definitions: Any, query: str = "") -> httpx.Response:
    return await app.admin.put(f"/v1/tenants/{name}/definitions{query}", json=definitions)


async def _push(app: App, **body: Any) -> dict[str, Any]:
    answer = await app.admin.post("/v1/definitions/push", json=body, headers=WAIT, timeout=120)
    assert answer.status_code == 200, answer.text
    ended: dict[str, Any] = answer.json()
    return ended


async def test_a_tenants_definitions_make_another_the_same(app: App, tenant: Tenant) -> None:
    await filled(app, tenant)
    await tenant.http.patch("/api/rules", json={"files": {"create": "nobody"}}, headers=tenant.key)
    mail = {"subject": "Hi ${email}", "text": "${link}"}
    await tenant.http.put("/api/settings/mails/verify", json=mail, headers=tenant.key)
    pulled = await _pulled(app, tenant.name)
    assert pulled["collections"]["cars"] == CARS
    assert pulled["rules"] == {"files": {"create": "nobody"}}
    assert pulled["settings"] == {"appName": "Cars", "accounts": {"signUp": "closed"}}
    assert "cret" not in str(pulled)
    other = await app.tenant()
    dry = await _put(app, other.name, pulled, "?dryRun=1")
    assert dry.json()["applied"] is False
    assert [(one["part"], one["name"], one["action"]) for one in dry.json()["changes"]] == [
        ("collections", "cars", "create"), ("rules", "files", "change"), ("settings", "settings", "change"),
        ("mails", "verify", "create"),
    ]  # fmt: skip
    assert "cars" not in (await _pulled(app, other.name)).get("collections", {})
    made = await _put(app, other.name, pulled)
    assert (made.status_code, made.json()["applied"]) == (200, True)
    assert await _pulled(app, other.name) == pulled
    assert (await _put(app, other.name, pulled)).json()["changes"] == []
    # They count at once, for who has the tenant open too.
    closed = await other.http.post("/api/auth/register", json={"email": "a@example.com", "password": "correct horse"})
    assert closed.status_code == 403
    await other.http.post("/api/data/cars", json={"plate": "1"}, headers=other.key)
    taken = await other.http.post("/api/data/cars", json={"plate": "1"}, headers=other.key)
    assert_problem(taken, "already_exists", "/plate")


async def test_a_dry_run_says_which_documents_would_not_fit(app: App, tenant: Tenant) -> None:
    user = await tenant.user()
    for n in range(12):
        await tenant.create("cars", user, id=f"c{n:02}", plate=f"p{n % 10}", brand=n if n > 9 else "b")
    before = await _pulled(app, tenant.name)
    wanted = {"format": 1, "collections": {"cars": CARS}}
    dry = (await _put(app, tenant.name, wanted, "?dryRun=1")).json()["changes"]
    (change,) = dry
    assert (change["action"], change["documents"], change["failing"]) == ("change", 12, 2)
    assert [(one["id"], [error["path"] for error in one["errors"]]) for one in change["first"]] == [
        ("c10", ["/brand", "/plate"]), ("c11", ["/brand", "/plate"]),
    ]  # fmt: skip
    for query in ("", "?existing=keep"):
        refused = await _put(app, tenant.name, wanted, query)
        assert_problem(refused, "conflict", "/collections/cars/c10/brand")
    assert await _pulled(app, tenant.name) == before
    lenient = {"format": 1, "collections": {"cars": {**CARS, "indexes": []}}}
    assert_problem(await _put(app, tenant.name, lenient), "conflict")
    assert (await _put(app, tenant.name, lenient, "?existing=keep")).status_code == 200
    assert (await tenant.http.get("/api/data/cars/c10")).json()["brand"] == 10


async def test_what_a_file_does_not_name_goes_only_when_asked(app: App, tenant: Tenant) -> None:
    user = await tenant.user()
    await tenant.create("boats", user, id="b1")
    wanted = {"format": 1, "collections": {"cars": CARS}}
    assert (await _put(app, tenant.name, wanted)).status_code == 200
    assert (await tenant.http.get("/api/data/boats/b1", headers=user.auth)).status_code == 200
    dry = (await _put(app, tenant.name, wanted, "?dryRun=1&prune=1")).json()["changes"]
    assert [(one["name"], one["action"], one["documents"]) for one in dry] == [("boats", "remove", 1)]
    assert (await _put(app, tenant.name, wanted, "?prune=1")).status_code == 200
    assert set((await _pulled(app, tenant.name))["collections"]) == {"cars", "users"}
    assert (await tenant.http.get("/api/auth/me", headers=user.auth)).status_code == 200


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ([], None), ({}, "/format"), ({"format": 2}, "/format"), ({"format": True}, "/format"),
        ({"format": 1, "triggers": {}}, "/triggers"), ({"format": 1, "collections": []}, "/collections"),
        ({"format": 1, "collections": {"_keys": {}}}, "/collections/_keys"),
        ({"format": 1, "collections": {"cars": {"rules": {"list": "all"}}}}, "/collections/cars/rules/list"),
        ({"format": 1, "collections": {"cars": {"x": 1}}}, "/collections/cars/x"),
        ({"format": 1, "collections": {"cars": 1}}, "/collections/cars"),
        ({"format": 1, "rules": {"mails": {}}}, "/rules/mails"),
        ({"format": 1, "rules": {"files": {"list": "public"}}}, "/rules/files/list"),
        ({"format": 1, "settings": {"appUrl": "x"}}, "/settings/appUrl"),
        ({"format": 1, "settings": []}, None),
        ({"format": 1, "mails": {"advert": {"subject": "a", "text": "b"}}}, "/mails/advert/id"),
        ({"format": 1, "mails": {"verify": {"subject": "${x}", "text": "b"}}}, "/mails/verify/subject"),
    ],
)  # fmt: skip
async def test_a_file_that_is_wrong_says_where(app: App, tenant: Tenant, body: Any, path: str | None) -> None:
    before = await _pulled(app, tenant.name)
    assert_problem(await _put(app, tenant.name, body), "invalid_request", path)
    assert await _pulled(app, tenant.name) == before


async def test_one_file_goes_to_many_a_canary_first_and_a_snapshot_of_each(app: App) -> None:
    tenants = [await app.tenant() for _ in range(4)]
    names = [tenant.name for tenant in tenants]
    for tenant in tenants:
        await tenant.create("boats", await tenant.user(), id="b1")
    ended = await _push(
        app, definitions={"format": 1, "collections": {"cars": CARS}}, tenants=names, canary=names[2], prune=True
    )
    assert (ended["status"], ended["result"]) == ("done", {"tenants": [names[2], names[0], names[1], names[3]]})
    for name in names:
        assert set((await _pulled(app, name))["collections"]) == {"cars", "users"}
        (taken,) = (await app.admin.get(f"/v1/tenants/{name}/snapshots")).json()["items"]
        assert (taken["reason"], taken["documents"]) == ("before", 2)
    spoken = [line[2] for line in ended["lines"]]
    assert spoken.index("The canary has them.") < spoken.index(f"{names[0]}: 1 changes made.")


async def test_when_one_would_fail_none_is_touched(app: App) -> None:
    tenants = [await app.tenant() for _ in range(3)]
    names = [tenant.name for tenant in tenants]
    user = await tenants[1].user()
    await tenants[1].create("cars", user, id="bad", brand=5)
    before = [await _pulled(app, name) for name in names]
    ended = await _push(app, definitions={"format": 1, "collections": {"cars": CARS}}, tenants=names)
    assert (ended["status"], ended["error"]["code"]) == ("failed", "conflict")
    assert ended["error"]["errors"][0]["path"] == f"/{names[1]}/collections/cars/bad/brand"
    assert [await _pulled(app, name) for name in names] == before
    for name in names:
        assert (await app.admin.get(f"/v1/tenants/{name}/snapshots")).json()["items"] == []


async def test_when_one_fails_on_the_way_the_others_have_their_own_again(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenants = [await app.tenant() for _ in range(3)]
    names = [tenant.name for tenant in tenants]
    first = {"format": 1, "collections": {"cars": CARS, "old": {}}, "settings": {"appName": "Before"}}
    for name in names:
        assert (await _put(app, name, first)).status_code == 200
    before = [await _pulled(app, name) for name in names]
    late = await tenants[2].user()
    changed = {**CARS, "indexes": [], "rules": {"list": "nobody"}}
    wanted = {
        "format": 1, "collections": {"cars": changed, "boats": {"indexes": [{"fields": ["n"], "unique": True}]}},
        "settings": {"appName": "After", "appUrl": "https://x.example"},
    }  # fmt: skip
    honest = apply

    async def failing(context: Any, *arguments: Any, **named: Any) -> Any:
        if context.tenant.slug == names[2]:
            raise OSError(5, "Input/output error")
        done = await honest(context, *arguments, **named)
        # Written since: a restore would lose it.
        await tenants[0].create("notes", await tenants[0].user(), id=f"n-{context.tenant.slug}")
        return done

    monkeypatch.setattr("server.control.definitions.push.apply", failing)
    ended = await _push(app, definitions=wanted, tenants=names, prune=True)
    assert (ended["status"], ended["error"]["detail"]) == ("failed", "The disk said: Input/output error.")
    after = [await _pulled(app, name) for name in names]
    assert after[0]["collections"].pop("notes") == {}
    assert after == before
    assert (await tenants[0].http.get("/api/data/notes/n-" + names[1], headers=tenants[0].key)).status_code == 200
    assert (await tenants[2].http.get("/api/auth/me", headers=late.auth)).status_code == 200


async def test_what_cannot_be_pushed_is_refused(app: App, tenant: Tenant) -> None:
    good = {"format": 1, "collections": {"cars": CARS}}
    for body, code, path in [
        ({"tenants": [tenant.name]}, "invalid_request", None),
        ({"definitions": good, "tenants": []}, "invalid_request", "/tenants"),
        ({"definitions": good, "tenants": ["nobody-here"]}, "tenant_not_found", None),
        ({"definitions": good, "tenants": [tenant.name], "canary": "nobody-here"}, "invalid_request", "/canary"),
        ({"definitions": {"format": 3}, "tenants": [tenant.name]}, "invalid_request", "/format"),
        (
            {"definitions": {**good, "settings": {"appName": "x" * 500}}, "tenants": [tenant.name]},
            "invalid_request",
            "/settings/appName",
        ),
    ]:
        assert_problem(await app.admin.post("/v1/definitions/push", json=body), code, path)
    assert_problem(await _put(app, tenant.name, good, "?existing=drop"), "invalid_request", "existing")
    assert_problem(await _put(app, "nobody-here", good), "tenant_not_found")


async def test_no_definition_takes_away_what_accounts_rest_on(app: App, tenant: Tenant) -> None:
    ann = await tenant.user("ann@example.com")
    users = {"rules": {"list": "nobody"}, "indexes": [{"fields": ["city"]}]}
    assert (await _put(app, tenant.name, {"format": 1, "collections": {"users": users}})).status_code == 200
    assert (await tenant.http.patch("/api/collections/users", json={"indexes": []}, headers=tenant.key)).is_success
    again = await tenant.http.post("/api/auth/register", json={"email": ann.email, "password": "correct horse"})
    assert_problem(again, "already_exists", "/email")
    pulled = await _pulled(app, tenant.name)
    assert pulled["collections"]["users"]["indexes"] == [{"fields": ["email"], "unique": True}]

"""Definitions as one file: out, compared, in again, and to many tenants."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from server.cli.main import main
from server.control.definitions.apply import apply, give_back
from server.control.definitions.before import Row
from server.control.definitions.form import read_definitions
from tenancy.model.document import client_part
from tenancy.model.json import trusted
from tenancy.model.system import DEFINITIONS, SETTINGS, TEMPLATES
from tenancy.query.tree import Query
from tenancy.writes import Create
from tests.support.app import App, Tenant
from tests.support.filled import filled
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
    tenants = [await app.tenant(f"many-{n}") for n in range(4)]
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
    assert spoken.index("The canary has them.") < spoken.index(f"{names[0]}: 1 change made.")


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


RICH: dict[str, Any] = {
    "format": 1, "collections": {"made": {"rules": {"list": "public"}}, "cars": {**CARS, "rules": {"list": "nobody"}}},
    "rules": {"files": {"create": "public"}, "channels": {"publish": "public", "join": "public"}},
    "settings": {"appName": "After", "accounts": {"guests": True, "passwordMinLength": 9}},
    "mails": {"verify": {"subject": "x ${email}", "text": "${link}"}, "reset": {"subject": "After", "text": "${link}"}},
}  # fmt: skip


async def _rows(app: App, name: str) -> dict[tuple[str, str], Any]:
    """The client's part of every row that a push may touch, as it is kept."""
    found = app.context.tenants.registry.directory.find(name)
    assert found is not None
    rows: dict[tuple[str, str], Any] = {}
    async with app.context.tenants.pool.use(found) as context:
        for collection in (DEFINITIONS, SETTINGS, TEMPLATES):
            page = await context.documents.find(collection, Query(limit=100))
            rows |= {(collection, str(row["id"])): client_part(row) for row in map(trusted, page.items)}
    return rows


async def _with_some_of_everything(app: App, tenant: Tenant) -> None:
    await _put(app, tenant.name, {"format": 1, "collections": {"cars": CARS}})
    await tenant.http.patch("/api/settings", json={"accounts": {"signUp": "closed"}}, headers=tenant.key)
    mail = {"subject": "Before ${email}", "text": "${link}"}
    await tenant.http.put("/api/settings/mails/verify", json=mail, headers=tenant.key)
    for rules in ({"files": {"create": "nobody", "read": "public"}}, {"channels": {"join": "public"}}):
        assert (await tenant.http.patch("/api/rules", json=rules, headers=tenant.key)).is_success


def _fail_at(monkeypatch: pytest.MonkeyPatch, name: str, before: Callable[[], Awaitable[None]]) -> None:
    """Have a push fail when it comes to this tenant, after something else was done."""
    honest = apply

    async def failing(context: Any, *arguments: Any, **named: Any) -> Any:
        if context.tenant.slug != name:
            return await honest(context, *arguments, **named)
        await before()
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("server.control.definitions.push.apply", failing)


async def test_a_push_that_is_taken_back_leaves_every_row_as_it_was(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    full, bare, last = [await app.tenant(name) for name in ("aaa-full", "bbb-bare", "ccc-last")]
    await _with_some_of_everything(app, full)
    names = [full.name, bare.name, last.name]
    before = [(await _pulled(app, name), await _rows(app, name)) for name in names]

    async def changed() -> None:
        assert await _rows(app, full.name) != before[0][1]
        assert (await _pulled(app, bare.name))["rules"] == RICH["rules"]
        made = await full.http.post("/api/collections", json={"name": "mine"}, headers=full.key)
        assert made.status_code == 201

    _fail_at(monkeypatch, last.name, changed)
    ended = await _push(app, definitions=RICH, tenants=names)
    assert (ended["status"], ended["error"]["detail"]) == ("failed", "The disk said: Input/output error.")
    after = [(await _pulled(app, name), await _rows(app, name)) for name in names]
    # A collection that somebody made meanwhile is theirs, though it is empty.
    assert after[0][0]["collections"].pop("mine") == {}
    assert after[0][1].pop((DEFINITIONS, "mine"))
    assert [pulled for pulled, _ in after] == [pulled for pulled, _ in before]
    assert after[0][1] == before[0][1]
    left = await asyncio.to_thread(os.listdir, app.context.archives.uploads.path("x").parent)
    assert left == []


async def test_a_collection_of_a_push_that_was_filled_meanwhile_stays(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last = await app.tenant("aaa-filled"), await app.tenant("bbb-last")
    two = {"format": 1, "collections": {"made": {"rules": {"list": "public"}}, "other": {}, "own": {}}}
    before = set((await _pulled(app, first.name)).get("collections", {}))

    async def fill() -> None:
        assert (await first.http.post("/api/data/made", json={"id": "m1"}, headers=first.key)).status_code == 201
        rules = {"rules": {"list": "public"}}
        assert (await first.http.patch("/api/collections/own", json=rules, headers=first.key)).is_success

    _fail_at(monkeypatch, last.name, fill)
    ended = await _push(app, definitions=two, tenants=[first.name, last.name])
    assert ended["status"] == "failed"
    assert set((await _pulled(app, first.name))["collections"]) == before | {"made", "own"}
    assert (await first.http.get("/api/data/made/m1", headers=first.key)).status_code == 200


async def test_a_document_that_comes_while_a_push_is_taken_back_stays(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = await app.tenant()
    found = app.context.tenants.registry.directory.find(tenant.name)
    assert found is not None
    wanted = read_definitions({"format": 1, "collections": {"made": {}, "gone": {}}})
    kept: list[Row] = []

    async def noted(rows: Sequence[Row]) -> None:
        kept.extend(rows)

    async with app.context.tenants.pool.use(found) as context:
        await apply(context, wanted, prune=False, keep=False, noted=noted)
        honest = context.documents.commit

        async def commit(writes: Any, receipt: Any = None) -> Any:
            """A document is acknowledged after everything was looked at, before the collection is removed."""
            if [(write.collection, write.id) for write in writes] == [(DEFINITIONS, "made")]:
                await honest([Create("made", "m1", {})])
            return await honest(writes, receipt)

        monkeypatch.setattr(type(context.documents), "commit", lambda self, *arguments: commit(*arguments))
        for _ in range(2):  # it may be done again
            await give_back(context, kept)
        assert "gone" not in context.documents.collections()
        assert await context.documents.get("made", "m1") is not None


async def test_a_body_that_comes_slowly_finds_the_tenant_as_it_is_then(app: App, tenant: Tenant) -> None:
    sent, go_on = asyncio.Event(), asyncio.Event()
    text = json.dumps({"format": 1, "collections": {"cars": CARS}}).encode()

    async def slowly() -> AsyncIterator[bytes]:
        yield text[:10]
        sent.set()
        await go_on.wait()
        yield text[10:]

    path = f"/v1/tenants/{tenant.name}/definitions"
    put = asyncio.create_task(app.admin.put(path, content=slowly(), headers={"content-type": "application/json"}))
    await sent.wait()
    await asyncio.sleep(0.1)
    assert (await app.admin.delete(f"/v1/tenants/{tenant.name}")).status_code == 200
    go_on.set()
    assert_problem(await put, "tenant_not_found")


async def test_what_the_command_pulls_is_for_its_user_alone(
    app: App, tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _put(app, tenant.name, {"format": 1, "collections": {"cars": CARS}})
    monkeypatch.setenv("BACKPACK_URL", f"http://127.0.0.1:{app.admin_port}")
    monkeypatch.setenv("BACKPACK_TOKEN", app.admin.headers["authorization"].partition(" ")[2])
    there = tmp_path / "a.json"
    await asyncio.to_thread(there.write_text, "open to all, and longer than what comes" * 1000)
    await asyncio.to_thread(there.chmod, 0o644)
    for name, command in (("a.json", ["definitions", "pull"]), ("b.yaml", ["definitions", "pull"]), ("c", ["pull"])):
        target = tmp_path / name
        asked = [*command, tenant.name, "--output", str(target)]
        done = await asyncio.to_thread(CliRunner().invoke, main, asked)
        assert done.exit_code == 0, done.output
        assert (await asyncio.to_thread(target.stat)).st_mode & 0o777 == 0o600, name
    assert json.loads(await asyncio.to_thread(there.read_text)) == await _pulled(app, tenant.name)

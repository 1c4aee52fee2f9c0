"""Whole collections out and in again."""

import csv
import io
import json
from typing import Any

import pytest

from tests.support.app import Tenant, User
from tests.support.problems import assert_problem

ROWS: list[dict[str, Any]] = [
    {"id": "a", "name": 'Ann "A", B\nC', "age": 5, "size": {"w": 1.5, "h": -2}, "tags": ["x", 1], "ok": True},
    {"id": "b", "name": "=SUM(A1)", "age": None, "note": "123", "size": {}},
    {"id": "c", "name": "", "age": 2**60, "note": "true", "deep": {"er": {"e": "[not json"}}},
    {"id": "d", "name": "-dash", "note": '"quoted"', "unicode": "ä \U0001f600"},
]


def _own(document: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in document.items() if name not in {"createdAt", "updatedAt", "version", "owner"}
    }


async def _documents(tenant: Tenant, user: User, collection: str) -> list[dict[str, Any]]:
    found = await tenant.http.get(f"/api/data/{collection}?sort=id&limit=1000", headers=user.auth)
    return [_own(item) for item in found.json()["items"]]


@pytest.mark.parametrize(("format", "kind"), [("ndjson", "application/x-ndjson"), ("csv", "text/csv")])
async def test_what_is_exported_can_be_imported_and_is_the_same(
    tenant: Tenant, user: User, format: str, kind: str
) -> None:
    await tenant.http.post("/api/data/people", json=ROWS, headers=user.auth)
    exported = await tenant.http.get(f"/api/data/people/export?format={format}", headers=user.auth)
    assert exported.headers["content-type"].startswith(kind)
    assert f'filename="people.{format}"' in exported.headers["content-disposition"]
    headers = {**user.auth, "content-type": kind}
    imported = await tenant.http.post("/api/data/copies/import", content=exported.content, headers=headers)
    assert imported.json() == {"created": 4, "replaced": 0, "skipped": 0}
    assert await _documents(tenant, user, "copies") == await _documents(tenant, user, "people")
    assert json.dumps((await _documents(tenant, user, "copies"))[0]["age"]) == "5"


async def test_a_csv_holds_no_formula(tenant: Tenant, user: User) -> None:
    await tenant.http.post("/api/data/people", json=ROWS, headers=user.auth)
    exported = await tenant.http.get("/api/data/people/export?format=csv", headers=user.auth)
    rows = list(csv.reader(io.StringIO(exported.text)))
    assert rows[0][:5] == ["id", "createdAt", "updatedAt", "version", "owner"]
    assert {"size.w", "deep.er.e"} <= set(rows[0])
    cells = [cell for row in rows for cell in row]
    assert "123" not in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@")) or (cell.startswith("-") and cell != "-2")]


async def test_an_export_obeys_rule_and_filter(tenant: Tenant, user: User) -> None:
    await tenant.http.post("/api/data/people", json=[{"n": n} for n in range(700)], headers=user.auth)
    other = await tenant.user()
    await tenant.create("people", other, n=-1)
    await tenant.http.patch("/api/collections/people", json={"rules": {"list": "owner"}}, headers=tenant.key)
    mine = await tenant.http.get('/api/data/people/export?filter={"n":{"$lt":650}}', headers=user.auth)
    assert [json.loads(line)["n"] for line in mine.text.splitlines()] == list(range(650))
    assert (await tenant.http.get("/api/data/people/export", headers=tenant.key)).text.count("\n") == 701
    await tenant.http.patch("/api/collections/people", json={"rules": {"list": "nobody"}}, headers=tenant.key)
    assert_problem(await tenant.http.get("/api/data/people/export", headers=user.auth), "forbidden")
    assert_problem(await tenant.http.get("/api/data/people/export?format=xml", headers=user.auth), "invalid_request")
    assert (await tenant.http.get("/api/data/none/export", headers=user.auth)).content == b""


async def test_taken_ids(tenant: Tenant, user: User) -> None:
    await tenant.create("people", user, id="b", name="old")
    lines = "\n".join(json.dumps(row) for row in ({"id": "a"}, {"id": "b", "name": "new"}, {"name": "free"}))
    headers = {**user.auth, "content-type": "application/x-ndjson"}
    refused = await tenant.http.post("/api/data/people/import", content=lines, headers=headers)
    assert_problem(refused, "already_exists", "line 2/id")
    assert len(await _documents(tenant, user, "people")) == 1
    skipped = await tenant.http.post("/api/data/people/import?onConflict=skip", content=lines, headers=headers)
    assert skipped.json() == {"created": 2, "replaced": 0, "skipped": 1}
    replaced = await tenant.http.post("/api/data/people/import?onConflict=replace", content=lines, headers=headers)
    assert replaced.json() == {"created": 1, "replaced": 2, "skipped": 0}
    found = await _documents(tenant, user, "people")
    assert [one for one in found if one["id"] in {"a", "b"}] == [{"id": "a"}, {"id": "b", "name": "new"}]
    doubled = '{"id":"z"}\n{"id":"z"}'
    refused = await tenant.http.post("/api/data/people/import", content=doubled, headers=headers)
    assert_problem(refused, "already_exists", "line 2/id")


@pytest.mark.parametrize(
    ("kind", "content", "place"),
    [
        ("application/x-ndjson", b'{"a":1}\n{"a":', "line 2"),
        ("application/x-ndjson", b'{"a":1}\n\n[1]', "line 3"),
        ("application/x-ndjson", b'{"a":1}\n{"$a":1}', "line 2/$a"),
        ("application/x-ndjson", b'{"id":"a b"}', "line 1/id"),
        ("application/x-ndjson", b'{"id":"import"}', "line 1/id"),
        ("application/x-ndjson", b"\xff\xfe", "line 1"),
        ("text/csv", b"a,a\n1,2", "line 1"),
        ("text/csv", b"a,b\n1,2,3", "line 2"),
        ("text/csv", b'a,b\n"1,2', "line 2"),
        ("text/csv", b"a,a.b\n1,2", "line 2"),
        ("text/csv", b"$a\n1", "line 2/$a"),
        ("text/csv", b"", "line 1"),
    ],
)
async def test_bad_lines_change_nothing(tenant: Tenant, user: User, kind: str, content: bytes, place: str) -> None:
    headers = {**user.auth, "content-type": kind}
    refused = await tenant.http.post("/api/data/people/import", content=content, headers=headers)
    assert_problem(refused, "invalid_request", place)
    assert (await tenant.http.get("/api/data/people?count=true", headers=user.auth)).json()["total"] == 0


async def test_an_import_is_held_against_schema_rule_and_limits(tenant: Tenant, user: User) -> None:
    definition = {"name": "people", "schema": {"required": ["n"]}, "indexes": [{"fields": ["n"], "unique": True}]}
    await tenant.http.post("/api/collections", json=definition, headers=tenant.key)
    headers = {**user.auth, "content-type": "application/x-ndjson"}
    url = "/api/data/people/import"
    refused = await tenant.http.post(url, content=b'{"n":1}\n{"m":2}', headers=headers)
    assert_problem(refused, "invalid_request", "line 2")
    refused = await tenant.http.post(url, content=b'{"n":1}\n{"n":1}', headers=headers)
    assert_problem(refused, "already_exists", "line 2/n")
    assert (await tenant.http.get("/api/data/people?count=true", headers=user.auth)).json()["total"] == 0
    await tenant.http.patch("/api/collections/people", json={"rules": {"create": "nobody"}}, headers=tenant.key)
    assert_problem(await tenant.http.post(url, content=b'{"n":1}', headers=headers), "forbidden")
    assert_problem(await tenant.http.post(f"{url}?onConflict=x", content=b"{}", headers=headers), "invalid_request")
    wrong = {**user.auth, "content-type": "application/json"}
    assert_problem(await tenant.http.post(url, content=b"{}", headers=wrong), "unsupported_media_type")


@pytest.mark.parametrize("depth", [101, 150, 3000])
async def test_columns_are_no_way_round_the_limit_of_levels(tenant: Tenant, user: User, depth: int) -> None:
    headers = {**user.auth, "content-type": "text/csv"}
    content = f"{'.'.join('a' * depth)}\r\n1\r\n"
    refused = await tenant.http.post("/api/data/cars/import", content=content, headers=headers)
    assert_problem(refused, "invalid_request")
    content = f'{".".join("a" * 60)}\r\n"{"[" * 60}{"]" * 60}"\r\n'
    refused = await tenant.http.post("/api/data/cars/import", content=content, headers=headers)
    assert_problem(refused, "invalid_request")

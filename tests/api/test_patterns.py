"""Regular expressions and queries that are made to be dear: they are refused, or end; others are answered meanwhile."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.app import App, Tenant, User, running_app
from tests.support.problems import assert_problem
from tests.support.sockets import socket

PATTERNS: Final = (
    "(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*)*$", "(.*a){20}$", "([a-zA-Z]+)*$", "((a*)*)*$", "^(a?){50}a{50}$",
    "(a+){10}(a+){10}!", "(x+x+)+y", "(a{0,99}){0,99}$", "(?:a|a|a|a|a)*$", "([^!]*)*!x", "(\\w+\\s?)*$",
    "(a|b|ab)*c", "^(([a-z])+.)+[A-Z]([a-z])+$", "(a+)*b", ".*.*.*.*.*.*=.*", "(?i)(A+)+$", "(?s)(.+)+$x",
    "\\b(a+)+\\b$", "(aa?)*$c", "(a?a?a?a?a?)*$c", "((a{30}){30}){30}", "(?=a)(a+)+$", "(a)\\1+$", "(?<=a)+$", "(?>a+)+$",
    "a{1,1000}{1,1000}", "[" * 80, "(" * 120, "*a", "(?P<n>(a+)+)$", "(\\d+|\\D+)*$", "\\pL{1000}", "[\\s\\S]*[\\s\\S]*!{9}",
)  # fmt: skip


@pytest.fixture(scope="module")
async def texts(app: App) -> tuple[Tenant, User, Tenant]:
    """A tenant with long texts, and another one."""
    tenant, other = await app.tenant(), await app.tenant()
    user = await tenant.user()
    for number, text in enumerate(("a" * 100_000 + "!", "ab" * 50_000, "x" * 100_000, "")):
        await tenant.create("texts", user, id=f"t{number}", text=text)
    return tenant, user, other


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_an_evil_pattern_is_refused_or_ends(texts: tuple[Tenant, User, Tenant], pattern: str) -> None:
    """An engine that goes back needs longer than anybody lives; the time limit of the tests is the bound."""
    tenant, user, other = texts
    filter_ = {"text": {"$regex": pattern}}
    plain = {"text": {"$regex": "^a+!$"}}
    for path, code, body in (
        ("/api/data/texts/query", "bad_filter", lambda given: {"filter": given, "fields": "id"}),
        ("/api/data/texts/aggregate", "bad_pipeline", lambda given: {"pipeline": [{"$match": given}, {"$count": "n"}]}),
    ):
        asking = asyncio.create_task(tenant.http.post(path, json=body(filter_), headers=user.auth))
        assert (await other.http.get("/api/health")).status_code == 200
        answer = await asking
        if answer.status_code != 200:
            assert_problem(answer, code if answer.json()["code"] == code else "bad_filter")
        found = await tenant.http.post(path, json=body(plain), headers=user.auth)
        assert len(found.json()["items"]) == 1 and found.json()["items"][0].get("n", 1) == 1
    async with socket(tenant, user) as opened:
        await opened.say("subscribe", id="evil", collection="texts", filter=filter_)
        await opened.say("subscribe", id="plain", collection="texts", filter=plain)
        await opened.hear("subscribed", id="plain")
        await tenant.http.patch("/api/data/texts/t0", json={"n": PATTERNS.index(pattern)}, headers=user.auth)
        assert (await opened.hear("change", id="plain"))["document"]["id"] == "t0"


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_an_evil_pattern_of_a_schema_is_refused_or_ends(tenant: Tenant, user: User, pattern: str) -> None:
    for schema, wanted in (({"pattern": pattern}, {200, 400}), ({"pattern": "^[ab]+!?$"}, {200})):
        body: Any = {"name": "texts", "schema": {"properties": {"text": {"type": "string", **schema}}}}
        made = await tenant.http.post("/api/collections", json=body, headers=tenant.key)
        if made.status_code != 201:
            assert 200 not in wanted or schema["pattern"] == pattern
            assert_problem(made, "invalid_request")
            continue
        written = await tenant.http.post("/api/data/texts", json={"text": "a" * 100_000 + "!"}, headers=user.auth)
        assert written.status_code in {201} | ({400} if 400 in wanted else set()), written.text
        assert (await tenant.http.delete("/api/collections/texts", headers=tenant.key)).status_code == 204


MANY: Final = 3000
DEAR: Final[dict[str, dict[str, Any]]] = {
    "no index": {"filter": {"a": -1}},
    "sorted without one": {"filter": {"b": {"$gte": 0}}, "sort": "b,a"},
    "an expression": {"filter": {"text": {"$regex": "(a+)+!$"}}},
    "many branches": {"filter": {"$or": [{"a": -number} for number in range(1, 150)]}},
    "nothing but not": {"filter": {"$nor": [{"$nor": [{"$nor": [{"a": {"$gte": 0}}]}]}]}},
    "elements": {"filter": {"list": {"$elemMatch": {"$elemMatch": {"x": 1}}}}},
    "a thousand values": {"filter": {"b": {"$in": [-number for number in range(1, 1001)]}}},
    "a far page": {"filter": {"b": {"$gte": 0}}, "offset": 10_000},
    "a count": {"filter": {"b": {"$gte": 0}}, "count": True, "limit": 0},
    "a group": {"pipeline": [{"$group": {"_id": "$b", "n": {"$push": "$text"}}}]},
    "a product": {"pipeline": [{"$unwind": "$list"}, {"$unwind": "$list"}, {"$sort": {"list": 1}}]},
    "a join with itself": {
        "pipeline": [{"$lookup": {"from": "cars", "localField": "a", "foreignField": "code", "as": "c"}}]
    },
}


@pytest.fixture(scope="module")
async def large(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Tenant, Tenant]]:
    """A tenant with more documents than a query may examine, and another one."""
    folder: Path = tmp_path_factory.mktemp("large")
    async with running_app(folder, max_examined=1000) as app:
        tenant, other = await app.tenant(), await app.tenant()
        index = {"name": "cars", "indexes": [{"fields": ["code"]}]}
        assert (await tenant.http.post("/api/collections", json=index, headers=tenant.key)).status_code == 201
        documents = [
            {"a": number, "b": number % 7, "code": number, "text": "a" * 200, "list": [[number], {"x": 0}]}
            for number in range(MANY)
        ]
        lines = "\n".join(json.dumps(document) for document in documents)
        kind = {**tenant.key, "content-type": "application/x-ndjson"}
        done = await tenant.http.post("/api/data/cars/import", content=lines, headers=kind)
        assert done.json()["created"] == MANY
        yield tenant, other


@pytest.mark.starts_server
@pytest.mark.parametrize("query", DEAR)
async def test_a_dear_query_is_stopped_and_a_cheap_one_answered(large: tuple[Tenant, Tenant], query: str) -> None:
    tenant, other = large
    body = DEAR[query]
    path = "/api/data/cars/aggregate" if "pipeline" in body else "/api/data/cars/query"
    asking = [asyncio.create_task(tenant.http.post(path, json=body, headers=tenant.key)) for _ in range(4)]
    assert (await other.http.get("/api/health")).status_code == 200
    for answer in await asyncio.gather(*asking):
        assert_problem(answer, "query_too_expensive")
    cheap = {"filter": {"code": 5}} if "filter" in body else {"pipeline": [{"$match": {"code": 5}}, *body["pipeline"]]}
    answer = await tenant.http.post(path, json=cheap, headers=tenant.key)
    assert answer.status_code == 200 and len(answer.json()["items"]) >= 1, answer.text

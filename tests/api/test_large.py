"""What an index serves costs as much in a large collection as in a small one: counted, not timed."""

import json
from typing import Any

import pytest

from tests.support.app import App, Tenant

COUNT = 30_000
INDEXES: list[dict[str, Any]] = [
    {"fields": ["brand"]},
    {"fields": ["brand", "-price"]},
    {"fields": ["tags"]},
    {"fields": ["code"], "unique": True},
    {"fields": ["price"], "where": {"sold": True}},
    {"fields": ["title"], "text": True},
]
RARE = 7919
LIMIT = 100


def _document(number: int) -> dict[str, Any]:
    return {
        "brand": f"b{number % 1000}", "price": number % 9973, "code": f"c{number}", "tags": [f"t{number % 3000}", "all"],
        "sold": number % 1000 == 0, "title": f"number{number} of many",
    }  # fmt: skip


@pytest.fixture(scope="module")
async def large(app: App) -> Tenant:
    """A tenant with the collection."""
    tenant = await app.tenant()
    definition = {"name": "cars", "indexes": INDEXES}
    made = await tenant.http.post("/api/collections", json=definition, headers=tenant.key)
    assert made.status_code == 201, made.text
    lines = "\n".join(json.dumps(_document(number)) for number in range(COUNT))
    headers = {**tenant.key, "content-type": "application/x-ndjson"}
    imported = await tenant.http.post("/api/data/cars/import", content=lines, headers=headers, timeout=240)
    assert imported.json() == {"created": COUNT, "replaced": 0, "skipped": 0}
    return tenant


CASES: list[Any] = [
    ("brand", {"brand": "b5"}, None, 30),
    ("brand,-price", {"brand": "b5"}, "-price", 30),
    ("brand,-price", {"brand": "b5", "price": {"$lt": 5000}}, "-price", 15),
    ("tags", {"tags": "t77"}, "id", 10),
    ("code", {"code": f"c{RARE}"}, None, 1),
    ("code", {"code": {"$in": [f"c{RARE}", "c1", "none"]}}, "code", 2),
    ("price", {"sold": True, "price": {"$gte": 9000}}, "price", 3),
    ("title", {"$text": {"$search": f"number{RARE}"}}, None, 1),
    ("createdAt", {}, None, 100),
    pytest.param("tags", {"tags": "t77"}, None, 10),
    pytest.param("code", {"code": {"$in": [f"c{RARE}", "c1", "none"]}}, None, 2),
    pytest.param("code", {"code": {"$gte": "c777", "$lt": "c778"}}, None, 11),
]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("index", "filter", "sort", "fitting"), CASES)
async def test_an_indexed_query_examines_no_more_than_it_answers(
    large: Tenant, index: str, filter: dict[str, Any], sort: str | None, fitting: int
) -> None:
    body = {"filter": filter, "limit": LIMIT, **({"sort": sort} if sort else {})}
    response = await large.http.post("/api/data/cars/query?explain=true", json=body, headers=large.key)
    told = response.json()
    assert response.status_code == 200, told
    assert told["index"] == index
    assert told["returned"] == min(fitting, LIMIT)
    assert told["examined"] <= told["returned"] + 1

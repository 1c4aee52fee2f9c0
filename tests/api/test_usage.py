"""What a tenant uses and was asked for: exact, apart from others', and there after a restart."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tenancy.errors import Unavailable
from tenancy.model.slug import TenantId
from tenancy.registry.ledger import Ledger
from tests.support.app import App, Tenant, running_app
from tests.support.problems import assert_problem

pytestmark = pytest.mark.starts_server


async def _days(app: App, tenant: Tenant) -> list[dict[str, Any]]:
    answer = await app.admin.get(f"/v1/tenants/{tenant.name}/usage")
    assert answer.status_code == 200, answer.text
    days: list[dict[str, Any]] = answer.json()["days"]
    return days


def _sum(days: list[dict[str, Any]]) -> dict[str, int]:
    names = ("requests", "errors", "refused", "bytesIn", "bytesOut")
    return {name: sum(day[name] for day in days) for name in names}


async def test_requests_are_counted_exactly_and_apart(app: App) -> None:
    tenant, other = await app.tenant(), await app.tenant()
    user = await tenant.user()  # 1
    before = _sum(await _days(app, tenant))
    body = b'{"text":"' + b"x" * 500 + b'"}'
    headers = {"content-type": "application/json"} | user.auth
    made = await tenant.http.post("/api/data/notes", content=body, headers=headers)
    got = await asyncio.gather(*(tenant.http.get(made.headers["location"], headers=user.auth) for _ in range(50)))
    gone = await tenant.http.get("/api/data/notes/none", headers=user.auth)
    after = _sum(await _days(app, tenant))
    assert after["requests"] - before["requests"] == 52
    assert after["bytesIn"] - before["bytesIn"] == len(body)
    answers = [made, *got, gone]
    assert after["bytesOut"] - before["bytesOut"] == sum(len(answer.content) for answer in answers)
    assert (after["errors"], after["refused"]) == (0, 0)
    assert await _days(app, other) == []


async def test_counts_go_on_after_a_restart(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        tenant = await app.tenant("counted")
        for _ in range(7):
            await tenant.http.get("/api/health")
    async with running_app(tmp_path) as app:
        again = Tenant("counted", app.public_port, tenant.api_key)
        app.tenants.append(again)
        for _ in range(5):
            await again.http.get("/api/health")
        assert _sum(await _days(app, again))["requests"] == 12


async def test_a_new_tenant_of_an_old_name_begins_at_nothing(tmp_path: Path) -> None:
    async with running_app(tmp_path, name_rest_days=0) as app:
        tenant = await app.tenant("again")
        await tenant.http.get("/api/health")
        await app.admin.delete("/v1/tenants/again?purge=1")
        assert await _days(app, await app.tenant("again")) == []


async def test_refusals_are_counted(tmp_path: Path) -> None:
    async with running_app(tmp_path, max_rate=1) as app:
        tenant = await app.tenant()
        answers = await asyncio.gather(*(tenant.http.get("/api/health") for _ in range(20)))
        refused = sum(answer.status_code == 429 for answer in answers)
        counted = _sum(await _days(app, tenant))
        assert (counted["requests"], counted["refused"]) == (20, refused)
        assert refused > 0


@pytest.mark.parametrize("days", ["0", "-1", "401", "x", "1e1", ""])
async def test_a_number_of_days_that_cannot_be(app: App, tenant: Tenant, days: str) -> None:
    answer = await app.admin.get(f"/v1/tenants/{tenant.name}/usage", params={"days": days})
    assert_problem(answer, "invalid_request", "/days")
    assert (await app.admin.get(f"/v1/tenants/{tenant.name}/usage", params={"days": "1"})).status_code == 200


async def test_usage_is_for_keys(app: App) -> None:
    tenant, other = await app.tenant(), await app.tenant()
    user = await tenant.user()
    assert_problem(await tenant.http.get("/api/usage"), "authentication_required")
    assert_problem(await tenant.http.get("/api/usage", headers=user.auth), "forbidden")
    assert_problem(await tenant.http.get("/api/usage", headers=other.key), "session_invalid")
    found = (await tenant.http.get("/api/usage", headers=tenant.key)).json()
    assert (found["now"]["documents"], found["now"]["requests"]) == (1, 1)
    assert found["limits"]["maxBody"] == 1024 * 1024


async def test_counts_that_could_not_be_kept_are_kept_later(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    documents, id = app.context.documents, TenantId("0" * 24)
    async with Ledger(documents) as ledger:
        ledger.count(id, 200, 10, 20, 0.001)
        with monkeypatch.context() as patched:

            async def fails(*_: object) -> None:
                ledger.count(id, 500, 1, 2, 0.001)
                raise Unavailable

            patched.setattr(documents, "commit", fails)
            assert await ledger.days(id, 1) == []
        ledger.count(id, 507, 100, 200, 0.001)
        (day,) = await ledger.days(id, 1)
    assert (day["requests"], day["errors"], day["bytesIn"], day["bytesOut"]) == (3, 1, 111, 222)

"""Plans, limits of single tenants, and what happens at each limit."""

import asyncio
import io
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from server.settings import Settings
from tenancy.model.limits import BOUNDS, NAMES
from tests.support.app import App, Tenant, running_app
from tests.support.problems import assert_problem
from tests.support.sockets import socket

pytestmark = pytest.mark.starts_server


async def _limit(app: App, tenant: Tenant, **limits: float | None) -> dict[str, Any]:
    answer = await app.admin.patch(f"/v1/tenants/{tenant.name}", json={"limits": limits})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_limit_is_the_tenants_own_else_its_plans_else_the_servers(tmp_path: Path) -> None:
    async with running_app(tmp_path, max_sockets=7) as app:
        tenant = await app.tenant()
        answer = await app.admin.put("/v1/plans/small", json={"limits": {"maxFile": 2048, "maxBody": 4096}})
        assert (answer.status_code, answer.json()["tenants"]) == (201, 0)
        plain = (await app.admin.get(f"/v1/tenants/{tenant.name}")).json()
        assert (plain["plan"], plain["ownLimits"], plain["limits"]["maxSockets"]) == (None, {}, 7)
        await app.admin.patch(f"/v1/tenants/{tenant.name}", json={"plan": "small", "limits": {"maxBody": 8192}})
        shown = (await app.admin.get(f"/v1/tenants/{tenant.name}")).json()
        assert (shown["plan"], shown["ownLimits"]) == ("small", {"maxBody": 8192})
        limits = shown["limits"]
        assert (limits["maxFile"], limits["maxBody"], limits["maxSockets"]) == (2048, 8192, 7)
        # A plan changes for all its tenants; a limit that is taken back is the plan's again.
        assert (await app.admin.put("/v1/plans/small", json={"limits": {"maxBody": 1024}})).status_code == 200
        back = await _limit(app, tenant, maxBody=None)
        assert (back["ownLimits"], back["limits"]["maxBody"]) == ({}, 1024)
        assert back["limits"]["maxFile"] == plain["limits"]["maxFile"]
        plans = (await app.admin.get("/v1/plans")).json()
        assert plans["items"] == [{"name": "small", "limits": {"maxBody": 1024}, "tenants": 1}]
        assert plans["defaults"]["maxSockets"] == 7


async def test_plans_and_limits_are_there_after_a_restart(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        await app.admin.put("/v1/plans/small", json={"limits": {"maxSockets": 3}})
        body = {"name": "kept", "plan": "small", "limits": {"maxDocuments": 5}}
        made = await app.admin.post("/v1/tenants", json=body)
        assert (made.status_code, made.json()["plan"]) == (201, "small")
    async with running_app(tmp_path) as app:
        shown = (await app.admin.get("/v1/tenants/kept")).json()
        assert (shown["plan"], shown["ownLimits"]) == ("small", {"maxDocuments": 5})
        assert (shown["limits"]["maxSockets"], shown["limits"]["maxDocuments"]) == (3, 5)


async def test_a_plan_that_tenants_have_stays(app: App) -> None:
    tenant = await app.tenant()
    assert_problem(await app.admin.get("/v1/plans/gone"), "plan_not_found")
    assert_problem(await app.admin.delete("/v1/plans/gone"), "plan_not_found")
    await app.admin.put("/v1/plans/had", json={"limits": {}})
    await app.admin.patch(f"/v1/tenants/{tenant.name}", json={"plan": "had"})
    assert_problem(await app.admin.delete("/v1/plans/had"), "conflict")
    await app.admin.patch(f"/v1/tenants/{tenant.name}", json={"plan": None})
    assert (await app.admin.delete("/v1/plans/had")).status_code == 204
    assert_problem(await app.admin.get("/v1/plans/had"), "plan_not_found")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"limits": {"maxBody": 0}}, "/limits/maxBody"),
        ({"limits": {"maxBody": -1}}, "/limits/maxBody"),
        ({"limits": {"maxBody": 2.5e3 + 0.5}}, "/limits/maxBody"),
        ({"limits": {"maxBody": True}}, "/limits/maxBody"),
        ({"limits": {"maxBody": "1 MB"}}, "/limits/maxBody"),
        ({"limits": {"maxBody": 2**60}}, "/limits/maxBody"),
        ({"limits": {"maxDocuments": -1}}, "/limits/maxDocuments"),
        ({"limits": {"maxConcurrent": 0}}, "/limits/maxConcurrent"),
        ({"limits": {"maxRate": -0.1}}, "/limits/maxRate"),
        ({"limits": {"max_body": 2048}}, "/limits/max_body"),
        ({"limits": {"maxBody": 4096, "maxNothing": 1}}, "/limits/maxNothing"),
        ({"limits": []}, "/limits"),
        ({"plan": "there-is-none"}, "/plan"),
        ({"plan": 5}, "/plan"),
        ({"maxBody": 4096}, None),
    ],
    ids=str,
)
async def test_bad_limits_change_nothing(app: App, tenant: Tenant, body: dict[str, Any], path: str | None) -> None:
    before = (await app.admin.get(f"/v1/tenants/{tenant.name}")).json()
    assert_problem(await app.admin.patch(f"/v1/tenants/{tenant.name}", json=body), "invalid_request", path)
    made = await app.admin.post("/v1/tenants", json={"name": "never-made", **body})
    assert made.status_code == 400
    assert_problem(await app.admin.get("/v1/tenants/never-made"), "tenant_not_found")
    after = (await app.admin.get(f"/v1/tenants/{tenant.name}")).json()
    assert (after["limits"], after["plan"]) == (before["limits"], before["plan"])
    plan = await app.admin.put("/v1/plans/never", json={"limits": body.get("limits", {"maxBody": 0})})
    assert_problem(plan, "invalid_request")
    assert_problem(await app.admin.get("/v1/plans/never"), "plan_not_found")


@pytest.mark.parametrize("name", ["A", "1a", "a b", "a" * 41, "ä", "a_b"])
async def test_names_that_no_plan_can_have(app: App, name: str) -> None:
    answer = await app.admin.put(f"/v1/plans/{name}", json={"limits": {}})
    assert_problem(answer, "invalid_request", "/name")


async def test_changes_at_the_same_time_are_all_kept(app: App) -> None:
    tenant = await app.tenant()
    wanted = {NAMES[name]: max(bounds.least, 2000) for name, bounds in BOUNDS.items()}
    await asyncio.gather(*(_limit(app, tenant, **{name: value}) for name, value in wanted.items()))
    assert (await app.admin.get(f"/v1/tenants/{tenant.name}")).json()["ownLimits"] == wanted


def test_every_limit_is_a_setting() -> None:
    assert set(BOUNDS) <= set(Settings.model_fields)
    assert Settings().limits.to_json().keys() == set(NAMES.values())


async def test_documents(app: App) -> None:
    tenant, other = await app.tenant(), await app.tenant()
    user, stranger = await tenant.user(), await other.user()
    await _limit(app, tenant, maxDocuments=3)
    first = await tenant.create("cars", user, n=1)
    await tenant.create("cars", user, n=2)
    refused = await tenant.http.post("/api/data/cars", json={"n": 3}, headers=user.auth)
    assert_problem(refused, "over_quota")
    # The user counts as a document; changing and deleting stay possible, and what is deleted makes room.
    path = f"/api/data/cars/{first['id']}"
    assert (await tenant.http.patch(path, json={"n": 9}, headers=user.auth)).status_code == 200
    assert (await tenant.http.delete(path, headers=user.auth)).status_code == 204
    await tenant.create("cars", user, n=4)
    await other.create("cars", stranger, n=1)
    await _limit(app, tenant, maxDocuments=0)
    await tenant.create("cars", user, n=5)


async def test_collections(app: App) -> None:
    tenant = await app.tenant()
    user = await tenant.user()
    await _limit(app, tenant, maxCollections=2)
    await tenant.create("cars", user, n=1)
    refused = await tenant.http.post("/api/data/boats", json={}, headers=user.auth)
    assert_problem(refused, "over_quota")
    assert_problem(await tenant.http.post("/api/collections", json={"name": "boats"}, headers=tenant.key), "over_quota")
    await tenant.create("cars", user, n=2)
    await _limit(app, tenant, maxCollections=3)
    await tenant.create("boats", user, n=1)


async def test_bytes_of_the_database(app: App) -> None:
    tenant = await app.tenant()
    user = await tenant.user()
    first = await tenant.create("notes", user, text="x" * 1000)
    usage = (await tenant.http.get("/api/usage", headers=tenant.key)).json()
    await _limit(app, tenant, maxData=usage["now"]["databaseBytes"] + 200_000)
    statuses = [
        (await tenant.http.post("/api/data/notes", json={"text": "x" * 10_000}, headers=user.auth)).status_code
        for _ in range(60)
    ]
    assert 201 in statuses and statuses[-1] == 507
    path = f"/api/data/notes/{first['id']}"
    assert_problem(await tenant.http.patch(path, json={"text": "x" * 20_000}, headers=user.auth), "over_quota")
    # Signing in, making smaller and deleting stay possible.
    assert (await tenant.http.patch(path, json={"text": "y"}, headers=user.auth)).status_code == 200
    signed = await tenant.http.post("/api/auth/login", json={"email": user.email, "password": "correct horse"})
    assert signed.status_code == 200
    assert (await tenant.http.delete(path, headers=user.auth)).status_code == 204
    await _limit(app, tenant, maxData=0)
    await tenant.create("notes", user, text="x" * 10_000)


async def test_bytes_of_files_and_site(app: App) -> None:
    tenant = await app.tenant()
    user = await tenant.user()

    async def upload(size: int) -> Any:
        return await tenant.http.post("/api/files", files={"file": ("a", b"x" * size)}, headers=user.auth)

    await _limit(app, tenant, maxStorage=10_000)
    kept = await upload(6000)
    assert kept.status_code == 201
    assert_problem(await upload(4001), "over_quota")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("index.html", "x" * 5000)
    zip_ = {"content-type": "application/zip"} | tenant.key
    refused = await tenant.http.post("/api/site", content=archive.getvalue(), headers=zip_)
    assert_problem(refused, "over_quota")
    # Nothing of what was refused is left, and what is deleted makes room.
    assert (await upload(4000)).status_code == 201
    assert_problem(await upload(0), "over_quota")
    await tenant.http.delete(f"/api/files/{kept.json()['id']}", headers=user.auth)
    assert (await upload(6000)).status_code == 201
    now = (await tenant.http.get("/api/usage", headers=tenant.key)).json()["now"]
    assert (now["files"], now["fileBytes"]) == (2, 10_000)


async def test_uploads_at_the_same_time_do_not_share_the_last_room(app: App) -> None:
    tenant = await app.tenant()
    user = await tenant.user()
    await _limit(app, tenant, maxStorage=10_000)
    uploads = [tenant.http.post("/api/files", files={"file": ("a", b"x" * 4000)}, headers=user.auth) for _ in range(6)]
    statuses = [answer.status_code for answer in await asyncio.gather(*uploads)]
    assert set(statuses) <= {201, 507} and statuses.count(201) <= 2
    now = (await tenant.http.get("/api/usage", headers=tenant.key)).json()["now"]
    assert now["fileBytes"] == 4000 * statuses.count(201)


@pytest.mark.parametrize(
    ("limit", "method", "path", "content", "headers"),
    [
        ("maxBody", "POST", "/api/data/cars", b'{"a":"' + b"x" * 2000 + b'"}', {"content-type": "application/json"}),
        ("maxImport", "POST", "/api/data/cars/import", b'{"a":1}\n' * 200, {"content-type": "application/x-ndjson"}),
        ("maxSite", "POST", "/api/site", b"PK" + b"x" * 2000, {"content-type": "application/zip"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_sizes(app: App, limit: str, method: str, path: str, content: bytes, headers: dict[str, str]) -> None:
    tenant = await app.tenant()
    await _limit(app, tenant, **{limit: 1024})
    ask = {"content": content, "headers": headers | tenant.key}
    assert_problem(await tenant.http.request(method, path, **ask), "too_large")  # type: ignore[arg-type]
    await _limit(app, tenant, **{limit: None})
    assert (await tenant.http.request(method, path, **ask)).status_code != 413  # type: ignore[arg-type]


async def test_keys_and_elements(app: App) -> None:
    tenant = await app.tenant()
    await _limit(app, tenant, maxMembers=100)
    path, headers = "/api/data/cars", tenant.key | {"content-type": "application/json"}
    bodies: list[dict[str, Any]] = [{"a": [1] * 101}, {f"k{n}": n for n in range(101)}, {"a": [[]] * 60}]
    for body in bodies:
        refused = await tenant.http.post(path, json=body, headers=tenant.key)
        assert_problem(refused, "too_large")
    # What looks like members in a text is none, however it is quoted.
    text = "[{," * 50 + '\\\\\\"' + ',"' * 50
    kept = await tenant.http.post(path, json={"a": [1] * 90, "b": text, "\\": "\\"}, headers=tenant.key)
    assert (kept.status_code, kept.json()["b"]) == (201, text)
    lines = b'{"a":1}\n{"a":[' + b"1," * 200 + b"1]}\n"
    refused = await tenant.http.post(
        f"{path}/import", content=lines, headers=headers | {"content-type": "application/x-ndjson"}
    )
    assert "keys and elements" in assert_problem(refused, "invalid_request")["errors"][0]["message"]
    assert len((await tenant.http.get(path, headers=tenant.key)).json()["items"]) == 1


async def _begun(app: App, tenant: Tenant, size: int, chunked: bool) -> asyncio.StreamWriter:
    """A request that has sent half of its body."""
    _, writer = await asyncio.open_connection("127.0.0.1", app.public_port)
    length = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % size
    writer.write(
        b"POST /api/data/cars HTTP/1.1\r\nHost: %b.localhost:%d\r\nAuthorization: %b\r\n"
        b"Content-Type: application/json\r\n%b\r\n\r\n"
        % (tenant.name.encode(), app.public_port, tenant.key["authorization"].encode(), length)
    )
    half = b'{"a":"' + b"x" * (size // 2)
    writer.write(b"%x\r\n%b\r\n" % (len(half), half) if chunked else half)
    await writer.drain()
    return writer


@pytest.mark.parametrize("chunked", [False, True])
async def test_bodies_under_way(app: App, chunked: bool) -> None:
    tenant, other = await app.tenant(), await app.tenant()
    await _limit(app, tenant, maxHeld=2**20)
    await _limit(app, other, maxHeld=2**20)
    large, small = {"a": "x" * 600_000}, {"a": "x" * 1000}

    async def post(whose: Tenant, body: dict[str, str]) -> int:
        return (await whose.http.post("/api/data/cars", json=body, headers=whose.key)).status_code

    async def held() -> int:
        now = (await tenant.http.get("/api/usage", headers=tenant.key)).json()["now"]
        return int(now["bodyBytes"])

    assert [await post(tenant, large) for _ in range(3)] == [201] * 3
    writer = await _begun(app, tenant, 1_000_000, chunked)
    while await held() < 500_000:  # until the server has read of it
        pass
    assert (await post(tenant, large), await post(tenant, small), await post(other, large)) == (429, 201, 201)
    writer.close()
    while await held():
        pass
    assert await post(tenant, large) == 201


async def test_one_file(app: App) -> None:
    tenant = await app.tenant()
    user = await tenant.user()
    await _limit(app, tenant, maxFile=1024)
    answer = await tenant.http.post("/api/files", files={"file": ("a", b"x" * 200_000)}, headers=user.auth)
    assert_problem(answer, "too_large")
    assert (await tenant.http.post("/api/files", files={"file": ("a", b"x")}, headers=user.auth)).status_code == 201


async def test_examined_documents(app: App) -> None:
    tenant = await app.tenant()
    user = await tenant.user()
    items = [{"n": n} for n in range(400)]
    await tenant.http.post("/api/data/cars", json=items, headers=user.auth)
    assert (await tenant.http.get('/api/data/cars?filter={"n":-1}', headers=user.auth)).status_code == 200
    await _limit(app, tenant, maxExamined=100)
    refused = await tenant.http.get('/api/data/cars?filter={"n":-2}', headers=user.auth)  # another list: none in memory
    assert_problem(refused, "query_too_expensive")


async def test_requests(app: App) -> None:
    tenant, other = await app.tenant(), await app.tenant()
    await _limit(app, tenant, maxRate=5)
    answers = await asyncio.gather(*(tenant.http.get("/api/health") for _ in range(40)))
    assert {answer.status_code for answer in answers} == {200, 429}
    assert [(await other.http.get("/api/health")).status_code for _ in range(5)] == [200] * 5
    await _limit(app, tenant, maxRate=0)
    assert [(await tenant.http.get("/api/health")).status_code for _ in range(20)] == [200] * 20


async def test_sockets_subscriptions_and_channels(app: App) -> None:
    tenant = await app.tenant()
    user = await tenant.user()
    await _limit(app, tenant, maxSockets=1, maxSubscriptions=2, maxChannels=1)
    async with socket(tenant, user) as opened:
        with pytest.raises(InvalidStatus) as refused:
            async with socket(tenant, user):
                pass
        assert refused.value.response.status_code == 429
        for id in ("s1", "s2"):
            await opened.say("subscribe", id=id, collection="cars")
            await opened.hear("subscribed", id=id)
        await opened.say("subscribe", id="s3", collection="cars")
        assert (await opened.hear("error", id="s3"))["problem"]["code"] == "too_many"
        await opened.say("unsubscribe", id="s1")
        await opened.say("subscribe", id="s3", collection="cars")
        await opened.hear("subscribed", id="s3")
        await opened.say("join", channel="a")
        await opened.hear("joined", channel="a")
        await opened.say("join", channel="b")
        assert (await opened.hear("error", channel="b"))["problem"]["code"] == "too_many"
        now = (await tenant.http.get("/api/usage", headers=tenant.key)).json()["now"]
        assert (now["sockets"], now["subscriptions"], now["channels"]) == (1, 2, 1)
        await _limit(app, tenant, maxChannels=2)
        await opened.say("join", channel="b")
        await opened.hear("joined", channel="b")


async def test_frames_beyond_the_rate_wait_and_none_is_lost(app: App) -> None:
    tenant = await app.tenant()
    user = await tenant.user()
    await _limit(app, tenant, maxFrames=200)
    async with socket(tenant, user) as opened:
        for _ in range(500):
            await opened.say("ping")
        for _ in range(500):
            await opened.hear("pong")


async def test_days_of_a_session(app: App) -> None:
    tenant = await app.tenant()
    await _limit(app, tenant, sessionDays=1)
    user = {"email": "a@example.com", "password": "correct horse"}
    answer = await tenant.http.post("/api/auth/register", json=user)
    made, over = answer.json()["user"]["createdAt"], answer.json()["expiresAt"]
    lasts = datetime.fromisoformat(over) - datetime.fromisoformat(made)
    assert 23.9 < lasts.total_seconds() / 3600 < 24.1

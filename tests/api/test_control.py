"""The control plane over HTTP."""

import asyncio
import shutil
from pathlib import Path

import httpx
import pytest

from server.control.setup import SetupCode
from tests.support.app import PASSWORD, SETUP_CODE, App, running_app
from tests.support.problems import assert_problem


async def test_a_tenant_is_made_shown_and_removed(app: App) -> None:
    made = await app.admin.post("/v1/tenants", json={"name": "made-shown"})
    assert made.status_code == 201
    assert made.headers["location"] == "/v1/tenants/made-shown"
    body = made.json()
    assert body["apiKey"].startswith("bpk_")
    assert (body["status"], body["mode"]) == ("active", "shared")
    shown = (await app.admin.get("/v1/tenants/made-shown")).json()
    assert "apiKey" not in shown
    assert shown["usage"]["documents"] == 0
    assert "made-shown" in [item["name"] for item in (await app.admin.get("/v1/tenants")).json()["items"]]
    assert_problem(await app.admin.post("/v1/tenants", json={"name": "made-shown"}), "already_exists", "/name")
    assert (await app.admin.delete("/v1/tenants/made-shown?purge=1")).status_code == 204
    assert_problem(await app.admin.get("/v1/tenants/made-shown"), "tenant_not_found")
    assert_problem(await app.admin.delete("/v1/tenants/made-shown?purge=1"), "tenant_not_found")


async def test_many_at_once_make_one_tenant_of_a_name(app: App) -> None:
    answers = await asyncio.gather(*(app.admin.post("/v1/tenants", json={"name": "at-once"}) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


async def test_usage_counts_what_clients_keep(app: App) -> None:
    tenant = await app.tenant()
    user = await tenant.user()
    await tenant.create("cars", user, a=1)
    await tenant.http.post("/api/files", files={"file": ("a", b"12345")}, headers=user.auth)
    usage = (await app.admin.get(f"/v1/tenants/{tenant.name}")).json()["usage"]
    assert (usage["documents"], usage["files"], usage["fileBytes"]) == (2, 1, 5)
    assert usage["databaseBytes"] > 0


@pytest.mark.starts_server
async def test_the_first_administrator_needs_the_code_and_is_the_only_first(tmp_path: Path) -> None:
    days = {"delete_days": 2.5, "rename_days": 3, "name_rest_days": 4}
    async with running_app(tmp_path, **days) as app, httpx.AsyncClient(base_url=str(app.admin.base_url)) as http:
        status = (await http.get("/v1/status")).json()
        assert status["setupRequired"] is False
        assert status["days"] == {"delete": 2.5, "rename": 3, "nameRest": 4}
        body = {"email": "second@example.com", "password": PASSWORD, "setupCode": SETUP_CODE}
        assert_problem(await http.post("/v1/admins", json=body), "conflict")
        wrong = await http.post("/v1/sessions", json={"email": "admin@example.com", "password": "wrong password"})
        unknown = await http.post("/v1/sessions", json={"email": "nobody@example.com", "password": "wrong password"})
        for answer in (wrong, unknown):
            assert_problem(answer, "wrong_credentials")
        signed = await http.post("/v1/sessions", json={"email": "ADMIN@example.com", "password": PASSWORD})
        token = {"authorization": f"Bearer {signed.json()['token']}"}
        assert (await http.get("/v1/admins/me", headers=token)).json()["admin"]["email"] == "admin@example.com"
        assert (await http.delete("/v1/sessions/current", headers=token)).status_code == 204
        assert_problem(await http.get("/v1/admins/me", headers=token), "session_invalid")


@pytest.mark.starts_server
async def test_a_wrong_code_makes_nobody(tmp_path: Path) -> None:
    from contextlib import AsyncExitStack

    from server.control import admins
    from server.main import open_control
    from server.settings import Settings
    from tenancy.errors import Conflict, Forbidden, Invalid

    async with AsyncExitStack() as stack:
        context = await open_control(Settings(data=tmp_path), stack)
        for code in ("", "WRONG", context.setup.text[:-1]):
            try:
                await admins.create_first(context, "a@example.com", PASSWORD, code)
                raise AssertionError
            except Forbidden:
                assert await admins.setup_required(context)
        try:
            await admins.create_first(context, "a@example.com", "short", context.setup.text)
            raise AssertionError
        except Invalid:
            assert await admins.setup_required(context)
        made = await asyncio.gather(
            *(
                admins.create_first(context, f"a{n}@example.com", PASSWORD, context.setup.text.lower())
                for n in range(4)
            ),
            return_exceptions=True,
        )
        assert sum(isinstance(result, Conflict) for result in made) == 3


def test_set_up_codes_are_long_and_random() -> None:
    assert len({SetupCode().text for _ in range(100)}) == 100
    assert len(SetupCode().text.replace("-", "")) == 12
    assert SetupCode("abc def").fits(" ABC DEF ")


async def test_the_cookie_of_the_panel(app: App) -> None:
    origin = f"http://127.0.0.1:{app.admin_port}"
    async with httpx.AsyncClient(base_url=origin) as http:
        body = {"email": "admin@example.com", "password": PASSWORD}
        foreign = await http.post("/v1/sessions", json=body, headers={"origin": "http://evil.example"})
        assert "set-cookie" not in foreign.headers
        await http.post("/v1/sessions", json=body, headers={"origin": origin})
        assert "backpack-admin" in http.cookies
        assert (await http.get("/v1/tenants")).status_code == 200
        assert_problem(await http.post("/v1/tenants", json={"name": "cookie-made"}), "wrong_origin")
        evil = await http.delete("/v1/sessions/current", headers={"origin": "http://evil.example"})
        assert_problem(evil, "wrong_origin")
        assert (await http.delete("/v1/sessions/current", headers={"origin": origin})).status_code == 204


@pytest.mark.starts_server
async def test_what_a_crash_left_is_swept_at_the_next_start(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        await app.tenant("kept")
    orphan = tmp_path / "tenants" / "0123456789abcdef01234567"
    orphan.mkdir()
    (orphan / "data.db").write_bytes(b"half")
    async with running_app(tmp_path) as app:
        assert not orphan.exists()
        assert (tmp_path / "unknown" / orphan.name / "data.db").read_bytes() == b"half"
        names = [item["name"] for item in (await app.admin.get("/v1/tenants")).json()["items"]]
        assert names == ["kept"]


@pytest.mark.starts_server
async def test_a_lost_control_store_costs_no_tenant_its_data(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        await app.tenant("kept")
    (folder,) = (tmp_path / "tenants").iterdir()
    shutil.rmtree(tmp_path / "control")
    async with running_app(tmp_path):
        assert (tmp_path / "unknown" / folder.name / "data.db").exists()


@pytest.mark.starts_server
async def test_two_servers_cannot_share_a_folder(tmp_path: Path) -> None:
    async with running_app(tmp_path):
        with pytest.raises(OSError, match="another server"):
            async with running_app(tmp_path):
                pass
    async with running_app(tmp_path):
        pass


@pytest.mark.starts_server
async def test_a_deleted_name_rests_and_wakes(tmp_path: Path) -> None:
    async with running_app(tmp_path, name_rest_days=30) as app:
        await app.tenant("resting")
        had = await app.admin.delete("/v1/tenants/resting")
        assert had.status_code == 200
        refused = assert_problem(
            await app.admin.post("/v1/tenants", json={"name": "resting"}), "already_exists", "/name"
        )
        assert refused["detail"] == "The name resting is that of a deleted tenant."
        await app.admin.delete("/v1/tenants/resting?purge=1")
        refused = assert_problem(
            await app.admin.post("/v1/tenants", json={"name": "resting"}), "already_exists", "/name"
        )
        assert refused["detail"].startswith("The name resting was another tenant's and rests until 2")
        assert refused["errors"] == [{"path": "/name", "message": refused["detail"].partition(" and ")[2][:-1]}]
    async with running_app(tmp_path, name_rest_days=0) as app:
        assert (await app.admin.post("/v1/tenants", json={"name": "resting"})).status_code == 201


async def test_the_panel_is_served_with_its_policy(app: App) -> None:
    for path in ("/", "/tenants/shop"):
        page = await app.admin.get(path)
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    for path in ("/assets/missing.js", "/../../pyproject.toml", "/%2e%2e/x.toml", "/%00.js"):
        assert_problem(await app.admin.get(path), "route_not_found")
    document = (await app.admin.get("/v1/openapi.json")).json()
    assert {"/v1/tenants", "/v1/tenants/{name}", "/v1/admins"} <= set(document["paths"])

"""A tenant whose file is damaged says so; all others serve, and a copy that is put back serves again."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.app import App, Tenant, running_app
from tests.support.problems import assert_problem

pytestmark = pytest.mark.starts_server
_PAGE = 4096


def _header(data: bytearray) -> None:
    data[:100] = bytes(100)


def _schema(data: bytearray) -> None:
    data[100:_PAGE] = b"\xff" * (_PAGE - 100)


def _inner_pages(data: bytearray) -> None:
    data[2 * _PAGE :] = b"\xa5" * (len(data) - 2 * _PAGE)


def _cut(data: bytearray) -> None:
    del data[_PAGE + 17 :]


def _emptied(data: bytearray) -> None:
    data.clear()


def _database(app: App, tenant: Tenant, root: Path) -> Path:
    found = app.context.tenants.registry.directory.find(tenant.name)
    assert found is not None
    return root / "tenants" / found.id / "data.db"


def _again(app: App, tenant: Tenant) -> Tenant:
    again = Tenant(tenant.name, app.public_port, tenant.api_key)
    app.tenants.append(again)
    return again


@pytest.mark.parametrize("damage", [_header, _schema, _inner_pages, _cut, _emptied])
async def test_a_damaged_file_is_one_tenants_alone(tmp_path: Path, damage: Callable[[bytearray], None]) -> None:
    async with running_app(tmp_path) as app:
        broken, other = await app.tenant("broken"), await app.tenant("other")
        user, stranger = await broken.user(), await other.user()
        made = [await broken.create("notes", user, n=n, text="x" * 500) for n in range(50)]
        kept = await other.create("notes", stranger, n=1)
        path = _database(app, broken, tmp_path)
    copy = tmp_path / "copy.db"
    shutil.copy(path, copy)
    data = bytearray(path.read_bytes())
    damage(data)
    path.write_bytes(data)
    async with running_app(tmp_path) as app:
        broken, other = _again(app, broken), _again(app, other)
        for answer in (
            await broken.http.get("/api/data/notes", headers=user.auth),
            await broken.http.get(f"/api/data/notes/{made[20]['id']}", headers=user.auth),
            await broken.http.post("/api/data/notes", json={"n": 1}, headers=user.auth),
        ):
            assert_problem(answer, "unavailable")
        found = await other.http.get(f"/api/data/notes/{kept['id']}", headers=stranger.auth)
        assert found.json() == kept
        assert (await other.http.post("/api/data/notes", json={"n": 2}, headers=stranger.auth)).status_code == 201
        assert (await app.admin.get("/v1/tenants")).status_code == 200
    for leftover in path.parent.glob("data.db-*"):
        leftover.unlink()
    shutil.copy(copy, path)
    async with running_app(tmp_path) as app:
        broken = _again(app, broken)
        assert len((await broken.http.get("/api/data/notes?limit=100", headers=user.auth)).json()["items"]) == 50

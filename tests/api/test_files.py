"""Files over HTTP."""

import asyncio

import pytest

from tests.support.app import App, Tenant, User
from tests.support.problems import assert_problem


async def _upload(tenant: Tenant, user: User, data: bytes, name: str = "a.txt", kind: str = "text/plain", **form: str):  # type: ignore[no-untyped-def]
    response = await tenant.http.post("/api/files", files={"file": (name, data, kind)}, data=form, headers=user.auth)
    assert response.status_code == 201, response.text
    return response.json()


async def test_a_file_goes_round(tenant: Tenant, user: User) -> None:
    data = bytes(range(256)) * 5000
    file = await _upload(tenant, user, data, "Größe.bin", "application/x-thing", metadata='{"a":1}', path="docs/x")
    assert (file["size"], file["name"], file["path"], file["metadata"]) == (len(data), "Größe.bin", "docs/x", {"a": 1})
    content = await tenant.http.get(file["url"], headers=user.auth)
    assert content.content == data
    assert content.headers["content-type"] == "application/octet-stream"
    assert content.headers["x-content-type-options"] == "nosniff"
    assert content.headers["content-disposition"].startswith(
        "attachment; filename=\"Gr__e.bin\"; filename*=UTF-8''Gr%C3"
    )
    assert "sandbox" in content.headers["content-security-policy"]
    same = await tenant.http.get(file["url"], headers={**user.auth, "if-none-match": content.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    head = await tenant.http.head(file["url"], headers=user.auth)
    assert (head.headers["content-length"], head.content) == (str(len(data)), b"")
    assert (await tenant.http.delete(f"/api/files/{file['id']}", headers=user.auth)).status_code == 204
    assert_problem(await tenant.http.get(file["url"], headers=user.auth), "file_not_found")


@pytest.mark.parametrize(
    ("range_", "status", "expected", "content_range"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=5-99", 206, b"56789", "bytes 5-9/10"),
        ("bytes=0-1,3-4", 200, b"0123456789", None),
        ("bytes=x", 200, b"0123456789", None),
        ("items=0-1", 200, b"0123456789", None),
    ],
)
async def test_ranges(
    tenant: Tenant, user: User, range_: str, status: int, expected: bytes, content_range: str | None
) -> None:
    file = await _upload(tenant, user, b"0123456789")
    answer = await tenant.http.get(file["url"], headers={**user.auth, "range": range_})
    assert (answer.status_code, answer.content) == (status, expected)
    assert answer.headers.get("content-range") == content_range


@pytest.mark.parametrize("range_", ["bytes=10-", "bytes=5-2", "bytes=-0"])
async def test_a_range_outside_is_refused(tenant: Tenant, user: User, range_: str) -> None:
    file = await _upload(tenant, user, b"0123456789")
    answer = await tenant.http.get(file["url"], headers={**user.auth, "range": range_})
    assert_problem(answer, "range_not_satisfiable")


async def test_visibility(tenant: Tenant, user: User) -> None:
    other = await tenant.user()
    files = {v: await _upload(tenant, user, b"x", visibility=v) for v in ("private", "authenticated", "public")}
    expected = {"private": (200, 404, 404), "authenticated": (200, 200, 404), "public": (200, 200, 200)}
    for visibility, file in files.items():
        for headers, status in zip((user.auth, other.auth, {}), expected[visibility], strict=True):
            for path in (file["url"], f"/api/files/{file['id']}"):
                assert (await tenant.http.get(path, headers=headers)).status_code == status, (visibility, path)
    assert len((await tenant.http.get("/api/files", headers=user.auth)).json()["items"]) == 3
    assert len((await tenant.http.get("/api/files", headers=other.auth)).json()["items"]) == 2
    assert len((await tenant.http.get("/api/files")).json()["items"]) == 1
    path = f"/api/files/{files['public']['id']}"
    assert_problem(await tenant.http.patch(path, json={"name": "x"}, headers=other.auth), "file_not_found")
    assert_problem(await tenant.http.delete(path, headers=other.auth), "file_not_found")
    hidden = await tenant.http.patch(path, json={"visibility": "private"}, headers=user.auth)
    assert hidden.json()["visibility"] == "private"
    assert (await tenant.http.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("form", "path"),
    [
        ({"visibility": "secret"}, "/visibility"),
        ({"metadata": "[1]"}, "/metadata"),
        ({"metadata": "{"}, "metadata"),
        ({"metadata": '{"a":"' + "x" * 17000 + '"}'}, "/metadata"),
        ({"path": "a\x00b"}, "/path"),
        ({"path": "x" * 1001}, "/path"),
        ({"other": "x"}, "other"),
    ],
)
async def test_a_bad_form_leaves_nothing(app: App, tenant: Tenant, user: User, form: dict[str, str], path: str) -> None:
    answer = await tenant.http.post("/api/files", files={"file": ("a", b"data")}, data=form, headers=user.auth)
    assert_problem(answer, "invalid_request", path)
    await _nothing_is_kept(app, tenant)


async def _nothing_is_kept(app: App, tenant: Tenant) -> None:
    usage = (await app.admin.get(f"/v1/tenants/{tenant.name}")).json()["usage"]
    assert (usage["files"], usage["fileBytes"]) == (0, 0)
    assert (await tenant.http.get("/api/files?count=true", headers=tenant.key)).json()["total"] == 0


async def test_bodies_that_are_no_form(app: App, tenant: Tenant, user: User) -> None:
    plain = await tenant.http.post("/api/files", content=b"x", headers=user.auth)
    assert_problem(plain, "unsupported_media_type")
    kind = {"content-type": "multipart/form-data; boundary=b", **user.auth}
    for body in (
        b"",
        b"--b",
        b"nothing",
        b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nabc',
        b"--b\r\n\r\nx\r\n--b--",
    ):
        assert_problem(await tenant.http.post("/api/files", content=body, headers=kind), "invalid_request")
    empty = await tenant.http.post("/api/files", files={"path": (None, "x")}, headers=user.auth)
    assert_problem(empty, "invalid_request", "file")
    assert_problem(await tenant.http.post("/api/files", files={"file": b"x"}), "authentication_required")
    await _nothing_is_kept(app, tenant)


async def test_an_upload_that_breaks_off_leaves_nothing(app: App, tenant: Tenant, user: User) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", app.public_port)
    head = (
        f"POST /api/files HTTP/1.1\r\nHost: {tenant.host}\r\nAuthorization: Bearer {user.token}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    )
    writer.write(head.encode() + b"x" * 400_000)
    await writer.drain()
    while not await _partial_files(app, tenant):
        await asyncio.sleep(0.01)
    writer.close()
    await writer.wait_closed()
    assert await reader.read() == b""
    while await _partial_files(app, tenant):
        await asyncio.sleep(0.01)
    await _nothing_is_kept(app, tenant)


async def _partial_files(app: App, tenant: Tenant) -> list[str]:
    found = app.context.tenants.registry.directory.find(tenant.name)
    assert found is not None
    async with app.context.tenants.pool.use(found) as context:
        partial = context.files._files.path("partial")  # type: ignore[attr-defined]
        return await asyncio.to_thread(lambda: [path.name for path in partial.iterdir()])


async def test_too_large_a_file_is_refused_before_it_is_read(tenant: Tenant, user: User) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", tenant.port)
    head = (
        f"POST /api/files HTTP/1.1\r\nHost: {tenant.host}\r\nAuthorization: Bearer {user.token}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000000000\r\n\r\n"
    )
    writer.write(head.encode())
    await writer.drain()
    assert b" 413 " in await asyncio.wait_for(reader.readline(), 5)
    writer.close()

"""Odd paths: they lead to the same tenant's site or to nothing, never to another tenant, a route or a folder."""

import asyncio

import pytest

from tests.support.app import App, Tenant, User
from tests.support.zips import make_zip

ODD = [
    "//{other}/api/data/cars/c1", "///api/data/cars/c1", "/.//api/data/cars/c1", "/../api/data/cars/c1",
    "/api/../../{other}/api/data/cars/c1", "/api/data/../data/cars/c1", "/api/data/%2e%2e/cars/c1",
    "/api/data/.%2e/cars/c1", "/api/data/%2e%2e%2fcars/c1", "/api/data/cars%2fc1", "/api/data/cars%5cc1",
    "/api/data/cars\\c1", "/api/data/cars;x=1/c1", "/api/data/cars/c1;x=1", "/api/data/cars/c1%00", "/api/data/cars/c1/",
    "/api/data/cars//c1", "/api/data//cars/c1", "/api//data/cars/c1", "/api/data/cars/c1%23", "/api/data/cars/c1%3f",
    "/api/data/%ef%bd%83ars/c1", "/api/data/cars/%ef%bd%831", "/api/data/cars/c1%e2%80%ae", "/api/data/CARS/c1",
    "/API/data/cars/c1", "/api/data/cars/%2563%2531", "/api/data/cars/c1%20", "/api/data/cars/c1%0d%0ax:%20y",
    "/{other}/api/data/cars/c1", "/%2f{other}/api/data/cars/c1", "/@{other}/api/data/cars/c1",
    "/api/files/../../{other}/data.db", "/api/files/%2e%2e%2f%2e%2e%2fdata.db/content", "/..%2f..%2fdata.db",
    "/%2e%2e/%2e%2e/control/data.db", "/..;/data.db", "/....//data.db", "/%c0%ae%c0%ae/data.db", "/file:///etc/passwd",
    "/index.html/../../data.db", "/C:%5cx", "/%5c%5chost%5cx", "/./index.html%00.png",
]  # fmt: skip


async def _ask(tenant: Tenant, path: str, user: User) -> tuple[int, bytes]:
    """The answer to a path as it stands; a client's library would put it right."""
    reader, writer = await asyncio.open_connection("127.0.0.1", tenant.port)
    head = (
        f"GET {path} HTTP/1.1\r\nHost: {tenant.host}\r\nAuthorization: Bearer {user.token}\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode("latin-1"))
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return int(answer.split()[1]), answer


@pytest.fixture(scope="module")
async def two(app: App) -> tuple[Tenant, User, Tenant]:
    """A tenant and its user, and another tenant; both have a document, a file and a site."""
    made = []
    for _ in range(2):
        tenant = await app.tenant()
        user = await tenant.user()
        await tenant.create("cars", user, id="c1", word=f"canary-{tenant.name}")
        site = make_zip({"index.html": f"site-{tenant.name}".encode()})
        headers = {**tenant.key, "content-type": "application/zip"}
        assert (await tenant.http.post("/api/site", content=site, headers=headers)).status_code == 201
        made.append((tenant, user))
    (tenant, user), (other, _) = made
    return tenant, user, other


@pytest.mark.parametrize("path", ODD)
async def test_an_odd_path_leads_nowhere_else(two: tuple[Tenant, User, Tenant], path: str) -> None:
    tenant, user, other = two
    status, answer = await _ask(tenant, path.format(other=other.host), user)
    assert status in {400, 404} or (status == 200 and answer.endswith(f"site-{tenant.name}".encode())), answer
    for secret in (f"canary-{tenant.name}", f"-{other.name}", "SQLite format", "root:"):
        assert secret.encode() not in answer
    status, answer = await _ask(tenant, "/api/data/cars/c1", user)
    assert (status, f"canary-{tenant.name}".encode() in answer) == (200, True)


@pytest.mark.parametrize("path", ["/api/data/cars/%631", "/%61pi/data/cars/c1"])
async def test_an_encoded_letter_is_that_letter(two: tuple[Tenant, User, Tenant], path: str) -> None:
    """The same route with the same checks, however it is written."""
    tenant, user, _ = two
    status, answer = await _ask(tenant, path, user)
    assert (status, f"canary-{tenant.name}".encode() in answer) == (200, True)
    assert (await tenant.http.get(path)).status_code == 401

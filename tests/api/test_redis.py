"""Sessions in a real Redis: ended at once for every server that has the tenant, and 503 while it does not answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import redis

from tenancy.model.slug import TenantId
from tenancy.model.system import secret_hash
from tenancy.ports import Session
from tenancy.stores.sessions.redis import RedisSessions, SessionServer
from tests.support.accounts import is_signed_in
from tests.support.app import PASSWORD, App, Tenant, User, running_app
from tests.support.problems import assert_problem
from tests.support.redis import RedisServer
from tests.support.sockets import socket

pytestmark = [pytest.mark.starts_server, pytest.mark.timeout(120)]


@pytest.fixture
def server() -> Iterator[RedisServer]:
    made = RedisServer()
    yield made
    made.remove()


@pytest.fixture
async def here(server: RedisServer, tmp_path: Path) -> AsyncIterator[App]:
    """A server of tenants that keeps sessions there."""
    async with running_app(tmp_path, redis_url=server.url) as running:
        yield running


def _id(app: App, tenant: Tenant) -> TenantId:
    found = app.context.tenants.registry.directory.find(tenant.name)
    assert found is not None
    return found.id


async def _elsewhere(server: RedisServer, id: TenantId) -> tuple[SessionServer, RedisSessions]:
    """Another server that has the same tenant."""
    other = SessionServer(server.url)
    sessions = other.sessions_of(id)
    await _until(lambda: other.hears)
    return other, sessions


async def _until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come")


async def _login(tenant: Tenant, user: User) -> User:
    login = await tenant.http.post("/api/auth/login", json={"email": user.email, "password": PASSWORD})
    assert login.status_code == 200, login.text
    return User(user.id, login.json()["token"], user.email)


async def _status(tenant: Tenant, user: User, unwanted: int) -> int:
    """What a session is worth, once it is not answered as unwanted any more."""
    for _ in range(400):
        response = await tenant.http.get("/api/auth/me", headers=user.auth)
        if response.status_code != unwanted:
            break
        await asyncio.sleep(0.05)
    return response.status_code


async def test_accounts_work_as_without(here: App) -> None:
    tenant = await here.tenant()
    user = await tenant.user()
    other = await _login(tenant, user)
    listed = (await tenant.http.get("/api/auth/sessions", headers=user.auth)).json()["items"]
    assert [one["current"] for one in listed] == [False, True]
    assert (await tenant.http.delete("/api/auth/sessions", headers=user.auth)).json() == {"ended": 1}
    assert not await is_signed_in(tenant, other) and await is_signed_in(tenant, user)
    changed = {"currentPassword": PASSWORD, "newPassword": "another horse"}
    assert (await tenant.http.post("/api/auth/password/change", json=changed, headers=user.auth)).status_code == 200
    assert not await is_signed_in(tenant, user)


async def test_a_session_is_of_one_tenant_and_kept_as_a_hash(here: App, server: RedisServer) -> None:
    one, two = await here.tenant(), await here.tenant()
    user = await one.user()
    assert await is_signed_in(one, user) and not await is_signed_in(two, user)
    assert (await two.http.post("/api/data/cars", json={"x": 1}, headers=user.auth)).status_code == 401
    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        keys = [str(key) for key in client.scan_iter("*")]
        kept = " ".join([*keys, *(str(client.get(key)) for key in keys if ":session:" in key)])
        assert all(client.ttl(key) > 0 for key in keys)
    assert user.token not in kept and secret_hash(user.token) in kept and _id(here, one) in kept


async def test_an_end_closes_sockets_here_and_elsewhere(here: App, server: RedisServer) -> None:
    tenant = await here.tenant()
    user, bystander = await tenant.user(), await tenant.user()
    other, sessions = await _elsewhere(server, _id(here, tenant))
    found = await sessions.find(secret_hash(user.token))
    assert found is not None and found.user == user.id
    heard: list[str | None] = []
    sessions.watch(heard.append)
    async with socket(tenant, bystander) as safe:
        async with socket(tenant, user) as first:
            await tenant.http.post("/api/auth/logout", headers=user.auth)
            assert await first.closed() == 4401
        await _until(lambda: heard == [found.id])
        assert await sessions.find(found.id) is None
        again = await _login(tenant, user)
        async with socket(tenant, again) as second:
            assert await is_signed_in(tenant, again)
            assert await sessions.remove_user(user.id) == 1
            assert await second.closed() == 4401
        assert not await is_signed_in(tenant, again)
        await safe.nothing_but_pong()
    await other.aclose()


async def test_an_answer_on_its_way_brings_nothing_back(server: RedisServer) -> None:
    """Redis has answered that the session is good, and before that is read the news come that it has ended."""
    there = SessionServer(server.url)
    sessions = there.sessions_of(TenantId("tenant"))
    await _until(lambda: there.hears)
    await sessions.add(Session("a" * 64, "ann", time.time() + 60))
    finding = asyncio.create_task(sessions.find("a" * 64))
    await asyncio.sleep(0)
    sessions.heard("a" * 64)
    assert await finding is None and await sessions.find("a" * 64) is None
    await there.aclose()


async def test_while_it_does_not_answer(here: App, server: RedisServer) -> None:
    """What needs a session is 503, the rest goes on; memory is not believed meanwhile."""
    tenant = await here.tenant()
    user = await tenant.user()
    await tenant.http.post("/api/collections", json={"name": "open", "rules": {"list": "public"}}, headers=tenant.key)
    assert await is_signed_in(tenant, user)
    async with socket(tenant, user) as connection:
        server.stop()
        assert await _status(tenant, user, 200) == 503
        login = await tenant.http.post("/api/auth/login", json={"email": user.email, "password": PASSWORD})
        assert_problem(login, "unavailable")
        for headers in ({}, tenant.key):
            assert (await tenant.http.get("/api/data/open", headers=headers)).status_code == 200
        server.start()  # it has forgotten everything: so nobody is signed in, and sockets learn of it
        assert await connection.closed() == 4401
    assert await _status(tenant, user, 503) == 401
    assert await is_signed_in(tenant, await _login(tenant, user))


async def test_a_removed_tenant_is_heard_of_no_more(here: App) -> None:
    tenant = await here.tenant()
    found = here.context.tenants.registry.directory.find(tenant.name)
    assert found is not None
    async with here.context.tenants.pool.use(found) as opened:
        sessions = opened.sessions
    assert isinstance(sessions, RedisSessions)
    assert found.id in sessions._server._tenants
    assert (await here.admin.delete(f"/v1/tenants/{tenant.name}?purge=1")).status_code == 204
    assert found.id not in sessions._server._tenants


class _Line:
    """Between a server and Redis; silent when it is told so, as a connection is that nobody has closed."""

    def __init__(self) -> None:
        self.silent = False
        self.port = 0

    async def open(self, to: int) -> asyncio.Server:
        async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", to)
            await asyncio.gather(self._pass(reader, inner_writer), self._pass(inner_reader, writer))

        server = await asyncio.start_server(join, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                if not self.silent:
                    writer.write(data)
        except ConnectionError:
            pass
        finally:
            writer.close()


async def test_a_line_that_says_nothing_is_not_believed(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenancy.stores.sessions.redis._TIMEOUT_S", 0.2)
    assert server.url
    line = _Line()
    listening = await line.open(server.port)
    there = SessionServer(f"redis://127.0.0.1:{line.port}/0")
    there.sessions_of(TenantId("tenant"))
    await _until(lambda: there.hears)
    await asyncio.sleep(1)  # questions and answers on a line where nothing is said
    assert there.hears
    line.silent = True
    await _until(lambda: not there.hears)
    line.silent = False
    await _until(lambda: there.hears)
    await there.aclose()
    listening.close()

"""A tenant has so many requests under way and no more; its neighbours do not notice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from server.http.admission import MOST_WAITING, Admission
from tenancy.errors import TooMany
from tenancy.model.limits import Limits
from tests.support.app import App, Tenant, running_app
from tests.support.problems import assert_problem

pytestmark = pytest.mark.starts_server


@asynccontextmanager
async def _held(app: App, tenant: Tenant, key: dict[str, str]) -> AsyncIterator[asyncio.StreamWriter]:
    """A request that is under way: its body does not come to an end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", app.public_port)
    head = f"POST /api/data/cars HTTP/1.1\r\nHost: {tenant.host}\r\nAuthorization: {key['authorization']}\r\n"
    writer.write(f"{head}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{".encode())
    await writer.drain()
    try:
        yield writer
        writer.write(b"}")
        assert (await reader.readline()).split()[1] == b"201"
    finally:
        writer.close()


async def _until(tenant: Tenant, status: int) -> httpx.Response:
    async with asyncio.timeout(10):
        while (answer := await tenant.http.get("/api/health")).status_code != status:
            await asyncio.sleep(0.01)
    return answer


async def test_more_than_may_be_under_way_are_refused_after_a_moment(tmp_path: Path) -> None:
    async with running_app(tmp_path, max_concurrent=2) as app:
        tenant, other = await app.tenant(), await app.tenant()
        async with _held(app, tenant, tenant.key), _held(app, tenant, tenant.key):
            refused = await _until(tenant, 429)
            assert_problem(refused, "too_many")
            assert refused.headers["retry-after"] == "1"
            assert (await other.http.get("/api/health")).status_code == 200
        assert (await tenant.http.get("/api/health")).status_code == 200


async def test_who_waits_goes_on_when_there_is_room() -> None:
    admission = Admission(Limits(max_concurrent=1))
    assert admission.enter_now() and not admission.enter_now()
    first, second = asyncio.create_task(admission.enter()), asyncio.create_task(admission.enter())
    await asyncio.sleep(0)
    assert not admission.enter_now()
    admission.leave()
    await first
    assert not second.done()
    admission.leave()
    await second
    admission.leave()
    assert admission.enter_now()


async def test_a_cancelled_wait_keeps_no_room() -> None:
    admission = Admission(Limits(max_concurrent=1))
    assert admission.enter_now()
    waiting = [asyncio.create_task(admission.enter()) for _ in range(2)]
    await asyncio.sleep(0)
    admission.leave()  # the first has the room, and is cancelled before it knows
    waiting[0].cancel()
    await asyncio.gather(waiting[0], return_exceptions=True)
    await waiting[1]
    admission.leave()
    assert admission.enter_now()


async def test_a_crowd_is_refused_at_once() -> None:
    admission = Admission(Limits(max_concurrent=1))
    assert admission.enter_now()
    waiting = [asyncio.create_task(admission.enter()) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(TooMany):
        await admission.enter()
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_rate_is_kept_and_saved_up_for_a_moment(tmp_path: Path) -> None:
    async with running_app(tmp_path, max_rate=5) as app:
        tenant, other = await app.tenant(), await app.tenant()
        answers = await asyncio.gather(*(tenant.http.get("/api/health") for _ in range(60)))
        statuses = [answer.status_code for answer in answers]
        assert 10 <= statuses.count(200) < 40 and set(statuses) == {200, 429}
        assert [(await other.http.get("/api/health")).status_code for _ in range(5)] == [200] * 5

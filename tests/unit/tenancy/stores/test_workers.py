"""Worker processes: shared ones, and those of tenants that are set apart."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tenancy.errors import Invalid
from tenancy.lifecycle.seed import tenant_seed
from tenancy.model.limits import Limits
from tenancy.model.system import new_key
from tenancy.query.parse import parse_filter
from tenancy.query.tree import Query
from tenancy.shares import Shares
from tenancy.stores.embedded.create import create_database
from tenancy.stores.embedded.engine import APART_BUDGET, EmbeddedDocuments
from tenancy.stores.embedded.memory import Memory
from tenancy.stores.embedded.reader import Reader
from tenancy.stores.embedded.workers import MOST_APART, Workers
from tenancy.writes import Create, Delete

pytestmark = pytest.mark.process


def whoami(reader: Reader) -> tuple[int, int]:
    """The process, and how nice it is."""
    return os.getpid(), os.nice(0)


def refused(reader: Reader) -> None:
    """A read that fails."""
    raise Invalid("Not so.")


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    made = Workers(Shares(), 1)
    yield made
    await asyncio.to_thread(made.close)


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    path = tmp_path / "data.db"
    await asyncio.to_thread(create_database, path, tenant_seed(new_key()))
    return path


async def test_a_tenant_that_is_set_apart_has_a_process_that_gives_way(workers: Workers, database: Path) -> None:
    one, other = workers.of("one"), workers.of("other")
    shared, nice = await other.run(database, "e", whoami)
    assert (await one.run(database, "e", whoami)) == (shared, nice)
    workers.set_apart("one", True)
    assert (one.apart, other.apart) == (True, False)
    own, nicer = await one.run(database, "e", whoami)
    assert own != shared and nicer == min(nice + 10, 19)
    assert (await other.run(database, "e", whoami))[0] == shared
    under_way = asyncio.create_task(one.run(database, "e", whoami))
    await asyncio.sleep(0)
    workers.set_apart("one", False)
    assert (await under_way)[0] == own  # what has begun there ends there
    assert (await one.run(database, "e", whoami))[0] == shared
    assert not one.apart


async def test_so_many_have_one_and_more_share_one(workers: Workers) -> None:
    for number in range(MOST_APART + 2):
        workers.set_apart(number, True)
    workers.set_apart(0, False)  # the one that is shared stays for the others
    assert [workers.is_apart(number) for number in (0, 1, MOST_APART + 1)] == [False, True, True]
    assert len({id(processes) for processes in workers._apart.values()}) == MOST_APART


async def test_what_a_read_takes_is_told_though_it_fails(database: Path) -> None:
    shares = Shares()
    workers = Workers(shares, 1)
    try:
        with pytest.raises(Invalid, match="Not so"):
            await workers.of("one").run(database, "e", refused)
        assert 0 < shares.take()["one"] < 10
    finally:
        await asyncio.to_thread(workers.close)


async def test_one_that_is_set_apart_examines_little_on_the_loop(database: Path) -> None:
    shares = Shares()
    workers = Workers(shares, 1)
    with ThreadPoolExecutor(2) as executor:
        documents = EmbeddedDocuments(database, executor, workers.of("one"), Memory(), Limits())
        try:
            await documents.commit([Create("cars", f"c{n}", {"n": n}) for n in range(APART_BUDGET + 1)])

            async def by_workers(at_least: int) -> bool:
                query = Query(parse_filter({"n": {"$gte": at_least}}))
                assert len((await documents.find("cars", query)).items) == APART_BUDGET + 1 - at_least
                return "one" in shares.take()

            assert not await by_workers(1)
            workers.set_apart("one", True)
            assert await by_workers(2)
            await documents.commit([Delete("cars", "c0"), Delete("cars", "c1")])
            assert not await by_workers(2 + 1)
        finally:
            await documents.aclose()
            await asyncio.to_thread(workers.close)


_SERVER = """
import asyncio, sys
from pathlib import Path
from tenancy.shares import Shares
from tenancy.stores.embedded.workers import Workers
from tests.unit.tenancy.stores.test_workers import whoami

async def main():
    workers = Workers(Shares(), 1)
    print((await workers.of("one").run(Path(sys.argv[1]), "e", whoami))[0], flush=True)
    await asyncio.sleep(60)

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
async def test_a_worker_ends_with_its_server_though_that_is_killed(database: Path) -> None:
    script = database.with_name("a_server.py")
    script.write_text(_SERVER)
    server = await asyncio.create_subprocess_exec(
        sys.executable, script, database, stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])},
    )  # fmt: skip
    assert server.stdout is not None
    worker = int(await server.stdout.readline())
    assert _runs(worker)
    server.kill()
    await server.wait()
    while _runs(worker):
        await asyncio.sleep(0.01)


def _runs(pid: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"

"""What the MongoDB engine promises beyond its ports: crashes in the middle, and several processes."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tenancy.errors import Unavailable
from tenancy.model.collection import Index
from tenancy.model.limits import Limits
from tenancy.query.tree import Query
from tenancy.query.update import parse_update
from tenancy.stores.mongo import persist
from tenancy.stores.mongo.create import create_documents
from tenancy.stores.mongo.driver import Mongo
from tenancy.stores.mongo.engine import MongoDocuments, open_documents
from tenancy.writes import Create, Receipt, Update, Write
from tests.contract.conftest import SERVERS
from tests.contract.support import define, everything, read


@asynccontextmanager
async def _opened(id: str, server: str) -> AsyncIterator[MongoDocuments]:
    mongo = Mongo(SERVERS[server].url)
    database = await mongo.database(id)
    try:
        with ThreadPoolExecutor(2) as executor:
            documents = await open_documents(database, executor, Limits(max_examined=2000, changes_kept=500))
            try:
                yield documents
            finally:
                await documents.aclose()
    finally:
        await mongo.aclose()


async def _made(server: str) -> str:
    id = secrets.token_hex(12)
    mongo = Mongo(SERVERS[server].url)
    await create_documents(await mongo.database(id), [])
    await mongo.aclose()
    return id


@pytest.mark.parametrize("place", ["_announce", "_finish", "half of _finish"])
async def test_a_server_that_stands_alone_does_a_commit_whole_or_not_at_all(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = await _made("mongo-alone")
    receipt = Receipt("key", "mark")
    writes: list[Write] = [
        *(Create("cars", f"n{n}", {"code": n + 10}) for n in range(20)),
        Update("cars", "c1", {"code": -1}),
    ]

    async def crash(*_: Any) -> None:
        raise Unavailable("crash")

    finish = persist._finish

    async def half(database: Any, steps: list[Any]) -> None:
        await database.write([step._replace(fresh=False) for step in steps[: len(steps) // 2]])
        raise Unavailable("crash")

    async with _opened(id, "mongo-alone") as documents:
        await define(documents, "cars", Index((("code", 1),), unique=True))
        await documents.commit([Create("cars", "c1", {"code": 1})])
        head = documents.changes.head()
        with monkeypatch.context() as patched:
            patched.setattr(
                persist, "_announce" if place == "_announce" else "_finish", half if "half" in place else crash
            )
            with pytest.raises(Unavailable):
                await documents.commit(writes, receipt)
        if place == "_announce":
            await documents.commit([Create("cars", "later", {"code": 100})])  # this process goes on by itself
            assert await documents.get("cars", "n1") is None
    assert persist._finish is finish
    done = place != "_announce"
    async with _opened(id, "mongo-alone") as documents:
        total = (await documents.find("cars", Query(limit=0, count=True))).total
        assert total == (21 if done else 2)
        assert len(await everything(documents, "cars", Query())) == total
        assert (await read(documents, "cars", "c1"))["code"] == (-1 if done else 1)
        assert documents.changes.head() == head + (21 if done else 1)
        assert len(await documents.changes.read(head, 100)) == (21 if done else 1)
        again = await documents.commit(writes, receipt)  # done now, or known to be
        assert len(again) == 21 and documents.changes.head() == head + (21 if done else 22)


async def test_two_processes_write_without_losing_anything() -> None:
    id = await _made("mongo")
    async with _opened(id, "mongo") as one, _opened(id, "mongo") as other:
        await one.commit([Create("counters", "c", {"n": 0})])
        increment = parse_update({"$inc": {"n": 1}})

        async def count(documents: MongoDocuments, times: int) -> None:
            for _ in range(times):
                await documents.commit([Update("counters", "c", operations=increment)])

        waiting = asyncio.create_task(other.changes.wait(one.changes.head()))
        await other._writer.refresh()
        await asyncio.gather(count(one, 15), count(other, 15), count(one, 15))
        await asyncio.wait_for(waiting, 5)
        assert (await read(one, "counters", "c"))["n"] == 45
        for documents in (one, other):
            await documents._writer.refresh()
            changes = await documents.changes.read(one.changes.head() - 45, 100)  # type: ignore[arg-type]
            assert [change.version for change in changes] == list(range(2, 47))
        await one.commit([Create("boats", "b1", {})])
        await asyncio.wait_for(other.changes.wait(other.changes.head()), 5)
        assert "boats" in other.collections()
        assert (await read(other, "boats", "b1"))["version"] == 1

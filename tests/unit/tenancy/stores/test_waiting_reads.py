"""Reads that wait for their turn, while the indexes that they were going to use are dropped."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tenancy.model.collection import Collection, Index
from tenancy.model.json import trusted
from tenancy.model.limits import Limits
from tenancy.model.system import DEFINITIONS
from tenancy.query.aggregate.parse import parse_pipeline
from tenancy.query.parse import parse_filter
from tenancy.query.tree import Query
from tenancy.shares import Shares
from tenancy.stores.embedded.create import create_database
from tenancy.stores.embedded.engine import EmbeddedDocuments
from tenancy.stores.embedded.memory import Memory
from tenancy.stores.embedded.workers import Workers
from tenancy.writes import Create, Update

_BRAND = Collection("cars", indexes=(Index((("brand", 1),)),))
_QUERY = Query(parse_filter({"brand": "a", "n": {"$gte": 0}}), sort=((("n",), 1),), limit=1000)


@pytest.fixture(autouse=True)
def no_blocking() -> None:
    """The store is opened inline here."""


@pytest.fixture
async def documents(tmp_path: Path) -> AsyncIterator[EmbeddedDocuments]:
    path = tmp_path / "data.db"
    create_database(path, [])
    workers = Workers(Shares(), 1)
    with ThreadPoolExecutor(4) as executor:
        opened = EmbeddedDocuments(
            path, executor, workers.of("tests"), Memory(), Limits(max_examined=5000, changes_kept=500)
        )
        await opened.commit([Create(DEFINITIONS, "cars", _BRAND.to_json())])
        await opened.commit([Create("cars", f"c{n:03}", {"brand": "a", "n": n}) for n in range(600)])
        yield opened
        await opened.aclose()
        workers.close()


async def _drop_index(documents: EmbeddedDocuments) -> None:
    """Drop it, and wait until its entries are removed."""
    await documents.commit([Update(DEFINITIONS, "cars", Collection("cars").to_json(), overwrite=True)])
    await documents.commit([Update("cars", "c000", {"brand": "b"})])
    for _ in range(100):
        await asyncio.sleep(0.02)
        left = documents._reader.db.execute("SELECT count(*) FROM garbage").get
        if not left:
            return
    raise AssertionError("the entries are still there")


async def test_a_list_does_not_use_an_index_that_was_dropped(documents: EmbeddedDocuments) -> None:
    async with documents._slow._turn:
        waiting = asyncio.create_task(documents.find("cars", _QUERY))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        await _drop_index(documents)
    page = await waiting
    assert [trusted(text)["id"] for text in page.items] == [f"c{n:03}" for n in range(1, 600)]


async def test_a_pipeline_does_not_use_an_index_that_was_dropped(documents: EmbeddedDocuments) -> None:
    stages = parse_pipeline([{"$match": {"brand": "a"}}, {"$count": "n"}])
    async with documents._slow._turn:
        waiting = asyncio.create_task(documents.aggregate("cars", stages))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        await _drop_index(documents)
    assert await waiting == [b'{"n":599}']

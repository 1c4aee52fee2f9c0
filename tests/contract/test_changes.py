"""What every `ChangeLog` does."""

import asyncio

import pytest

from tenancy.model.change import Seq
from tenancy.ports import ChangeLog, CursorGoneError, DocumentStore
from tenancy.query.tree import Query
from tenancy.writes import Create, Delete, Update
from tests.contract.conftest import Opener


async def test_changes_tell_what_happened_in_order(documents: DocumentStore, changes: ChangeLog) -> None:
    await documents.commit([Create("cars", "c1", {"n": 1})])
    start = changes.head()
    await documents.commit([Update("cars", "c1", {"n": 2})])
    await documents.commit([Update("cars", "c1", {"n": 2})])  # changes nothing
    await documents.commit([Delete("cars", "c1")])
    update, delete = await changes.read(start, 10)
    assert (update.op, update.collection, update.id, update.version) == ("update", "cars", "c1", 2)
    assert update.before is not None and b'"n":1' in update.before
    assert update.after is not None and b'"n":2' in update.after
    assert (delete.op, delete.before, delete.after) == ("delete", update.after, None)
    assert update.seq < delete.seq == changes.head()


async def test_what_was_refused_left_no_change(documents: DocumentStore, changes: ChangeLog) -> None:
    await documents.commit([Create("cars", "c1", {})])
    head = changes.head()
    results = await asyncio.gather(
        documents.commit([Create("cars", "c2", {}), Create("cars", "c1", {})]),
        documents.commit([Create("cars", "c3", {})]),
        return_exceptions=True,
    )
    assert isinstance(results[0], Exception)
    assert [change.id for change in await changes.read(head, 10)] == ["c3"]


async def test_what_is_refused_takes_nothing_of_others_with_it(engine: Opener) -> None:
    """Commits that come at once share a transaction, and one that is refused is undone alone: in the log too, which is
    asked from the disk here."""
    async with engine() as (documents, _):
        await documents.commit([Create("cars", "c1", {})])
        await asyncio.gather(
            documents.commit([Create("cars", "c2", {})]),
            documents.commit([Create("cars", "c3", {}), Create("cars", "c1", {})]),
            documents.commit([Create("cars", "c4", {})]),
            return_exceptions=True,
        )
    async with engine() as (documents, changes):
        found = {id: await changes.history("cars", id, 10) for id in ("c1", "c2", "c3", "c4")}
        assert {id: len(versions) for id, versions in found.items()} == {"c1": 1, "c2": 1, "c3": 0, "c4": 1}


async def test_secrets_are_not_in_the_log(documents: DocumentStore, changes: ChangeLog) -> None:
    await documents.commit([Create("_credentials", "u1", {"password": "hash"})])
    (change,) = await changes.read(Seq(changes.head() - 1), 10)
    assert (change.collection, change.before, change.after) == ("_credentials", None, None)


async def test_reading_pages_and_waiting(documents: DocumentStore, changes: ChangeLog) -> None:
    start = changes.head()
    waiting = asyncio.create_task(changes.wait(start))
    await asyncio.sleep(0)
    assert not waiting.done()
    await documents.commit([Create("_x", f"c{n}", {}) for n in range(5)])
    await asyncio.wait_for(waiting, 5)
    first = await changes.read(start, 3)
    rest = await changes.read(first[-1].seq, 100)
    assert [change.id for change in [*first, *rest]] == [f"c{n}" for n in range(5)]
    await asyncio.wait_for(changes.wait(start), 5)


async def test_a_position_that_is_gone_is_said_to_be(engine: Opener) -> None:
    async with engine() as (documents, changes):
        for _ in range(12):
            await documents.commit([Create("cars", f"{id(object())}-{n}-{changes.head()}", {}) for n in range(100)])
        with pytest.raises(CursorGoneError):
            await changes.read(Seq(changes.head() + 1), 1)
        head = changes.head()
    async with engine() as (documents, changes):  # now without the window in memory
        assert changes.head() == head
        with pytest.raises(CursorGoneError):
            await changes.read(Seq(0), 1)
        recent = await changes.read(Seq(head - 400), 1000)
        assert [change.seq for change in recent] == list(range(head - 399, head + 1))


async def test_a_pinned_page_belongs_to_a_position(documents: DocumentStore, changes: ChangeLog) -> None:
    async def write() -> None:
        for n in range(100):
            await documents.commit([Create("cars", f"c{n}", {"n": n})])

    writing = asyncio.create_task(write())
    for _ in range(30):
        page = await documents.find("cars", Query(limit=1000, pinned=True))
        assert page.seq is not None
        after = {change.id for change in await _after(changes, page.seq)}
        assert after.isdisjoint(_ids(page.items))
        await asyncio.sleep(0.002)
    await writing


async def _after(changes: ChangeLog, seq: Seq):  # type: ignore[no-untyped-def]
    await changes.wait(Seq(seq - 1))  # a snapshot may be ahead of what was made known
    return await changes.read(seq, 1000)


def _ids(items) -> set[str]:  # type: ignore[no-untyped-def]
    import orjson

    return {orjson.loads(text)["id"] for text in items}


async def test_closing_wakes_who_waits(engine: Opener) -> None:
    async with engine() as (_, changes):
        waiting = asyncio.create_task(changes.wait(changes.head()))
        await asyncio.sleep(0)
    await asyncio.wait_for(waiting, 5)

"""A database against its own history: what is stored has to be exactly what the changes say."""

import dataclasses
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import apsw
import orjson

from tenancy.model.change import Change, Seq
from tenancy.model.limits import Limits
from tenancy.ports import ChangeLog, DocumentStore
from tenancy.query.order import order_key
from tenancy.query.tree import Query, SortKey
from tenancy.shares import Shares
from tenancy.stores.embedded.engine import EmbeddedDocuments
from tenancy.stores.embedded.memory import Memory
from tenancy.stores.embedded.workers import Workers

DEFINITIONS = "_collections"
BY_ID: tuple[SortKey, ...] = ((("id",), 1),)


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[EmbeddedDocuments]:
    """The engine on a file, closed at the end."""
    with ThreadPoolExecutor(2) as executor:
        documents = EmbeddedDocuments(
            path, executor, Workers(Shares(), 1).of("tests"), Memory(), Limits(changes_kept=100_000)
        )
        try:
            yield documents
        finally:
            await documents.aclose()


async def history(changes: ChangeLog) -> list[Change]:
    """The whole change log."""
    found: list[Change] = []
    while more := await changes.read(found[-1].seq if found else Seq(0), 500):
        found += more
    return found


async def verify(documents: DocumentStore, changes: ChangeLog, expected: Sequence[Change]) -> None:
    """The log holds these changes and no others; documents, lists and counts are what they lead to.

    Raises:
        AssertionError: something differs.
    """
    assert await history(changes) == list(expected), "the change log"
    wanted = _replayed(expected)
    assert set(documents.collections()) == {id for name, id in wanted if name == DEFINITIONS}, "the collections"
    for name in documents.collections():
        texts = {id: text for (collection, id), text in wanted.items() if collection == name}
        found = await _listed(documents, name, BY_ID)
        assert found == [texts[id] for id in sorted(texts)], f"the documents of {name}"
        await _verify_indexes(documents, name, found)
    public = sum(1 for name, _ in wanted if not name.startswith("_"))
    assert (await documents.usage())[0] == public, "the count"


async def _verify_indexes(documents: DocumentStore, name: str, found: list[bytes]) -> None:
    """A list in the order of each index, either way, is the sorted scan."""
    for index in documents.collections()[name].indexes:
        for turn in (1, -1):
            sort: tuple[SortKey, ...] = tuple((tuple(path.split(".")), turn * way) for path, way in index.fields)  # type: ignore[misc]
            order = Query(sort=sort).total_order
            by_scan = sorted(found, key=lambda text: order_key(orjson.loads(text), order))
            assert await _listed(documents, name, sort) == by_scan, f"the index {index.name} of {name}"


def verify_file(path: Path) -> None:
    """The closed file is whole for SQLite, and every entry of an index leads to a document.

    Raises:
        AssertionError: it is not so.
    """
    connection = apsw.Connection(str(path))
    try:
        assert connection.execute("PRAGMA integrity_check").get == "ok"
        orphans = "SELECT count(*) FROM entries WHERE rid NOT IN (SELECT rid FROM documents)"
        assert connection.execute(orphans).get == 0, "entries without documents"
    finally:
        connection.close()


def _replayed(changes: Sequence[Change]) -> dict[tuple[str, str], bytes | None]:
    """What there is after these changes. The log keeps no contents of system collections."""
    state: dict[tuple[str, str], bytes | None] = {}
    for change in changes:
        key = (change.collection, change.id)
        if change.op != "delete":
            state[key] = change.after
        else:
            del state[key]
            if change.collection == DEFINITIONS:
                state = {known: text for known, text in state.items() if known[0] != change.id}
    return state


async def _listed(documents: DocumentStore, name: str, sort: tuple[SortKey, ...]) -> list[bytes]:
    """Every page of a list."""
    query, items = Query(sort=sort, limit=1000), list[bytes]()
    while True:
        page = await documents.find(name, query)
        items += page.items
        if page.next is None:
            return items
        query = dataclasses.replace(query, after=page.next)

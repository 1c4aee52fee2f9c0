"""How a group of commits becomes durable, all of it or nothing.

On a replica set it is one transaction. It raises the revision in the document that describes the tenant, so of two
processes that write at the same time one meets a conflict, reads again and does its part anew.

A server that stands alone has no transactions. There the group is written twice:

1. the steps go to `pending`, in their order;
2. the document that describes the tenant gets the new revision and the number of steps: from here on it counts;
3. the steps are done, which may be repeated: each says what a document is afterwards, not how it changes;
4. the number of steps is taken away again, and `pending` is emptied.

Whoever opens the tenant finds the number when a crash came after 2, and does 3 and 4; steps of which no number is told
were never promised to anybody, and go. Each of these writes is in the journal before the next begins.
"""

from dataclasses import replace
from typing import Final

from tenancy.model.change import Change, Op, Seq
from tenancy.stores.common.catalog import CollectionState
from tenancy.stores.mongo.driver import ConflictError, Database
from tenancy.stores.mongo.state import CHANGES, META, TENANT, Draft, State, catalog_steps, read_meta
from tenancy.stores.mongo.steps import Document, Put, Remove, Step

PENDING: Final = "pending"
_WRITER: Final = "writer"


async def persist(database: Database, before: State, draft: Draft) -> State:
    """Write what a draft has reached; the state that it makes.

    Raises:
        ConflictError: another process has written, or holds a unique value.
        Unavailable: it may have been done or not; what is in memory has to be read again.
    """
    after = replace(draft.state, revision=before.revision + 1)
    steps = [
        *draft.steps,
        *(Put(CHANGES, change_row(change), fresh=True) for change in draft.changes),
        *catalog_steps(before, after),
    ]
    meta = {"revision": after.revision, "seq": after.seq, "next": after.next, "garbage": list(after.garbage)}
    if database.transactional:
        async with database.transaction() as within:
            await _announce(within, before, meta)
            await within.write(steps)
    else:
        await database.remove_all(PENDING, {})
        await database.write([Put(PENDING, _noted(number, step), fresh=True) for number, step in enumerate(steps)])
        await _announce(database, before, {**meta, "pending": len(steps)})
        await _finish(database, steps)
    return after


async def claim(database: Database) -> None:
    """End what a process that was killed has left open, and be known for this oneself.

    Its transaction would be in everybody's way until the server gives it up, which takes a minute. If that process
    lives after all, its transaction is a conflict to it, and done again.
    """
    if database.transactional:
        before = await database.first(META, {"_id": _WRITER})
        if before is not None:
            await database.end_session(before["session"])
        await database.write([Put(META, {"_id": _WRITER, "session": database.begin_writing()})])


async def recover(database: Database) -> None:
    """Do what was promised before a crash.

    Raises:
        ConflictError: what is there contradicts it.
    """
    meta = await read_meta(database)
    if meta.get("pending"):
        noted = await database.all(PENDING, {})
        await _finish(database, [_step(row) for row in sorted(noted, key=lambda row: int(row["_id"]))])


async def _announce(database: Database, before: State, meta: Document) -> None:
    if not await database.change(META, {"_id": TENANT, "revision": before.revision}, {"$set": meta}):
        raise ConflictError


async def _finish(database: Database, steps: list[Step]) -> None:
    await database.write([step._replace(fresh=False) if isinstance(step, Put) else step for step in steps])
    await database.change(META, {"_id": TENANT}, {"$unset": {"pending": 1}})
    await database.remove_all(PENDING, {})


def _noted(number: int, step: Step) -> Document:
    if isinstance(step, Put):
        return {"_id": number, "collection": step.collection, "put": step.document}
    return {"_id": number, "collection": step.collection, "remove": step.id}


def _step(row: Document) -> Step:
    if "put" in row:
        return Put(row["collection"], row["put"])
    return Remove(row["collection"], row["remove"])


def foreseen(before: State, after: State) -> State:
    """The state before, with what a read has to know as soon as a document of the state after can be met: that it may
    have several keys in an index. To know it early does no harm."""
    catalog = before.catalog
    for name, state in after.catalog.states.items():
        known = catalog.states.get(name)
        if known is not None and known is not state and known.cid == state.cid:
            several = {index.ix for index in state.indexes if index.multikey}
            catalog = catalog.with_state(_with_several(known, several))
    return replace(before, catalog=catalog) if catalog is not before.catalog else before


def _with_several(state: CollectionState, several: set[int]) -> CollectionState:
    indexes = (replace(index, multikey=index.multikey or index.ix in several) for index in state.indexes)
    return replace(state, indexes=tuple(indexes))


def change_row(change: Change) -> Document:
    """How an entry of the change log is stored."""
    return {
        "_id": change.seq, "op": change.op, "collection": change.collection, "id": change.id, "version": change.version,
        "before": change.before, "after": change.after, "at": change.at,
    }  # fmt: skip


def change_from(row: Document) -> Change:
    """An entry of the change log from what is stored."""
    op: Op = row["op"]
    return Change(
        Seq(int(row["_id"])), op, row["collection"], row["id"], int(row["version"]), row["before"], row["after"],
        int(row["at"]),
    )  # fmt: skip

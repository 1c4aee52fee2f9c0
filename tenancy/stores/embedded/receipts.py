"""What commits with an Idempotency-Key came to, kept for 24 hours in the same transaction as the commit.

The documents themselves are not kept a second time: the change log has them.
"""

from collections.abc import Sequence
from typing import Final, cast

import apsw

from tenancy.errors import DocumentNotFound, KeyReused
from tenancy.model.change import Op, Seq
from tenancy.model.clock import now_ms
from tenancy.model.json import Json, dumps, trusted
from tenancy.query.match import compile_filter
from tenancy.stores.common.receipts import KEPT_MS
from tenancy.writes import Create, Receipt, Write, Written

_SWEPT_AT_ONCE: Final = 20
_CURRENT: Final = "SELECT json FROM documents WHERE cid = (SELECT cid FROM collections WHERE name = ?) AND id = ?"


def known_result(connection: apsw.Connection, receipt: Receipt, writes: Sequence[Write]) -> Sequence[Written] | None:
    """What the commit with this receipt, of these writes, came to; None when there was none.

    Raises:
        KeyReused: it was another request.
        DocumentNotFound: its document is gone, and so is the change.
    """
    row = connection.execute("SELECT mark, at, result FROM receipts WHERE key = ?", (receipt.key,)).fetchone()
    if row is None or row[1] <= now_ms() - KEPT_MS:
        return None
    if row[0] != receipt.mark:
        raise KeyReused
    results = cast("list[tuple[Op | None, str, str, int | None]]", trusted(row[2])["results"])
    return [_again(connection, write, *result) for write, result in zip(writes, results, strict=True)]


def _again(
    connection: apsw.Connection, write: Write, op: Op | None, collection: str, id: str, seq: int | None
) -> Written:
    """The result of one write: as the change log has it, or where that is gone already, as the document is now. That
    may be another one, so it is held against the rule."""
    if op == "delete" or (op is None and seq is None and collection.startswith("_")):
        return Written(op, id, None, Seq(seq) if seq is not None else None)
    found = connection.execute("SELECT after FROM changes WHERE seq = ?", (seq,)).fetchone()
    if found is None or found[0] is None:
        found = connection.execute(_CURRENT, (collection, id)).fetchone()
        rule = write.check if isinstance(write, Create) else write.where
        if found is not None and not compile_filter(rule)(trusted(found[0])):
            found = None
    if found is None:
        raise DocumentNotFound("The document of this request is gone.")
    return Written(op, id, found[0], Seq(seq) if seq is not None else None)


def keep(connection: apsw.Connection, receipt: Receipt, writes: Sequence[Write], written: Sequence[Written]) -> None:
    """Remember what the commit came to."""
    results: list[Json] = [
        [one.op, write.collection, one.id, one.seq] for write, one in zip(writes, written, strict=True)
    ]
    values = (receipt.key, receipt.mark, now_ms(), dumps({"results": results}))
    connection.execute("INSERT OR REPLACE INTO receipts VALUES (?, ?, ?, ?)", values)


def forget_old(connection: apsw.Connection) -> bool:
    """Remove a few receipts that are older than a day; gives whether there may be more."""
    sql = "DELETE FROM receipts WHERE key IN (SELECT key FROM receipts WHERE at <= ? LIMIT ?)"
    connection.execute(sql, (now_ms() - KEPT_MS, _SWEPT_AT_ONCE))
    return connection.changes() >= _SWEPT_AT_ONCE

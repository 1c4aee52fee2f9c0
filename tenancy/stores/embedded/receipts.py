"""What commits with an Idempotency-Key came to, kept for 24 hours in the same transaction as the commit."""

from collections.abc import Sequence
from typing import Final, cast

import apsw

from tenancy.errors import KeyReused
from tenancy.model.change import Op
from tenancy.model.clock import now_ms
from tenancy.model.json import Json, dumps, trusted
from tenancy.writes import Receipt, Written

KEPT_MS: Final = 24 * 3600 * 1000
_SWEPT_AT_ONCE: Final = 20


def known_result(connection: apsw.Connection, receipt: Receipt) -> Sequence[Written] | None:
    """What the commit with this receipt came to, None when there was none.

    Raises:
        KeyReused: it was another request.
    """
    row = connection.execute("SELECT mark, at, result FROM receipts WHERE key = ?", (receipt.key,)).fetchone()
    if row is None or row[1] <= now_ms() - KEPT_MS:
        return None
    if row[0] != receipt.mark:
        raise KeyReused
    results = cast("list[list[str | None]]", trusted(row[2])["results"])
    return [
        Written(cast("Op | None", op), str(id), text.encode() if text is not None else None) for op, id, text in results
    ]


def keep(connection: apsw.Connection, receipt: Receipt, written: Sequence[Written]) -> None:
    """Remember what the commit came to."""
    results: list[Json] = [[one.op, one.id, one.text.decode() if one.text is not None else None] for one in written]
    values = (receipt.key, receipt.mark, now_ms(), dumps({"results": results}))
    connection.execute("INSERT OR REPLACE INTO receipts VALUES (?, ?, ?, ?)", values)


def forget_old(connection: apsw.Connection) -> None:
    """Remove a few receipts that are older than a day. One index seek where there is none."""
    sql = "DELETE FROM receipts WHERE key IN (SELECT key FROM receipts WHERE at <= ? LIMIT ?)"
    connection.execute(sql, (now_ms() - KEPT_MS, _SWEPT_AT_ONCE))

"""What commits with an Idempotency-Key came to, kept for 24 hours in the same transaction as the commit."""

from collections.abc import Sequence
from typing import Final

import apsw

from tenancy.errors import KeyReused
from tenancy.model.clock import now_ms
from tenancy.stores.common.receipts import KEPT_MS, result_from, result_text
from tenancy.writes import Receipt, Written

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
    return result_from(row[2])


def keep(connection: apsw.Connection, receipt: Receipt, written: Sequence[Written]) -> None:
    """Remember what the commit came to."""
    values = (receipt.key, receipt.mark, now_ms(), result_text(written))
    connection.execute("INSERT OR REPLACE INTO receipts VALUES (?, ?, ?, ?)", values)


def forget_old(connection: apsw.Connection) -> None:
    """Remove a few receipts that are older than a day. One index seek where there is none."""
    sql = "DELETE FROM receipts WHERE key IN (SELECT key FROM receipts WHERE at <= ? LIMIT ?)"
    connection.execute(sql, (now_ms() - KEPT_MS, _SWEPT_AT_ONCE))

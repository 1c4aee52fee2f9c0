"""How much each tenant was asked for, by day: counted in memory, kept in the control plane's own store.

Counts are added to what is kept every few seconds, and when the server stops, so they go on over restarts. After a
crash those of the last seconds are missing; none is counted twice.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from tenancy.errors import BackpackError
from tenancy.model.clock import now_text
from tenancy.model.collection import Collection, Index
from tenancy.model.json import JsonObject, trusted
from tenancy.model.slug import TenantId
from tenancy.model.system import DEFINITIONS
from tenancy.ports import DocumentStore
from tenancy.query.tree import Compare, Query
from tenancy.query.update import parse_update
from tenancy.tasks import end
from tenancy.writes import Create, Update, Write

USAGE: Final = "usage"
DAYS_KEPT: Final = 400
FLUSH_S: Final = 10.0
_AT_ONCE: Final = 500
_DEFINITION: Final = Collection(
    USAGE,
    indexes=(
        Index((("tenant", 1), ("day", -1))),
        Index((("at", 1),), expire_after_s=DAYS_KEPT * 24 * 3600),
    ),
)
log = structlog.get_logger("tenancy.ledger")


class Counts:
    """What one tenant was asked for in some time. `busy_ms`: how long its answers took, all waiting included."""

    __slots__ = ("busy_ms", "bytes_in", "bytes_out", "errors", "refused", "requests")

    def __init__(self) -> None:
        """Nothing yet."""
        self.requests = self.errors = self.refused = self.bytes_in = self.bytes_out = 0
        self.busy_ms = 0.0

    def to_json(self) -> JsonObject:
        """As the API shows them."""
        return {
            "requests": self.requests, "errors": self.errors, "refused": self.refused, "bytesIn": self.bytes_in,
            "bytesOut": self.bytes_out, "busyMs": round(self.busy_ms, 1),
        }  # fmt: skip


class Ledger:
    """The counts of all tenants."""

    def __init__(self, documents: DocumentStore) -> None:
        """Keep them in these documents."""
        self._documents = documents
        self._counts: dict[TenantId, Counts] = {}
        self._flushing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Ledger":
        """Begin to keep what is counted."""
        if USAGE not in self._documents.collections():
            await self._documents.commit([Create(DEFINITIONS, USAGE, _DEFINITION.to_json())])
        self._task = asyncio.create_task(self._run(), name="ledger")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Keep the last counts."""
        if self._task is not None:
            await end(self._task)
        await self._flush()

    def count(self, id: TenantId, status: int, bytes_in: int, bytes_out: int, busy_s: float) -> None:
        """One request of a tenant is over. `status` 429 counts as refused, 5xx but 507 as an error."""
        counts = self._counts.get(id)
        if counts is None:
            counts = self._counts[id] = Counts()
        counts.requests += 1
        counts.bytes_in += bytes_in
        counts.bytes_out += bytes_out
        counts.busy_ms += busy_s * 1000
        if status == 429:
            counts.refused += 1
        elif status >= 500 and status != 507:
            counts.errors += 1

    async def days(self, id: TenantId, most: int) -> Sequence[JsonObject]:
        """A tenant's counts of the last `most` days on which there were any, the newest first."""
        await self._flush()
        since = (datetime.now(UTC) - timedelta(days=most)).strftime("%Y-%m-%d")
        query = Query(Compare(("tenant",), "eq", id), ((("day",), -1),), limit=most)
        page = await self._documents.find(USAGE, query)
        found = [trusted(text) for text in page.items]
        return [_shown(stored) for stored in found if str(stored["day"]) > since]

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            await self._flush()

    async def _flush(self) -> None:
        async with self._flushing:
            counted, self._counts = self._counts, {}
            ids = list(counted)
            for start in range(0, len(ids), _AT_ONCE):
                part = ids[start : start + _AT_ONCE]
                try:
                    await self._documents.commit([_addition(id, counted[id]) for id in part])
                except BackpackError:
                    log.exception("ledger.failed")
                    for id in part:
                        self._put_back(id, counted[id])

    def _put_back(self, id: TenantId, counts: Counts) -> None:
        """What could not be kept counts together with what came meanwhile."""
        now = self._counts.setdefault(id, Counts())
        for name in Counts.__slots__:
            setattr(now, name, getattr(now, name) + getattr(counts, name))


def _addition(id: TenantId, counts: Counts) -> Write:
    at = now_text()
    day, numbers = at[:10], counts.to_json()
    name = f"{id}-{day}"
    create = Create(USAGE, name, {"tenant": id, "day": day, "at": at, **numbers})
    return Update(USAGE, name, operations=parse_update({"$inc": numbers}), otherwise=create)


def _shown(stored: JsonObject) -> JsonObject:
    return {name: stored[name] for name in ("day", *Counts().to_json())}

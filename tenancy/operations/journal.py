"""The operations in the control plane's own store: what each is at, who works on it, and what it holds.

Who works on an operation has it on lease, and renews that while it works. What nobody works on any more is taken over,
by one alone. Two operations that hold the same cannot both be written down: a unique index sees to it.
"""

from collections.abc import Sequence
from typing import Final

from tenancy.errors import AlreadyExists, DocumentNotFound, OperationNotFound, OperationRunning
from tenancy.model.clock import now_ms
from tenancy.model.collection import Collection, Index
from tenancy.model.json import Json, JsonObject, trusted
from tenancy.model.system import DEFINITIONS
from tenancy.operations.record import Operation, Status, operation_from
from tenancy.ports import DocumentStore
from tenancy.query.tree import NEWEST_FIRST, Compare, Filter, Query, both
from tenancy.writes import Create, Update

OPERATIONS: Final = "operations"
LEASE_S: Final = 30
DAYS: Final = 30
_OPEN: Filter = Compare(("status",), "in", [Status.RUNNING.value, Status.UNDOING.value])
_DEFINITION: Final = Collection(
    OPERATIONS,
    indexes=(
        Index((("locks", 1),), unique=True),
        Index((("status", 1),)),
        Index((("tenant", 1), ("createdAt", -1))),
        Index((("endedAt", 1),), expire_after_s=DAYS * 24 * 3600),
    ),
)


class LeaseLostError(Exception):
    """Somebody else works on the operation now."""


class Journal:
    """What one process writes down."""

    def __init__(self, documents: DocumentStore, owner: str) -> None:
        """Keep it in these documents, as this owner."""
        self._documents = documents
        self._owner = owner

    async def prepare(self) -> None:
        """Make the collection, where there is none yet."""
        if OPERATIONS not in self._documents.collections():
            await self._documents.commit([Create(DEFINITIONS, OPERATIONS, _DEFINITION.to_json())])

    async def begin(self, operation: Operation) -> None:
        """Write down a new operation, on lease to this owner.

        Raises:
            OperationRunning: another holds what it needs.
        """
        try:
            (made,) = await self._documents.commit([Create(OPERATIONS, operation.id, self._fields(operation))])
        except AlreadyExists:
            await self.refuse_held(operation.locks)
            raise
        operation.created_at = str(trusted(made.text or b"{}")["createdAt"])

    async def keep(self, operation: Operation) -> None:
        """Write down what it is at.

        Raises:
            LeaseLostError: somebody else works on it.
        """
        await self._update(Update(OPERATIONS, operation.id, self._fields(operation), True, where=self._mine()))

    async def renew(self, operation: Operation) -> bool:
        """Renew the lease; whether it was asked to end.

        Raises:
            LeaseLostError: somebody else works on it.
        """
        return bool((await self._update(Update(OPERATIONS, operation.id, self._lease(), where=self._mine())))["cancel"])

    async def _update(self, update: Update) -> JsonObject:
        try:
            (written,) = await self._documents.commit([update])
        except DocumentNotFound:
            raise LeaseLostError from None
        return trusted(written.text or b"{}")

    async def abandoned(self, *, alone: bool) -> list[Operation]:
        """Take over what nobody works on: what has no lease any more, or, when this owner is alone, everything."""
        taken: list[Operation] = []
        for stored in await self._all(Query(_OPEN, limit=1000)):
            until = stored.get("leaseUntil")
            if stored.get("owner") == self._owner or not (alone or (isinstance(until, int) and until < now_ms())):
                continue
            as_it_was = Compare(("owner",), "eq", stored.get("owner"))
            try:
                await self._update(Update(OPERATIONS, str(stored["id"]), self._lease(), where=both(as_it_was, _OPEN)))
            except LeaseLostError:
                continue
            taken.append(operation_from(stored))
        return taken

    async def refuse_held(self, locks: Sequence[str]) -> None:
        """Refuse what an operation holds.

        Raises:
            OperationRunning: one does.
        """
        held: list[Json] = [*locks]
        found = await self._all(Query(both(Compare(("locks",), "in", held), _OPEN), limit=1))
        if found:
            raise running(operation_from(found[0]))

    async def cancel(self, id: str) -> None:
        """Ask an operation to end, whoever works on it.

        Raises:
            OperationNotFound: there is none, or it has ended.
        """
        try:
            await self._documents.commit([Update(OPERATIONS, id, {"cancel": True}, where=_OPEN)])
        except DocumentNotFound:
            raise OperationNotFound from None

    async def get(self, id: str) -> Operation:
        """One operation.

        Raises:
            OperationNotFound: there is none.
        """
        text = await self._documents.get(OPERATIONS, id)
        if text is None:
            raise OperationNotFound
        return operation_from(trusted(text))

    async def newest(self, tenant: str | None, limit: int) -> list[Operation]:
        """The newest ones, of one tenant or of all."""
        query = Query(sort=NEWEST_FIRST, limit=limit)
        if tenant is not None:
            query = Query(Compare(("tenant",), "eq", tenant), sort=NEWEST_FIRST, limit=limit)
        return [operation_from(stored) for stored in await self._all(query)]

    async def unfinished(self) -> list[Operation]:
        """All that have not ended, whoever works on them."""
        return [operation_from(stored) for stored in await self._all(Query(_OPEN, limit=1000))]

    async def _all(self, query: Query) -> list[JsonObject]:
        page = await self._documents.find(OPERATIONS, query)
        return [trusted(text) for text in page.items]

    def _fields(self, operation: Operation) -> JsonObject:
        fields = operation.fields()
        if operation.ended:
            # Null is restricted by no unique index; an empty list is a value like others.
            return {**fields, "locks": None, "owner": None, "leaseUntil": None}
        return {**fields, **self._lease()}

    def _lease(self) -> JsonObject:
        return {"owner": self._owner, "leaseUntil": now_ms() + LEASE_S * 1000}

    def _mine(self) -> Filter:
        return Compare(("owner",), "eq", self._owner)


def running(operation: Operation | None) -> OperationRunning:
    """The refusal that names what is under way; None: a change that is done in a moment."""
    if operation is None:
        return OperationRunning("The tenant is being changed.", hint="Try again in a second.")
    return OperationRunning(
        f"The operation {operation.kind} of {operation.tenant} is under way: /v1/operations/{operation.id}"
    )

"""Several writes at once, in several collections: all of them or none."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from server.data import writes
from server.data.documents import MAX_AT_ONCE, Caller, end_sessions, shown
from tenancy.errors import BackpackError, Invalid, Place
from tenancy.model.json import Json, JsonObject, trusted
from tenancy.writes import Create, Delete, Update


class Operation(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """One write of a batch."""

    op: str
    collection: str
    id: str | None = None
    data: Any = None
    if_match: str | None = None


class Batch(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /api/batch."""

    operations: list[Operation]


async def run_batch(caller: Caller, batch: Batch) -> list[JsonObject]:
    """Do all the operations or none; `{"op", "id", "document"}` of each in order, null for a removed one.

    Raises:
        Invalid: none, or more than 1000; an operation that is not understood.
        and what the single writes raise, with the number of the operation in front of the places.
    """
    if not 1 <= len(batch.operations) <= MAX_AT_ONCE:
        raise Invalid(f"A batch has 1 to {MAX_AT_ONCE} operations, not {len(batch.operations)}.")
    asked: list[Create | Update | Delete] = []
    numbers: list[int] = []
    for number, operation in enumerate(batch.operations):
        made = _write(caller, operation, number)
        numbers.append(len(asked))
        asked += made
    try:
        written = await caller.context.documents.commit(asked, caller.receipt)
    except BackpackError as error:
        raise _placed(error, max(n for n, at in enumerate(numbers) if at <= (error.number or 0))) from None
    for operation, at in zip(batch.operations, numbers, strict=True):
        await end_sessions(caller.context, operation.collection, written[at])
    results = [
        (operation, shown(caller, operation.collection, written[at]))
        for operation, at in zip(batch.operations, numbers, strict=True)
    ]
    return [
        {"op": operation.op, "id": one.id, "document": trusted(one.text) if one.text is not None else None}
        for operation, one in results
    ]


def _write(caller: Caller, operation: Operation, number: int) -> list[Create | Update | Delete]:
    make = _MAKERS.get(operation.op)
    if make is None:
        places = [Place(f"/operations/{number}/op", f"must be one of {', '.join(_MAKERS)}")]
        raise Invalid("An operation is not known.", places=places)
    if operation.id is None and operation.op != "create":
        places = [Place(f"/operations/{number}/id", "is required")]
        raise Invalid("An operation needs the id of its document.", places=places)
    try:
        return make(caller, operation)
    except BackpackError as error:
        raise _placed(error, number) from None


def _placed(error: BackpackError, number: int) -> BackpackError:
    """The error, which says at which operation it happened."""
    at = f"/operations/{number}"
    places = [_place(at, place) for place in error.places]
    error.places = tuple(places or [Place(at, error.detail)])
    return error


def _place(at: str, place: Place) -> Place:
    if place.path == "If-Match":
        return Place(f"{at}/ifMatch", place.message)
    return Place(f"{at}{place.path}" if place.path == "/collection" else f"{at}/data{place.path}", place.message)


def _etags(operation: Operation) -> frozenset[str] | None:
    """The tag that is asked for; `*` is any."""
    return frozenset({operation.if_match.strip('"')}) if operation.if_match not in {None, "*"} else None


def _create(caller: Caller, operation: Operation) -> list[Create | Update | Delete]:
    body: Json = operation.data
    if operation.id is not None and isinstance(body, dict):
        body = {**body, "id": operation.id}
    return [writes.create(caller.context, caller.principal, operation.collection, body)]


def _update(caller: Caller, operation: Operation) -> list[Create | Update | Delete]:
    id, etags = str(operation.id), _etags(operation)
    return [writes.update(caller.context, caller.principal, operation.collection, id, operation.data, etags)]


def _overwrite(caller: Caller, operation: Operation) -> list[Create | Update | Delete]:
    id, etags = str(operation.id), _etags(operation)
    must_exist = operation.if_match is not None
    return [
        writes.overwrite(
            caller.context, caller.principal, operation.collection, id, operation.data, etags, must_exist=must_exist
        )
    ]


def _delete(caller: Caller, operation: Operation) -> list[Create | Update | Delete]:
    id, etags = str(operation.id), _etags(operation)
    return [*writes.delete(caller.context, caller.principal, operation.collection, id, etags)]


_MAKERS: Final[Mapping[str, Callable[[Caller, Operation], list[Create | Update | Delete]]]] = {
    "create": _create, "update": _update, "overwrite": _overwrite, "delete": _delete,
}  # fmt: skip

"""Long work over HTTP and WebSocket."""

import asyncio
import time
from contextlib import aclosing
from typing import Final

from server.control import metrics, operations
from server.control.context import ControlContext
from server.http.call import Call
from server.http.response import NO_STORE, Answer, Response, json
from server.http.routes import Content, Parameter, Route
from server.openapi.forms import NUMBER
from tenancy.errors import Conflict, Invalid, OperationNotFound, Place
from tenancy.model.json import JsonObject, dumps
from tenancy.operations.record import Operation
from tenancy.query.options import parse_limit

AdminCall = Call[ControlContext]
_OPERATION = "/v1/operations/{id}"
_MOST_WAIT_S: Final = 300
_MOST_DIGITS: Final = 15
"""Of a line's number: `int` does not take thousands of them, and no operation says so much."""
WAIT: Final = Parameter("`wait=SECONDS`: answer when it has ended, at most so much later (RFC 7240).")


def routes() -> list[Route[ControlContext]]:
    """The routes of operations."""
    return [
        Route(
            "GET",
            "/v1/operations",
            _list,
            "key",
            "The newest operations",
            errors=(Invalid,),
            parameters={
                "tenant": Parameter("Those of this tenant alone."),
                "limit": Parameter("How many, 30 by default.", NUMBER),
            },
        ),
        Route("GET", _OPERATION, _get, "key", "One operation", errors=(OperationNotFound,), headers={"Prefer": WAIT}),
        Route(
            "POST",
            _OPERATION + "/cancel",
            _cancel,
            "key",
            "Ask an operation to end, and what it did to be taken back",
            errors=(OperationNotFound, Conflict),
        ),
        Route(
            "GET",
            "/metrics",
            _metrics,
            "key",
            "Tenants, operations, snapshots and the age of proofs, for Prometheus",
            result=Content({"type": "string"}, (metrics.MEDIA,)),
        ),
        Route(
            "WEBSOCKET",
            _OPERATION + "/stream",
            _stream,
            "key",
            "An operation as it goes on",
            answer=(101, "A WebSocket"),
            errors=(OperationNotFound, Invalid),
            parameters={"after": Parameter("The number of the last line that is known.", NUMBER)},
        ),
    ]


async def accepted(call: AdminCall, operation: Operation) -> Answer:
    """The answer to what began an operation: 202 and where it is; 200 when the client waits, and it has ended."""
    place = (b"location", f"/v1/operations/{operation.id}".encode())
    ended = await _waited(call, operation.id)
    return json(ended or operation.shown(), 200 if ended is not None else 202, place)


async def _waited(call: AdminCall, id: str) -> JsonObject | None:
    """The operation when it has ended, if the client waits for that, and it does in time."""
    wait_s = _wait_s(call.header(b"prefer"))
    if not wait_s:
        return None
    begun = time.perf_counter()
    try:
        async with asyncio.timeout(wait_s):
            return await operations.ended(call.context, id)
    except TimeoutError:
        return None
    finally:
        call.scope["backpack.waited"] = time.perf_counter() - begun


def _wait_s(prefer: str | None) -> int:
    """How long a client waits, by its Prefer header; what it says beside that is not ours."""
    for part in (prefer or "").split(","):
        name, _, value = part.strip().partition("=")
        if name.strip().lower() == "wait" and value.strip().isdecimal():
            return min(int(value.strip()[:6]), _MOST_WAIT_S)
    return 0


async def _list(call: AdminCall) -> Answer:
    asked = call.query("tenant", "limit")
    found = await operations.newest(call.context, asked.get("tenant"), parse_limit(asked.get("limit")))
    return json({"items": found, "next": None})


async def _get(call: AdminCall) -> Answer:
    now = await operations.shown(call.context, call.params["id"])
    return json(await _waited(call, call.params["id"]) or now)


async def _metrics(call: AdminCall) -> Answer:
    return Response(200, await metrics.metrics(call.context), [(b"content-type", metrics.MEDIA.encode()), NO_STORE])


async def _cancel(call: AdminCall) -> Answer:
    return json(await operations.cancel(call.context, call.principal, call.params["id"]))


async def _stream(call: AdminCall) -> Answer:
    after = call.query("after").get("after", "0")
    if not after.isdecimal() or len(after) > _MOST_DIGITS:
        raise Invalid("The parameter is not valid.", places=[Place("after", "must be a line's number")])
    await operations.shown(call.context, call.params["id"])  # before the handshake
    await call.receive()  # websocket.connect
    await call.send({"type": "websocket.accept"})
    telling = asyncio.create_task(_tell(call, int(after)), name="operation-stream")
    leaving = asyncio.create_task(_left(call), name="operation-left")
    _, left = await asyncio.wait([telling, leaving], return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    return Response(101)


async def _tell(call: AdminCall, after: int) -> None:
    async with aclosing(operations.told(call.context, call.params["id"], after)) as told:
        async for now in told:
            await call.send({"type": "websocket.send", "text": dumps(now).decode()})
    await call.send({"type": "websocket.close", "code": 1000, "reason": "The operation has ended."})


async def _left(call: AdminCall) -> None:
    while (await call.receive())["type"] != "websocket.disconnect":
        pass

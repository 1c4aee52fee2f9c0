"""One socket: reads frames, writes what waits, and ends with its tenant, its session or its client."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog
from starlette.types import Message, Send

from server.http.call import Call
from server.realtime.conversation import Conversation
from server.realtime.hub import Hub, hub_of
from server.realtime.outbox import Outbox
from server.realtime.protocol import ENDINGS, MAX_FRAME, SUBPROTOCOL, BadFrameError, Close, read_frame
from server.realtime.turns import SENT_S, Turns
from tenancy.context import TenantContext
from tenancy.errors import TooMany
from tenancy.tasks import end

Turn = Callable[[float], Awaitable[None]]
_LAST_WORDS_S = 1.0
log = structlog.get_logger("server.socket")


async def serve_socket(call: Call[TenantContext], turns: Turns) -> None:
    """Handle a WebSocket from its handshake to its end.

    Raises:
        TooMany: the tenant has as many sockets as it may; before the handshake.
    """
    hub = hub_of(call.context)
    if len(hub.clients) >= call.context.limits.max_sockets:
        raise TooMany("The tenant has as many open sockets as it may.", retry_after_s=5)
    conversation = Conversation(call.context, hub, call.principal, call.request_id)
    hub.clients[conversation] = None
    try:
        await call.receive()  # websocket.connect
        offered: list[str] = call.scope.get("subprotocols", [])
        await call.send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL if SUBPROTOCOL in offered else None})
        await conversation.begin()
        if call.context.ended.is_set():  # the hub has told those that were there then
            conversation.outbox.close(*ENDINGS[call.context.ended.why])
        await _run(call, conversation, hub, turns)
    finally:
        del hub.clients[conversation]
        conversation.end()


async def _run(call: Call[TenantContext], conversation: Conversation, hub: Hub, turns: Turns) -> None:
    """Write here and read in a task until either side ends; then everything of the socket has ended."""
    mine, outbox = partial(turns.take, call.context.tenant.id), conversation.outbox
    reader = asyncio.create_task(_read(call, conversation, hub, mine), name="socket-reader")
    reader.add_done_callback(outbox.finish)
    try:
        async with asyncio.timeout(None) as patience:
            # Who is told why it is closed, and does not read, is left after a moment.
            outbox.when_ending(lambda: patience.reschedule(asyncio.get_running_loop().time() + _LAST_WORDS_S))
            await _write(call.send, outbox, mine)
    except TimeoutError:
        pass
    finally:
        outbox.when_ending(None)
        await end(reader)
        if not reader.cancelled() and (error := reader.exception()) is not None:
            log.error("socket.broke", id=call.request_id, error=repr(error))


async def _read(call: Call[TenantContext], conversation: Conversation, hub: Hub, turn: Turn) -> None:
    while True:
        message: Message = await call.receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        if text is None or len(text) > MAX_FRAME:
            conversation.outbox.close(Close.BAD_FRAME, "Frames are JSON texts of at most 64 KiB.")
            return
        # Not reading is how a client learns that it is too fast.
        while not hub.frames.take():  # noqa: ASYNC110 - time is all that is waited for
            await asyncio.sleep(hub.frames.wait_s())
        await hub.backlog.small()
        try:
            said = read_frame(text)
            await turn(conversation.cost_s(said))
            await conversation.handle(said)
        except BadFrameError as error:
            conversation.outbox.close(Close.BAD_FRAME, str(error)[:100])
            return


async def _write(send: Send, outbox: Outbox, turn: Turn) -> None:
    while (frame := await outbox.next()) is not None:
        await turn(SENT_S)
        text = frame.decode()
        del frame  # who waits for the next one should not hold the last
        await send({"type": "websocket.send", "text": text})
        del text
    if outbox.closing is not None:
        code, reason = outbox.closing
        await send({"type": "websocket.close", "code": int(code), "reason": reason})

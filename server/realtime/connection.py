"""One socket: reads frames, writes what waits, and ends with its tenant, its session or its client."""

import asyncio

import structlog
from starlette.types import Message, Send

from server.http.call import Call
from server.realtime.conversation import Conversation
from server.realtime.hub import hub_of
from server.realtime.outbox import Outbox
from server.realtime.protocol import MAX_FRAME, SUBPROTOCOL, BadFrameError, Close, read_frame
from tenancy.context import TenantContext
from tenancy.errors import TooMany

log = structlog.get_logger("server.socket")


async def serve_socket(call: Call[TenantContext]) -> None:
    """Handle a WebSocket from its handshake to its end.

    Raises:
        TooMany: the tenant has as many sockets as it may; before the handshake.
    """
    hub = hub_of(call.context)
    if len(hub.clients) >= call.context.limits.max_sockets:
        raise TooMany("The tenant has as many open sockets as it may.", retry_after_s=5)
    await call.receive()  # websocket.connect
    offered: list[str] = call.scope.get("subprotocols", [])
    await call.send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL if SUBPROTOCOL in offered else None})
    conversation = Conversation(call.context, hub, call.principal, call.request_id)
    hub.clients[conversation] = None
    try:
        await conversation.begin()
        await _run(call, conversation)
    finally:
        del hub.clients[conversation]
        conversation.end()


async def _run(call: Call[TenantContext], conversation: Conversation) -> None:
    """Read and write until either side ends; then everything of the socket has ended."""
    writer = asyncio.create_task(_write(call.send, conversation.outbox), name="socket-writer")
    reader = asyncio.create_task(_read(call, conversation), name="socket-reader")
    tenant = asyncio.create_task(call.context.ended.wait(), name="socket-tenant")
    tasks = {reader, writer, tenant}
    try:
        done, _ = await asyncio.wait({reader, writer, tenant}, return_when=asyncio.FIRST_COMPLETED)
        if tenant in done:
            conversation.outbox.close(Close.GONE, "The tenant is gone.")
        if not writer.done() and not reader.done():
            await asyncio.wait({writer}, timeout=1)
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                log.error("socket.broke", id=call.request_id, error=repr(result))


async def _read(call: Call[TenantContext], conversation: Conversation) -> None:
    while True:
        message: Message = await call.receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        if text is None or len(text) > MAX_FRAME:
            conversation.outbox.close(Close.BAD_FRAME, "Frames are JSON texts of at most 64 KiB.")
            await asyncio.Event().wait()  # the writer closes, which ends this task
            return
        try:
            await conversation.handle(read_frame(text))
        except BadFrameError as error:
            conversation.outbox.close(Close.BAD_FRAME, str(error)[:100])
            await asyncio.Event().wait()


async def _write(send: Send, outbox: Outbox) -> None:
    while (frame := await outbox.next()) is not None:
        await send({"type": "websocket.send", "text": frame.decode()})
    assert outbox.closing is not None
    code, reason = outbox.closing
    await send({"type": "websocket.close", "code": int(code), "reason": reason})

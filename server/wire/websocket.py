"""uvicorn's WebSocket with less memory for a socket that is silent, which most are at most times.

An `asyncio.Queue` has three deques of 0.7 KB, an event has a fourth, and the request and its answer are kept for as
long as the socket.
"""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from tenancy.flag import Flag


class Mailbox:
    """An `asyncio.Queue` for one that reads; what uvicorn's protocol wants of it."""

    __slots__ = ("_flag", "_messages")

    def __init__(self) -> None:
        """It is empty."""
        self._messages: list[Any] = []
        self._flag = Flag()

    def put_nowait(self, message: Any) -> None:
        """One more; there are never many, as reading pauses while there is one."""
        self._messages.append(message)
        self._flag.set()

    async def get(self) -> Any:
        """The first, when there is one."""
        while not self._messages:
            self._flag.clear()
            await self._flag.wait()
        return self._messages.pop(0)

    def empty(self) -> bool:
        """Whether there is none."""
        return not self._messages


class WebSocket(WebSocketsSansIOProtocol):
    """One connection, from its handshake on."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """The parameters are uvicorn's."""
        super().__init__(*arguments, **named)
        self.queue = Mailbox()  # type: ignore[assignment]
        self.writable = Flag()  # type: ignore[assignment]
        self.writable.set()

    async def send(self, message: Any) -> None:
        """What the app says."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            # The handshake was refused, and that is complete: uvicorn would log an error for each.
            self.handshake_complete = True

    def start_keepalive(self) -> None:
        """The handshake is over, and its texts have been sent."""
        self.request.headers.clear()  # its reader, which goes on with the frames, holds the request too
        del self.request, self.response
        super().start_keepalive()

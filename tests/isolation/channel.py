"""A WebSocket as ASGI messages."""

import asyncio
import json
from typing import Any

from starlette.types import ASGIApp, Message, Scope

from tests.isolation.raw import Fields


class Channel:
    """One socket, and every frame that came."""

    def __init__(self, app: ASGIApp, headers: Fields) -> None:
        self.frames: list[bytes] = []
        self.closed: int | None = None
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._came = asyncio.Condition()
        self._say({"type": "websocket.connect"})
        scope: Scope = {
            "type": "websocket", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1",
            "scheme": "ws", "path": "/api/realtime", "raw_path": b"/api/realtime", "query_string": b"", "root_path": "",
            "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
            "subprotocols": ["backpack.v1"],
        }  # fmt: skip
        self._task = asyncio.create_task(self._run(app, scope))

    def say(self, kind: str, **fields: Any) -> None:
        self._say({"type": "websocket.receive", "text": json.dumps({"type": kind, **fields})})

    async def heard(self, *texts: bytes) -> None:
        """Wait until a frame came that has one of these texts, or the socket is closed."""
        async with asyncio.timeout(30), self._came:
            await self._came.wait_for(lambda: self.closed is not None or self.has(*texts))

    def has(self, *texts: bytes) -> bool:
        """Whether one of these texts is in a frame that came."""
        return any(text in frame for frame in self.frames for text in texts)

    def taken(self) -> list[bytes]:
        """The frames so far, which are forgotten."""
        frames, self.frames = self.frames, []
        return frames

    async def end(self) -> None:
        """Leave."""
        self._say({"type": "websocket.disconnect", "code": 1001})
        await self._task

    async def _run(self, app: ASGIApp, scope: Scope) -> None:
        await app(scope, self._inbox.get, self._send)

    def _say(self, message: Message) -> None:
        self._inbox.put_nowait(message)

    async def _send(self, message: Message) -> None:
        async with self._came:
            if message["type"] == "websocket.send":
                self.frames.append(message["text"].encode())
            elif message["type"] in {"websocket.close", "websocket.http.response.start"}:
                self.closed = message.get("code", message.get("status"))
            self._came.notify_all()

"""A realtime client that speaks frames."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.support.app import Tenant, User


class Socket:
    """One connection; remembers frames that nobody waited for."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.unread: list[dict[str, Any]] = []

    async def say(self, kind: str, **fields: Any) -> None:
        await self._connection.send(json.dumps({"type": kind, **fields}))

    async def say_text(self, text: str) -> None:
        await self._connection.send(text)

    async def hear(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The next frame of this kind; the others stay in `unread`."""
        for number, known in enumerate(self.unread):
            if known["type"] == kind and all(known.get(name) == value for name, value in fields.items()):
                return self.unread.pop(number)
        while True:
            frame: dict[str, Any] = json.loads(await asyncio.wait_for(self._connection.recv(), 10))
            if frame["type"] == kind and all(frame.get(name) == value for name, value in fields.items()):
                return frame
            self.unread.append(frame)

    async def nothing_but_pong(self) -> None:
        """Everything that was sent before has been answered, and nothing else came."""
        await self.say("ping")
        await self.hear("pong")
        assert self.unread == []

    async def closed(self) -> int:
        """The code with which the server closes."""
        await asyncio.wait_for(self._connection.wait_closed(), 10)
        return self._connection.close_code or 0


@asynccontextmanager
async def socket(tenant: Tenant, user: User | None = None, **options: Any) -> AsyncIterator[Socket]:
    """An open socket, signed in by its first frame."""
    uri = f"ws://{tenant.host}/api/realtime"
    options.setdefault("subprotocols", ["backpack.v1"])
    async with connect(uri, host="127.0.0.1", port=tenant.port, proxy=None, **options) as connection:
        opened = Socket(connection)
        await opened.hear("hello")
        if user is not None:
            await opened.say("auth", token=user.token)
            await opened.hear("authenticated")
        yield opened

"""A world that is served in a thread of its own, for clients that block."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.isolation.world import World, world
from tests.wire.raw import served

T = TypeVar("T")


@dataclass
class Apart:
    """The world, the port of its public listener, and the loop that serves it."""

    made: World
    port: int
    loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Have the server's loop do something."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()


@contextmanager
def served_apart(folder: Path, tenants: int) -> Iterator[Apart]:
    """Serve a world with so many tenants until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    stack = AsyncExitStack()

    async def begin() -> Apart:
        made = await stack.enter_async_context(world(folder, tenants))
        serving = await stack.enter_async_context(served(made.app))
        return Apart(made, serving.listener.port, loop)

    try:
        yield asyncio.run_coroutine_threadsafe(begin(), loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

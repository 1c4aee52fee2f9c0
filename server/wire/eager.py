"""A request's task, whose first step runs at once.

Most requests are answered without ever waiting. `loop.create_task` would schedule each of them, and tell of its end in
yet another callback. Python 3.12 has eager tasks for that; this is the same for 3.11: a real `asyncio.Task`, so that
`current_task`, cancelling, timeouts and task groups are what they are everywhere.
"""

import asyncio
from asyncio.events import Handle
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from typing import Any


class Starter:
    """Starts tasks on one loop."""

    __slots__ = ("_context", "_loop", "_of_loop", "_step", "_take_step")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start tasks on this loop."""
        self._loop = loop
        self._of_loop: dict[str, Any] = vars(loop)
        self._take_step = self._take
        self._context: Context | None = None
        self._step: Callable[[], object] | None = None

    def start(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run the coroutine up to its first wait; the task is done already if it never waits.

        Not to be called from within a task: a loop runs one at a time.
        """
        context = self._context = copy_context()
        # A new task hands its first step to `call_soon` of its loop. That one call is ours.
        self._of_loop["call_soon"] = self._take_step
        try:
            # A fixed name: numbering them would cost more than making them.
            task = asyncio.Task(coroutine, loop=self._loop, name="request", context=context)
        finally:
            del self._of_loop["call_soon"]
        step, self._step = self._step, None
        assert step is not None
        context.run(step)
        return task

    def _take(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Handle | None:
        if context is self._context:
            self._step = callback
            return None
        # Making a task can run the garbage collector, and that anything; whatever it asks for is not ours.
        return type(self._loop).call_soon(self._loop, callback, *args, context=context)

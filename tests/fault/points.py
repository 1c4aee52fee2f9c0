"""Every moment at which an operation leaves something behind: calls of the file system and commits.

At one of them, by its number, something happens: the process is killed, or the disk is full.
"""

import errno
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal

from tenancy.errors import OutOfSpace
from tenancy.operations import course
from tenancy.operations.runner import Runner
from tenancy.stores.embedded.engine import EmbeddedDocuments

What = Literal["kill", "full", "count"]
_CALLS: Final = ("link", "fsync", "rename", "mkdir", "unlink", "rmdir")
_NEED_SPACE: Final = frozenset({"link", "fsync", "rename", "mkdir"})


class Points:
    """Counts the calls while an operation runs."""

    def __init__(self, what: What, at: int) -> None:
        self.what = what
        self.at = at
        self.count = 0
        self.armed = False
        self.hit = ""

    def reached(self, name: str) -> None:
        if not self.armed or (self.what == "full" and name not in _NEED_SPACE and name != "commit"):
            return
        self.count += 1
        if self.what == "count" or self.count != self.at:
            return
        self.hit = name
        if self.what == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif name == "commit":
            raise OutOfSpace
        else:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextmanager
def points(what: What, at: int = 0) -> Iterator[Points]:
    """Watch all calls; the first operation that begins arms it, its end disarms it."""
    found = Points(what, at)
    honest: dict[str, Callable[..., Any]] = {name: getattr(os, name) for name in _CALLS}
    commit, begin, end = EmbeddedDocuments.commit, Runner.begin, course._end

    def watched(name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            found.reached(name)
            return honest[name](*arguments, **named)

        return call

    async def committed(self: EmbeddedDocuments, *arguments: Any, **named: Any) -> Any:
        found.reached("commit")
        done = await commit(self, *arguments, **named)
        if found.what == "kill":
            found.reached("after the commit")
        return done

    async def begun(self: Runner, *arguments: Any, **named: Any) -> Any:
        found.armed = True
        return await begin(self, *arguments, **named)

    async def ended(*arguments: Any, **named: Any) -> Any:
        await end(*arguments, **named)
        found.armed = False

    replaced: list[tuple[Any, str, Any]] = [(os, name, watched(name)) for name in _CALLS]
    replaced += [(EmbeddedDocuments, "commit", committed), (Runner, "begin", begun), (course, "_end", ended)]
    kept = [(owner, name, getattr(owner, name)) for owner, name, _ in replaced]
    for owner, name, value in replaced:
        setattr(owner, name, value)
    try:
        yield found
    finally:
        for owner, name, value in kept:
            setattr(owner, name, value)

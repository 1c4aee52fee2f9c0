"""A disk that fails: one of SQLite's own system calls answers with an error number.

SQLite's Unix VFS lets its system calls be replaced, so that the errors take the very way that real ones take. There is
no such switch for fdatasync. A sync is made to fail by what the file's descriptor stands for: after the write before
it, and until the next call, it is a pipe, which cannot be synced.
"""

import ctypes
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import apsw

Kind = Literal["open", "read", "write", "truncate", "sync", "close"]

_INT, _SIZE, _OFFSET = ctypes.c_int, ctypes.c_size_t, ctypes.c_int64
_CALLS: dict[str, tuple[Kind | None, tuple[Any, ...]]] = {
    "open": ("open", (_INT, ctypes.c_char_p, _INT, _INT)),
    "read": ("read", (ctypes.c_ssize_t, _INT, ctypes.c_void_p, _SIZE)),
    "pread": ("read", (ctypes.c_ssize_t, _INT, ctypes.c_void_p, _SIZE, _OFFSET)),
    "pread64": ("read", (ctypes.c_ssize_t, _INT, ctypes.c_void_p, _SIZE, _OFFSET)),
    "write": ("write", (ctypes.c_ssize_t, _INT, ctypes.c_void_p, _SIZE)),
    "pwrite": ("write", (ctypes.c_ssize_t, _INT, ctypes.c_void_p, _SIZE, _OFFSET)),
    "pwrite64": ("write", (ctypes.c_ssize_t, _INT, ctypes.c_void_p, _SIZE, _OFFSET)),
    "ftruncate": ("truncate", (_INT, _INT, _OFFSET)),
    "fstat": (None, (_INT, _INT, ctypes.c_void_p)),
    "close": ("close", (_INT, _INT)),
}


class FailingDisk:
    """Counts the calls of one kind, and lets the n-th fail, or all from the n-th on; those on files in one folder."""

    def __init__(self, folder: Path) -> None:
        """Take the place of SQLite's system calls. Nothing fails yet."""
        self._folder = os.fsencode(folder)
        self._ours: set[int] = set()
        self._vfs = apsw.VFS("failing", "unix")
        self._kind: Kind | None = None
        self._left = 0
        self._errno = errno.EIO
        self._lasting = False
        self._exchanged: tuple[int, int] | None = None
        self._pipe = os.pipe()
        self._replacements = {name: self._replace(name, *call) for name, call in _CALLS.items()}

    def fail(self, kind: Kind, n: int, number: int, *, lasting: bool) -> None:
        """Let the n-th call of this kind from now on end with an error number, or that and all that follow."""
        self._kind, self._left, self._errno, self._lasting = kind, n, number, lasting

    def heal(self) -> bool:
        """Let nothing fail any more; whether anything did."""
        failed, self._kind = self._left <= 0, None
        return failed

    def close(self) -> None:
        """Give SQLite its system calls back."""
        self._restore()
        for name in self._replacements:
            self._vfs.xSetSystemCall(name, 0)
        self._vfs.unregister()
        for descriptor in self._pipe:
            os.close(descriptor)

    def _replace(self, name: str, kind: Kind | None, types: tuple[Any, ...]) -> object:
        """Put a function in a system call's place; it has to live as long as it is there."""
        address = self._vfs.xGetSystemCall(name)
        if not address:
            return None
        prototype = ctypes.CFUNCTYPE(*types, use_errno=True)
        replacement = prototype(self._failing(kind, prototype(address)))
        self._vfs.xSetSystemCall(name, ctypes.cast(replacement, ctypes.c_void_p).value or 0)
        return replacement

    def _failing(self, kind: Kind | None, real: Callable[..., int]) -> Callable[..., int]:
        def call(*arguments: Any) -> int:
            self._restore()
            file = arguments[0]
            ours = file.startswith(self._folder) if kind == "open" else file in self._ours
            if ours and kind is not None and kind == self._kind and self._due():
                ctypes.set_errno(self._errno)
                return -1
            result = real(*arguments)
            if ours and kind == "open" and result >= 0:
                self._ours.add(result)
            if kind == "close":
                self._ours.discard(file)
            if ours and kind == "write" and self._kind == "sync" and self._due():
                self._exchange(file)
            return result

        return call

    def _due(self) -> bool:
        self._left -= 1
        return self._left == 0 or (self._left < 0 and self._lasting)

    def _exchange(self, descriptor: int) -> None:
        self._exchanged = (descriptor, os.dup(descriptor))
        os.dup2(self._pipe[1], descriptor)

    def _restore(self) -> None:
        if self._exchanged is not None:
            descriptor, kept = self._exchanged
            self._exchanged = None
            os.dup2(kept, descriptor)
            os.close(kept)


@contextmanager
def failing_disk(folder: Path) -> Iterator[FailingDisk]:
    """SQLite's files in this folder are on a disk that can fail."""
    disk = FailingDisk(folder)
    try:
        yield disk
    finally:
        disk.close()

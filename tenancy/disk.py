"""What makes things on the disk last (POSIX). Blocking."""

import os
import shutil
import threading
import time
from pathlib import Path
from typing import IO, Final

_AT_ONCE: Final = 1024 * 1024


def sync(path: Path) -> None:
    """Have a file's content, or the names in a folder, on the disk before this returns."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(file: IO[bytes]) -> None:
    """Have what was written to an open file on the disk before this returns."""
    file.flush()
    os.fsync(file.fileno())


def sync_tree(folder: Path) -> None:
    """Make the names in a folder and all below it durable."""
    for path in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        sync(path)
    sync(folder.parent)


def link(source: Path, target: Path) -> None:
    """Have the same content under another name: a hard link, or a copy where there can be none. Blobs never change."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        temporary = target.with_name(target.name + ".new")
        shutil.copyfile(source, temporary)
        sync(temporary)
        temporary.rename(target)


class Awaited:
    """How often somebody has waited for the disk with an answer to give."""

    def __init__(self) -> None:
        """Nobody has."""
        self.times = 0

    def begins(self) -> None:
        """Somebody does, now."""
        self.times += 1


awaited: Final = Awaited()
"""Of this process: its tenants share one disk."""


class Gently:
    """Long writing of one file that gives way to others who wait for the same disk.

    One sync at the end has the disk busy with all of the file, and every commit meanwhile waits for that: 50 ms for
    100 MB where it is 4 otherwise (`make bench-lifecycle`). So each mebibyte is synced when it is written, and when
    anybody waited for the disk meanwhile, nothing is done for as long as that took.
    """

    def __init__(self, descriptor: int) -> None:
        """Nothing is written yet."""
        self._descriptor = descriptor
        self._written = 0
        self._since = time.monotonic()
        self._awaited = awaited.times

    def wrote(self, size: int) -> None:
        """So many bytes more were written. Blocking, for a moment each mebibyte."""
        self._written += size
        if self._written < _AT_ONCE:
            return
        os.fsync(self._descriptor)
        if awaited.times != self._awaited:
            threading.Event().wait(time.monotonic() - self._since)
        self._written, self._since, self._awaited = 0, time.monotonic(), awaited.times

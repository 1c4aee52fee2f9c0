"""What makes things on the disk last (POSIX). Blocking."""

import os
import threading
import time
from pathlib import Path
from typing import Final

_AT_ONCE: Final = 1024 * 1024


def sync(path: Path) -> None:
    """Have a file's content, or the names in a folder, on the disk before this returns."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Gently:
    """Long writing of one file that gives way to others who wait for the same disk.

    One sync at the end has the disk busy with all of the file, and every commit meanwhile waits for that: 50 ms for
    100 MB where it is 4 otherwise (`make bench-lifecycle`). So each mebibyte is synced when it is written, and then
    nothing is done for as long as that took.
    """

    def __init__(self, descriptor: int) -> None:
        """Nothing is written yet."""
        self._descriptor = descriptor
        self._written = 0
        self._since = time.monotonic()

    def wrote(self, size: int) -> None:
        """So many bytes more were written. Blocking, for a moment each mebibyte."""
        self._written += size
        if self._written < _AT_ONCE:
            return
        os.fsync(self._descriptor)
        threading.Event().wait(time.monotonic() - self._since)
        self._written, self._since = 0, time.monotonic()

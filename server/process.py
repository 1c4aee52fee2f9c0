"""What the server asks of its own process: of the interpreter, of the C library, of the system."""

import ctypes
import gc
import resource
import sys
from contextlib import suppress
from typing import Final

import structlog

_FILES_EACH: Final = 6
"""Of an open tenant: its database, the write-ahead log and its index, for each of two connections."""
_FILES_BESIDE: Final = 512
"""For sockets, and for files that are sent."""
_GARBAGE: Final = (10_000, 5, 2)
"""Objects made and not freed before those are looked at: requests leave no cycles, so looking at 700 finds nothing. All
are looked at after a tenth of what is usual: closed tenants are cycles, and large."""
_SWITCH_S: Final = 0.0005
"""How long the loop may keep a thread waiting that has come back from the disk; Python's own 5 ms are ten commits."""
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_LARGE: Final = 1024 * 1024
"""Bytes of a piece of memory that goes back to the system when it is freed."""
log = structlog.get_logger("server")


def tenants_open(wanted: int) -> int:
    """How many tenants may be open: as many as are wanted, or fewer where the system allows fewer files."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # The soft limit is for programs that cannot use more than 1024; the hard one is what the system allows.
    with suppress(ValueError, OSError):  # macOS names a hard limit that it does not let anybody reach
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    fit = max((most - _FILES_BESIDE) // _FILES_EACH, 1) if most != resource.RLIM_INFINITY else wanted
    if fit < wanted:
        log.warning("tenants.few_open", wanted=wanted, open=fit, files=most, hint="Raise ulimit -Hn.")
    return min(fit, wanted)


def set_up_process() -> None:
    """For a process that serves until it ends: what is there now stays, and a finished commit is not kept waiting."""
    _give_memory_back()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)
    sys.setswitchinterval(_SWITCH_S)


def _give_memory_back() -> None:
    """Have glibc return large pieces when they are freed; other C libraries know no such wish, and need none.

    By itself it raises its threshold to the largest piece that was freed, the 19 MiB of a hashed password, and keeps
    such pieces from then on in the heap of each thread that hashed one: 100 MB that nobody uses. The price is a quarter
    of the time of a hash, for pages that are new each time. Source: mallopt(3).
    """
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
        mallopt(_M_TRIM_THRESHOLD, 2 * _LARGE)

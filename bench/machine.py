"""What the figures were measured on."""

import os
import platform
import re
import statistics
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from typing import Final

import apsw

from bench.peers.process import installed

_BLOCK: Final = bytes(4096)
_SYNCS: Final = 200


def describe() -> str:
    """One line: the hardware and the versions."""
    wrk = subprocess.run(["wrk", "--version"], capture_output=True, text=True, check=False).stdout.split()[1]
    pocketbase = subprocess.run([installed("pocketbase"), "--version"], capture_output=True, text=True, check=True)
    return ", ".join([
        f"{os.cpu_count()} cores ({_processor()})",
        f"{platform.system()} {platform.release()}",
        f"Python {platform.python_version()}",
        f"Backpack {version('backpack')} with SQLite {apsw.sqlite_lib_version()}",
        f"PocketBase {pocketbase.stdout.split()[-1]}",
        f"wrk {wrk}",
    ])  # fmt: skip


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.machine()


def fsync_ms(folder: Path) -> float:
    """How long the disk below a folder takes to keep 4 KiB: the median."""
    taken: list[float] = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(_SYNCS):
            file.write(_BLOCK)
            begun = time.perf_counter()
            os.fsync(file.fileno())
            taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)

"""What processes hold in memory (Linux)."""

import os
from pathlib import Path


def held_bytes(but: int | None = None) -> int:
    """Memory of all processes that this one has started (but one), and those of theirs, with their part of what they
    share.

    Source: `Pss` in proc_pid_smaps(5).
    """
    return sum(_pss(pid) for pid in _descendants(os.getpid()) if pid != but)


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            found += [int(child), *_descendants(int(child))]
    return found


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended meanwhile
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)

"""Long writing gives way to who waits for the disk, and to nobody else."""

import os
import threading
from pathlib import Path

import pytest

from tenancy import disk


@pytest.mark.parametrize(("someone", "rests"), [(False, 0), (True, 3)])
def test_it_rests_only_while_somebody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, someone: bool, rests: int
) -> None:
    seen: list[float] = []
    synced: list[int] = []
    fsync = os.fsync

    class Rest(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            seen.append(timeout or 0.0)
            return False

    def counted(descriptor: int) -> None:
        synced.append(descriptor)
        fsync(descriptor)

    monkeypatch.setattr("tenancy.disk.threading.Event", Rest)
    monkeypatch.setattr("tenancy.disk.os.fsync", counted)
    with (tmp_path / "file").open("wb", buffering=0) as file:
        gently = disk.Gently(file.fileno())
        for _ in range(3 * 16):  # three mebibytes, in pieces of 64 KiB
            file.write(b"x" * 65536)
            if someone:
                disk.awaited.begins()
            gently.wrote(65536)
    assert (len(synced), len(seen)) == (3, rests)
    assert all(pause > 0 for pause in seen)

"""Operations that are broken off at any moment are done or undone afterwards, never half, and can be done again.

Short here: some moments of each, evenly spread. `make fault-long` breaks off at every one (`FAULT_POINTS=0`).
"""

import asyncio
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tenancy.operations import runner
from tests.fault.operations import CASES, SETTINGS, Prepared, check, prepare, save
from tests.fault.points import points
from tests.support.app import running_app
from tests.support.figures import FIGURES

pytestmark = [pytest.mark.process, pytest.mark.timeout(1800)]
MOST = int(os.environ.get("FAULT_POINTS", "5"))
"""Moments of each operation that are tried; 0 for all."""


@pytest.fixture(scope="module")
async def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """What each attempt gets a copy of."""
    return await prepare(tmp_path_factory.mktemp("operations") / "data")


def _spread(count: int) -> list[int]:
    """Which moments are tried, from 1."""
    if not MOST or count <= MOST:
        return list(range(1, count + 1))
    return sorted({1 + round(n * (count - 1) / (MOST - 1)) for n in range(MOST)})


def _copy(prepared: Prepared, folder: Path) -> Prepared:
    shutil.copytree(prepared.data, folder)
    return prepared._replace(data=folder)


async def _points_of(prepared: Prepared, name: str, folder: Path) -> tuple[int, int]:
    """How many moments an operation has for a kill, and for a full disk."""
    counts: list[int] = []
    for what in ("kill", "full"):
        own = _copy(prepared, folder / what)
        async with running_app(own.data, **SETTINGS) as app:
            with points("kill" if what == "kill" else "full", 10**9) as found:
                answer = await CASES[name].ask(app, own, "first")
            assert answer.json()["status"] == "done", answer.text
            assert await check(app, own, name, "first") == "done"
        counts.append(found.count)
    return counts[0], counts[1]


@pytest.mark.parametrize("name", CASES)
async def test_killed_at_any_moment_it_is_done_or_undone(
    prepared: Prepared, tmp_path: Path, name: str, record_property: Callable[[str, object], None]
) -> None:
    count, _ = await _points_of(prepared, name, tmp_path / "whole")
    assert count > 10
    ends: Counter[str] = Counter()
    for at in _spread(count):
        own = _copy(prepared, tmp_path / f"{at}")
        save(own)
        command = [sys.executable, "-m", "tests.fault.operations", str(own.data), name, str(at)]
        killed = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=False)
        assert killed.returncode in {-9, 0}, killed.stderr.decode()[-3000:]
        async with running_app(own.data, **SETTINGS) as app:
            ended = await check(app, own, name, "first")
            ends[ended] += 1
            if ended != "done":
                again = await CASES[name].ask(app, own, "again")
                assert again.json()["status"] == "done", again.text
                assert await check(app, own, name, "again") == "done"
        await asyncio.to_thread(shutil.rmtree, own.data)
    assert not ends["failed"], ends
    record_property(FIGURES, f"{name}: killed at {sum(ends.values())} of {count} moments: {dict(ends)}")


@pytest.mark.parametrize("name", CASES)
async def test_with_a_full_disk_at_any_moment_it_is_done_or_undone(
    prepared: Prepared, tmp_path: Path, name: str, record_property: Callable[[str, object], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(runner, "_AGAIN_S", (0.01,))
    _, count = await _points_of(prepared, name, tmp_path / "whole")
    assert count > 5
    ends: Counter[str] = Counter()
    for at in _spread(count):
        own = _copy(prepared, tmp_path / f"{at}")
        async with running_app(own.data, **SETTINGS) as app:
            with points("full", at) as found:
                answer = await CASES[name].ask(app, own, "first")
            assert found.hit or answer.json()["status"] == "done"
            if not answer.is_success:
                assert answer.json()["code"] in {"out_of_space", "internal_error", "unavailable"}, answer.text
            ended = await check(app, own, name, "first")
            ends[ended] += 1
            if ended != "done":
                again = await CASES[name].ask(app, own, "again")
                assert again.json()["status"] == "done", again.text
                assert await check(app, own, name, "again") == "done"
        await asyncio.to_thread(shutil.rmtree, own.data)
    record_property(FIGURES, f"{name}: disk full at {sum(ends.values())} of {count} moments: {dict(ends)}")

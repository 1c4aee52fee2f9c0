"""Operations that are broken off at any moment are done or undone afterwards, never half, and can be done again.

Short here: some moments of each, evenly spread. `make fault-long` breaks off at every one (`FAULT_POINTS=0`).
"""

import asyncio
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tenancy.operations import course
from tests.fault.operations import CASES, SETTINGS, Prepared, check, prepare, save
from tests.fault.points import points
from tests.support.app import App, running_app
from tests.support.figures import FIGURES
from tests.support.mongo import MongoServer

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


@contextmanager
def _mongo(name: str) -> Iterator[str]:
    """The address of a MongoDB of its own, for an operation that needs one."""
    if not CASES[name].mongo:
        yield ""
        return
    server = MongoServer()
    try:
        yield server.url
    finally:
        server.stop()


def _copy(prepared: Prepared, folder: Path) -> Prepared:
    shutil.copytree(prepared.data, folder)
    return prepared._replace(data=folder)


async def _points_of(prepared: Prepared, name: str, folder: Path) -> tuple[int, int]:
    """How many moments an operation has for a kill, and for a full disk."""
    counts: list[int] = []
    for what in ("kill", "full"):
        own = _copy(prepared, folder / what)
        with _mongo(name) as url:
            async with running_app(own.data, **SETTINGS, mongo_url=url) as app:
                with points("kill" if what == "kill" else "full", 10**9) as found:
                    answer = await CASES[name].ask(app, own, "first")
                assert answer.json()["status"] == "done", answer.text
                assert await check(app, own, name, "first") == "done"
        counts.append(found.count)
    return counts[0], counts[1]


async def _checked(app: App, own: Prepared, name: str) -> str:
    """How it ended, when everything is as it should be; what was not done can be done again."""
    ended = await check(app, own, name, "first")
    if ended != "done":
        again = await CASES[name].ask(app, own, "again")
        assert again.json()["status"] == "done", again.text
        assert await check(app, own, name, "again") == "done"
    return ended


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
        with _mongo(name) as url:
            command = [sys.executable, "-m", "tests.fault.operations", str(own.data), name, str(at), url]
            killed = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=False)
            assert killed.returncode in {-9, 0}, killed.stderr.decode()[-3000:]
            async with running_app(own.data, **SETTINGS, mongo_url=url) as app:
                ends[await _checked(app, own, name)] += 1
        await asyncio.to_thread(shutil.rmtree, own.data)
    assert not ends["failed"], ends
    record_property(FIGURES, f"{name}: killed at {sum(ends.values())} of {count} moments: {dict(ends)}")


@pytest.mark.parametrize("name", CASES)
async def test_with_a_full_disk_at_any_moment_it_is_done_or_undone(
    prepared: Prepared, tmp_path: Path, name: str, record_property: Callable[[str, object], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(course, "_AGAIN_S", (0.01,))
    _, count = await _points_of(prepared, name, tmp_path / "whole")
    assert count >= 5
    ends: Counter[str] = Counter()
    for at in _spread(count):
        own = _copy(prepared, tmp_path / f"{at}")
        with _mongo(name) as url:
            async with running_app(own.data, **SETTINGS, mongo_url=url) as app:
                with points("full", at) as found:
                    answer = await CASES[name].ask(app, own, "first")
                assert found.hit or answer.json()["status"] == "done"
                if not answer.is_success:
                    assert answer.json()["code"] in {"out_of_space", "internal_error", "unavailable"}, answer.text
                ends[await _checked(app, own, name)] += 1
        await asyncio.to_thread(shutil.rmtree, own.data)
    record_property(FIGURES, f"{name}: disk full at {sum(ends.values())} of {count} moments: {dict(ends)}")

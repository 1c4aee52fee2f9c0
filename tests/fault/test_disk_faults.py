"""The disk fails or is full: each commit is done or refused, nothing in between, and the engine goes on by itself."""

import asyncio
import errno
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import apsw
import pytest

from tenancy.errors import OutOfSpace, Unavailable
from tenancy.model.change import Change
from tenancy.model.collection import Collection, Index
from tenancy.ports import DocumentStore
from tenancy.stores.embedded.create import create_database
from tenancy.writes import Create, Delete, Update, Write
from tests.fault.faults import FailingDisk, Kind, failing_disk
from tests.fault.state import history, opened, verify, verify_file
from tests.fault.workload import defining
from tests.support.figures import FIGURES

CHECKPOINT_PAGES = 12
CARS = Collection("cars", indexes=(Index((("price", 1),)), Index((("tags", 1),))))
BIG = "x" * 9000
ROUNDS: tuple[tuple[Sequence[Write], ...], ...] = (
    ([defining(CARS)],),
    ([Create("cars", "a", {"price": 1, "tags": ["x", "y"]})], [Create("cars", "b", {}), Create("notes", "b", {})]),
    ([Create("cars", "c", {"text": BIG})], [Create("cars", "d", {}), Update("cars", "d", {"price": 2})]),
    ([Update("cars", "a", {"price": 3, "tags": ["y"]}), Create("boats", "e", {})], [Create("notes", "f", {})]),
    ([Delete("cars", "b"), Create("cars", "g", {"tags": ["z"]})],),
)
"""Commits that are asked for at the same time, round after round."""
AFTERWARDS = (([Create("after", "h", {})],),)


Step = tuple[str, str, str]


@dataclass(slots=True)
class Told:
    """What clients were told: the steps of the commits that were acknowledged, in order, and how many were refused."""

    steps: list[Step] = field(default_factory=list[Step])
    refusals: Counter[str] = field(default_factory=Counter[str])

    async def work(self, documents: DocumentStore, rounds: Sequence[Sequence[Sequence[Write]]]) -> None:
        """Ask for everything; a commit whose ground was refused is left out."""
        for commits in rounds:
            possible = [writes for writes in commits if self._possible(writes)]
            answers = await asyncio.gather(*map(documents.commit, possible), return_exceptions=True)
            for writes, answer in zip(possible, answers, strict=True):
                if isinstance(answer, BaseException):
                    assert isinstance(answer, OutOfSpace | Unavailable), repr(answer)
                    self.refusals[answer.code] += 1
                else:
                    self.steps += map(_step, writes)

    def fits(self, log: Sequence[Change]) -> bool:
        """Whether the log has what was acknowledged, and nothing else but the collections that this made."""
        found = [(change.op, change.collection, change.id) for change in log]
        following = [*found[1:], None]
        implied = [
            step[:2] == ("create", "_collections")
            and step not in self.steps
            and after is not None
            and after[1] == step[2]
            for step, after in zip(found, following, strict=True)
        ]
        return self.steps == [step for step, skip in zip(found, implied, strict=True) if not skip]

    def _possible(self, writes: Sequence[Write]) -> bool:
        steps = [_step(write) for write in writes]
        made = {step[1:] for step in [*self.steps, *steps] if step[0] == "create"}
        return all(step[1:] in made for step in steps)


def _step(write: Write) -> Step:
    """What the log says of it. A definition is made by the first update of it."""
    making = isinstance(write, Create) or (isinstance(write, Update) and write.otherwise is not None)
    return "create" if making else type(write).__name__.lower(), write.collection, write.id


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[FailingDisk]:
    """A disk that can fail, under databases that write their log back often."""

    def often(connection: apsw.Connection) -> None:
        connection.wal_autocheckpoint(CHECKPOINT_PAGES)

    apsw.connection_hooks.append(often)
    with failing_disk(tmp_path) as disk:
        yield disk
    apsw.connection_hooks.remove(often)


async def _try(folder: Path, disk: FailingDisk, arm: Callable[[], None]) -> tuple[bool, Told]:
    """Work on a new database while the disk fails; whether it did fail, and what the clients were told."""
    path, told, log = folder / "data.db", Told(), list[Change]()
    create_database(path, [])
    arm()
    try:
        async with opened(path) as documents:
            await told.work(documents, ROUNDS)
            failed = disk.heal()
            # Nobody has to open it again: with the disk, the engine is back.
            await told.work(documents, AFTERWARDS)
            assert told.steps[-1] == ("create", "after", "h")
            log = await history(documents.changes)
            assert told.fits(log), (log, told.steps)
            killed = folder / "killed"
            killed.mkdir()
            for file in (path, path.with_name("data.db-wal")):
                shutil.copy(file, killed)
    except apsw.Error:
        # It could not be opened, which the pool answers with 503.
        failed = disk.heal()
        assert failed
        assert not told.steps
        assert not told.refusals
        killed = folder
    for found in {killed / "data.db", path}:
        async with opened(found) as documents:
            await verify(documents, documents.changes, log)
        verify_file(found)
    return failed, told


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "for a while"])
@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("write", errno.ENOSPC), ("write", errno.EIO), ("sync", errno.EIO), ("truncate", errno.EIO), ("open", errno.EMFILE),
        ("read", errno.EIO),
    ],
    ids=lambda value: errno.errorcode[value] if isinstance(value, int) else value,
)  # fmt: skip
async def test_a_commit_is_acknowledged_and_kept_or_refused_and_gone_whatever_call_fails(
    tmp_path: Path,
    disk: FailingDisk,
    record_property: Callable[[str, object], None],
    kind: Kind,
    number: int,
    lasting: bool,
) -> None:
    refusals: Counter[str] = Counter()
    failed, n = True, 0
    while failed:
        n += 1
        folder = tmp_path / str(n)
        folder.mkdir()
        failed, told = await _try(folder, disk, partial(disk.fail, kind, n, number, lasting=lasting))
        refusals += told.refusals
        shutil.rmtree(folder)
    record_property(FIGURES, f"{n - 1} calls failed in turn, refused: {dict(refusals)}")
    assert n > 1
    if kind == "write":
        assert refusals[OutOfSpace.code if number == errno.ENOSPC else Unavailable.code] > 0
    if kind == "sync":
        assert refusals[Unavailable.code] > 0

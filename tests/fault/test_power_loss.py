"""The power fails: what was acknowledged is there, whole, and nothing is there in part."""

import os
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate
from pathlib import Path

import apsw
import pytest

from tenancy.model.change import Change, Seq
from tenancy.stores.embedded.create import create_database
from tenancy.stores.embedded.engine import EmbeddedDocuments
from tenancy.stores.embedded.layout import open_file
from tenancy.writes import Create
from tests.fault.powerloss import Event, Platter, Written, recording_disk
from tests.fault.state import DEFINITIONS, history, opened, verify, verify_file
from tests.fault.workload import BOATS, CARS, NOTES, author_of, defining, work
from tests.support.figures import FIGURES, Figures

IMAGES = int(os.environ.get("FAULT_IMAGES", "300"))
PER_RECORDING = 25
CHECKPOINT_PAGES = 60
BASE = Seq(3)
"""The log of a new database: the definitions of its collections."""


@dataclass(slots=True)
class Recording:
    """What the disk was told, and what the clients were told, on one clock: the number of events before."""

    events: Sequence[Event]
    changes: Sequence[Change] = ()
    promises: list[tuple[int, Seq]] = field(default_factory=list[tuple[int, Seq]])
    """When a client was told that its commit is done, and up to where the log went at that moment."""
    sizes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """The number of writes in each commit of each author."""

    def promised(self, cut: int) -> Seq:
        """The last change that was acknowledged before the cut."""
        return max((seq for moment, seq in self.promises if moment <= cut), default=Seq(0))

    def ends(self) -> set[Seq]:
        """The last change of each commit. An author's changes are in the order of its commits."""
        ends = {last: set(accumulate(sizes)) for last, sizes in self.sizes.items()}
        done: Counter[str] = Counter()
        found: set[Seq] = set()
        for change in self.changes:
            author = author_of(change.id)
            done[author] += 1
            defined = (change.collection, change.op) == (DEFINITIONS, "update")
            if defined or done[author] in ends.get(author, ()):
                found.add(change.seq)
        return found


async def _record(folder: Path, seed: str) -> Recording:
    """Let clients work on a new database, with a restart in between."""
    path = folder / "data.db"
    create_database(path, [defining(CARS), defining(BOATS), defining(NOTES)])
    with recording_disk(folder, CHECKPOINT_PAGES) as disk:
        disk.adopt(path)
        recording = Recording(disk.events)
        for half in ("a", "b"):
            async with opened(path) as documents:
                await work(documents, seed + half, partial(_promise, recording, documents), authors=6, commits=8)
                recording.changes = await history(documents.changes)
    return recording


def _promise(recording: Recording, documents: EmbeddedDocuments, author: str, writes: int) -> None:
    recording.promises.append((len(recording.events), documents.changes.head()))
    recording.sizes[author].append(writes)


async def _judge(folder: Path, recording: Recording, cut: int) -> str:
    """What the engine makes of a crash image: "whole", or how it fails."""
    path = folder / "data.db"
    try:
        async with opened(path) as documents:
            head = documents.changes.head()
            if head < recording.promised(cut):
                return "lost"
            if head not in {BASE, *recording.ends()}:
                return "torn"
            await verify(documents, documents.changes, recording.changes[:head])
            await documents.commit([Create("after", "one", {"price": 1})])
            assert await documents.get("after", "one"), "a new document"
        verify_file(path)
    except AssertionError as error:
        return f"damaged: {str(error)[:200]}"
    except Exception as error:  # noqa: BLE001 - a broken database can break anything
        return f"unreadable: {error!r}"
    return "whole"


async def _crash(folder: Path, seed: str, images: int) -> list[tuple[int, str]]:
    """The verdicts on images at random moments of one recording, each with its moment."""
    rng = random.Random(seed)
    recording = await _record(folder, seed)
    assert [change.seq for change in recording.changes] == list(range(1, len(recording.changes) + 1))
    first = recording.promises[0][0]
    cuts = sorted(rng.randrange(first, len(recording.events) + 1) for _ in range(images))
    platter, played, verdicts = Platter(), 0, list[tuple[int, str]]()
    for cut in cuts:
        platter.play(recording.events[played:cut])
        played = cut
        with tempfile.TemporaryDirectory(dir=folder) as image:
            platter.image(Path(image), rng)
            verdicts.append((cut, await _judge(Path(image), recording, cut)))
    return verdicts


@pytest.mark.timeout(120 + IMAGES)
async def test_a_power_loss_loses_nothing_acknowledged_and_tears_no_commit(
    tmp_path: Path, record_property: Figures
) -> None:
    verdicts: dict[tuple[str, int, int], str] = {}
    for number, start in enumerate(range(0, IMAGES, PER_RECORDING)):
        folder = tmp_path / str(number)
        folder.mkdir()
        for place, (cut, verdict) in enumerate(await _crash(folder, f"r{number}", min(PER_RECORDING, IMAGES - start))):
            verdicts[f"r{number}", place, cut] = verdict
    record_property(FIGURES, _summary(verdicts.values()))
    assert {key: verdict for key, verdict in verdicts.items() if verdict != "whole"} == {}


@pytest.mark.parametrize("level", ["NORMAL", "OFF"])
async def test_the_simulation_sees_writes_that_are_not_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Figures, level: str
) -> None:
    def careless(path: Path, *, write: bool) -> apsw.Connection:
        connection = open_file(path, write=write)
        connection.execute(f"PRAGMA synchronous={level}")
        return connection

    with monkeypatch.context() as patched:
        patched.setattr("tenancy.stores.embedded.engine.open_file", careless)
        verdicts = [verdict for _, verdict in await _crash(tmp_path, level, 30)]
    record_property(FIGURES, _summary(verdicts))
    assert "lost" in verdicts


async def test_a_recording_has_all_that_may_go_wrong(tmp_path: Path) -> None:
    recording = await _record(tmp_path, "shape")
    ops = Counter(change.op for change in recording.changes)
    assert min(ops["create"], ops["update"], ops["delete"]) > 10
    assert len(recording.ends()) < len(recording.changes), "no commit has several writes"
    moments = [moment for moment, _ in recording.promises]
    assert len(set(moments)) < len(moments), "no commits shared a transaction"
    database = [event for event in recording.events if isinstance(event, Written) and event.file == 1]
    assert len(database) > 100, "the log was never written back"


def _summary(verdicts: Iterable[str]) -> str:
    counts = Counter(verdict.partition(":")[0] for verdict in verdicts)
    shown = ", ".join(f"{counts[name]} {name}" for name in ("whole", "lost", "torn", "unreadable", "damaged"))
    return f"{counts.total()} images: {shown}"

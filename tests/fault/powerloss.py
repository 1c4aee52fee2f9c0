"""A disk that remembers what was written and what was synced, and what it may hold when the power fails.

SQLite works through a VFS that notes every write, truncation, sync, creation and removal of a file. From the notes up
to any moment a crash image can be made: all that was synced is in it, of the rest any part, in pieces of a sector. The
wal-index (-shm) is not noted: it is shared memory, and SQLite makes it anew.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import apsw

SECTOR = 512
_SYSTEM = "unix"


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes went to a place in a file."""

    file: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncated:
    """A file was cut to a size."""

    file: int
    size: int


@dataclass(frozen=True, slots=True)
class Synced:
    """A file's writes, all those before this event, are on the disk."""

    file: int


@dataclass(frozen=True, slots=True)
class Named:
    """From now on this name is this file, or none."""

    name: str
    file: int | None


Event: TypeAlias = Written | Truncated | Synced | Named


class RecordingDisk(apsw.VFS):
    """SQLite's own way to files, with notes. A file that was removed and made again is another file."""

    def __init__(self, folder: Path) -> None:
        """Become the way that every new connection takes; what is in this folder is noted."""
        super().__init__("recording", _SYSTEM, makedefault=True)
        self._folder = folder
        self.events: list[Event] = []
        self._files: dict[str, int] = {}
        self._made = 0

    def adopt(self, path: Path) -> None:
        """Take a file that is there as one that is on the disk."""
        file = self._name(path.name)
        self.events += [Written(file, 0, path.read_bytes()), Synced(file)]

    def _name(self, name: str) -> int:
        if name not in self._files:
            self._made += 1
            self._files[name] = self._made
            self.events.append(Named(name, self._made))
        return self._files[name]

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        """Open a file and note that it is there."""
        assert name is not None, "temporary tables are in memory"
        path = Path(name if isinstance(name, str) else name.filename())
        if path.parent != self._folder:
            return apsw.VFSFile(_SYSTEM, name, flags)
        opened = _RecordedFile(name, flags)
        opened.note(self.events, self._name(path.name))
        return opened

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        """Remove a name."""
        super().xDelete(filename, syncdir)
        path = Path(filename)
        if path.parent == self._folder:
            self._files.pop(path.name, None)
            self.events.append(Named(path.name, None))


class _RecordedFile(apsw.VFSFile):
    def __init__(self, name: str | apsw.URIFilename, flags: list[int]) -> None:
        super().__init__(_SYSTEM, name, flags)
        self._events: list[Event] = []
        self._file = 0

    def note(self, events: list[Event], file: int) -> None:
        self._events, self._file = events, file

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        super().xWrite(data, offset)
        self._events.append(Written(self._file, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        super().xTruncate(newsize)
        self._events.append(Truncated(self._file, newsize))

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._events.append(Synced(self._file))


@contextmanager
def recording_disk(folder: Path, checkpoint_pages: int) -> Iterator[RecordingDisk]:
    """What is opened in the folder meanwhile is recorded, and writes its log back after so many pages."""

    def often(connection: apsw.Connection) -> None:
        connection.wal_autocheckpoint(checkpoint_pages)

    disk = RecordingDisk(folder)
    apsw.connection_hooks.append(often)
    try:
        yield disk
    finally:
        apsw.connection_hooks.remove(often)
        apsw.set_default_vfs(_SYSTEM)
        disk.unregister()


class Platter:
    """What the disk holds for certain, and what is still on its way."""

    def __init__(self) -> None:
        """An empty disk."""
        self._contents: dict[int, bytearray] = {}
        self._names: dict[str, int | None] = {}
        self._data: list[Written | Truncated] = []
        self._naming: list[Named] = []

    def play(self, events: Sequence[Event]) -> None:
        """Let this happen."""
        for event in events:
            if isinstance(event, Synced):
                self._sync(event.file)
            elif isinstance(event, Named):
                self._naming.append(event)
            else:
                self._data.append(event)

    def _sync(self, file: int) -> None:
        for event in self._data:
            if event.file == file:
                _do(self._contents, event)
        self._data = [event for event in self._data if event.file != file]
        # With the first sync of a file that it made, SQLite syncs the folder; the others change no name before it.
        if any(event.file == file for event in self._naming):
            self._names |= {event.name: event.file for event in self._naming}
            self._naming.clear()

    def image(self, folder: Path, rng: random.Random) -> None:
        """Write what a power loss may leave into a folder."""
        contents = {file: bytearray(data) for file, data in self._contents.items()}
        survives = rng.choice((0.1, 0.5, 0.9))
        for event in self._data:
            if rng.random() < survives:
                for part in _torn(event, rng):
                    _do(contents, part)
        kept = self._naming[: rng.randrange(len(self._naming) + 1)]  # a file system keeps the order of names
        names = self._names | {event.name: event.file for event in kept}
        for name, file in names.items():
            if file is not None:
                (folder / name).write_bytes(contents.get(file, b""))


def _do(contents: dict[int, bytearray], event: Written | Truncated) -> None:
    data = contents.setdefault(event.file, bytearray())
    if isinstance(event, Truncated):
        del data[event.size :]
        return
    data.extend(bytes(max(0, event.offset + len(event.data) - len(data))))
    data[event.offset : event.offset + len(event.data)] = event.data


def _torn(event: Written | Truncated, rng: random.Random) -> Iterator[Written | Truncated]:
    """A write whole, or in a third of the cases some of its sectors."""
    if isinstance(event, Truncated) or rng.random() < 0.67:
        yield event
        return
    for start in range(0, len(event.data), SECTOR):
        if rng.random() < 0.5:
            yield Written(event.file, event.offset + start, event.data[start : start + SECTOR])

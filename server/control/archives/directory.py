"""The directory at the end of a zip, looked at before `zipfile` reads it: that keeps all of it, whatever it is.

Only what `zipfile` reads in one way, whichever its version, is let through: no comment, and the record of a large zip
where its locator says. Blocking. Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.12 to 4.3.16
"""

import os
import struct
from typing import IO, Final, NamedTuple

from server.control.archives.layout import MAX_ENTRIES
from tenancy.errors import Invalid, TooLarge

MAX_DIRECTORY: Final = 64 * 1024 * 1024
"""Bytes: more than 200,000 entries with names as long as they come take."""
_END: Final = struct.Struct("<4s4H2LH")
_LOCATOR: Final = struct.Struct("<4sLQL")
_LARGE_END: Final = struct.Struct("<4sQ2H2L4Q")
_HEADER: Final = struct.Struct("<4s24x3H12x")
_DAMAGED: Final = "The archive cannot be read: it is damaged, or no zip."


class _Directory(NamedTuple):
    entries: int
    size: int
    start: int


def check_directory(file: IO[bytes]) -> None:
    """Accept a zip's directory; no more of it is kept than one entry.

    Raises:
        Invalid: there is none, or it is not what its end says.
        TooLarge: it has too many entries, or too many bytes.
    """
    found = _found(file)
    if found.entries > MAX_ENTRIES:
        raise TooLarge(f"The archive has {found.entries} entries; at most {MAX_ENTRIES} are allowed.")
    if found.size > MAX_DIRECTORY:
        raise TooLarge(f"The archive's list of entries has {found.size} bytes; at most {MAX_DIRECTORY} are allowed.")
    # The number is the sender's word, and nobody else counts: a list can go on behind it.
    file.seek(found.start)
    left, entries = found.size, 0
    while left > 0 and entries <= found.entries:
        left -= _passed(file)
        entries += 1
    if left or entries != found.entries:
        raise Invalid("The archive has other entries than its end says.")


def _found(file: IO[bytes]) -> _Directory:
    at = file.seek(0, os.SEEK_END) - _END.size
    end = _END.unpack(_read(file, at, _END.size))
    if end[0] != b"PK\x05\x06" or end[7] != 0:
        raise Invalid(_DAMAGED)
    found = _large(file, at) or _Directory(end[4], end[5], at - end[5])
    if found.start < 0:
        raise Invalid(_DAMAGED)
    return found


def _large(file: IO[bytes], end: int) -> _Directory | None:
    """What the record of a large zip says, in place of the small one."""
    at = end - _LOCATOR.size
    if at < 0:
        return None
    locator = _LOCATOR.unpack(_read(file, at, _LOCATOR.size))
    if locator[0] != b"PK\x06\x07":
        return None
    start = at - _LARGE_END.size
    record = _LARGE_END.unpack(_read(file, start, _LARGE_END.size))
    if record[0] != b"PK\x06\x06" or locator[2] != start:
        raise Invalid(_DAMAGED)
    return _Directory(record[7], record[8], start - record[8])


def _passed(file: IO[bytes]) -> int:
    """The bytes of the entry that comes next; it is behind us then."""
    data = file.read(_HEADER.size)
    if len(data) != _HEADER.size or data[:4] != b"PK\x01\x02":
        raise Invalid(_DAMAGED)
    _, name, extra, comment = _HEADER.unpack(data)
    more: int = name + extra + comment
    file.seek(more, os.SEEK_CUR)
    return _HEADER.size + more


def _read(file: IO[bytes], at: int, size: int) -> bytes:
    if at < 0:
        raise Invalid(_DAMAGED)
    file.seek(at)
    data = file.read(size)
    if len(data) != size:
        raise Invalid(_DAMAGED)
    return data

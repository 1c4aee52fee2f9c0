"""What every `FileStore` does."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import pytest

from tenancy.errors import TooLarge
from tenancy.ports import FileStore


async def _pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def _read(files: FileStore, key: str, start: int = 0, stop: int | None = None) -> bytes:
    return b"".join([piece async for piece in files.read(key, start, stop)])


async def test_bytes_go_round(files: FileStore) -> None:
    blob = await files.put("files/a1", _pieces(b"abc", b"", b"def"), limit=6)
    assert (blob.size, blob.sha256) == (6, hashlib.sha256(b"abcdef").hexdigest())
    assert await _read(files, "files/a1") == b"abcdef"
    assert await _read(files, "files/a1", 2) == b"cdef"
    assert await _read(files, "files/a1", 2, 4) == b"cd"
    assert await _read(files, "files/a1", 6) == b""
    assert await files.usage() == (1, 6)


async def test_a_blob_is_replaced_whole(files: FileStore) -> None:
    await files.put("files/a1", _pieces(b"old content"), limit=100)
    await files.put("files/a1", _pieces(b"new"), limit=100)
    assert await _read(files, "files/a1") == b"new"


async def test_what_is_too_large_leaves_the_old(files: FileStore) -> None:
    await files.put("files/a1", _pieces(b"old"), limit=3)
    with pytest.raises(TooLarge):
        await files.put("files/a1", _pieces(b"ab", b"cd"), limit=3)
    assert await _read(files, "files/a1") == b"old"
    assert await files.usage() == (1, 3)


async def test_what_breaks_off_leaves_nothing(files: FileStore) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield b"x"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await files.put("files/a1", breaking(), limit=100)

    async def endless() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    task = asyncio.create_task(files.put("files/a2", endless(), limit=100))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await files.usage() == (0, 0)


async def test_deleting(files: FileStore) -> None:
    for key in ("site/a", "site/b", "files/c"):
        await files.put(key, _pieces(b"x"), limit=1)
    await files.delete("site/a")
    await files.delete("site/a")
    await files.delete("site/")
    await files.delete("missing/")
    assert await files.usage() == (1, 1)
    with pytest.raises(FileNotFoundError):
        await _read(files, "site/b")


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../x", "a/../../x", "A", "a b", "a\\b", "ä", "a//b"])
async def test_keys_are_ours(files: FileStore, key: str) -> None:
    with pytest.raises(ValueError, match=r"^.*$"):
        await files.put(key, _pieces(b"x"), limit=1)


async def test_what_is_gone_is_told(files: FileStore) -> None:
    assert (await files.put("site/a1", _pieces(b"12345"), limit=100)).replaced is None
    assert (await files.put("site/a1", _pieces(b"123"), limit=100)).replaced == 5
    await files.put("site/a2", _pieces(b"12"), limit=100)
    await files.put("files/a3", _pieces(b"1"), limit=100)
    assert await files.usage() == (3, 6)
    assert await files.delete("files/none") == (0, 0)
    assert await files.delete("files/a3") == (1, 1)
    assert await files.delete("site/") == (2, 5)
    assert await files.usage() == (0, 0)

"""Bytes as files below one folder.

A blob is written to a temporary name, fsynced, renamed, and its folder fsynced, with the folders above it when they may
be new: whole or not at all, and durable.
"""

import asyncio
import errno
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

import aiofiles

from tenancy.disk import awaited, sync
from tenancy.errors import OutOfSpace, TooLarge
from tenancy.ports import Blob, FileStore
from tenancy.work import Work

_KEY = re.compile(r"[a-z0-9_-]+(?:/[a-z0-9_.-]+)*/?\Z")
_PIECE = 256 * 1024
_SYNCED = 2 * 1024 * 1024


class LocalFiles:
    """A folder of blobs; what an interrupted upload left is removed when it is opened."""

    def __init__(self, root: Path, work: Work) -> None:
        """Use the folder, which is made when it is missing; write when it is the tenant's turn. Blocking."""
        self._root = root
        self._work = work
        self._partial = root / "partial"
        self._settled: set[Path] = set()
        shutil.rmtree(self._partial, ignore_errors=True)
        self._partial.mkdir(parents=True)

    def path(self, key: str) -> Path:
        """Where the blob is."""
        if not _KEY.match(key) or ".." in key:
            raise ValueError(key)
        return self._root / key

    async def put(self, key: str, content: AsyncIterator[bytes], *, limit: int) -> Blob:
        """Store atomically and durably."""
        target = self.path(key)
        temporary = self._partial / secrets.token_hex(8)
        try:
            size, digest = await self._write(temporary, content, limit)
            replaced = await self._work.do("disk", partial(self._settle, temporary, target))
        except BaseException as error:  # a cancelled upload leaves nothing either
            await asyncio.to_thread(temporary.unlink, missing_ok=True)
            if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise OutOfSpace from None
            raise
        return Blob(key, size, digest, replaced)

    async def _write(self, path: Path, content: AsyncIterator[bytes], limit: int) -> tuple[int, str]:
        """Sync what came every few megabytes, in the tenant's turn.

        Where much is written and not yet synced, the file system makes everybody who syncs wait for all of it: ext4 in
        its default mode writes the data of new blocks before the journal's transaction that others wait for.
        """
        size, digest, waiting, held = 0, hashlib.sha256(), list[bytes](), 0
        file = await asyncio.to_thread(path.open, "xb", buffering=0)
        try:
            async for piece in content:
                size, held = size + len(piece), held + len(piece)
                if size > limit:
                    raise TooLarge(f"At most {limit} bytes are allowed.")
                waiting.append(piece)
                if held >= _SYNCED:
                    await self._work.do("disk", partial(_append, file, waiting, digest))
                    waiting, held = [], 0
            await self._work.do("disk", partial(_append, file, waiting, digest))
        finally:
            file.close()
        return size, digest.hexdigest()

    def _settle(self, temporary: Path, target: Path) -> int | None:
        """Give a blob its name, durably: it must not be lost with a folder that was made for it.

        Gives the bytes of what had the name before.
        """
        folder = target.parent
        folder.mkdir(parents=True, exist_ok=True)
        replaced = target.stat().st_size if target.exists() else None
        temporary.rename(target)
        try:
            sync(folder)
            if folder not in self._settled:
                for above in folder.parents[: len(folder.relative_to(self._root).parts) + 1]:
                    sync(above)
                self._settled.add(folder)
        except OSError:
            if replaced is None:
                target.unlink(missing_ok=True)
            raise
        return replaced

    async def read(self, key: str, start: int = 0, stop: int | None = None) -> AsyncGenerator[bytes, None]:
        """The bytes from `start` up to `stop`, in pieces."""
        async with aiofiles.open(self.path(key), "rb") as file:
            await file.seek(start)
            left = stop - start if stop is not None else None
            while left is None or left > 0:
                piece = await file.read(_PIECE if left is None else min(_PIECE, left))
                if not piece:
                    return
                if left is not None:
                    left -= len(piece)
                yield piece

    async def delete(self, key: str) -> tuple[int, int]:
        """Remove a blob, or all below a key that ends with `/`; how many, and their bytes."""
        gone = await asyncio.to_thread(_remove, self.path(key), key.endswith("/"))
        if key.endswith("/"):
            self._settled.clear()
        return gone

    async def usage(self) -> tuple[int, int]:
        """How many blobs there are, and their bytes in all."""
        return await asyncio.to_thread(_usage, self._root)


def _append(file: BinaryIO, pieces: Sequence[bytes], digest: "hashlib._Hash") -> None:
    for piece in pieces:
        digest.update(piece)
        file.write(piece)
    awaited.begins()
    os.fsync(file.fileno())


def _remove(path: Path, tree: bool) -> tuple[int, int]:
    if tree:
        gone = _usage(path)
        shutil.rmtree(path, ignore_errors=True)
        return gone
    try:
        size = path.stat().st_size
        path.unlink()
    except FileNotFoundError:
        return 0, 0
    return 1, size


def _usage(root: Path) -> tuple[int, int]:
    sizes = [path.stat().st_size for path in root.rglob("*") if path.is_file() and path.parent.name != "partial"]
    return len(sizes), sum(sizes)


def _is_a_file_store(files: LocalFiles) -> FileStore:
    return files

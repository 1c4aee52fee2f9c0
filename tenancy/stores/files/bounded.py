"""A file store that holds no more bytes than its tenant may have, whatever keeps them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from tenancy.errors import OverQuota
from tenancy.model.limits import Limits
from tenancy.ports import Blob, FileStore


class BoundedFiles:
    """Counts what comes and goes. It is counted whole once, when it is first asked for."""

    def __init__(self, files: FileStore, limits: Limits) -> None:
        """Bound this store by the tenant's limits, which may change."""
        self._files = files
        self._limits = limits
        self._held: tuple[int, int] | None = None
        self._counting = asyncio.Lock()

    async def put(self, key: str, content: AsyncIterator[bytes], *, limit: int) -> Blob:
        """Store, unless it is more than there is room for.

        Raises:
            OverQuota: the tenant's files have as many bytes as they may.
        """
        await self._count()
        came = _Came()
        try:
            blob = await self._files.put(key, self._counted(content, came), limit=limit)
        except BaseException:
            self._add(0, -came.size)
            raise
        self._add(1 if blob.replaced is None else 0, -(blob.replaced or 0))
        return blob

    async def _counted(self, content: AsyncIterator[bytes], came: "_Came") -> AsyncGenerator[bytes, None]:
        """Takes up room as the bytes come: what is uploaded at the same time cannot have it too."""
        self._check()
        async for piece in content:
            came.size += len(piece)
            self._add(0, len(piece))
            self._check(over=1)
            yield piece

    def _check(self, over: int = 0) -> None:
        assert self._held is not None
        most, held = self._limits.max_storage, self._held[1]
        if most and held >= most + over:
            raise OverQuota(f"The tenant's files and site have {held} bytes; they may have {most}.")

    def _add(self, blobs: int, size: int) -> None:
        assert self._held is not None
        self._held = (self._held[0] + blobs, self._held[1] + size)

    def read(self, key: str, start: int = 0, stop: int | None = None) -> AsyncGenerator[bytes, None]:
        """As the store."""
        return self._files.read(key, start, stop)

    async def delete(self, key: str) -> tuple[int, int]:
        """As the store."""
        await self._count()
        gone = await self._files.delete(key)
        self._add(-gone[0], -gone[1])
        return gone

    async def usage(self) -> tuple[int, int]:
        """As the store, without looking at each blob; uploads under way count with what has come."""
        return await self._count()

    async def _count(self) -> tuple[int, int]:
        async with self._counting:
            if self._held is None:
                self._held = await self._files.usage()
            return self._held


class _Came:
    """How much of a body has come."""

    size = 0


def _is_a_file_store(files: BoundedFiles) -> FileStore:
    return files

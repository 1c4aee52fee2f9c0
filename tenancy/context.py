"""What a request holds of its tenant: the only door to that tenant's stores."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar, cast

from tenancy.model.limits import Limits
from tenancy.model.settings import Held
from tenancy.model.system import FILES
from tenancy.model.tenant import Tenant
from tenancy.ports import ChangeLog, DocumentStore, FileStore, Post, SessionStore, Usage
from tenancy.query.tree import Query
from tenancy.work import Work


class Attachment(Protocol):
    """Something that lives as long as the open tenant, such as its realtime hub."""

    async def aclose(self) -> None:
        """Stop; the tenant's stores are still open."""
        ...


A = TypeVar("A", bound=Attachment)


class Attachments:
    """At most one attachment of each type; made when it is first asked for."""

    def __init__(self) -> None:
        """Begin with none."""
        self._all: dict[type[Attachment], Attachment] = {}

    def get(self, kind: type[A], make: Callable[[], A]) -> A:
        """The tenant's attachment of this type."""
        found = self._all.get(kind)
        if found is None:
            found = self._all[kind] = make()
        return cast("A", found)

    def find(self, kind: type[A]) -> A | None:
        """The tenant's attachment of this type, if it was made already."""
        return cast("A | None", self._all.get(kind))

    async def aclose(self) -> None:
        """Close all of them."""
        for attachment in self._all.values():
            await attachment.aclose()
        self._all.clear()


Reason = Literal["gone", "suspended", "moved"]
"""Why an open tenant is closed under its users: it is served no more, not now, or at once again in another state."""


class Ending:
    """That a tenant is being closed: whoever holds it for long (a socket) has to let go."""

    def __init__(self) -> None:
        """It is not."""
        self._event = asyncio.Event()
        self.why: Reason = "gone"
        self.under_way: set[asyncio.Task[None]] = set()
        """The requests that hold it."""

    def begin(self, why: Reason) -> None:
        """It is being closed."""
        if not self._event.is_set():
            self.why = why
            self._event.set()

    def is_set(self) -> bool:
        """Whether it is."""
        return self._event.is_set()

    async def wait(self) -> None:
        """Return when it is."""
        await self._event.wait()

    def cut(self) -> None:
        """End the requests that are still under way."""
        for task in list(self.under_way):
            task.cancel()


@dataclass(frozen=True, slots=True)
class TenantContext:
    """One open tenant. Frozen: nothing in it can be pointed at another tenant."""

    tenant: Tenant
    documents: DocumentStore
    changes: ChangeLog
    files: FileStore
    sessions: SessionStore
    limits: Limits
    settings: Held
    post: Post
    origin: str
    """As browsers see it, such as `http://shop.localhost:8000`; links in mails begin with it."""
    work: Work
    closers: tuple[Callable[[], Awaitable[None]], ...] = ()
    attachments: Attachments = field(default_factory=Attachments)
    ended: Ending = field(default_factory=Ending)

    async def usage(self) -> Usage:
        """What the tenant uses now."""
        documents, database_bytes = await self.documents.usage()
        _, file_bytes = await self.files.usage()
        files = await self.documents.find(FILES, Query(limit=0, count=True))
        return Usage(database_bytes, file_bytes, documents, files.total or 0)

    async def aclose(self) -> None:
        """Close everything. Called by the pool when nobody holds it."""
        await self.attachments.aclose()
        for close in self.closers:
            await close()

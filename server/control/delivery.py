"""Sends what is in the outboxes of all tenants, and tries again with growing patience.

Which tenants have mail is kept in the control plane's store before the mail is, so that a start need not open every
tenant to find out. A mail is sent at least once: a crash after the server has taken it sends it again, with the same
Message-ID.
"""

import asyncio
import time
from contextlib import suppress
from dataclasses import replace
from email.message import EmailMessage
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog

from server.mail.message import message_of
from tenancy.context import TenantContext
from tenancy.errors import AlreadyExists, BackpackError
from tenancy.model.json import JsonObject, trusted
from tenancy.model.slug import TenantId
from tenancy.model.system import OUTBOX, POSTED
from tenancy.model.tenant import State
from tenancy.ports import DocumentStore
from tenancy.query.tree import Compare, Query, both
from tenancy.registry.directory import Directory
from tenancy.registry.pool import Pool
from tenancy.tasks import end
from tenancy.writes import Create, Delete, Update

WAITS_S: Final = (60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
"""After each failed try; then the mail has failed."""
AT_ONCE: Final = 20
"""Mails of one tenant, before the next one's turn."""
IDLE_S: Final = 60.0
_TIMEOUT_S: Final = 30.0
log = structlog.get_logger("server.mail")


class Sender(NamedTuple):
    """Where mails go, and from which address."""

    host: str
    port: int
    tls: bool
    user: str
    password: str
    address: str

    async def send(self, message: EmailMessage) -> None:
        """Hand over one mail.

        Raises:
            aiosmtplib.SMTPException, OSError: the server refused it or is not there.
        """
        await aiosmtplib.send(
            message, hostname=self.host, port=self.port, use_tls=self.tls, start_tls=False if self.tls else None,
            username=self.user or None, password=self.password or None, timeout=_TIMEOUT_S,
        )  # fmt: skip


def sender_from(url: str, address: str) -> Sender | None:
    """The sender of `smtp://[user:password@]host[:port]` or `smtps://…`; None without a URL."""
    if not url:
        return None
    parts = urlsplit(url)
    tls = parts.scheme == "smtps"
    host = parts.hostname or "localhost"
    return Sender(
        host, parts.port or (465 if tls else 587), tls, unquote(parts.username or ""), unquote(parts.password or ""),
        address or f"no-reply@{host}",
    )  # fmt: skip


class Delivery:
    """The mail of one server."""

    def __init__(self, control: DocumentStore, sender: Sender | None) -> None:
        """`control` keeps who has mail. Without a sender mails stay in the outbox, for developers to read."""
        self._control = control
        self._sender = sender
        self._marked: set[TenantId] = set()
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def sends(self) -> bool:
        """Whether there is a server to send to."""
        return self._sender is not None

    async def start(self, pool: Pool, directory: Directory) -> None:
        """Begin to send."""
        if self._sender is None:
            return
        query: Query | None = Query(limit=1000)
        while query is not None:
            page = await self._control.find(POSTED, query)
            self._marked.update(TenantId(str(trusted(text)["id"])) for text in page.items)
            query = replace(query, after=page.next) if page.next is not None else None
        self._news.set()
        self._task = asyncio.create_task(self._run(self._sender, pool, directory), name="mail")

    async def aclose(self) -> None:
        """Send no more; what is left is sent after the next start."""
        if self._task is not None:
            await end(self._task)

    async def announce(self, id: TenantId) -> None:
        """Note durably that a tenant has mail, before it has."""
        if self._sender is None or id in self._marked:
            return
        with suppress(AlreadyExists):
            await self._control.commit([Create(POSTED, id, {})])
        self._marked.add(id)

    def collect(self) -> None:
        """There is mail."""
        self._news.set()

    async def _run(self, sender: Sender, pool: Pool, directory: Directory) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(IDLE_S):
                    await self._news.wait()
            self._news.clear()
            for id in list(self._marked):
                try:
                    await self._visit(sender, pool, directory, id)
                except BackpackError:
                    log.exception("mail.tenant_unavailable", id=id)
                except Exception:
                    log.exception("mail.broke", id=id)

    async def _visit(self, sender: Sender, pool: Pool, directory: Directory, id: TenantId) -> None:
        tenant = directory.known(id)
        if tenant is not None and directory.state_of(tenant) is not State.ACTIVE:
            return  # it may be again, and its mail is sent then
        if tenant is not None:
            async with pool.use(tenant) as context:
                if await self._deliver(sender, context):
                    return
        self._marked.discard(id)
        await self._control.commit([Delete(POSTED, id, optional=True)])

    async def _deliver(self, sender: Sender, context: TenantContext) -> bool:
        """Send what is due; whether something is left."""
        waiting = Compare(("state",), "eq", "waiting")
        due = both(waiting, Compare(("due",), "lte", time.time()))
        page = await context.documents.find(OUTBOX, Query(due, ((("due",), 1),), AT_ONCE))
        for mail in map(trusted, page.items):
            await _try(sender, context, mail)
        if page.next is not None:
            self._news.set()
        rest = await context.documents.find(OUTBOX, Query(waiting, limit=0, count=True))
        return bool(rest.total)


async def _try(sender: Sender, context: TenantContext, mail: JsonObject) -> None:
    id = str(mail["id"])
    try:
        await sender.send(message_of(mail, sender.address))
    except (aiosmtplib.SMTPException, OSError) as error:
        attempts = int(str(mail["attempts"])) + 1
        final = _is_final(error) or attempts > len(WAITS_S)
        wait_s = WAITS_S[min(attempts, len(WAITS_S)) - 1]
        change: JsonObject = {
            "attempts": attempts, "due": time.time() + wait_s, "error": str(error)[:300],
            "state": "failed" if final else "waiting",
        }  # fmt: skip
        await context.documents.commit([Update(OUTBOX, id, change)])
        log.warning("mail.not_sent", tenant=context.tenant.slug, mail=id, attempts=attempts, final=final)
        return
    await context.documents.commit([Delete(OUTBOX, id, optional=True)])


def _is_final(error: Exception) -> bool:
    """Whether the server will never take it: a reply of 5xx to this very mail (RFC 5321, 4.2.1)."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(one.code >= 500 for one in error.recipients)
    return isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= 500 and not isinstance(
        error, aiosmtplib.SMTPAuthenticationError | aiosmtplib.SMTPConnectResponseError
    )  # fmt: skip


class TenantPost:
    """The mail of one tenant: its door to the delivery."""

    def __init__(self, delivery: Delivery, id: TenantId) -> None:
        """`id`: whose."""
        self._delivery = delivery
        self._id = id

    @property
    def sends(self) -> bool:
        """Whether there is a mail server."""
        return self._delivery.sends

    async def announce(self) -> None:
        """Note durably that the tenant has mail."""
        await self._delivery.announce(self._id)

    def collect(self) -> None:
        """Send what is committed."""
        self._delivery.collect()

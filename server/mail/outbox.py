"""Mails of one tenant that are to be sent. They are documents, written with what they tell of in one commit."""

import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Final

from server.mail.templates import DEFAULTS, Kind, MailTemplate, render
from tenancy.context import TenantContext
from tenancy.model.clock import to_text
from tenancy.model.ids import new_id
from tenancy.model.json import JsonObject, trusted
from tenancy.model.system import OUTBOX, TEMPLATES, TOKENS
from tenancy.query.tree import NEWEST_FIRST, Query
from tenancy.writes import Create

TO_ONE_ADDRESS: Final = 5
FROM_ONE_TENANT: Final = 500
"""Mails in an hour."""
_HOUR_S: Final = 3600.0
_ADDRESSES: Final = 10_000


class MailRate:
    """How many mails were asked for lately; kept while the tenant is open."""

    def __init__(self) -> None:
        """None yet."""
        self._to: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque()

    def take(self, address: str) -> bool:
        """Have one more mail, unless the address or the tenant had as many as it may."""
        now = time.monotonic()
        sent = self._to.setdefault(address, deque())
        self._to.move_to_end(address)
        if len(self._to) > _ADDRESSES:
            self._to.popitem(last=False)
        for times in (sent, self._all):
            while times and times[0] < now - _HOUR_S:
                times.popleft()
        if len(sent) >= TO_ONE_ADDRESS or len(self._all) >= FROM_ONE_TENANT:
            return False
        sent.append(now)
        self._all.append(now)
        return True

    async def aclose(self) -> None:
        """Nothing to do."""


def may_mail(context: TenantContext, address: str) -> bool:
    """Whether one more mail to this address may be asked for now."""
    return context.attachments.get(MailRate, MailRate).take(address)


async def mail(
    context: TenantContext, kind: Kind, to: str, values: Mapping[str, str], *, wanted: bool = True
) -> Create:
    """The write that puts a mail into the outbox. Commit it, then `context.post.collect()`.

    A mail that is not `wanted` is made and kept all the same, where nobody reads or sends it, and for an hour: the time
    of an answer is not to tell whether somebody gets one.
    """
    await context.post.announce()
    name = context.settings.now.app_name or context.tenant.slug
    texts = render(await template_of(context, kind), {"app": name, **values})
    fields: JsonObject = {
        "kind": kind, "to": to, "fromName": name, "subject": texts.subject, "text": texts.text, "html": texts.html,
        "state": "waiting" if context.post.sends else "caught", "attempts": 0, "due": 0,
    }  # fmt: skip
    if not wanted:
        return Create(TOKENS, new_id(), {**fields, "purpose": "none", "expiresAt": to_text(time.time() + _HOUR_S)})
    return Create(OUTBOX, new_id(), fields)


async def template_of(context: TenantContext, kind: Kind) -> MailTemplate:
    """The tenant's own template, or the default."""
    return await own_template(context, kind) or DEFAULTS[kind]


async def own_template(context: TenantContext, kind: Kind) -> MailTemplate | None:
    """The tenant's own template; None: it has none."""
    text = await context.documents.get(TEMPLATES, kind)
    if text is None:
        return None
    kept = trusted(text)
    return MailTemplate(str(kept["subject"]), str(kept["text"]), str(kept.get("html") or ""))


async def outbox(context: TenantContext, limit: int) -> list[JsonObject]:
    """The newest mails that are there: those that wait, were caught, or could not be sent."""
    page = await context.documents.find(OUTBOX, Query(sort=NEWEST_FIRST, limit=limit))
    shown = ("id", "createdAt", "kind", "to", "subject", "text", "html", "state", "attempts", "error")
    return [{name: mail[name] for name in shown if name in mail} for mail in map(trusted, page.items)]

"""One hub per open tenant: follows the change log and tells sockets what concerns them.

Each distinct (collection, rule and filter) is decided once per change, however many subscriptions share it.
"""

import asyncio
from collections.abc import Callable, Iterable

import structlog

from server.data.history import begun_at
from server.http.rate import Rate
from server.realtime.access import reads_user
from server.realtime.channels import Channels
from server.realtime.live import Client, Decided, Group, Live, Subscription
from server.realtime.outbox import Backlog
from server.realtime.protocol import ENDINGS, Close, frame
from tenancy.context import TenantContext
from tenancy.errors import TooMany, Unavailable
from tenancy.model.change import Change, Seq
from tenancy.model.system import CHANNELS, DEFINITIONS, SESSIONS, SETTINGS, USERS
from tenancy.ports import CursorGoneError
from tenancy.query.match import compile_filter
from tenancy.tasks import end

_BATCH = 500
_AGAIN_S = 0.5
log = structlog.get_logger("server.hub")


class Hub:
    """The live side of one open tenant."""

    def __init__(self, context: TenantContext) -> None:
        """Begin to follow the log from now."""
        self._context = context
        self.channels = Channels()
        self.backlog = Backlog()
        self.clients: dict[Client, None] = {}
        self._groups: dict[tuple[str, str], Group] = {}
        self._subscriptions: set[Subscription] = set()
        self.frames = Rate(lambda: context.limits.max_frames)
        self.position = context.changes.head()
        self._unheard = asyncio.Event()
        self._doubtful: asyncio.Queue[Client] = asyncio.Queue()
        """Sockets whose place in channels is to be looked at again."""
        context.sessions.watch(self._session_ended)
        self._tasks = (
            asyncio.create_task(self._follow(), name="hub"),
            asyncio.create_task(self._end_with_tenant(), name="hub-end"),
            asyncio.create_task(self._end_unheard(), name="hub-sessions"),
            asyncio.create_task(self._look_again(), name="hub-channels"),
        )

    async def aclose(self) -> None:
        """Stop following."""
        await end(*self._tasks)

    async def _end_with_tenant(self) -> None:
        """Tell every socket that its tenant closes; those that come later find it closed."""
        await self._context.ended.wait()
        for client in list(self.clients):
            client.outbox.close(*ENDINGS[self._context.ended.why])

    def subscribe(self, client: Client, id: str, live: "Live", gone: Callable[[], None]) -> Subscription:
        """Prepare a subscription; it hears nothing until `attach`. `gone` is called when the hub ends it.

        Raises:
            TooMany: the tenant has as many as it may.
        """
        most = self._context.limits.max_subscriptions
        if len(self._subscriptions) >= most:
            raise TooMany(f"The tenant has {most} subscriptions, as many as it may.")
        key = (live.collection, repr((live.filter, live.sight)))
        group = self._groups.get(key) or Group(key, live.collection, compile_filter(live.filter), live.sight)
        subscription = Subscription(client, id, group, Seq(0), gone)
        self._subscriptions.add(subscription)
        return subscription

    async def attach(self, subscription: Subscription, since: Seq) -> None:
        """Tell what happened since a position, then everything new: no gap, no double.

        Raises:
            CursorGoneError: the log does not reach back that far, or the collection was another one then, or had other
                rules.
        """
        subscription.seen = since
        group, epoch = subscription.group, self._context.changes.epoch
        begun = await begun_at(self._context, group.collection)
        while subscription.seen < self.position:
            changes = await self._context.changes.read(subscription.seen, _BATCH)
            if not changes:
                break
            for change in changes:
                if self._is_cut(change, group.collection, begun):
                    raise CursorGoneError
                told = self._told(change, group, epoch)
                if told is not None:
                    subscription.tell(change.seq, told)
            subscription.seen = changes[-1].seq
            await asyncio.sleep(0)  # a long log is read in turns with what others ask
        # Nothing is awaited between the last comparison and this: the next change finds it in its group.
        group.members[subscription] = None
        self._groups[group.key] = group

    def _is_cut(self, change: Change, collection: str, begun: int | None) -> bool:
        """Whether what happened until then was under another definition, so that a subscriber has to begin again."""
        if change.collection == DEFINITIONS:
            return change.id == collection and self._has_new_rules(change)
        return change.collection == collection and (begun is None or change.at < begun)

    @staticmethod
    def _told(change: Change, group: Group, epoch: str) -> bytes | None:
        if change.collection != group.collection:
            return None
        return Decided(change, epoch).told_to(group)

    def check_room(self, channel: str) -> None:
        """Refuse a channel that would be one too many.

        Raises:
            TooMany: the tenant has as many as it may.
        """
        most = self._context.limits.max_channels
        if channel not in self.channels and len(self.channels) >= most:
            raise TooMany(f"The tenant has {most} channels, as many as it may.")

    @property
    def subscriptions(self) -> int:
        """How many there are, of all sockets."""
        return len(self._subscriptions)

    def detach(self, subscription: Subscription) -> None:
        """End a subscription."""
        self._subscriptions.discard(subscription)
        group = subscription.group
        group.members.pop(subscription, None)
        if not group.members and self._groups.get(group.key) is group:
            del self._groups[group.key]

    async def _follow(self) -> None:
        while True:
            await self._context.changes.wait(self.position)
            try:
                changes = await self._context.changes.read(self.position, _BATCH)
            except CursorGoneError:
                self._resync_all()
                self._doubt(self.clients)
                self._unheard.set()
                continue
            for change in changes:
                self.position = change.seq
                try:
                    self._tell(change)
                except Exception:
                    log.exception("hub.tell_failed", seq=change.seq)

    def _tell(self, change: Change) -> None:
        if change.collection == SESSIONS:
            if change.op == "delete":
                self._session_ended(change.id)
        elif change.collection == DEFINITIONS:
            self._definition_changed(change)
        elif change.collection == SETTINGS:
            self._resync(list(self._groups.values()))  # the default rules may be others
        elif not change.collection.startswith("_"):
            if change.collection == USERS:
                self._user_changed(change.id)
            decided = Decided(change, self._context.changes.epoch)
            for group in [known for known in self._groups.values() if known.collection == change.collection]:
                told = decided.told_to(group)
                if told is not None:
                    for subscription in list(group.members):
                        subscription.tell(change.seq, told)

    def _session_ended(self, id: str | None) -> None:
        if id is None:
            self._unheard.set()
        for client in [known for known in self.clients if id is not None and known.principal.session == id]:
            client.outbox.close(Close.SIGN_IN, "The session has ended.")

    async def _end_unheard(self) -> None:
        """Look after the sessions of all sockets when some may have ended unheard."""
        while True:
            await self._unheard.wait()
            self._unheard.clear()
            try:
                await self._end_sessions()
            except Unavailable:
                await asyncio.sleep(_AGAIN_S)
                self._unheard.set()

    async def _end_sessions(self) -> None:
        """Close the sockets whose session has ended; the change that said so may be among those that are gone."""
        for client in list(self.clients):
            session = client.principal.session
            if session is not None and await self._context.sessions.find(session) is None:
                client.outbox.close(Close.SIGN_IN, "The session has ended.")

    async def _look_again(self) -> None:
        while True:
            client = await self._doubtful.get()
            try:
                if client in self.clients:
                    await client.look_again()
            except Exception:
                # What cannot be known is not allowed: the client comes back, and is asked for its rights again.
                log.exception("hub.look_again_failed")
                client.outbox.close(Close.OVERLOADED, "Rights could not be looked at again.")

    def _doubt(self, clients: Iterable[Client]) -> None:
        for client in clients:
            self._doubtful.put_nowait(client)

    def _definition_changed(self, change: Change) -> None:
        """New rules or a removed collection: what was subscribed under the old ones begins again."""
        if change.id == CHANNELS:
            self._doubt(self.clients)
        if self._has_new_rules(change):
            self._resync([group for group in self._groups.values() if group.collection == change.id])

    def _user_changed(self, user: str) -> None:
        """Rules may say something else of this user now: what hangs on them begins again."""
        if reads_user(self._context):
            self._doubt([known for known in self.clients if known.principal.owner == user])
        for group in list(self._groups.values()):
            if self.reads_user(group.collection):
                for subscription in [one for one in group.members if one.client.principal.owner == user]:
                    self.begin_again(subscription)

    def reads_user(self, collection: str) -> bool:
        """Whether its rules ask for more of a caller than the id."""
        definition = self._context.documents.collections().get(collection)
        return definition is not None and definition.reads_user

    def _has_new_rules(self, change: Change) -> bool:
        definition = self._context.documents.collections().get(change.id)
        return change.op != "create" or (definition is not None and bool(definition.rules or definition.fields))

    def _resync_all(self) -> None:
        self.position = self._context.changes.head()
        self._resync(list(self._groups.values()))

    def _resync(self, groups: list[Group]) -> None:
        for group in groups:
            for subscription in list(group.members):
                self.begin_again(subscription)

    def begin_again(self, subscription: Subscription) -> None:
        """End a subscription; the client is told to subscribe anew."""
        subscription.client.outbox.put(frame("resync", id=subscription.id))
        self.detach(subscription)
        subscription.gone()


def hub_of(context: TenantContext) -> Hub:
    """The open tenant's hub."""
    return context.attachments.get(Hub, lambda: Hub(context))

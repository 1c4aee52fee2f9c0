"""What a client says on its socket, and what it is answered."""

import asyncio
import time

from server.data.documents import Caller, find
from server.data.rights import allowed, seen
from server.http.credentials import Credential
from server.http.problems import problem
from server.identity.principals import identify, renewed
from server.realtime import protocol
from server.realtime.access import check_join, check_publish
from server.realtime.channels import Member
from server.realtime.hub import Hub
from server.realtime.live import Live, Subscription, make_cursor, read_cursor
from server.realtime.outbox import Outbox
from server.realtime.protocol import Auth, Close, Join, Leave, Ping, Publish, Subscribe, Unsubscribe, check_text, frame
from server.realtime.turns import HEARD_S, TOLD_S
from tenancy.context import TenantContext
from tenancy.errors import BackpackError, Conflict, Forbidden, Invalid, Place, TooLarge, TooMany, Unauthenticated
from tenancy.model.change import Seq
from tenancy.model.clock import now_text
from tenancy.model.collection import check_collection_name
from tenancy.model.json import JsonObject, dumps
from tenancy.model.principal import Principal
from tenancy.model.system import secret_hash
from tenancy.ports import CursorGoneError
from tenancy.query.options import MAX_LIMIT, parse_limit, parse_sort
from tenancy.query.parse import parse_filter
from tenancy.query.text import bind_text
from tenancy.query.tree import Query, both

_MAX_ID = 64
_MAX_CHANNEL = 128
_MAX_PRESENCE = 4096
_LONGEST_TIMER_S = 24 * 3600.0


class Conversation:
    """The state of one socket."""

    def __init__(self, context: TenantContext, hub: Hub, principal: Principal, request_id: str) -> None:
        """Begin for this caller."""
        self.outbox = Outbox(hub.backlog)
        self.principal = principal
        self._context = context
        self._hub = hub
        self._request_id = request_id
        self._subscriptions: dict[str, Subscription] = {}
        self._memberships: dict[str, Member] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def begin(self) -> None:
        """Greet."""
        window = self._context.limits.changes_kept
        user = {"id": self.principal.owner} if self.principal.owner is not None else None
        hello = {"type": "hello", "protocol": protocol.SUBPROTOCOL, "user": user, "resumeWindow": window}
        self.outbox.put(dumps({**hello, "serverTime": now_text()}))
        await self._end_with_session()

    def end(self) -> None:
        """Leave everything."""
        if self._timer is not None:
            self._timer.cancel()
        for subscription in list(self._subscriptions.values()):
            self._hub.detach(subscription)
        for channel, member in self._memberships.items():
            self._hub.channels.leave(channel, member)
        self._subscriptions.clear()
        self._memberships.clear()
        self.outbox.clear()

    async def _end_with_session(self) -> None:
        """Close the socket when the session is over by time."""
        session = await self._context.sessions.find(self.principal.session) if self.principal.session else None
        if session is not None:
            left = session.expires_at - time.time()
            loop = asyncio.get_running_loop()
            if left < _LONGEST_TIMER_S:
                self._timer = loop.call_later(left, self.outbox.close, Close.SIGN_IN, "The session is over.")

    def cost_s(self, said: protocol.ClientFrame) -> float:
        """About how long the loop will be busy with a frame."""
        told = self._hub.channels.size(said.channel) if isinstance(said, Publish | Join | Leave) else 0
        return HEARD_S + told * TOLD_S

    async def handle(self, said: protocol.ClientFrame) -> None:
        """Answer a frame; what is refused is answered with an error frame."""
        try:
            await self._handle(said)
        except BackpackError as error:
            id = said.id if isinstance(said, Subscribe | Unsubscribe | Publish) else None
            channel = said.channel if isinstance(said, Join | Leave | Publish) else None
            self.outbox.put(frame("error", id=id, channel=channel, problem=problem(error, self._request_id)))

    async def _handle(self, said: protocol.ClientFrame) -> None:
        match said:
            case Ping():
                self.outbox.put(frame("pong"))
            case Auth(token):
                await self._auth(token)
            case Subscribe():
                await self._subscribe(said)
            case Unsubscribe(id):
                self._unsubscribe(id)
            case Join(channel, presence):
                await self._join(channel, presence)
            case Leave(channel):
                self._leave(channel)
            case Publish():
                await self._publish(said)

    async def _auth(self, token: str) -> None:
        principal = await identify(self._context, Credential(token, secret_hash(token), from_cookie=False))
        if principal is None:
            self.outbox.close(Close.SIGN_IN, "The token is not valid.")
            return
        if self.principal.id is not None and principal.id != self.principal.id:
            raise Conflict("The socket belongs to another user.", hint="Open a new socket for another user.")
        self.principal = principal
        self.outbox.put(frame("authenticated", user={"id": principal.owner}))
        await self._end_with_session()

    async def _subscribe(self, said: Subscribe) -> None:
        check_text(said.id, "id", _MAX_ID)
        check_collection_name(said.collection)
        if said.id in self._subscriptions:
            raise Conflict(f"The subscription {said.id} exists.", hint="Unsubscribe first, or choose another id.")
        if len(self._subscriptions) >= protocol.MAX_SUBSCRIPTIONS:
            raise TooMany(f"A socket has at most {protocol.MAX_SUBSCRIPTIONS} subscriptions.")
        definition = self._context.documents.collections().get(said.collection)
        filter = bind_text(parse_filter(said.filter or {}), definition)
        self.principal = await renewed(self._context, self.principal)
        rule = allowed(self._context, said.collection, "list", self.principal)
        unseen = seen(self._context, said.collection, self.principal)
        if unseen is not None:
            unseen.check_filter(filter)
        live = Live(said.collection, both(rule, filter), unseen)
        subscription = self._hub.subscribe(self, said.id, live, lambda: self._forget(said.id))
        self._subscriptions[said.id] = subscription
        try:
            since = await self._opening(said, subscription)
            if since is not None:
                await self._hub.attach(subscription, since)
                await self._check_user(subscription)
        except CursorGoneError:
            self._forget(said.id)
            self.outbox.put(frame("resync", id=said.id))
        except BaseException:
            self._forget(said.id)
            raise

    async def _check_user(self, subscription: Subscription) -> None:
        """Begin again if the user has become another since the rule was bound; later changes the hub sees itself."""
        if self._hub.reads_user(subscription.group.collection):
            bound, self.principal = self.principal, await renewed(self._context, self.principal)
            if bound.user != self.principal.user:
                self._hub.begin_again(subscription)

    def _forget(self, id: str) -> None:
        self._subscriptions.pop(id, None)

    async def _opening(self, said: Subscribe, subscription: Subscription) -> Seq | None:
        """Send `subscribed`; the position after which changes are news, None when the client has to begin again."""
        changes = self._context.changes
        if said.after is not None:
            since = read_cursor(changes.epoch, said.after)
            if since is None:
                raise CursorGoneError
            await changes.read(since, 1)  # tells now whether it can be replayed
            self.outbox.put(frame("subscribed", id=said.id, cursor=said.after))
            return since
        if not said.snapshot:
            since = self._hub.position
            self.outbox.put(frame("subscribed", id=said.id, cursor=make_cursor(changes.epoch, since)))
            return since
        return await self._snapshot(said, subscription)

    async def _snapshot(self, said: Subscribe, subscription: Subscription) -> Seq:
        """The matching documents, and the position of the log that they belong to."""
        limit = parse_limit(said.limit, MAX_LIMIT)
        query = Query(parse_filter(said.filter or {}), parse_sort(said.sort), limit, pinned=True)
        page = await find(Caller(self._context, self.principal), subscription.group.collection, query)
        assert page.seq is not None
        cursor = make_cursor(self._context.changes.epoch, page.seq)
        head = dumps({"type": "subscribed", "id": said.id, "cursor": cursor, "truncated": page.next is not None})
        self.outbox.put(head[:-1] + b',"items":[' + b",".join(page.items) + b"]}")
        return page.seq

    def _unsubscribe(self, id: str) -> None:
        subscription = self._subscriptions.pop(id, None)
        if subscription is not None:
            self._hub.detach(subscription)
        self.outbox.put(frame("unsubscribed", id=id))

    async def _join(self, channel: str, presence: JsonObject | None) -> None:
        check_text(channel, "channel", _MAX_CHANNEL)
        if self.principal.scope == "read" or self.principal.collections is not None:
            raise Forbidden("The API key is not for channels.", hint="It needs the scope write, for all collections.")
        if presence is not None and len(dumps(presence)) > _MAX_PRESENCE:
            raise TooLarge(f"The presence has more than {_MAX_PRESENCE} bytes.")
        self.principal = await renewed(self._context, self.principal)
        member = self._memberships.get(channel)
        shown = presence if presence is not None or member is None else member.presence
        check_join(self._context, self.principal, channel, shown or {})
        if member is not None:
            if presence is not None:
                self._hub.channels.update(channel, member, presence)
            self._hub.channels.welcome(channel, member)
            return
        if len(self._memberships) >= protocol.MAX_CHANNELS:
            raise TooMany(f"A socket is in at most {protocol.MAX_CHANNELS} channels.")
        self._hub.check_room(channel)
        joined = self._hub.channels.join(channel, self.outbox, self.principal.owner, presence or {})
        self._memberships[channel] = joined

    async def look_again(self) -> None:
        """Leave the channels that rules do not let the caller be in any more."""
        self.principal = await renewed(self._context, self.principal)
        for channel, member in list(self._memberships.items()):
            try:
                check_join(self._context, self.principal, channel, member.presence)
            except (Forbidden, Unauthenticated):
                self._leave(channel)

    def _leave(self, channel: str) -> None:
        member = self._memberships.pop(channel, None)
        if member is not None:
            self._hub.channels.leave(channel, member)
        self.outbox.put(frame("left", channel=channel))

    async def _publish(self, said: Publish) -> None:
        check_text(said.event, "event", _MAX_ID)
        member = self._memberships.get(said.channel)
        if member is None:
            raise Invalid("Join the channel first.", places=[Place("/channel", "is not joined")])
        self.principal = await renewed(self._context, self.principal)
        check_publish(self._context, self.principal, {"name": said.channel, "event": said.event, "data": said.data})
        self._hub.channels.publish(said.channel, member, said.event, said.data)
        if said.id is not None:
            self.outbox.put(frame("published", channel=said.channel, id=said.id))

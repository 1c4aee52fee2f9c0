"""Sessions in Redis, for servers of which several have the same tenants, with the recent ones in memory.

Of a tenant: `backpack:ID:session:HASH` is one session, gone by itself when it is over, and `backpack:ID:user:USER` the
hashes of a user's sessions, scored by when they are over. Whoever ends one says so on the channel `backpack:ended`, so
that no server goes on with what it has in memory; a server that may have missed something forgets all of it.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from tenancy.errors import Unavailable
from tenancy.model.json import JsonObject, dumps, trusted
from tenancy.model.slug import TenantId
from tenancy.ports import Session, SessionStore

_CHANNEL: Final = "backpack:ended"
_CACHED: Final = 10_000
_AGAIN_S: Final = 0.5
_TIMEOUT_S: Final = 5.0
log = structlog.get_logger("server")


class SessionServer:
    """One connection to Redis for all tenants, and the news of sessions that ended elsewhere."""

    def __init__(self, url: str) -> None:
        """Connect when it is first needed."""
        self.client: Redis = Redis.from_url(
            url, decode_responses=True, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S
        )
        self.hears = False
        """Whether what others end is heard; only then memory may be believed."""
        self._tenants: dict[TenantId, RedisSessions] = {}
        self._hearing: asyncio.Task[None] | None = None

    def sessions_of(self, tenant: TenantId) -> "RedisSessions":
        """One tenant's."""
        if self._hearing is None:
            self._hearing = asyncio.create_task(self._hear())
        made = self._tenants[tenant] = RedisSessions(self, tenant)
        return made

    def forget(self, tenant: TenantId, sessions: "RedisSessions") -> None:
        """A tenant was closed."""
        if self._tenants.get(tenant) is sessions:
            del self._tenants[tenant]

    async def _hear(self) -> None:
        """Listen for ever; begin again when the connection is lost."""
        while True:
            channel: PubSub = self.client.pubsub()
            try:
                await channel.subscribe(_CHANNEL)
                await self._listen(channel)
            except (RedisError, OSError) as error:
                if self.hears:
                    log.warning("sessions.unheard", error=str(error)[:200])
            finally:
                self.hears = False
                with suppress(RedisError, OSError):
                    await channel.aclose()  # type: ignore[no-untyped-call]
            await asyncio.sleep(_AGAIN_S)

    async def _listen(self, channel: PubSub) -> None:
        silent = False
        while True:
            message = await channel.get_message(timeout=_TIMEOUT_S)
            if message is None:
                if silent:
                    raise TimeoutError  # it does not answer the question below
                silent = True
                await channel.ping()  # a connection that is cut off says nothing otherwise
                continue
            silent = False
            if message["type"] == "pong":
                continue
            if message["type"] == "subscribe":
                self.hears = True
                for sessions in self._tenants.values():
                    sessions.missed()
            elif message["type"] == "message":
                tenant, _, id = str(message["data"]).partition(" ")
                known = self._tenants.get(TenantId(tenant))
                if known is not None:
                    known.heard(id)

    async def aclose(self) -> None:
        """Hear no more."""
        if self._hearing is not None:
            self._hearing.cancel()
            with suppress(asyncio.CancelledError):
                await self._hearing
        await self.client.aclose()


class RedisSessions:
    """One tenant's sessions. Whatever is asked while Redis does not answer is 503."""

    def __init__(self, server: SessionServer, tenant: TenantId) -> None:
        """Of this tenant."""
        self._server = server
        self._client = server.client
        self._tenant = tenant
        self._cache: OrderedDict[str, Session] = OrderedDict()
        self._ended: OrderedDict[str, None] = OrderedDict()
        """Those that ended lately: an answer that is on its way does not bring them back."""
        self._watching: list[Callable[[str | None], None]] = []

    def watch(self, told: Callable[[str | None], None]) -> None:
        """Call `told` with each session that ends, and with None when some may have ended unheard."""
        self._watching.append(told)

    def heard(self, id: str) -> None:
        """A session has ended, here or elsewhere."""
        self._cache.pop(id, None)
        self._ended[id] = None
        if len(self._ended) > _CACHED:
            self._ended.popitem(last=False)
        for told in self._watching:
            told(id)

    def missed(self) -> None:
        """Sessions may have ended unheard."""
        self._cache.clear()
        for told in self._watching:
            told(None)

    async def aclose(self) -> None:
        """Hear no more."""
        self._server.forget(self._tenant, self)

    async def add(self, session: Session) -> None:
        """Remember durably, as durable as Redis is, and forget the same user's sessions that are over."""
        user, over = self._user(session.user), session.expires_at
        kept: JsonObject = {
            "user": session.user, "over": over, "begun": session.created_at, "agent": session.agent, "by": session.by,
        }  # fmt: skip
        commands = self._client.pipeline(transaction=True)
        commands.set(self._key(session.id), dumps(kept), pxat=max(int(over * 1000), 1))
        commands.zremrangebyscore(user, "-inf", time.time())
        commands.zadd(user, {session.id: over})
        commands.expireat(user, int(over) + 1, gt=True)
        commands.expireat(user, int(over) + 1, nx=True)
        await self._do(commands.execute())

    async def find(self, id: str) -> Session | None:
        """The session that is not over."""
        session = self._cache.get(id) if self._server.hears else None
        if session is None:
            text = await self._do(self._client.get(self._key(id)))
            if text is None or id in self._ended:
                return None
            session = self._cache[id] = _session(id, text)
            if len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        if session.expires_at <= time.time():
            self._cache.pop(id, None)
            return None
        return session

    async def remove(self, id: str) -> None:
        """End it; nobody finds it from the moment this is called."""
        self.heard(id)
        text = await self._do(self._client.get(self._key(id)))
        if text is not None:
            await self._end(_session(id, text).user, [id])

    async def of(self, user: str) -> list[Session]:
        """The sessions of a user that are not over."""
        ids = await self._do(self._client.zrangebyscore(self._user(user), time.time(), "+inf"))
        texts = await self._do(self._client.mget([self._key(id) for id in ids])) if ids else []
        return [_session(id, text) for id, text in zip(ids, texts, strict=True) if text is not None]

    async def remove_user(self, user: str, but: str | None = None) -> int:
        """End all sessions of a user, but for one."""
        ids = [session.id for session in await self.of(user) if session.id != but]
        for id in ids:
            self.heard(id)
        if ids:
            await self._end(user, ids)
        return len(ids)

    async def _end(self, user: str, ids: list[str]) -> None:
        commands = self._client.pipeline(transaction=True)
        commands.delete(*(self._key(id) for id in ids))
        commands.zrem(self._user(user), *ids)
        for id in ids:
            commands.publish(_CHANNEL, f"{self._tenant} {id}")
        await self._do(commands.execute())

    async def _do(self, asked: Any) -> Any:
        try:
            return await asked
        except (RedisError, OSError):
            raise Unavailable("The server of sessions does not answer.") from None

    def _key(self, id: str) -> str:
        return f"backpack:{self._tenant}:session:{id}"

    def _user(self, user: str) -> str:
        return f"backpack:{self._tenant}:user:{user}"


def _session(id: str, text: str) -> Session:
    kept = trusted(text.encode())
    over, begun = kept["over"], kept["begun"]
    assert isinstance(over, int | float)
    assert isinstance(begun, int | float)
    return Session(id, str(kept["user"]), float(over), float(begun), str(kept["agent"]), str(kept["by"]))


def _is_a_session_store(sessions: RedisSessions) -> SessionStore:
    return sessions

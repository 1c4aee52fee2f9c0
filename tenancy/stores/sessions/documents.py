"""Sessions as documents of the collection `_sessions`, with the recent ones in memory."""

import time
from collections import OrderedDict
from collections.abc import Callable

from tenancy.errors import DocumentNotFound
from tenancy.model.collection import Collection, Index
from tenancy.model.json import trusted
from tenancy.model.system import SESSIONS
from tenancy.ports import DocumentStore, Session, SessionStore
from tenancy.query.tree import Compare, Query
from tenancy.writes import Create, Delete

DEFINITION = Collection(SESSIONS, indexes=(Index((("user", 1),)),))
_CACHED = 10_000
_PAGE = 1000


class DocumentSessions:
    """Durable, because they are documents; cheap, because the last ones used are kept in memory."""

    def __init__(self, documents: DocumentStore) -> None:
        """Keep them in these documents."""
        self._documents = documents
        self._cache: OrderedDict[str, Session] = OrderedDict()

    async def add(self, session: Session) -> None:
        """Remember durably, and forget the same user's sessions that are over."""
        over = [known.id for known in await self._of(session.user) if known.expires_at <= time.time()]
        create = Create(SESSIONS, session.id, {
            "user": session.user, "expiresAt": session.expires_at, "begun": session.created_at, "agent": session.agent,
            "by": session.by,
        })  # fmt: skip
        await self._documents.commit([create, *(Delete(SESSIONS, id) for id in over)])

    async def find(self, id: str) -> Session | None:
        """The session that is not over."""
        session = self._cache.get(id)
        if session is None:
            text = await self._documents.get(SESSIONS, id)
            if text is None:
                return None
            session = _session(text)
            self._cache[id] = session
            if len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        if session.expires_at <= time.time():
            self._cache.pop(id, None)
            return None
        return session

    async def remove(self, id: str) -> None:
        """End it; nobody finds it from the moment this is called."""
        self._cache.pop(id, None)
        try:
            await self._documents.commit([Delete(SESSIONS, id)])
        except DocumentNotFound:
            pass
        finally:
            self._cache.pop(id, None)

    async def of(self, user: str) -> list[Session]:
        """The sessions of a user that are not over."""
        now = time.time()
        return [session for session in await self._of(user) if session.expires_at > now]

    async def remove_user(self, user: str, but: str | None = None) -> int:
        """End all sessions of a user, but for one."""
        sessions = [session for session in await self._of(user) if session.id != but]
        for session in sessions:
            await self.remove(session.id)
        return len(sessions)

    def watch(self, told: Callable[[str | None], None]) -> None:
        """Nothing to do: the change log tells of every session that ends."""

    async def aclose(self) -> None:
        """Nothing to do."""

    async def _of(self, user: str) -> list[Session]:
        query = Query(Compare(("user",), "eq", user), limit=_PAGE)
        page = await self._documents.find(SESSIONS, query)
        return [_session(text) for text in page.items]


def _session(text: bytes) -> Session:
    stored = trusted(text)
    expires_at = stored["expiresAt"]
    assert isinstance(expires_at, int | float)
    begun = stored.get("begun")
    return Session(
        str(stored["id"]), str(stored["user"]), float(expires_at),
        float(begun) if isinstance(begun, int | float) else 0.0, str(stored.get("agent") or ""),
        str(stored.get("by") or ""),
    )  # fmt: skip


def _is_a_session_store(sessions: DocumentSessions) -> SessionStore:
    return sessions

"""What every `SessionStore` does."""

import asyncio
import time
from collections.abc import Callable

from tenancy.ports import DocumentStore, Session, SessionStore
from tests.contract.conftest import Opener

Make = Callable[[DocumentStore], SessionStore]


def _session(number: int, user: str = "ann", lasts: float = 60) -> Session:
    return Session(f"{number:064x}", user, time.time() + lasts)


async def test_a_session_is_found_until_it_is_removed(documents: DocumentStore, session_store: Make) -> None:
    sessions = session_store(documents)
    session = _session(1)
    assert await sessions.find(session.id) is None
    await sessions.add(session)
    assert await sessions.find(session.id) == await sessions.find(session.id) == session
    await sessions.remove(session.id)
    assert await sessions.find(session.id) is None
    await sessions.remove(session.id)


async def test_a_session_ends_by_time(documents: DocumentStore, session_store: Make) -> None:
    sessions = session_store(documents)
    await sessions.add(_session(1, lasts=-1))
    assert await sessions.find(_session(1).id) is None
    await sessions.add(_session(2))
    assert await sessions.remove_user("ann") == 1  # the one that was over is forgotten with the next


async def test_all_of_a_user_end_together(documents: DocumentStore, session_store: Make) -> None:
    sessions = session_store(documents)
    for number, user in enumerate(("ann", "ann", "bob")):
        await sessions.add(_session(number, user))
    assert await sessions.remove_user("ann") == 2
    assert [await sessions.find(_session(n).id) is None for n in range(3)] == [True, True, False]


async def test_sessions_last_beyond_a_restart(engine: Opener, session_store: Make) -> None:
    session = _session(1)
    async with engine() as (documents, _):
        await session_store(documents).add(session)
    async with engine() as (documents, _):
        assert await session_store(documents).find(session.id) == session


async def test_a_removal_wins_over_a_find_at_the_same_time(documents: DocumentStore, session_store: Make) -> None:
    sessions = session_store(documents)
    for number in range(20):
        session = _session(number)
        await sessions.add(session)
        await asyncio.gather(sessions.find(session.id), sessions.remove(session.id), sessions.find(session.id))
        assert await sessions.find(session.id) is None

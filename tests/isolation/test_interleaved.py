"""Requests of many tenants at the same time, some of them cancelled: nobody gets an answer of somebody else's."""

import asyncio
import json
import os
import random
import re
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.isolation.raw import Reply, ask
from tests.isolation.world import JSON, Person, World, world

REQUESTS = int(os.environ.get("PROVE_INTERLEAVED", "6000"))
pytestmark = [pytest.mark.starts_server, pytest.mark.timeout(60 + REQUESTS // 50)]
AT_ONCE = 200
_CANARY = re.compile(rb"c(?:nry|pub)-(t[0-9]+)-")


def _request(made: World, person: Person, chance: random.Random) -> Coroutine[Any, Any, Reply]:
    headers = [(b"host", person.host), (b"authorization", f"Bearer {person.token}".encode())]
    method, target, body = chance.choice([
        ("GET", "/api/data/cars/c1", b""), ("GET", "/api/data/cars", b""), ("GET", "/api/auth/me", b""),
        ("GET", f"/api/files/{person.file}/content", b""), ("GET", "/", b""), ("GET", "/api/data/cars/export", b""),
        ("GET", "/api/data/cars/c1/history", b""), ("POST", "/api/data/cars/query", b'{"filter":{}}'),
        ("PATCH", "/api/data/cars/c2", json.dumps({"n": chance.random()}).encode()),
        ("PATCH", "/api/auth/me", json.dumps({"n": chance.random()}).encode()),
    ])  # fmt: skip
    return ask(made.app, method, target, [*headers, JSON] if body else headers, body)


async def _interrupted(request: Coroutine[Any, Any, Reply], steps: int) -> Reply | None:
    """The answer, or None when it was not there after so many turns of the loop."""
    task = asyncio.create_task(request)
    for _ in range(steps):
        await asyncio.sleep(0)
        if task.done():
            return task.result()
    task.cancel()
    await asyncio.wait([task])
    return None if task.cancelled() else task.result()


# A file whose opening in a thread is cancelled is closed when Python collects it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_answers_go_to_who_asked_whatever_is_cancelled(tmp_path: Path) -> None:
    chance, answered, cancelled = random.Random(11), 0, 0
    async with world(tmp_path, 8) as made:

        async def one() -> None:
            nonlocal answered, cancelled
            person = chance.choice(made.people)
            request = _request(made, person, chance)
            interrupt = chance.random() < 0.3
            reply = await (_interrupted(request, chance.randrange(6)) if interrupt else request)
            if reply is None:
                cancelled += 1
                return
            answered += 1
            assert reply.status == 200, reply
            assert set(_CANARY.findall(reply.bytes)) == {person.name.encode()}, reply

        for _ in range(0, REQUESTS, AT_ONCE):
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(one())
    assert answered > REQUESTS / 2
    assert cancelled > REQUESTS / 50

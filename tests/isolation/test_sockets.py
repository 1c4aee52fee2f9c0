"""The same attack over real sockets: parsers differ from messages, and WebSockets have no other way."""

import json
import random
import re
from pathlib import Path
from typing import Final

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.isolation.credentials import CREDENTIALS, Credential
from tests.isolation.hosts import SPELLINGS, Spelling
from tests.isolation.matrix import Attempt, attempts
from tests.isolation.routes import NOT_SERVED, ROWS
from tests.isolation.world import Person, World, world
from tests.wire.raw import served

pytestmark = pytest.mark.starts_server
SAMPLE: Final = 400
_CANARY = re.compile(rb"cnry-(t[0-9]+)-")


def _message(made: World, attempt: Attempt) -> bytes:
    """The bytes of an HTTP request, nothing put right."""
    mine, theirs = attempt.attacker, attempt.victim
    body, kind = ROWS[attempt.route].body(mine, theirs)
    headers = [
        *attempt.spelling.headers(mine.host, theirs.host), *attempt.credential.headers(made, mine, theirs), *kind,
        (b"content-length", str(len(body)).encode()), (b"connection", b"close"),
    ]  # fmt: skip
    lines = b"".join(b"%b: %b\r\n" % field for field in headers)
    return b"%b %b HTTP/1.1\r\n%b\r\n%b" % (attempt.method.encode(), attempt.target.encode(), lines, body)


async def test_nothing_of_another_tenant_comes_over_a_socket(tmp_path: Path) -> None:
    async with world(tmp_path, 2) as made:
        victim, attacker = made.people
        before = await made.digest(victim)
        tried = [one for one in attempts(attacker, victim) if one.spelling.named != "attacker"]
        answered = 0
        async with served(made.app) as server:
            for attempt in random.Random(5).sample(tried, SAMPLE):
                client = await server.client()
                client.send(_message(made, attempt))
                text = await client.rest()
                client.writer.close()
                server.clients.remove(client)
                assert not _CANARY.search(text), f"{attempt}: {text!r}"
                answered += bool(text)
        assert answered == SAMPLE
        assert await made.digest(victim) == before


async def test_the_target_of_a_request_names_no_tenant(tmp_path: Path) -> None:
    """An absolute target with another host than the Host field's is refused; with the same one it is served."""
    async with world(tmp_path, 2) as made, served(made.app) as server:
        victim, attacker = made.people
        for named, host, status in (
            (victim, attacker, 400), (attacker, victim, 400), (victim, victim, 200), (attacker, attacker, 200),
        ):  # fmt: skip
            head = b"GET http://%b/api/health HTTP/1.1\r\nHost: %b\r\n\r\n" % (named.host, host.host)
            assert (await server.ask(head)).status == status


async def _opens(server_port: int, host: bytes, headers: dict[str, str]) -> int:
    """The status of a handshake."""
    try:
        async with connect(
            f"ws://{host.decode()}/api/realtime", host="127.0.0.1", port=server_port, additional_headers=headers,
            proxy=None,
        ) as socket:  # fmt: skip
            await socket.send('{"type":"subscribe","id":"s","collection":"cars","snapshot":true}')
            async for frame in socket:
                if json.loads(frame)["type"] in {"subscribed", "error"}:
                    return 101 if b"cnry-" in str(frame).encode() else 403
            return 403
    except InvalidStatus as error:
        refused = error.response
    assert b"cnry-" not in (refused.body or b"")
    return refused.status_code


def _headers(made: World, credential: Credential, mine: Person, theirs: Person) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in credential.headers(made, mine, theirs)}


@pytest.mark.parametrize(
    "credential", [one for one in CREDENTIALS if "two" not in one.title], ids=lambda one: one.title
)
async def test_a_socket_of_another_tenant_says_nothing(tmp_path: Path, credential: Credential) -> None:
    async with world(tmp_path, 2) as made, served(made.app) as server:
        victim, attacker = made.people
        status = await _opens(server.listener.port, victim.host, _headers(made, credential, attacker, victim))
        assert status in {400, 401, 403}
        own = {"authorization": f"Bearer {victim.token}"}
        assert await _opens(server.listener.port, victim.host, own) == 101


@pytest.mark.parametrize("spelling", [one for one in SPELLINGS if one.named == "nobody"][:9], ids=lambda one: one.title)
async def test_a_socket_of_no_tenant_is_refused(tmp_path: Path, spelling: Spelling) -> None:
    """Written by hand: a client's library would put the host right."""
    async with world(tmp_path, 2) as made, served(made.app) as server:
        victim, attacker = made.people
        headers = spelling.headers(attacker.host, victim.host)
        lines = b"".join(b"%b: %b\r\n" % field for field in headers)
        upgrade = (
            b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        )
        client = await server.client()
        client.send(b"GET /api/realtime HTTP/1.1\r\n%b%b\r\n" % (lines, upgrade))
        first = (await client.reader.readline()).split()
        assert int(first[1]) in NOT_SERVED

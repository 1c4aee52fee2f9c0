"""Requests of several tenants on one connection, as a proxy sends them: each is its own, and none hides in another."""

import asyncio
import re
from typing import Final

import pytest

from tests.support.app import App, Tenant, User

TE: Final = b"Transfer-Encoding: chunked\r\n"
HIDING: Final = {
    # What is read as one request by one reader and as two by another; HIDDEN is the second, and N its length.
    "length, then chunked": b"Content-Length: N\r\n" + TE + b"\r\n0\r\n\r\nHIDDEN",
    "chunked, then length": TE + b"Content-Length: 4\r\n\r\n5c\r\nHIDDEN\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 0\r\nContent-Length: N\r\n\r\nHIDDEN",
    "a list of lengths": b"Content-Length: 0, N\r\n\r\nHIDDEN",
    "a length with a sign": b"Content-Length: +0\r\n\r\nHIDDEN",
    "a length in parts": b"Content-Length: 0\r\n N\r\n\r\nHIDDEN",
    "a space before the colon": b"Content-Length : N\r\n\r\nHIDDEN",
    "a tab before the colon": b"Transfer-Encoding\t: chunked\r\nContent-Length: N\r\n\r\nHIDDEN",
    "a coding that is none": b"Transfer-Encoding: xchunked\r\nContent-Length: N\r\n\r\nHIDDEN",
    "chunked in a list": b"Transfer-Encoding: identity, chunked\r\nContent-Length: N\r\n\r\n0\r\n\r\nHIDDEN",
    "a list that ends in chunked": b"Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\nHIDDEN",
    "chunked twice": TE + TE + b"\r\n0\r\n\r\nHIDDEN",
    "chunked after a vertical tab": b"Transfer-Encoding: \x0bchunked\r\nContent-Length: N\r\n\r\nHIDDEN",
    "chunked in quotes": b'Transfer-Encoding: "chunked"\r\nContent-Length: N\r\n\r\nHIDDEN',
    "chunked on a folded line": b"Transfer-Encoding:\r\n chunked\r\nContent-Length: N\r\n\r\n0\r\n\r\nHIDDEN",
    "a coding of HTTP/1.0": b"Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\nHIDDEN",
    "a bare LF in a field": b"X: a\nContent-Length: N\r\n\r\nHIDDEN",
    "a bare CR in a field": b"X: a\rContent-Length: N\r\n\r\nHIDDEN",
    "a bare LF at the end": b"X: a\r\n\nHIDDEN",
    "a NUL in a field": b"X: a\0\r\nContent-Length: N\r\n\r\nHIDDEN",
    "an extension with a LF": TE + b"\r\n2;\nab\r\n0\r\n\r\nHIDDEN",
    "a size that is too large": TE + b"\r\n10000000000000002\r\nab\r\n0\r\n\r\nHIDDEN",
    "a size with a sign": TE + b"\r\n-1\r\nHIDDEN",
    "a size in hexadecimal": TE + b"\r\n0x0\r\n\r\nHIDDEN",
    "a chunk that is too long": TE + b"\r\n1\r\nabHIDDEN",
    "a chunk with a LF": TE + b"\r\n1\r\na\n0\r\n\r\nHIDDEN",
    "a trailer that is a length": TE + b"\r\n0\r\nContent-Length: N\r\n\r\nHIDDEN",
    "an upgrade": b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: N\r\n\r\nHIDDEN",
}


def _request(
    method: str, path: str, tenant: Tenant, user: User | None, body: bytes = b"", version: str = "1.1"
) -> bytes:
    credential = f"Authorization: Bearer {user.token}\r\n" if user is not None else ""
    framing = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/{version}\r\nHost: {tenant.host}\r\n{credential}{framing}\r\n".encode() + body


async def _said(tenant: Tenant, data: bytes) -> list[tuple[int, bytes]]:
    """The answers to what is sent on one connection, until the server closes it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", tenant.port)
    writer.write(data)
    text = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    parts = re.split(rb"(?:\A|(?<=[}\n]))HTTP/1\.1 (\d{3}) ", text)
    return [(int(status), rest) for status, rest in zip(parts[1::2], parts[2::2], strict=True)]


CLOSE: Final = b"GET / HTTP/1.1\r\nHost: x.localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture
async def other(app: App) -> tuple[Tenant, User]:
    tenant = await app.tenant()
    user = await tenant.user()
    await tenant.create("cars", user, id="c1", word="canary-other")
    return tenant, user


async def test_each_request_of_a_pipeline_is_for_its_own_host_and_caller(
    tenant: Tenant, user: User, other: tuple[Tenant, User]
) -> None:
    await tenant.create("cars", user, id="c1", word="canary-first")
    theirs, their_user = other
    path, expected = "/api/data/cars/c1", list[tuple[int, bytes]]()
    stream = b""
    for _ in range(20):
        for host, caller, status, word in (
            (tenant, user, 200, b"canary-first"), (theirs, their_user, 200, b"canary-other"), (theirs, None, 401, b""),
            (tenant, their_user, 401, b""), (theirs, user, 401, b""), (tenant, None, 401, b""),
        ):  # fmt: skip
            stream += _request("GET", path, host, caller)
            expected.append((status, word))
    answers = await _said(tenant, stream + CLOSE)
    assert len(answers) == len(expected) + 1
    for (status, text), (wanted, word) in zip(answers, expected, strict=False):
        assert (status, re.findall(rb"canary-\w+", text)) == (wanted, [word] if word else [])


@pytest.mark.parametrize("way", HIDING)
async def test_no_request_hides_in_another(tenant: Tenant, other: tuple[Tenant, User], way: str) -> None:
    theirs, their_user = other
    hidden = _request("POST", "/api/data/cars", theirs, their_user, b'{"id":"smuggled"}')
    version = "1.0" if "1.0" in way else "1.1"
    outer = _request("POST", "/api/data/cars", tenant, None, version=version)[:-2] + HIDING[way]
    stream = outer.replace(b"N\r\n", b"%d\r\n" % len(hidden)).replace(b"5c\r\n", b"%x\r\n" % len(hidden))
    answers = await _said(tenant, stream.replace(b"HIDDEN", hidden) + CLOSE)
    assert len(answers) == 1 and answers[0][0] in {400, 501}, answers
    assert b"connection: close" in answers[0][1]
    assert "smuggled" not in (await theirs.http.get("/api/data/cars", headers=their_user.auth)).text

    honest = await _said(tenant, _request("POST", "/api/data/cars", tenant, None, b"{}") + hidden + CLOSE)
    assert [status for status, _ in honest][:2] == [401, 201]
    assert "smuggled" in (await theirs.http.get("/api/data/cars", headers=their_user.auth)).text

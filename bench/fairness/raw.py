"""Attacks that no load generator sends: bytes on many sockets, from a process of their own.

Run as `python -m bench.fairness.raw NAME HOST PORT CONNECTIONS`, with the tenant's headers as JSON on standard input.
"""

import asyncio
import base64
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final
from urllib.parse import urlsplit

import uvloop

from bench.fairness.victim import DATA, Tenant

Raw = Callable[[str, int, int, Mapping[str, str]], Coroutine[None, None, None]]
_ZEROS: Final = bytes(256 * 1024)
_SPEAKERS: Final = 20


async def uploads(host: str, port: int, connections: int, headers: Mapping[str, str]) -> None:
    """100 MB each, one after the other on each connection, and every fifth a zip bomb as a site."""
    archive = _bomb()

    async def one(number: int) -> None:
        while True:
            if number % 5:
                form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
                end = b"\r\n--b--\r\n"
                size = len(form) + 400 * len(_ZEROS) + len(end)
                kind, pieces = "multipart/form-data; boundary=b", [form, *[_ZEROS] * 400, end]
                path = "/api/files"
            else:
                size, kind, pieces, path = len(archive), "application/zip", [archive], "/api/site"
            with suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection(host, port)
                head = _head("POST", path, headers, {"content-type": kind, "content-length": str(size)})
                writer.write(head)
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                await reader.readuntil(b"\r\n\r\n")
                writer.close()

    await asyncio.gather(*(one(number) for number in range(connections)))


def _bomb() -> bytes:
    """A zip of 100 KB that holds 100 MB of nothing."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("index.html", b"x")
        zipped.writestr("zeros", b"\0" * 100_000_000)
    return archive.getvalue()


async def slow_heads(host: str, port: int, connections: int, headers: Mapping[str, str]) -> None:
    """A third each: a head a byte at a time, a body a byte at a time, an answer that is not read."""

    async def one(number: int) -> None:
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection(host, port, limit=1024)
                if number % 3 == 0:
                    await _crawl(writer, _head("GET", DATA, headers, {}))
                elif number % 3 == 1:
                    writer.write(
                        _head("POST", DATA, headers, {"content-type": "application/json", "content-length": "9999"})
                    )
                    await _crawl(writer, b'{"a":"' + b"x" * 9000)
                else:
                    writer.write(_head("GET", f"{DATA}?limit=1000", headers, {}) * 10)
                    await asyncio.sleep(60)
                writer.close()

    await asyncio.gather(*(one(number) for number in range(connections)))


async def _crawl(writer: asyncio.StreamWriter, data: bytes) -> None:
    for place in range(len(data)):
        writer.write(data[place : place + 1])
        await writer.drain()
        await asyncio.sleep(0.5)


async def chatter(host: str, port: int, connections: int, headers: Mapping[str, str]) -> None:
    """Sockets in one channel; some of them say something as fast as they can, all read what they hear."""
    message = _frame(b'{"type":"publish","channel":"room","event":"e","data":"' + b"x" * 100 + b'"}')
    token = headers["token"]

    async def one(number: int) -> None:
        while True:
            with suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection(host, port)
                writer.write(_head("GET", "/api/realtime", {"Host": headers["Host"]}, _upgrade()))
                await reader.readuntil(b"\r\n\r\n")
                writer.write(_frame(json.dumps({"type": "auth", "token": token}).encode()))
                writer.write(_frame(b'{"type":"join","channel":"room"}'))
                if number < _SPEAKERS:
                    speaking = asyncio.create_task(_speak(writer, message))
                    await _read_all(reader)
                    speaking.cancel()
                else:
                    await _read_all(reader)

    await asyncio.gather(*(one(number) for number in range(connections)))


async def idle(host: str, port: int, connections: int, headers: Mapping[str, str]) -> None:
    """Sockets that sign in and then say nothing but what pings want."""
    some = asyncio.Semaphore(100)

    async def one() -> None:
        async with some:
            reader, writer = await asyncio.open_connection(host, port, limit=1024)
            writer.write(_head("GET", "/api/realtime", {"Host": headers["Host"]}, _upgrade()))
            await reader.readuntil(b"\r\n\r\n")
            writer.write(_frame(json.dumps({"type": "auth", "token": headers["token"]}).encode()))
        while heard := await reader.read(1024):
            if heard[:1] == b"\x89":  # a ping; RFC 6455, section 5.5.3
                writer.write(b"\x8a\x80" + bytes(4))

    await asyncio.gather(*(one() for _ in range(connections)))


async def _speak(writer: asyncio.StreamWriter, message: bytes) -> None:
    await asyncio.sleep(2)  # until everybody is there
    while True:
        writer.write(message)
        await writer.drain()
        await asyncio.sleep(0.01)


async def _read_all(reader: asyncio.StreamReader) -> None:
    while await reader.read(64 * 1024):
        pass


def _upgrade() -> dict[str, str]:
    return {
        "upgrade": "websocket", "connection": "Upgrade", "sec-websocket-version": "13",
        "sec-websocket-key": base64.b64encode(os.urandom(16)).decode(), "sec-websocket-protocol": "backpack.v1",
    }  # fmt: skip


def _frame(text: bytes) -> bytes:
    """A masked text frame of at most 64 KiB; a mask of zeros leaves the text as it is (RFC 6455, section 5)."""
    size = len(text)
    length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + size.to_bytes(2, "big")
    return b"\x81" + length + bytes(4) + text


def _head(method: str, path: str, headers: Mapping[str, str], more: Mapping[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in {**headers, **more}.items() if k != "token")]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


_KNOWN: Final[Mapping[str, Raw]] = {known.__name__: known for known in (uploads, slow_heads, chatter, idle)}


@contextmanager
def running(attack: Raw, url: str, tenant: Tenant, connections: int) -> Iterator[int]:
    """Run an attack in a process of its own until the block ends; gives its id."""
    parts = urlsplit(url)
    command = [
        sys.executable, "-m", "bench.fairness.raw", attack.__name__, str(parts.hostname), str(parts.port),
        str(connections),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
    assert process.stdin is not None
    process.stdin.write(json.dumps({**tenant.headers, "token": tenant.token}))
    process.stdin.close()
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Attack until somebody ends the process."""
    name, host, port, connections = sys.argv[1:]
    headers = json.load(sys.stdin)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_KNOWN[name](host, int(port), int(connections), headers))


if __name__ == "__main__":
    main()

"""`python -m bench.wire`: our HTTP/1.1 protocol beside uvicorn's own, on an app that does nothing."""

import asyncio
import multiprocessing
import socket
import sys
import time
from typing import Final

import uvicorn
import uvloop
from starlette.types import Receive, Scope, Send

from bench.errors import BenchmarkError
from bench.load import Request, run_load
from server.wire.connection import Connection

_SECONDS: Final = 3
_ROUNDS: Final = 2
_BODY: Final = b'{"title":"a document","done":false}'
_HEADERS: Final = [(b"content-type", b"application/json"), (b"content-length", str(len(_BODY)).encode())]


async def trivial(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a small constant."""
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})


def serve(listening: socket.socket, ours: bool) -> None:
    """Serve until killed."""
    config = uvicorn.Config(
        trivial, http=Connection if ours else "httptools", lifespan="off", access_log=False, server_header=False,
        proxy_headers=False, log_level="warning",
    )  # fmt: skip
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(config).serve(sockets=[listening]))


def measure(*, ours: bool, seconds: int = _SECONDS) -> float:
    """Requests a second."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = multiprocessing.get_context("fork").Process(target=serve, args=(listening, ours), daemon=True)
        server.start()
        try:
            time.sleep(0.5)  # noqa: TID251
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            headers = {"Authorization": "Bearer " + "x" * 43}
            return run_load(url, headers, [Request("GET", "/api/data/tasks/01890a5d")], seconds).rate
        finally:
            server.terminate()
            server.join()


def main() -> int:
    """Run; the exit code is 1 when something could not be measured."""
    try:
        # In turns, so that a busy moment of the machine meets both.
        pairs = [(measure(ours=False), measure(ours=True)) for _ in range(_ROUNDS)]
    except BenchmarkError as error:
        print(f"Nothing to report: {error}", file=sys.stderr)
        return 1
    theirs, own = (max(rates) for rates in zip(*pairs, strict=True))
    print(f"uvicorn's httptools: {theirs:.0f}/s, {1e6 / theirs:.1f} µs a request")
    print(f"ours:                {own:.0f}/s, {1e6 / own:.1f} µs a request")
    print(f"ratio: {own / theirs:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

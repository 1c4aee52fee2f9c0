"""Calls of the server to addresses that a tenant names: out into the internet, never into the server's own network.

A name is resolved once, every address that it has is looked at, and the connection goes to that very address, so that
a name which changes its mind meanwhile leads nowhere else (DNS rebinding). No redirect is followed, no proxy asked, no
connection kept, and an answer has an end in size and in time.
Source: https://owasp.org/www-community/attacks/Server_Side_Request_Forgery, https://datatracker.ietf.org/doc/html/rfc6890
"""

import asyncio
import ipaddress
import socket
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, Literal

import httpx2

Reach = Literal["public", "any"]
MAX_ANSWER: Final = 1024 * 1024
"""Bytes."""
CALL_S: Final = 10.0
_THREADS: Final = 64
_NAMES_EACH: Final = 4
"""Names of one tenant that are looked up at a time. A name server that does not answer holds a thread for as long as
the system waits for it, whatever became of the call."""
_WHO: Final = "backpack.who"
_TUNNELS: Final = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
"""Addresses that carry an IPv4 address inside, which may be a private one."""


class OutboundRefusedError(httpx2.TransportError):
    """The server does not call such an address, or does not take such an answer."""


def is_public(text: str) -> bool:
    """Whether an address is one of the internet, whatever it is wrapped in."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif any(address in tunnel for tunnel in _TUNNELS):
            return False
    return address.is_global and not address.is_multicast


class Outbound:
    """What calls go through. `public` reaches HTTPS at public addresses; `any` reaches others too, for development."""

    def __init__(self, reach: Reach = "public") -> None:
        """Call nobody yet."""
        self._reach = reach
        self._transport: httpx2.AsyncBaseTransport | None = None
        # Names are asked for in threads of their own: a name server that does not answer holds nobody else's.
        self._resolver = ThreadPoolExecutor(_THREADS, thread_name_prefix="backpack-names")

    @property
    def transport(self) -> httpx2.AsyncBaseTransport:
        """For a client of httpx2."""
        if self._transport is None:
            self._transport = _Guarded(self._reach, self._resolver)
        return self._transport

    @asynccontextmanager
    async def client(self, who: str) -> AsyncIterator[httpx2.AsyncClient]:
        """A client that asks for JSON, without cookies of calls before. `who`: whose calls they are."""
        async with httpx2.AsyncClient(**self.options(who)) as client:
            yield client

    def options(self, who: str) -> dict[str, Any]:
        """What a client of httpx2 is made with, also one that a library derives. `who`: whose calls they are."""
        headers = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "backpack"}
        return {
            "transport": _Shared(self.transport, who), "trust_env": False, "follow_redirects": False, "timeout": CALL_S,
            "headers": headers,
        }  # fmt: skip

    async def aclose(self) -> None:
        """End what is under way."""
        if self._transport is not None:
            await self._transport.aclose()
        self._resolver.shutdown(wait=False, cancel_futures=True)


class _Shared(httpx2.AsyncBaseTransport):
    """The transport for one client, which does not close it for the others."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, who: str) -> None:
        self._inner = inner
        self._who = who

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.extensions = {**request.extensions, _WHO: self._who}
        try:
            async with asyncio.timeout(CALL_S):
                response = await self._inner.handle_async_request(request)
                content = await response.aread()
        except TimeoutError:
            raise httpx2.ReadTimeout("no whole answer in time", request=request) from None
        return httpx2.Response(response.status_code, headers=response.headers, content=content, request=request)


class _Guarded(httpx2.AsyncBaseTransport):
    def __init__(self, reach: Reach, resolver: ThreadPoolExecutor) -> None:
        self._reach = reach
        self._resolver = resolver
        self._inner: httpx2.AsyncHTTPTransport | None = None
        self._asking: Counter[str] = Counter()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        if self._reach == "public" and url.scheme != "https":
            raise OutboundRefusedError("only https is called; see the setting outbound", request=request)
        address = await self._address(url.host, url.port or (443 if url.scheme == "https" else 80), request)
        pinned = httpx2.Request(
            request.method, url.copy_with(host=address), headers=request.headers, stream=request.stream,
            extensions={**request.extensions, "sni_hostname": url.host},
        )  # fmt: skip
        if self._inner is None:
            # It reads the certificates that the system trusts.
            self._inner = await asyncio.get_running_loop().run_in_executor(self._resolver, _connections)
        response = await self._inner.handle_async_request(pinned)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise OutboundRefusedError("the answer is compressed", request=request)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        return httpx2.Response(response.status_code, headers=response.headers, stream=_Bounded(response.stream))

    async def _address(self, host: str, port: int, request: httpx2.Request) -> str:
        who = str(request.extensions.get(_WHO, ""))
        if self._asking[who] >= _NAMES_EACH:
            raise OutboundRefusedError("other names are being looked up, and do not answer", request=request)
        self._asking[who] += 1
        asked = self._resolver.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        loop = asyncio.get_running_loop()

        def answered(_: object) -> None:
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(self._answered, who)

        asked.add_done_callback(answered)
        try:
            found = await asyncio.shield(asyncio.wrap_future(asked))
        except (OSError, UnicodeError):
            raise httpx2.ConnectError(f"the name {host} is not known", request=request) from None
        addresses = [str(entry[4][0]) for entry in found]
        if self._reach == "public" and not all(map(is_public, addresses)):
            raise OutboundRefusedError(f"{host} is no public address; see the setting outbound", request=request)
        return addresses[0]

    def _answered(self, who: str) -> None:
        self._asking[who] -= 1
        if not self._asking[who]:
            del self._asking[who]

    async def aclose(self) -> None:
        if self._inner is not None:
            await self._inner.aclose()


def _connections() -> httpx2.AsyncHTTPTransport:
    # A connection is to an address and checked for a name: kept, it could be used for another name there.
    limits = httpx2.Limits(max_connections=100, max_keepalive_connections=0)
    return httpx2.AsyncHTTPTransport(limits=limits, trust_env=False)


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        size = 0
        async for piece in self._inner:
            size += len(piece)
            if size > MAX_ANSWER:
                raise OutboundRefusedError("the answer is too large")
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()

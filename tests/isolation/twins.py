"""Two worlds that differ in the secrets of one tenant, and in nothing else.

In each there are the tenants `a` and `b`. The same is asked of both; what an outsider of `b` sees has to be the same to
the byte. Values that are no secrets are the same in both, so a difference can only come of a secret.
"""

import asyncio
import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from starlette.types import ASGIApp

from server.control.context import ControlContext
from server.main import listeners_for, open_control
from server.settings import Settings
from tenancy.model.slug import parse_slug
from tests.isolation.channel import Channel
from tests.isolation.raw import Fields, Reply, ask
from tests.isolation.transcript import Names
from tests.isolation.world import JSON, World, digest_of

EMAILS: Final = {name: f"{name}@example.com" for name in ("ann", "alice", "mallory")}


@dataclass(frozen=True)
class Secret:
    """A text that is another one in each world, and longer in the second."""

    number: int

    def of(self, side: int) -> str:
        """What it says; it sorts first in one world and last in the other."""
        return f"{'az'[side]}-cnry-b-{self.number}-{'s' * (1 + 7 * side)}"


def told(value: Any, side: int) -> Any:
    """The value as it is in one world."""
    if isinstance(value, Secret):
        return value.of(side)
    if isinstance(value, dict):
        return {name: told(one, side) for name, one in value.items()}
    return [told(one, side) for one in value] if isinstance(value, list) else value


@dataclass
class Side:
    """One of the worlds: an app on a folder of its own, and what is known of it by the same names in both."""

    number: int
    folder: Path
    known: dict[str, str]
    names: Names = field(default_factory=Names)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    app: ASGIApp = field(init=False)
    context: ControlContext = field(init=False)
    sockets: dict[str, Channel] = field(default_factory=dict[str, Channel])

    async def open(self) -> None:
        """Start on the folder as it is."""
        settings = Settings(data=self.folder, port=0, admin_port=0, access_log="errors")
        self.stack = AsyncExitStack()
        self.context = await open_control(settings, self.stack)
        public, _ = listeners_for(settings, self.context)
        self.app = cast("ASGIApp", public.server.config.app)

    async def close(self) -> None:
        """Stop, as on SIGTERM."""
        await self.leave()
        await self.stack.aclose()

    async def leave(self) -> None:
        """Close all sockets."""
        for socket in self.sockets.values():
            await socket.end()
        self.sockets.clear()

    def host(self, tenant: str) -> bytes:
        """The address of a tenant."""
        return f"{self.known[tenant]}.localhost".encode()

    async def ask(self, method: str, target: str, headers: Fields, body: bytes = b"") -> Reply:
        """Send a request; names in braces in the target are what they are here."""
        return await ask(self.app, method, target.format_map(self.known), headers, body)

    def bearer(self, who: str | None) -> Fields:
        """The header of somebody's token."""
        return [(b"authorization", f"Bearer {self.known[who]}".encode())] if who is not None else []

    async def make(self, tenant: str, slug: str) -> None:
        """Have a new tenant under a name of ours."""
        made = await self.context.tenants.create(parse_slug(slug))
        async with self.context.tenants.pool.use(made.tenant) as context:
            # Whoever has a cursor knows it.
            self.known |= {tenant: slug, f"{tenant}_key": made.api_key, "epoch": context.changes.epoch}

    async def sign_in(self, tenant: str, who: str, path: str, password: str, **profile: str) -> None:
        """Register somebody, or log them in."""
        body = json.dumps({"email": EMAILS[who], "password": password, **profile}).encode()
        reply = await self.ask("POST", f"/api/auth/{path}", [(b"host", self.host(tenant)), JSON], body)
        signed = json.loads(reply.body)
        self.known |= {who: signed["token"], f"{who}_id": signed["user"]["id"]}
        self.known[f"{who}_hash"] = hashlib.sha256(self.known[who].encode()).hexdigest()

    async def digest(self, tenant: str) -> str:
        """A checksum of everything that a tenant holds."""
        found = self.context.tenants.registry.directory.find(self.known[tenant])
        assert found is not None
        return await digest_of(self.context, found)


class DifferenceError(AssertionError):
    """The worlds can be told apart by somebody who may not."""


@dataclass
class Twins:
    """Both worlds."""

    sides: tuple[Side, Side]

    async def ask(
        self, method: str, target: str, headers: Callable[[Side], Fields], body: Any = None, kind: Fields | None = None
    ) -> tuple[Reply, Reply]:
        """Ask both; the body has the secrets of each."""
        first, second = [
            await side.ask(
                method, target, [*headers(side), *(_kind(body) if kind is None else kind)], _text(body, side)
            )
            for side in self.sides
        ]
        return first, second

    def same(self, replies: Sequence[Reply], what: str) -> Reply:
        """What an outsider saw, which is the same in both worlds.

        Raises:
            DifferenceError: it is not.
        """
        seen = [side.names.of(reply) for side, reply in zip(self.sides, replies, strict=True)]
        if seen[0] != seen[1]:
            raise DifferenceError(f"{what}\n{seen[0].decode()}\n--- and in the other world\n{seen[1].decode()}")
        return replies[0]


def _kind(body: Any) -> Fields:
    return [JSON] if body is not None else []


def _text(body: Any, side: Side) -> bytes:
    if body is None or isinstance(body, bytes):
        return body or b""
    return json.dumps(told(body, side.number)).encode()


async def found_twins(folder: Path) -> None:
    """Make the data that every run begins with, once."""
    for number in (0, 1):
        side = Side(number, folder / str(number), {})
        side.folder.mkdir(parents=True)
        await side.open()
        await side.make("a", "aa1")
        await side.sign_in("a", "ann", "register", "the password of ann")
        await begin_b(side, "bb1")
        await side.close()
        (folder / f"{number}.json").write_text(json.dumps(side.known))


async def begin_b(side: Side, slug: str) -> None:
    """The tenant whose secrets are kept: alice has them, mallory is a user there without rights to them."""
    await side.make("b", slug)
    secret = Secret(0).of(side.number)
    await side.sign_in("b", "alice", "register", secret, bio=secret)
    side.known["dead"] = side.known["alice"]
    await side.ask("POST", "/api/auth/logout", [(b"host", side.host("b")), *side.bearer("dead")])
    await side.sign_in("b", "alice", "login", secret)
    await side.sign_in("b", "mallory", "register", "the password of mallory")


def twins_from(founded: Path, folder: Path) -> Twins:
    """Both worlds on copies of their folders; they are not open yet."""
    sides = []
    for number in (0, 1):
        shutil.copytree(founded / str(number), folder / str(number))
        sides.append(Side(number, folder / str(number), json.loads((founded / f"{number}.json").read_text())))
    return Twins((sides[0], sides[1]))


async def interrupted(request: Any, steps: int) -> bool:
    """Cancel a request after so many turns of the loop; whether it had been answered by then."""
    task = asyncio.ensure_future(request)
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    return not task.cancelled()


def as_world(side: Side) -> World:
    """What patches of the code ask for."""
    return World(side.app, side.context, "", [], under_attack=True)

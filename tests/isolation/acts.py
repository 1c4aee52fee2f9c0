"""What is done in two worlds at once: the owners get what a model says, outsiders get the same in both."""

import json
import random
from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.isolation.channel import Channel
from tests.isolation.model import COLLECTIONS, Held
from tests.isolation.outsiders import AT_B, MALLORY, OUTSIDERS, PLAIN, READS, WRITES, Try
from tests.isolation.raw import Fields, Reply
from tests.isolation.twins import Secret, Side, Twins, begin_b

AT_ONCE: Final = 6
"""Attempts of outsiders after each step."""
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {"a": {}, "b": {"notes": "owner", "vault": "nobody"}}
_FORM: Final[Fields] = [(b"content-type", b"multipart/form-data; boundary=b")]
_ALL: Final[Mapping[str, Any]] = {"id": "s", "collection": "notes", "snapshot": True, "sort": "id"}
_SHOWN: Final = "?sort=id&limit=1000&fields=-createdAt,-updatedAt,-version"


def by(who: str | None, tenant: str) -> Callable[[Side], Fields]:
    """Somebody at a tenant's host."""
    return lambda side: [(b"host", side.host(tenant)), *side.bearer(who)]


class Acts:
    """The worlds, and what has become of them: `held` by each tenant, credentials that are `dead`, tenants `gone`."""

    def __init__(self, twins: Twins, seed: int) -> None:
        self.twins = twins
        self.chance = random.Random(seed)
        self.held = {"a": Held(), "b": Held()}
        self.dead = ["dead"]
        self.gone: list[str] = []
        self._made = 0

    def number(self) -> int:
        """A number that was not there before."""
        self._made += 1
        return self._made

    async def begin(self) -> None:
        await self.open()
        for tenant in ("a", "b"):
            for collection in COLLECTIONS:
                await self.define(tenant, collection)
        await self.upload()
        await self.listen()

    async def open(self) -> None:
        for side in self.twins.sides:
            await side.open()

    async def close(self) -> None:
        for side in self.twins.sides:
            await side.close()

    async def own(
        self, tenant: str, method: str, target: str, who: str | None, status: int, body: Any = None,
        kind: Fields | None = None,
    ) -> Reply:  # fmt: skip
        """A step of who may do it. What alice and the key of b do not do is the same in both worlds."""
        replies = await self.twins.ask(method, target, by(who, tenant), body, kind)
        assert [reply.status for reply in replies] == [status] * 2, (method, target, who, status, replies)
        if who not in {"alice", "b_key"}:
            self.twins.same(replies, f"{method} {target} by {who}")
        return replies[0]

    async def define(self, tenant: str, collection: str) -> None:
        """Make a collection with the rules that it always has."""
        word = _WORDS[tenant].get(collection, "authenticated")
        rules = dict.fromkeys(("list", "read", "create", "update", "delete"), word)
        if word == "owner":
            rules["create"] = "authenticated"
        await self.own(tenant, "POST", "/api/collections", f"{tenant}_key", 201, {"name": collection, "rules": rules})

    async def upload(self) -> None:
        """A private file of alice; its name, metadata and bytes are secrets."""
        number = self.number()
        for side in self.twins.sides:
            secret = Secret(number).of(side.number)
            head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{secret}.txt"\r\n\r\n'
            meta = f'\r\n--b\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{{"m": "{secret}"}}\r\n--b--\r\n'
            reply = await side.ask(
                "POST", "/api/files", [*by("alice", "b")(side), *_FORM], (head + secret + meta).encode()
            )
            assert reply.status == 201, reply
            side.known["file"] = json.loads(reply.body)["id"]
            content = await side.ask("GET", "/api/files/{file}/content", by("alice", "b")(side))
            assert content.body == secret.encode(), content

    async def listen(self) -> None:
        """Mallory at b, ann at a, both with all that they may have; and alice, who speaks where ann listens at a."""
        for side in self.twins.sides:
            await side.leave()
            for who, tenant in (("mallory", "b"), ("ann", "a"), ("alice", "b")):
                socket = side.sockets[who] = Channel(side.app, by(who, tenant)(side))
                if who != "mallory":
                    presence = {"of": Secret(1).of(side.number) if who == "alice" else who}
                    socket.say("join", channel="room", presence=presence)
                if who != "alice":
                    socket.say("subscribe", **_ALL)
                socket.say("ping")
                await socket.heard(b'"pong"')

    async def hear(self, number: int) -> None:
        """Frames up to a change of one's own are the same in both worlds: changes come in order."""
        tick = {"tick": f"t{self.number()}"}
        for who, tenant in (("mallory", "b"), ("ann", "a")):
            status = self.held[tenant].write("notes", f"tick-{who}", who, dict(tick))
            for side in self.twins.sides:
                side.sockets["alice"].say("publish", channel="room", event="e", data=Secret(number).of(side.number))
            await self.own(tenant, "PUT", f"/api/data/notes/tick-{who}", who, status, tick)
            heard: list[list[bytes]] = []
            for side in self.twins.sides:
                socket, text = side.sockets[who], f'"{tick["tick"]}"'.encode()
                await socket.heard(text, b'"resync"')
                if socket.has(b'"resync"'):  # the collection was changed, and one has to begin again
                    socket.say("subscribe", **_ALL)
                    await socket.heard(text)
                heard.append([side.names(frame) for frame in socket.taken() if b"serverTime" not in frame])
            assert heard[0] == heard[1], f"{who} hears {heard}"

    async def sign_in_again(self) -> None:
        """Alice logs out, and in again."""
        old = f"dead_{self.number()}"
        for side in self.twins.sides:
            side.known[old] = side.known["alice"]
        await self.own("b", "POST", "/api/auth/logout", "alice", 204)
        for side in self.twins.sides:
            await side.sign_in("b", "alice", "login", Secret(0).of(side.number))
        self.dead.append(old)
        await self.listen()

    async def remove_b(self) -> None:
        """The tenant goes with everything; another one comes under another name, and old credentials are nothing."""
        number = self.number()
        names = [*("alice", "mallory", "b_key"), "b"]
        for side in self.twins.sides:
            side.known |= {f"{name}_{number}": side.known[name] for name in names}
            found = side.context.tenants.registry.directory.find(side.known["b"])
            assert found is not None
            await side.context.tenants.delete(found)
            await begin_b(side, f"bb{number + 1}")
        self.dead += [f"{name}_{number}" for name in names[:3]]
        self.gone.append(f"b_{number}")
        self.held["b"] = Held()
        for collection in COLLECTIONS:
            await self.define("b", collection)
        await self.upload()
        await self.listen()

    async def outsiders_come(self) -> None:
        """Outsiders hear the same in both worlds, and change nothing of b."""
        before, tried = [await side.digest("b") for side in self.twins.sides], list[str]()
        for _ in range(AT_ONCE):
            who, what = self.chance.choice([*OUTSIDERS]), self.chance.choice(READS + WRITES)
            if who != MALLORY or what.by_mallory:
                tried.append(f"{what!r} by {who}")
                await self._by_outsider(who, what)
        assert before == [await side.digest("b") for side in self.twins.sides], tried

    async def _by_outsider(self, who: str, what: Try) -> None:
        spelling = self.chance.choice([PLAIN, PLAIN, self.chance.choice(AT_B)])

        def headers(side: Side) -> Fields:
            return [*spelling.headers(side.host("a"), side.host("b")), *OUTSIDERS[who](side)]

        replies = await self.twins.ask(what.method, what.target, headers, what.body, what.kind)
        reply = self.twins.same(replies, f"{what!r} by {who}, host {spelling.title}")
        assert what not in WRITES or reply.status >= 400, (who, what, reply)

    async def look(self) -> None:
        """Who may sees everything as it was written; dead credentials and tenants stay dead."""
        for side in self.twins.sides:
            for tenant, held in self.held.items():
                for name in COLLECTIONS:
                    reply = await side.ask("GET", f"/api/data/{name}{_SHOWN}", by(f"{tenant}_key", tenant)(side))
                    shown = held.shown(name, side)
                    assert json.loads(reply.body).get("items") == shown, (tenant, name, reply, shown)
                for dead in self.dead[-6:]:
                    reply = await side.ask("GET", "/api/auth/me", by(dead, tenant)(side))
                    assert reply.status == 401, (dead, reply)
            for tenant, held in self.held.items():
                page = await side.ask("GET", "/", by(None, tenant)(side))
                assert page.body == held.site.encode() if held.site is not None else page.status == 404, page
            for gone in self.gone:
                assert (await side.ask("GET", "/", by("mallory", gone)(side))).status == 404

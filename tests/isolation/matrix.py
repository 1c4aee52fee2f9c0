"""The attack: every route with every credential under every spelling of the victim's host, at every target."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from tests.isolation.credentials import CREDENTIALS, Credential
from tests.isolation.hosts import SPELLINGS, Spelling, named
from tests.isolation.raw import Reply, ask
from tests.isolation.routes import NOT_SERVED, READS, REFUSED, ROWS, Row
from tests.isolation.world import Person, World

_CANARY: Final = re.compile(rb"c(nry|pub)-(t[0-9]+)-[a-z]+-[0-9a-f]{8}")
_MANY: Final = 20


class Attempt(NamedTuple):
    """One request of an attacker."""

    route: str
    method: str
    target: str
    credential: Credential
    spelling: Spelling
    attacker: Person
    victim: Person

    def __str__(self) -> str:
        """For the report."""
        return f"{self.method} {self.target} with {self.credential.title}, host {self.spelling.title}"


@dataclass
class Findings:
    """What came of the attempts."""

    attempts: int = 0
    leaks: list[str] = field(default_factory=list[str])
    surprises: list[str] = field(default_factory=list[str])
    """Answers that the table of routes does not allow."""
    by_route: Counter[str] = field(default_factory=Counter[str])
    by_status: Counter[int] = field(default_factory=Counter[int])

    def __iadd__(self, other: "Findings") -> "Findings":
        """Both together."""
        self.attempts += other.attempts
        self.leaks += other.leaks
        self.surprises += other.surprises
        self.by_route += other.by_route
        self.by_status += other.by_status
        return self

    def summary(self) -> str:
        """For people."""
        return f"{self.attempts:,} attempts at {len(self.by_route)} routes and methods, {len(self.leaks)} leaks"

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.leaks and not self.surprises


def attempts(attacker: Person, victim: Person) -> Iterator[Attempt]:
    """All of one attacker against one victim."""
    for route, row in ROWS.items():
        for method in _methods(route):
            for credential in CREDENTIALS:
                for spelling in SPELLINGS:
                    if row.slow and credential.title != "none" and spelling.title != "plain":
                        continue
                    # At one's own host one's own credential is no attack, and writing there changes what is attacked
                    # with.
                    if spelling.named == "attacker" and method not in READS:
                        continue
                    for target in row.targets(victim):
                        yield Attempt(route, method, target, credential, spelling, attacker, victim)


def _methods(route: str) -> Sequence[str]:
    method = route.partition(" ")[0]
    return (method, "HEAD") if method == "GET" else (method,)


async def attack(world: World, tried: Iterator[Attempt]) -> Findings:
    """Try them all.

    A leak is a canary in an answer: of a victim's in any, and of the attacker's own where another's host was asked.
    """
    findings = Findings()
    for attempt in tried:
        reply, sent = await _try(world, attempt)
        findings.attempts += 1
        findings.by_route[f"{attempt.method} {attempt.route.partition(' ')[2]}"] += 1
        findings.by_status[reply.status] += 1
        _judge(attempt, reply, sent, findings)
    return findings


async def warm_up(world: World, person: Person) -> None:
    """Have the tenant's own people read everything, so that there is something in every cache."""
    for route, row in ROWS.items():
        if route.partition(" ")[0] in READS and not row.slow:
            await tried_by_owner(world, route, person)


async def tried_by_owner(world: World, route: str, person: Person) -> Reply:
    """The first target of a route, by who may."""
    row, method = ROWS[route], route.partition(" ")[0]
    body, kind = row.body(person, person)
    token = {"user": person.token, "key": person.key, "anybody": None}[row.own[0]]
    headers = [(b"host", person.host), *kind]
    if token is not None:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    return await ask(world.app, method, row.targets(person)[0], headers, body)


async def _try(world: World, attempt: Attempt) -> tuple[Reply, bytes]:
    """The answer, and everything that was sent."""
    row, (mine, theirs) = ROWS[attempt.route], (attempt.attacker, attempt.victim)
    body, kind = row.body(mine, theirs)
    headers = [
        *attempt.spelling.headers(mine.host, theirs.host), *attempt.credential.headers(world, mine, theirs), *kind,
    ]  # fmt: skip
    sent = b"\n".join([attempt.target.encode(), *(value for _, value in headers), body])
    return await ask(world.app, attempt.method, attempt.target, headers, body), sent


def _judge(attempt: Attempt, reply: Reply, sent: bytes, findings: Findings) -> None:
    """Hold an answer against what may be; what only repeats the request tells nothing."""
    asked = named(attempt.spelling, attempt.attacker, attempt.victim)
    trusted = attempt.credential.own and asked is attempt.attacker
    for kind, name in {found.groups() for found in _CANARY.finditer(reply.bytes) if found[0] not in sent}:
        whose = name.decode()
        at_home = asked is not None and whose == asked.name
        if not at_home or (kind == b"nry" and not trusted):
            _note(findings.leaks, f"{attempt}: {kind.decode()} of {whose}")
    if reply.status < 300 and _is_of_the_server(attempt.target):
        _note(findings.surprises, f"{attempt}: {reply.status}, and that collection is nobody's")
    if reply.status not in _allowed(ROWS[attempt.route], asked, trusted=trusted):
        _note(findings.surprises, f"{attempt}: {reply.status} {reply.body[:200]!r}")


def _is_of_the_server(target: str) -> bool:
    return re.match(r"/api/(data|collections)/(_|%5F)", target) is not None


def _allowed(row: Row, asked: Person | None, *, trusted: bool) -> frozenset[int]:
    if asked is None:
        return NOT_SERVED
    return REFUSED | row.strangers | (frozenset({row.own[1], 200}) if trusted else frozenset())


def _note(found: list[str], text: str) -> None:
    if len(found) < _MANY:
        found.append(text)

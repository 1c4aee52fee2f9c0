"""Requests made from a tenant's own description, by Schemathesis: true ones, and ones at hosts and with credentials
that are swapped at random.
"""

import io
import json
import random
import re
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.request import Request, urlopen

import schemathesis
from schemathesis.checks import CheckContext
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.engine import events, from_schema
from schemathesis.generation.case import Case
from schemathesis.hooks import HookContext

from tests.isolation.apart import Apart
from tests.isolation.credentials import CREDENTIALS
from tests.isolation.hosts import SPELLINGS
from tests.isolation.raw import Fields
from tests.isolation.routes import NOT_SERVED, READS, REFUSED, ROWS
from tests.isolation.world import Person, World

_CANARY: Final = re.compile(rb"c(nry|pub)-(t[0-9]+)-[a-z]+-[0-9a-f]{8}")
_METHODS: Final = ["DELETE", "GET", "PATCH", "POST", "PUT", "TRACE", "OPTIONS"]
_PHASES: Final = ("coverage", "fuzzing", "stateful")
_REFUSED: Final = REFUSED | {405, 409, 413, 415}
"""What a stranger hears who sends anything at all."""
_REJECTED: Final = [400, 401, 403, 404, 405, 409, 412, 413, 415]
"""What is heard by who sends something that the description does not allow."""
_OUR_CHECKS: Final = ("no_marker_of_another_tenant", "strangers_are_refused")


@dataclass
class Outcome:
    """What came of a run."""

    requests: int = 0
    by_check: Counter[str] = field(default_factory=Counter[str])
    failures: list[str] = field(default_factory=list[str])

    def summary(self) -> str:
        """For people."""
        return f"{self.requests:,} requests, {sum(self.by_check.values()):,} checks, {len(self.failures)} failures"


@dataclass
class Swaps:
    """Whose host is asked with which credential, drawn anew for each request."""

    made: World
    mine: Person
    theirs: Person
    chance: random.Random
    nobodys: bool = False
    """Whether the host that was asked last names no tenant."""

    def fields(self, method: str, path: str) -> Fields:
        """The headers that say so. Nothing is written at one's own host, and no account made at another's."""
        credential = self.chance.choice(_ONE_BY_ONE)
        at = self.chance.choice(("victim", "victim", "attacker", "nobody"))
        if at == "attacker" and method not in READS:
            at = "victim"
        if at == "victim" and path == "/api/auth/register":
            at = "nobody"
        self.nobodys = at == "nobody"
        spelling = self.chance.choice([one for one in _PLAIN_HOSTS if one.named == at])
        hosts = [*spelling.headers(self.mine.host, self.theirs.host)]
        credentials = credential.headers(self.made, self.mine, self.theirs)
        # Of two Origin headers the client would send the later one alone.
        return [*hosts, *(one for one in credentials if one[0] not in {name for name, _ in hosts})]


_ONE_BY_ONE: Final = [one for one in CREDENTIALS if "two" not in one.title]
_PLAIN_HOSTS: Final = [
    one for one in SPELLINGS
    if one.title not in {"with a NUL", "with a line end", "with a wide letter", "empty", "missing", "after one's own",
                         "before one's own"}
]  # fmt: skip
"""Those that an HTTP client sends as they are."""
_running: list[Swaps] = []
"""The run under way; Schemathesis has one set of hooks for all."""


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Swap host and credential."""
    for swaps in _running:
        for name, value in swaps.fields(case.method, case.path):
            case.headers[name.decode().title()] = value.decode("latin-1")


def _sent(response: Response) -> Mapping[str, str]:
    return {name.lower(): _text(value) for name, value in response.request.headers.items()}


def _body(response: Response) -> bytes:
    """What was sent. Nothing is sent in pieces."""
    body = response.request.body
    return body if isinstance(body, bytes) else str(body or "").encode()


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _shown(response: Response) -> bytes:
    """Everything that the client gets to see; the body is unpacked already."""
    lines = "\n".join(f"{name}: {value}" for name, values in response.headers.items() for value in values)
    return f"{response.status_code} {response.message}\n{lines}\n\n".encode() + response.content


@schemathesis.check
def no_marker_of_another_tenant(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """A marker of the tenant that was asked may be shown, a private one to its own people; what only repeats the
    request tells nothing."""
    sent = _sent(response)
    asked = sent["host"].partition(".")[0].lower().encode()
    own = not _running or _is_own(sent, _running[0])
    said = f"{response.request.url} {sent}".encode() + _body(response)
    for kind, whose in {found.groups() for found in _CANARY.finditer(_shown(response)) if found[0] not in said}:
        assert whose == asked, f"a marker of {whose.decode()} at {sent['host']}"
        assert kind == b"pub" or own, f"a private marker of {whose.decode()} with {sent.get('authorization')}"


@schemathesis.check
def strangers_are_refused(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """By the table of routes, which is written by hand."""
    if not _running or _is_own(_sent(response), _running[0]):
        return
    if _running[0].nobodys:
        assert response.status_code in NOT_SERVED, f"{response.status_code} at no tenant's host"
        return
    if response.request.method == "OPTIONS":
        return  # a preflight asks nothing
    method, path = response.request.method or "", re.sub(r"^/api/data/[^/]+", "/api/data/{collection}", case.path)
    row = ROWS.get(f"{'GET' if method == 'HEAD' else method} {path}")
    allowed = _REFUSED | (row.strangers if row is not None else set())
    assert response.status_code in allowed, f"{response.status_code} for a stranger"


def _is_own(sent: Mapping[str, str], swaps: Swaps) -> bool:
    """Whether a request went to one's own host."""
    return sent["host"].encode() == swaps.mine.host


@schemathesis.serializer("application/zip")
def _zipped(context: object, value: object) -> bytes:
    """Whatever was drawn, as a page of a site."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.html", str(value))
    return packed.getvalue()


@schemathesis.serializer("application/x-ndjson", "application/ndjson", "application/jsonl", "text/csv")
def _line(context: object, value: object) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def described(apart: Apart, person: Person) -> dict[str, Any]:
    """What a tenant says of its own routes."""
    request = Request(f"http://127.0.0.1:{apart.port}/api/openapi.json", headers={"host": person.host.decode()})
    with urlopen(request) as answer:
        document: dict[str, Any] = json.load(answer)
    return document


def run(
    apart: Apart, mine: Person, theirs: Person | None, *, seed: int, examples: int, phases: Sequence[str] = _PHASES,
    enough: int | None = None,
) -> Outcome:  # fmt: skip
    """Drive a tenant by its description: as its key at its own host, or as an attacker of another tenant's host.

    `enough`: failures after which the run ends.
    """
    config = SchemathesisConfig.from_dict({
        "seed": seed, "workers": 1, "continue-on-failure": True, "base-url": f"http://127.0.0.1:{apart.port}",
        "generation": {"max-examples": examples, "database": "none", "no-shrink": True},
        "suppress-health-check": ["all"], "phases": {"enabled": False, **{name: _phase(name) for name in phases}},
        **({"max-failures": enough} if enough is not None else {}),
        **(_TRUE if theirs is None else _ATTACK),
        **({} if theirs is not None else {"headers": {
            "Host": mine.host.decode(), "Authorization": f"Bearer {mine.key}",
        }}),
    })  # fmt: skip
    schema = schemathesis.openapi.from_dict(described(apart, mine), config=config)
    if theirs is None:
        return _outcome(from_schema(schema).execute())
    _running.append(Swaps(apart.made, mine, theirs, random.Random(seed)))
    try:
        return _outcome(from_schema(schema).execute())
    finally:
        _running.clear()


_TRUE: Final[dict[str, Any]] = {
    "checks": {
        # Most schemas say less than what fits: filters, rules and indexes have a language of their own.
        "positive_data_acceptance": {"enabled": False},
        # A list of more documents than fit is too large before it is too long.
        "negative_data_rejection": {"expected-statuses": _REJECTED},
    },
    # OpenAPI 3.1 has no words for QUERY, which this route has too.
    "operations": [
        {"include-path-regex": "/query$", "checks": {"allow_header_conformance": {"enabled": False}}},
    ],
}  # fmt: skip
_ATTACK: Final[dict[str, Any]] = {
    "checks": {"enabled": False, **{name: {"enabled": True} for name in ("not_a_server_error", *_OUR_CHECKS)}}
}


def _phase(name: str) -> dict[str, Any]:
    return {"enabled": True, **({"unexpected-methods": _METHODS} if name == "coverage" else {})}


def _outcome(stream: events.EventGenerator | Any) -> Outcome:
    outcome = Outcome()
    for event in stream:
        if isinstance(event, events.NonFatalError | events.FatalError):
            outcome.failures.append(str(event))
        if isinstance(event, events.ScenarioFinished):
            outcome.requests += len(event.recorder.interactions)
            for id, nodes in event.recorder.checks.items():
                for node in nodes:
                    outcome.by_check[node.name] += 1
                    if node.failure_info is not None:
                        outcome.failures.append(_told(node.name, node.failure_info.failure, event.recorder, id))
    return outcome


def _told(check: str, failure: Any, recorder: Any, id: str) -> str:
    """A failure with its request and answer."""
    exchange = recorder.interactions[id]
    request, answer = exchange.request, exchange.response
    text = f"{answer.status_code} {answer.content[:300]!r}" if answer is not None else "no answer"
    return (
        f"{check}: {failure.title} {failure.message[:300]}: {request.method} {request.uri} {request.headers} -> {text}"
    )

"""A small form of the isolation proof, against a server that runs: one tenant's people ask for another's things.

The two tenants have the same ids, names and e-mail addresses, so that a leak answers with something; they differ in
markers alone. The whole proof, with seeded bugs, is `make prove` in a checkout (docs/isolation.md).
"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import click
import httpx2

_EMAIL: Final = "probe@example.com"
_DATA: Final = "/api/data/probe"
_JSON: Final = {"content-type": "application/json"}
Headers = dict[str, str]


@dataclass
class Probe:
    """A throwaway tenant. `marker` is in everything that it holds; `file` is the id of its file."""

    http: httpx2.Client
    host: str
    key: str
    marker: str
    password: str
    token: str = ""
    file: str = ""


class Ask(NamedTuple):
    """A request, and the statuses that it may have at a tenant whose credential one does not have."""

    method: str
    path: str
    body: str = ""
    strangers: frozenset[int] = frozenset({401, 403, 404})


@dataclass
class Report:
    """What came of it."""

    attempts: int = 0
    problems: list[str] = field(default_factory=list[str])


def planted(url: str, host: str, key: str) -> Probe:
    """Fill a new tenant with its marker.

    Raises:
        click.ClickException: it does not take it.
    """
    marker = secrets.token_hex(12)
    http = httpx2.Client(base_url=url, headers={"host": host}, timeout=30, trust_env=False)
    probe = Probe(http, host, key, marker, password=secrets.token_hex(12))
    made = _done(http.post("/api/auth/register", json={"email": _EMAIL, "password": probe.password, "note": marker}))
    probe.token = made["token"]
    auth = _bearer(probe.token)
    _done(http.put(f"{_DATA}/d1", json={"note": marker, f"f{marker}": 1}, headers=auth))
    stored = http.post("/api/files", files={"file": (f"{marker}.txt", marker.encode())}, headers=auth)
    probe.file = _done(stored)["id"]
    return probe


def attack(mine: Probe, theirs: Probe) -> Report:
    """Ask for each of their things with each of my credentials, under each spelling of the host."""
    report = Report()
    before = _held(theirs)
    for title, host, extra in _hosts(mine, theirs):
        # What is asked under my own host may be answered, with what is mine.
        own = host == mine.host
        for name, credential in _credentials(mine):
            for ask in _asks(mine, theirs):
                _attempt(report, f"{ask.method} {ask.path} as {name}, {title}", mine, theirs, ask,
                         {"host": host, **extra, **credential}, own=own)  # fmt: skip
    for name, credential in _credentials(theirs):
        _twin(report, theirs, name, credential)
    if _held(theirs) != before:
        report.problems.append("something of the other tenant has changed")
    return report


def _hosts(mine: Probe, theirs: Probe) -> Iterator[tuple[str, str, Headers]]:
    yield "at its host", theirs.host, {}
    yield "at its host in capitals", theirs.host.upper(), {}
    yield "at its host with a dot", f"{theirs.host}.", {}
    for name in ("x-forwarded-host", "forwarded", "x-host", "x-original-host", "x-http-host-override", "origin"):
        value = f"host={theirs.host}" if name == "forwarded" else theirs.host
        yield f"at my host with {name}", mine.host, {name: value}


def _credentials(probe: Probe) -> Sequence[tuple[str, Headers]]:
    return [
        ("nobody", {}), ("a user", _bearer(probe.token)), ("an API key", _bearer(probe.key)),
        ("a cookie", {"cookie": f"backpack={probe.token}; __Host-backpack={probe.token}"}),
        ("nonsense", _bearer("nonsense")),
    ]  # fmt: skip


def _asks(mine: Probe, theirs: Probe) -> Sequence[Ask]:
    return [
        Ask("GET", _DATA), Ask("GET", f"{_DATA}/d1"), Ask("PUT", f"{_DATA}/d1", '{"stolen":1}'),
        Ask("DELETE", f"{_DATA}/d1"), Ask("GET", f"{_DATA}/d1/history"), Ask("GET", f"{_DATA}/export"),
        Ask("POST", f"{_DATA}/query", "{}"), Ask("POST", f"{_DATA}/aggregate", '{"pipeline":[]}'),
        Ask("GET", "/api/auth/me"), Ask("GET", "/api/data/users"), Ask("GET", "/api/collections"),
        Ask("GET", "/api/files", strangers=frozenset({200, 401, 403})), Ask("GET", f"/api/files/{theirs.file}"),
        Ask("GET", f"/api/files/{theirs.file}/content"), Ask("DELETE", f"/api/files/{theirs.file}"),
        Ask("GET", "/api/usage"), Ask("DELETE", "/api/site"),
        Ask(
            "POST", "/api/auth/login", f'{{"email":"{_EMAIL}","password":"{mine.password}"}}', frozenset({401, 429})
        ),
    ]  # fmt: skip


def _attempt(report: Report, title: str, mine: Probe, theirs: Probe, ask: Ask, headers: Headers, *, own: bool) -> None:
    if own and ask.method in {"PUT", "DELETE"}:
        return  # would change what is mine, which is no attack
    report.attempts += 1
    try:
        answer = mine.http.request(ask.method, ask.path, content=ask.body or None, headers=_JSON | headers)
    except httpx2.HTTPError:
        return  # a proxy in front may close the connection
    seen = answer.content + repr(answer.headers.raw).encode()
    if theirs.marker.encode() in seen:
        report.problems.append(f"{title}: {answer.status_code}, and it shows what is the other's")
    elif own and _is_own_document(ask, headers, mine) and mine.marker not in answer.text:
        report.problems.append(f"{title}: {answer.status_code}, and not what is mine")
    elif not own and answer.status_code not in ask.strangers | {400, 421}:
        report.problems.append(f"{title}: {answer.status_code}")


def _is_own_document(ask: Ask, headers: Headers, mine: Probe) -> bool:
    """Whether it has to be answered with what is mine, whatever else the request says of its host."""
    signed_in = headers.get("authorization") == f"Bearer {mine.token}"
    return signed_in and (ask.method, ask.path) == ("GET", f"{_DATA}/d1")


def _twin(report: Report, theirs: Probe, name: str, credential: Headers) -> None:
    """The same works for its own people: else nothing was proven."""
    if name not in {"a user", "an API key"}:
        return
    report.attempts += 1
    answer = theirs.http.get(f"{_DATA}/d1", headers=credential)
    if theirs.marker not in answer.text:
        report.problems.append(f"{name} of the tenant itself does not get its document: {answer.status_code}")


def _held(probe: Probe) -> tuple[str, ...]:
    """Everything of a tenant, for whoever has its key."""
    auth = _bearer(probe.key)
    paths = (f"{_DATA}/export", "/api/data/users", "/api/files", f"/api/files/{probe.file}/content", "/api/collections")
    return tuple(probe.http.get(path, headers=auth).text for path in paths)


def _bearer(token: str) -> Headers:
    return {"authorization": f"Bearer {token}"}


def _done(answer: httpx2.Response) -> dict[str, str]:
    if answer.is_error:
        raise click.ClickException(
            f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:300]}"
        )
    found: dict[str, str] = answer.json()
    return found

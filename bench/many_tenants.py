"""The same requests to one tenant with all the documents, and spread over many tenants with a few each."""

import resource
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx

from bench.documents import Document, make_documents
from bench.errors import BenchmarkError, answer
from bench.load import Request, median
from bench.peers.backpack import administrator, serving
from bench.peers.peer import COLLECTION, PAGE, Target
from bench.progress import tell
from bench.table import markdown
from bench.trial import Timing, Trial, in_turns, ratio

_DATA: Final = f"/api/data/{COLLECTION}"
_EACH: Final = PAGE
_AT_ONCE: Final = 1000
_FILES_EACH: Final = 6
"""Files that an open tenant holds open: three of its database for each of two connections."""


class Scale(NamedTuple):
    """How many tenants there are, and how many the server keeps open: fewer than those, and all of them."""

    tenants: int = 1000
    few: int = 256
    all: int = 1024
    timing: Timing = Timing(seconds=5)


class _Row(NamedTuple):
    title: str
    requests: Callable[["_Tenants"], list[Request]]
    check: Callable[[Target, Request, Any], bool]


class _Tenant(NamedTuple):
    headers: tuple[tuple[str, str], ...]
    ids: Sequence[str]


class _Tenants:
    """A server with some tenants; requests carry the host and the API key of theirs."""

    def __init__(self, folder: Path, parts: Sequence[Sequence[Document]]) -> None:
        """Make a tenant for each part, with these documents."""
        folder.mkdir()
        self._folder = folder
        with serving(folder) as addresses, administrator(addresses.admin) as admin, httpx.Client(
            base_url=addresses.public, timeout=30, trust_env=False
        ) as client:  # fmt: skip
            self.tenants = [_made(admin, client, f"tenant-{number:04}", part) for number, part in enumerate(parts)]

    def running(self, open_tenants: int) -> Callable[[], AbstractContextManager[Target]]:
        """A way to run the server with so many tenants kept open; each is opened once before load comes."""

        @contextmanager
        def run() -> Iterator[Target]:
            with serving(self._folder, "--open-tenants", str(open_tenants)) as addresses:
                with httpx.Client(base_url=addresses.public, timeout=30, trust_env=False) as client:
                    for tenant in self.tenants:
                        answer(client.get(f"{_DATA}/{tenant.ids[0]}", headers=dict(tenant.headers)))
                yield Target(addresses.public, {})

        return run


def measure(folder: Path, scale: Scale) -> str:
    """Make one tenant with all documents and many with a few, measure both in turns; gives the table.

    Raises:
        BenchmarkError: an answer was not what was asked for, or so many files may not be open.
    """
    _check_files(scale.all)
    documents = make_documents(scale.tenants * _EACH)
    tell(f"many tenants: making 1 and {scale.tenants:,} with {len(documents):,} documents each way")
    one = _Tenants(folder / "one-tenant", [documents])
    many = _Tenants(folder / "many-tenants", [documents[n :: scale.tenants] for n in range(scale.tenants)])
    few, all = f"{scale.tenants:,} tenants, {scale.few:,} open", f"{scale.tenants:,} tenants, all open"
    titles = (
        "", "1 tenant requests/s", f"{all} requests/s", "ratio (of the rounds)", f"{few} requests/s",
        "ratio (of the rounds)", *(f"{name}: p50 / p99 ms" for name in ("1 tenant", all, few)),
    )  # fmt: skip
    rows: list[list[str]] = []
    for row in _ROWS:
        trials = [
            Trial("1 tenant", one.running(scale.few), row.requests(one), row.check),
            Trial(all, many.running(scale.all), row.requests(many), row.check),
            Trial(few, many.running(scale.few), row.requests(many), row.check),
        ]
        rows.append(_measured(row.title, trials, scale.timing))
    return markdown(titles, rows)


def _measured(title: str, trials: Sequence[Trial], timing: Timing) -> list[str]:
    runs = in_turns(title, trials, timing)
    one, all, few = (median(run) for run in runs)
    return [
        title, f"{one.rate:,.0f}", f"{all.rate:,.0f}", ratio(runs[1], runs[0]), f"{few.rate:,.0f}",
        ratio(runs[2], runs[0]), *(f"{each.p50_ms:.1f} / {each.p99_ms:.1f}" for each in (one, all, few)),
    ]  # fmt: skip


def _made(admin: httpx.Client, client: httpx.Client, name: str, documents: Sequence[Document]) -> _Tenant:
    key = answer(admin.post("/v1/tenants", json={"name": name}))["apiKey"]
    headers = (("Host", f"{name}.localhost"), ("authorization", f"Bearer {key}"))
    ids: list[str] = []
    for start in range(0, len(documents), _AT_ONCE):
        part = list(documents[start : start + _AT_ONCE])
        made = answer(client.post(_DATA, json=part, headers=dict(headers)))
        ids += [item["id"] for item in made["items"]]
    return _Tenant(headers, ids)


def _check_files(tenants: int) -> None:
    """Whether the server may open as many files as so many tenants need."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = tenants * _FILES_EACH + 512
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise BenchmarkError(f"{needed} files have to be open at once, and the system allows {hard} (ulimit -Hn).")


def _get(tenants: _Tenants) -> list[Request]:
    return [
        Request("GET", f"{_DATA}/{id}", headers=tenant.headers) for tenant in tenants.tenants for id in tenant.ids
    ]  # fmt: skip


def _newest(tenants: _Tenants) -> list[Request]:
    return [Request("GET", f"{_DATA}?limit={PAGE}", headers=tenant.headers) for tenant in tenants.tenants]


def _is_it(_: Target, request: Request, found: Any) -> bool:
    return request.path.endswith(f"/{found['id']}")


def _is_a_page(_: Target, __: Request, found: Any) -> bool:
    return len(found["items"]) == PAGE


_ROWS: Final = (
    _Row("get by id", _get, _is_it),
    _Row("30 newest", _newest, _is_a_page),
)

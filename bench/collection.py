"""A large collection in one tenant: imported, and what a benchmark has to know about it."""

import json
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

import httpx

from bench.documents import Document, each_document
from bench.errors import BenchmarkError, answer
from bench.peers.backpack import administrator, serving
from bench.peers.peer import COLLECTION, EMAIL, PASSWORD, Target

DATA: Final = f"/api/data/{COLLECTION}"
_TENANT: Final = "large"
_HOST: Final = {"Host": f"{_TENANT}.localhost"}
_INDEXES: Final[list[dict[str, Any]]] = [
    {"fields": ["brand", "-createdAt"]},
    {"fields": ["brand", "price"]},
    {"fields": ["code"], "unique": True},
]
_PIECE: Final = 100_000
_ASKED: Final = 400
_SCATTER: Final = 2_654_435_761  # odd, so different numbers below 2³² stay different; about 2³² times the golden ratio
_TIMEOUT_S: Final = 600


def code_of(number: int) -> str:
    """What only one document has in its field `code`; neighbours are far apart."""
    return f"{number * _SCATTER % 2**32:08x}"


class LargeCollection:
    """The collection and its server's folder."""

    def __init__(self, folder: Path, count: int) -> None:
        """Keep everything in a folder that exists."""
        self._folder = folder
        self.count = count
        self.load_rate = 0.0
        """Documents a second that the import took in."""
        self.codes: Sequence[str] = ()
        self.ids: Sequence[str] = ()
        self.first = self.last = datetime.fromtimestamp(0, UTC)
        """When the oldest and the newest document were made."""
        self._headers: dict[str, str] = {}
        self._key: dict[str, str] = {}

    def fill(self, samples: int) -> None:
        """Import the documents, and learn the ids of so many picked at random.

        Raises:
            BenchmarkError: not all of them arrived.
        """
        with serving(self._folder) as addresses, httpx.Client(
            base_url=addresses.public, headers=_HOST, timeout=_TIMEOUT_S, trust_env=False
        ) as client:  # fmt: skip
            with administrator(addresses.admin) as admin:
                key = answer(admin.post("/v1/tenants", json={"name": _TENANT}))["apiKey"]
            credentials = {"email": EMAIL, "password": PASSWORD}
            token = answer(client.post("/api/auth/register", json=credentials))["token"]
            self._headers = {**_HOST, "authorization": f"Bearer {token}"}
            self._key = {**_HOST, "authorization": f"Bearer {key}"}
            client.headers.update(self._key)
            answer(client.post("/api/collections", json={"name": COLLECTION, "indexes": _INDEXES}))
            self._import(client)
            chosen = random.Random(self.count).sample(range(self.count), min(samples, self.count))
            self.codes = [code_of(number) for number in chosen]
            self.ids = [id for start in range(0, len(chosen), _ASKED) for id in self._ids(client, start)]
            self.first, self.last = (_made(client, order) for order in ("createdAt", "-createdAt"))
        if len(self.ids) != len(self.codes):
            raise BenchmarkError(f"Only {len(self.ids)} of {len(self.codes)} documents were found again.")

    @contextmanager
    def running(self) -> Iterator[Target]:
        """Run the server on the collection."""
        with serving(self._folder) as addresses:
            yield Target(addresses.public, self._headers)

    @contextmanager
    def asked_with_key(self) -> Iterator[httpx.Client]:
        """Run the server on the collection, for a client that no rule binds."""
        with serving(self._folder) as addresses, httpx.Client(
            base_url=addresses.public, headers=self._key, timeout=_TIMEOUT_S, trust_env=False
        ) as client:  # fmt: skip
            yield client

    def _import(self, client: httpx.Client) -> None:
        """In pieces, of which only the requests are timed: making documents is not the server's work."""
        documents, made, taken = enumerate(each_document(self.count)), 0, 0.0
        while lines := [_line(number, document) for number, document in islice(documents, _PIECE)]:
            content = "".join(lines).encode()
            begun = time.perf_counter()
            kind = {"content-type": "application/x-ndjson"}
            made += answer(client.post(f"{DATA}/import", content=content, headers=kind))["created"]
            taken += time.perf_counter() - begun
        if made != self.count:
            raise BenchmarkError(f"{made} of {self.count} documents were imported.")
        self.load_rate = made / taken

    def _ids(self, client: httpx.Client, start: int) -> list[str]:
        wanted = self.codes[start : start + _ASKED]
        query = {"filter": {"code": {"$in": wanted}}, "sort": "code", "fields": "code", "limit": _ASKED}
        return [item["id"] for item in answer(client.post(f"{DATA}/query", json=query))["items"]]


def _line(number: int, document: Document) -> str:
    return json.dumps({**document, "code": code_of(number)}) + "\n"


def _made(client: httpx.Client, order: str) -> datetime:
    found = answer(client.get(DATA, params={"sort": order, "limit": 1}))["items"]
    return datetime.fromisoformat(found[0]["createdAt"])

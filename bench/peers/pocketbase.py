"""PocketBase, with its settings as they come except for what the class names."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

import httpx

from bench.documents import Document
from bench.errors import BenchmarkError, answer
from bench.peers.peer import COLLECTION, EMAIL, PAGE, PASSWORD, Peer, Target
from bench.peers.process import environment, free_port, installed, running

_RECORDS: Final = f"/api/collections/{COLLECTION}/records"
_BATCH: Final = 500
_SIGNED_IN: Final = '@request.auth.id != ""'


class PocketBase(Peer):
    """A collection with an index, and rules that let every signed-in user do everything.

    Two settings differ from the defaults: batches are allowed, to load the documents, and requests are not written to
    its log database, since Backpack logs no good requests either.
    """

    name: ClassVar[str] = "PocketBase"

    def __init__(self, folder: Path) -> None:
        """Keep everything in a folder that exists."""
        self._folder = folder
        self._headers: Mapping[str, str] = {}

    def prepare(self, documents: Sequence[Document]) -> list[str]:
        """Make a user and a collection, load the documents; gives their ids."""
        self._make_superuser()
        with self._serving() as url, httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
            token = _sign_in(client, "_superusers")
            client.headers["authorization"] = token
            limits = {"enabled": True, "maxRequests": _BATCH, "timeout": 60}
            answer(client.patch("/api/settings", json={"batch": limits, "logs": {"maxDays": 0}}))
            answer(client.post("/api/collections", json=_definition()))
            user = {"email": EMAIL, "password": PASSWORD, "passwordConfirm": PASSWORD}
            answer(client.post("/api/collections/users/records", json=user))
            self._headers = {"authorization": _sign_in(client, "users"), "content-type": "application/json"}
            return _load(client, documents)

    @contextmanager
    def running(self) -> Iterator[Target]:
        """Run the server on what was prepared."""
        with self._serving() as url:
            yield Target(url, self._headers)

    def path(self, id: str = "") -> str:
        """The path of a record, or of the collection."""
        return f"{_RECORDS}/{id}" if id else _RECORDS

    def filtered(self, brand: str) -> str:
        """A list that the index serves, without the total."""
        parameters = {"filter": f'brand = "{brand}"', "sort": "-created", "perPage": PAGE, "skipTotal": 1}
        return f"{_RECORDS}?{urlencode(parameters)}"

    def newest(self) -> str:
        """By the table's own key, which needs no index."""
        return f"{_RECORDS}?{urlencode({'sort': '-@rowid', 'perPage': PAGE, 'skipTotal': 1})}"

    @property
    def _data(self) -> str:
        return str(self._folder / "pb_data")

    def _make_superuser(self) -> None:
        command = [installed("pocketbase"), "superuser", "upsert", EMAIL, PASSWORD, "--dir", self._data]
        made = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
        if made.returncode:
            raise BenchmarkError(f"pocketbase superuser upsert: {made.stdout}{made.stderr}")

    @contextmanager
    def _serving(self) -> Iterator[str]:
        url = f"http://127.0.0.1:{free_port()}"
        command = [installed("pocketbase"), "serve", "--http", url.removeprefix("http://"), "--dir", self._data]
        with running(command, self._folder, httpx.Request("GET", f"{url}/api/health")):
            yield url


def _definition() -> dict[str, Any]:
    actions = ("list", "view", "create", "update", "delete")
    rules = {f"{action}Rule": _SIGNED_IN for action in actions}
    fields = [
        {"name": "brand", "type": "text"},
        {"name": "price", "type": "number"},
        {"name": "name", "type": "text"},
        {"name": "text", "type": "text"},
        {"name": "tags", "type": "json"},
        {"name": "created", "type": "autodate", "onCreate": True},
        {"name": "updated", "type": "autodate", "onCreate": True, "onUpdate": True},
    ]
    index = f"CREATE INDEX idx_brand_created ON {COLLECTION} (brand, created)"
    return {"name": COLLECTION, "type": "base", "fields": fields, "indexes": [index], **rules}


def _sign_in(client: httpx.Client, collection: str) -> str:
    credentials = {"identity": EMAIL, "password": PASSWORD}
    token: str = answer(client.post(f"/api/collections/{collection}/auth-with-password", json=credentials))["token"]
    return token


def _load(client: httpx.Client, documents: Sequence[Document]) -> list[str]:
    ids: list[str] = []
    for start in range(0, len(documents), _BATCH):
        part = documents[start : start + _BATCH]
        requests = [{"method": "POST", "url": _RECORDS, "body": document} for document in part]
        ids += [made["body"]["id"] for made in answer(client.post("/api/batch", json={"requests": requests}))]
    return ids

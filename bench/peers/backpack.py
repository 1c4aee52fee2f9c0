"""Backpack: a tenant `bench` on a server of its own."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Final, NamedTuple
from urllib.parse import urlencode

import httpx

from bench.documents import Document
from bench.errors import answer
from bench.peers.loading import create_all
from bench.peers.peer import COLLECTION, EMAIL, PAGE, PASSWORD, Peer, Target
from bench.peers.process import free_port, installed, running

_TENANT: Final = "bench"
_CODE: Final = "bench-set-up"
_DATA: Final = f"/api/data/{COLLECTION}"
_HOST: Final = {"Host": f"{_TENANT}.localhost"}


class Addresses(NamedTuple):
    """Where a server listens, and how long its start took."""

    public: str
    admin: str
    start_s: float


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Addresses]:
    """Run Backpack on the data of a folder; ready is the first 200 of the admin listener's status."""
    port, admin_port = free_port(), free_port()
    command = [
        installed("backpack"), "serve", "--data", str(folder / "data"), "--port", str(port),
        "--admin-port", str(admin_port), "--setup-code", _CODE, *options,
    ]  # fmt: skip
    public, admin = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{admin_port}"
    with running(command, folder, httpx.Request("GET", f"{admin}/v1/status")) as seconds:
        yield Addresses(public, admin, seconds)


@contextmanager
def administrator(admin: str) -> Iterator[httpx.Client]:
    """The control plane, signed in as a first administrator."""
    with httpx.Client(base_url=admin, timeout=30, trust_env=False) as client:
        signed = answer(client.post("/v1/admins", json={"email": EMAIL, "password": PASSWORD, "setupCode": _CODE}))
        client.headers["authorization"] = f"Bearer {signed['token']}"
        yield client


class Backpack(Peer):
    """A tenant with a collection and an index."""

    name: ClassVar[str] = "Backpack"

    def __init__(self, folder: Path) -> None:
        """Keep everything in a folder that exists."""
        self._folder = folder
        self._headers: Mapping[str, str] = {}

    def prepare(self, documents: Sequence[Document]) -> list[str]:
        """Make a tenant, a user and a collection, load the documents; gives their ids."""
        with serving(self._folder) as addresses:
            with administrator(addresses.admin) as admin:
                key: str = answer(admin.post("/v1/tenants", json={"name": _TENANT}))["apiKey"]
            with_key = {**_HOST, "authorization": f"Bearer {key}"}
            with httpx.Client(base_url=addresses.public, timeout=30, trust_env=False) as client:
                definition = {"name": COLLECTION, "indexes": [{"fields": ["brand", "-createdAt"]}]}
                answer(client.post("/api/collections", json=definition, headers=with_key))
                credentials = {"email": EMAIL, "password": PASSWORD}
                token = answer(client.post("/api/auth/register", json=credentials, headers=_HOST))["token"]
            self._headers = {**_HOST, "authorization": f"Bearer {token}", "content-type": "application/json"}
            with_key["content-type"] = "application/json"
            return create_all(addresses.public, _DATA, with_key, documents)

    @property
    def headers(self) -> Mapping[str, str]:
        """Of an ordinary user's requests, when it is prepared."""
        return self._headers

    @contextmanager
    def running(self) -> Iterator[Target]:
        """Run the server on what was prepared."""
        with serving(self._folder) as addresses:
            yield Target(addresses.public, self._headers)

    def path(self, id: str = "") -> str:
        """The path of a document, or of the collection."""
        return f"{_DATA}/{id}" if id else _DATA

    def filtered(self, brand: str) -> str:
        """A list that the index serves."""
        parameters = {"filter": json.dumps({"brand": brand}), "sort": "-createdAt", "limit": PAGE}
        return f"{_DATA}?{urlencode(parameters)}"

    def newest(self) -> str:
        """A list without a sort has the newest first."""
        return f"{_DATA}?limit={PAGE}"

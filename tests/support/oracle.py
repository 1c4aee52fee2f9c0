"""A server that speaks MongoDB's protocol, in a process of its own: what it answers is compared with what we answer.

SecantusDB is free software under the GPL, a tool of development that is started as a program and never imported.
"""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

_STARTING_S: Final = 30
Document = dict[str, Any]


def canonical(value: Any) -> str:
    """JSON in which 1, 1.0 and true differ, and the order of fields does not matter."""
    return json.dumps(value, sort_keys=True)


class Oracle:
    """Asks the server, with our notation for sorts and projections. A document's `id` is its `_id` too."""

    def __init__(self, client: MongoClient[Document]) -> None:
        self._database = client["oracle"]
        self._contents: dict[str, str] = {}

    def fill(self, name: str, documents: Sequence[Mapping[str, Any]]) -> Collection[Document]:
        """A collection with these documents and no others."""
        collection = self._database[name]
        contents = canonical(documents)
        if self._contents.get(name) != contents:
            collection.delete_many({})
            if documents:
                collection.insert_many([{"_id": document["id"], **document} for document in documents])
            self._contents[name] = contents
        return collection

    def find(self, documents: Sequence[Mapping[str, Any]], filter_: Any, sort: str = "id") -> list[str] | None:
        """The ids of the documents that fit, in order, None where it is refused; the id is the last key as always."""
        keys = [
            ("_id" if key.removeprefix("-") == "id" else key.removeprefix("-"), -1 if key.startswith("-") else 1)
            for key in sort.split(",")
        ]
        if "_id" not in dict(keys):
            keys.append(("_id", keys[-1][1]))
        found = self.fill("documents", documents).find(filter_, {"_id": 1}).sort(keys)
        try:
            return [document["_id"] for document in found]
        except OperationFailure:
            return None

    def show(self, document: Mapping[str, Any], fields: str) -> Document:
        """The document with these fields."""
        names = [name.removeprefix("-") for name in fields.split(",")]
        kept = 0 if fields.startswith("-") else 1
        (shown,) = self.fill("documents", [document]).find({}, dict.fromkeys(names, kept))
        return {name: value for name, value in shown.items() if name != "_id"}

    def update(self, before: Mapping[str, Any], operators: Any) -> Document | None:
        """The fields after an update, None where it is refused."""
        collection = self._database["updates"]
        collection.replace_one({"_id": 1}, {**before}, upsert=True)
        try:
            collection.update_one({"_id": 1}, operators)
        except (OperationFailure, ValueError):
            return None
        after = collection.find_one({"_id": 1})
        assert after is not None
        return {name: value for name, value in after.items() if name != "_id"}

    def aggregate(
        self, documents: Sequence[Mapping[str, Any]], others: Sequence[Mapping[str, Any]], pipeline: Any
    ) -> list[Document] | None:
        """What comes out of a pipeline, None where it is refused."""
        self.fill("others", others)
        try:
            return list(self.fill("documents", documents).aggregate(pipeline))
        except OperationFailure:
            return None


@contextmanager
def running_oracle() -> Iterator[Oracle]:
    """Start the server on a free port, stop it in the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).with_name("secantusd-py")), "--port", str(port), "--storage-path", ":memory:"]
    process = subprocess.Popen([*command, "--standalone", "--log-level", "ERROR"], stderr=subprocess.DEVNULL)
    try:
        with MongoClient[Document]("127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=500) as client:
            _wait(client)
            yield Oracle(client)
    finally:
        process.terminate()
        process.wait()


def _wait(client: MongoClient[Document]) -> None:
    end = time.monotonic() + _STARTING_S
    while True:
        try:
            client.admin.command("ping")
        except (ConnectionFailure, PyMongoError):
            if time.monotonic() > end:
                raise
            threading.Event().wait(0.1)
        else:
            return

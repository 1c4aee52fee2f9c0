"""Documents into a server, one request each."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Final

from bench.documents import Document
from bench.errors import BenchmarkError

_LOADERS: Final = 8


def create_all(
    url: str, path: str, headers: Mapping[str, str], documents: Sequence[Document], id_name: str = "id"
) -> list[str]:
    """Create them over a few connections; gives their ids. The standard library's client is the fastest at that.

    Raises:
        BenchmarkError: a document was refused.
    """
    address = url.removeprefix("http://")

    def create(part: Sequence[Document]) -> list[str]:
        connection = HTTPConnection(address, timeout=30)
        ids: list[str] = []
        for document in part:
            connection.request("POST", path, json.dumps(document), dict(headers))
            response = connection.getresponse()
            content = response.read()
            if response.status != HTTPStatus.CREATED:
                raise BenchmarkError(f"POST {path}: {response.status} {content.decode()}")
            ids.append(json.loads(content)[id_name])
        connection.close()
        return ids

    with ThreadPoolExecutor(_LOADERS) as executor:
        parts = [documents[number::_LOADERS] for number in range(_LOADERS)]
        return [id for ids in executor.map(create, parts) for id in ids]

"""Our own browser code, as it was built into the package."""

import hashlib
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from tenancy.errors import Unavailable


class Asset(NamedTuple):
    """A built file and its ETag."""

    data: bytes
    etag: str


@lru_cache(maxsize=512)
def asset(path: str) -> Asset:
    """A file below server/assets, read once.

    Raises:
        FileNotFoundError: there is none.
    """
    found = files("server.assets").joinpath(*path.split("/"))
    if not found.is_file():
        raise FileNotFoundError(path)
    data = found.read_bytes()
    return Asset(data, f'"{hashlib.sha256(data).hexdigest()[:32]}"')


def built(path: str) -> Asset:
    """A file that a whole installation has.

    Raises:
        Unavailable: the browser code was not built.
    """
    try:
        return asset(path)
    except FileNotFoundError:
        raise Unavailable("The browser code is not built into this installation.") from None

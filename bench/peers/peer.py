"""What a server has to offer to be measured."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

from bench.documents import Document

COLLECTION: Final = "items"
EMAIL: Final = "user@example.com"
PASSWORD: Final = "a-long-password-2718"
PAGE: Final = 30


class Target(NamedTuple):
    """A running server, and the headers of an ordinary user's requests."""

    url: str
    headers: Mapping[str, str]


class Peer(ABC):
    """A server with a folder of its own, that is started and stopped as often as needed."""

    name: ClassVar[str]
    updating: ClassVar[str] = "PATCH"
    """The method that changes one field."""

    @abstractmethod
    def __init__(self, folder: Path) -> None:
        """Keep everything in a folder that exists."""

    @abstractmethod
    def prepare(self, documents: Sequence[Document]) -> list[str]:
        """Make a user and a collection, load the documents; gives their ids."""

    @abstractmethod
    def running(self) -> AbstractContextManager[Target]:
        """Run the server on what was prepared."""

    @abstractmethod
    def path(self, id: str = "") -> str:
        """The path of a document, or of the collection where documents are created."""

    @abstractmethod
    def filtered(self, brand: str) -> str:
        """The path of a brand's newest documents."""

    @abstractmethod
    def newest(self) -> str:
        """The path of the newest documents."""

    def id_of(self, found: Any) -> str:
        """The id in an answer that is a document, or that tells of a created one."""
        return str(found["id"])

    def items_of(self, found: Any) -> list[Any]:
        """The documents in an answer that is a list."""
        return list(found["items"])

"""What is written, told so that it may be done twice: each step says what a document is afterwards."""

from typing import Any, NamedTuple, TypeAlias

Document: TypeAlias = dict[str, Any]


class Put(NamedTuple):
    """Write a document by its `_id`; `fresh`: there should be none, `ConflictError` otherwise."""

    collection: str
    document: Document
    fresh: bool = False


class Remove(NamedTuple):
    """Remove a document by its `_id`; it need not be there."""

    collection: str
    id: str | int


Step: TypeAlias = Put | Remove

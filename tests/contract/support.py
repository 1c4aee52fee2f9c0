"""What the tests of `DocumentStore` share."""

import dataclasses
from typing import Any

import orjson

from tenancy.model.collection import Collection, Index
from tenancy.ports import DocumentStore
from tenancy.query.tree import Query
from tenancy.writes import Create, Update


async def everything(documents: DocumentStore, collection: str, query: Query) -> list[dict[str, Any]]:
    """Every page of a list."""
    items: list[dict[str, Any]] = []
    while True:
        page = await documents.find(collection, query)
        items += [orjson.loads(text) for text in page.items]
        if page.next is None:
            return items
        query = dataclasses.replace(query, after=page.next)


async def define(documents: DocumentStore, name: str, *indexes: Index, schema: bytes | None = None) -> None:
    """Have a collection with these indexes, built."""
    await declare(documents, name, *indexes, schema=schema)
    await documents.settle(name)


async def declare(documents: DocumentStore, name: str, *indexes: Index, schema: bytes | None = None) -> None:
    """Have a collection with these indexes, built or not."""
    definition = Collection(name, indexes=indexes, schema=schema).to_json()
    await documents.commit(
        [Update("_collections", name, definition, overwrite=True, otherwise=Create("_collections", name, definition))]
    )


async def read(documents: DocumentStore, collection: str, id: str) -> dict[str, Any]:
    """One document, which is there."""
    text = await documents.get(collection, id)
    assert text is not None
    found: dict[str, Any] = orjson.loads(text)
    return found

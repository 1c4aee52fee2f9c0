"""Full-text search on every engine."""

import orjson

from tenancy.model.collection import Collection, Index
from tenancy.ports import DocumentStore
from tenancy.query.options import parse_sort
from tenancy.query.parse import parse_filter
from tenancy.query.tree import EVERYTHING, Query
from tenancy.writes import Create, Update

DEFINITION = Collection("drinks", indexes=(Index((("title", 1), ("tags", 1)), text=True),)).to_json()


async def _found(documents: DocumentStore, search: str) -> str:
    page = await documents.find(
        "drinks", Query(parse_filter({"$text": {"$search": search}}), parse_sort("id"), count=True)
    )
    assert page.total == len(page.items)
    return "".join(orjson.loads(text)["id"] for text in page.items)


async def test_words_are_found_through_the_index_as_documents_change(documents: DocumentStore) -> None:
    await documents.commit([Create("drinks", id, {"title": title}) for id, title in zip(
        "abcd", ("Hot coffee", "Iced coffee, decaf", "Hot tea", "Café"), strict=True
    )])  # fmt: skip
    await documents.commit([Update("_collections", "drinks", DEFINITION, overwrite=True)])
    await documents.settle("drinks")
    searches = ("coffee", "hot", "coffee -decaf", '"hot coffee"', "co*", "cafe", "hot tea", "nothing")
    assert [await _found(documents, search) for search in searches] == ["ab", "ac", "a", "a", "ab", "d", "c", ""]
    await documents.commit([Update("drinks", "c", {"title": "Water", "tags": ["coffee", "free"]})])
    assert [await _found(documents, search) for search in ("coffee", "tea", "free")] == ["abc", "", "c"]
    await documents.commit([Create("drinks", f"x{n}", {"title": f"filler {n}"}) for n in range(300)])
    explained = await documents.explain("drinks", Query(parse_filter({"$text": {"$search": "coffee"}})))
    assert (explained.index, explained.examined) == ("title,tags", 3)
    batches = [batch async for batch in documents.scan("drinks", parse_filter({"$text": {"$search": "coffee"}}))]
    assert sum(map(len, batches)) == 3
    assert (await documents.find("drinks", Query(EVERYTHING, count=True))).total == 304

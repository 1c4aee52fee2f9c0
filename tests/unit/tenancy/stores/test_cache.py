"""What is kept in memory is bounded and never older than what was committed."""

from tenancy.answers import Page
from tenancy.model.change import Change, Seq
from tenancy.query.parse import parse_filter
from tenancy.query.tree import Query
from tenancy.stores.embedded.cache import DocumentCache, PageCache


def _change(collection: str, id: str, after: bytes | None, op: str = "update") -> Change:
    return Change(Seq(1), op, collection, id, 1, None, after, 0)  # type: ignore[arg-type]


def test_documents_follow_the_writer_and_are_bounded() -> None:
    cache = DocumentCache(100)
    for number in range(10):
        cache.put("cars", f"c{number}", b"x" * 30)
    assert [cache.get("cars", f"c{n}") is not None for n in range(10)] == [False] * 7 + [True] * 3
    cache.update(
        [_change("cars", "c9", b"new"), _change("cars", "c8", None, "delete"), _change("cars", "c1", b"other")]
    )
    assert (cache.get("cars", "c9"), cache.get("cars", "c8"), cache.get("cars", "c1")) == (b"new", None, None)
    cache.put("boats", "b", b"x")
    cache.update([_change("_collections", "cars", None, "delete")])
    assert (cache.get("cars", "c9"), cache.get("boats", "b")) == (None, b"x")


def test_pages_are_dropped_by_writes_and_bounded() -> None:
    cache, query = PageCache(160_000), Query(parse_filter({"a": 1}))
    cache.put("cars", query, Page([b"1"]))
    cache.put("boats", query, Page([b"2"]))
    assert cache.get("cars", Query(parse_filter({"a": True}))) is None
    assert cache.get("cars", Query(parse_filter({"a": 1.0}))) is None
    cache.update([_change("cars", "c1", b"{}")])
    assert (cache.get("cars", query), cache.get("boats", query)) == (None, Page([b"2"]))
    cache.update([_change("_collections", "boats", b"{}")])
    assert cache.get("boats", query) is None
    cache.put("cars", query, Page([b"x" * 10_001]))
    assert cache.get("cars", query) is None
    for number in range(100):
        cache.put("cars", Query(parse_filter({"a": number})), Page([b"x" * 3000]))
    kept = [cache.get("cars", Query(parse_filter({"a": number}))) is not None for number in range(100)]
    assert 0 < sum(kept) < 50 and kept[99]

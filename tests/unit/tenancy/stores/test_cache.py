"""What is kept in memory is bounded, shared fairly, and never older than what was committed."""

from tenancy.answers import Page
from tenancy.model.change import Change, Seq
from tenancy.query.parse import parse_filter
from tenancy.query.tree import Query
from tenancy.stores.embedded.cache import MAX_PAGE, DocumentCache, PageCache
from tenancy.stores.embedded.memory import Memory


def _change(collection: str, id: str, after: bytes | None, op: str = "update") -> Change:
    return Change(Seq(1), op, collection, id, 1, None, after, 0)  # type: ignore[arg-type]


def _fill(cache: DocumentCache, count: int) -> None:
    for number in range(count):
        if cache.get("cars", f"c{number}") is None:
            cache.put("cars", f"c{number}", b"x" * 650)


def _kept(cache: DocumentCache, count: int) -> list[int]:
    return [number for number in range(count) if cache.get("cars", f"c{number}") is not None]


def test_documents_follow_the_writer() -> None:
    memory = Memory()
    cache = DocumentCache(memory)
    for old in (False, True):
        if old:
            cache.put("boats", "dropped", b"x")
            for number in range(12):
                cache.put("cars", f"dropped{number}", b"x")
        _fill(cache, 10)
        cache.put("boats", "b", b"x")
        if old:
            memory.most = memory.held - 1
            memory.take(cache, 0)
            assert (cache.get("boats", "dropped"), cache.get("cars", "dropped1")) == (None, None)
        changes = [_change("cars", "c9", b"new"), _change("cars", "c8", None, "delete"), _change("cars", "x", b"other")]
        cache.update(changes)
        assert (cache.get("cars", "c9"), cache.get("cars", "c8"), cache.get("cars", "x")) == (b"new", None, None)
        cache.update([_change("_collections", "cars", None, "delete")])
        assert (cache.get("cars", "c9"), cache.get("boats", "b")) == (None, b"x")
        cache.update([_change("boats", "b", None, "delete")])
        assert memory.held == cache.size == 0


def test_documents_are_bounded_and_those_in_use_stay() -> None:
    memory = Memory(10_000)
    cache = DocumentCache(memory)
    for number in range(100):
        cache.put("cars", f"c{number}", b"x" * 650)
        cache.get("cars", "c0")
        assert memory.held == cache.size <= 10_000
        if number % 2:
            _fill(cache, 1)
    kept = _kept(cache, 100)
    assert kept[0] == 0 and kept[1:] == list(range(101 - len(kept), 100)) and len(kept) >= 5
    cache.put("cars", "large", b"x" * 20_000)
    assert cache.get("cars", "large") is None and memory.held == 0


def test_whoever_holds_most_gives_first() -> None:
    memory = Memory(20_000)
    small, large = DocumentCache(memory), DocumentCache(memory)
    _fill(small, 5)
    for _ in range(3):
        _fill(large, 200)
    assert _kept(small, 5) == [0, 1, 2, 3, 4] and large.size > 5000
    large.close()
    assert memory.held == small.size == 5000
    _fill(small, 20)
    assert _kept(small, 20) == list(range(20))


def test_pages_are_dropped_by_writes_and_bounded() -> None:
    memory = Memory(160_000)
    cache, query = PageCache(memory), Query(parse_filter({"a": 1}))
    cache.put("cars", query, Page([b"1"]))
    cache.put("boats", query, Page([b"2"]))
    assert cache.get("cars", Query(parse_filter({"a": True}))) is None
    assert cache.get("cars", Query(parse_filter({"a": 1.0}))) is None
    cache.update([_change("cars", "c1", b"{}")])
    assert (cache.get("cars", query), cache.get("boats", query)) == (None, Page([b"2"]))
    cache.update([_change("_collections", "boats", b"{}")])
    assert cache.get("boats", query) is None and memory.held == 0
    cache.put("cars", query, Page([b"x" * MAX_PAGE]))
    assert cache.get("cars", query) is None
    for number in range(100):
        cache.put("cars", Query(parse_filter({"a": number})), Page([b"x" * 3000]))
        assert memory.held == cache.size <= 160_000
    kept = [cache.get("cars", Query(parse_filter({"a": number}))) is not None for number in range(100)]
    assert 0 < sum(kept) < 50 and kept[99]
    cache.close()
    assert memory.held == 0

"""What every `DocumentStore` does with tags, receipts, operators and schemas."""

import asyncio

import pytest

from tenancy.errors import (
    AlreadyExists,
    BackpackError,
    BadUpdate,
    Conflict,
    DocumentNotFound,
    Invalid,
    KeyReused,
    PreconditionFailed,
    SchemaViolated,
    TooLarge,
)
from tenancy.model.collection import Index
from tenancy.model.document import etag_of
from tenancy.model.system import DEFINITIONS
from tenancy.ports import ChangeLog, DocumentStore
from tenancy.query.tree import Query
from tenancy.query.update import parse_update
from tenancy.writes import Create, Delete, Receipt, Update
from tests.contract.conftest import Opener
from tests.contract.support import declare, define, everything, read


async def _tag(documents: DocumentStore, id: str) -> frozenset[str]:
    text = await documents.get("cars", id)
    assert text is not None
    return frozenset({etag_of(text)})


async def test_a_tag_guards_a_write(documents: DocumentStore) -> None:
    await documents.commit([Create("cars", "c1", {"n": 1})])
    first = await _tag(documents, "c1")
    await documents.commit([Update("cars", "c1", {"n": 2}, etags=first)])
    for write in (Update("cars", "c1", {"n": 3}, etags=first), Delete("cars", "c1", etags=first)):
        with pytest.raises(PreconditionFailed):
            await documents.commit([write])
    with pytest.raises(DocumentNotFound):  # with a tag nothing is made
        await documents.commit([Update("cars", "new", {}, etags=first, otherwise=Create("cars", "new", {}))])
    second = await _tag(documents, "c1")
    await documents.commit([Delete("cars", "c1", etags=first | second)])
    await documents.commit([Delete("cars", "c1", optional=True)])
    await documents.commit([Create("cars", "c1", {"n": 1})])
    assert await _tag(documents, "c1") != first  # the same version of another document


async def test_a_definition_goes_only_while_its_collection_is_empty(documents: DocumentStore) -> None:
    await define(documents, "boats")
    await documents.commit([Create("boats", "b1", {"n": 1})])
    remove = Delete(DEFINITIONS, "boats", empty=True)
    with pytest.raises(Conflict, match="boats has documents"):
        await documents.commit([Create("cars", "c1", {"n": 1}), remove])
    assert "boats" in documents.collections()
    assert await documents.get("boats", "b1") is not None
    assert await documents.get("cars", "c1") is None
    with pytest.raises(Conflict):  # made in the same commit
        await documents.commit([Delete("boats", "b1"), Create("boats", "b2", {}), remove])
    await documents.commit([Delete("boats", "b1"), remove])
    assert "boats" not in documents.collections()


async def test_of_two_writes_with_the_same_tag_one_wins(documents: DocumentStore) -> None:
    await documents.commit([Create("cars", "c1", {"n": 0})])
    tag = await _tag(documents, "c1")
    done = await asyncio.gather(
        *(documents.commit([Update("cars", "c1", {"n": n}, etags=tag)]) for n in range(1, 9)), return_exceptions=True
    )
    assert sum(isinstance(result, PreconditionFailed) for result in done) == 7


async def test_a_receipt_makes_a_commit_happen_once(engine: Opener) -> None:
    receipt = Receipt("key", "mark")
    async with engine() as (documents, changes):
        first = await documents.commit([Create("cars", "c1", {"n": 1}), Create("cars", "c2", {})], receipt)
        head = changes.head()
        again = await documents.commit([Create("cars", "c1", {"n": 1}), Create("cars", "c2", {})], receipt)
        assert again == first
        together = await asyncio.gather(
            *(documents.commit([Create("cars", f"x{n}", {})], Receipt("other", "m")) for n in range(5))
        )
        assert len({str(written) for written in together}) == 1
        with pytest.raises(KeyReused):
            await documents.commit([Create("cars", "c3", {})], Receipt("key", "another mark"))
        with pytest.raises(AlreadyExists):
            await documents.commit([Create("cars", "c1", {})], Receipt("refused", "m"))
        await documents.commit([Create("cars", "c9", {})], Receipt("refused", "m"))  # what was refused left none
        assert changes.head() == head + 2
    async with engine() as (documents, _):
        assert await documents.commit([Create("cars", "c1", {"n": 1}), Create("cars", "c2", {})], receipt) == first


async def test_operators_are_done_after_the_fields(documents: DocumentStore) -> None:
    await documents.commit([Create("cars", "c1", {"n": 1, "tags": ["a"]})])
    operations = parse_update({"$inc": {"n": 2}, "$push": {"tags": "b"}, "$set": {"x.y": 1.0}})
    await documents.commit([Update("cars", "c1", {"m": 1}, operations=operations)])
    found = await read(documents, "cars", "c1")
    assert {name: found[name] for name in ("n", "m", "tags", "x")} == {
        "n": 3, "m": 1, "tags": ["a", "b"], "x": {"y": 1.0},
    }  # fmt: skip
    assert (found["version"], repr(found["x"]["y"])) == (2, "1.0")
    with pytest.raises(BadUpdate):
        await documents.commit([Update("cars", "c1", operations=parse_update({"$inc": {"tags": 1}}))])
    (same,) = await documents.commit([Update("cars", "c1", operations=parse_update({"$addToSet": {"tags": "a"}}))])
    assert same.op is None


async def test_a_schema_is_held_for_what_is_written(documents: DocumentStore) -> None:
    await documents.commit([Create("cars", "old", {"n": "x"})])
    await define(documents, "cars", schema=b'{"properties": {"n": {"type": "integer"}}, "required": ["n"]}')
    with pytest.raises(SchemaViolated) as refused:
        await documents.commit([Create("cars", "c1", {"n": 1}), Create("cars", "c2", {"n": "1"})])
    assert (refused.value.number, refused.value.places[0].path) == (1, "/n")
    with pytest.raises(SchemaViolated):
        await documents.commit([Update("cars", "old", {"m": 1})])
    await documents.commit([Update("cars", "old", {"n": 2})])


async def test_an_error_says_which_write_it_was(documents: DocumentStore) -> None:
    await define(documents, "cars", Index((("code", 1),), unique=True))
    await documents.commit([Create("cars", "c1", {"code": 1})])
    cases: list[tuple[type[BackpackError], list[Create | Update | Delete]]] = [
        (AlreadyExists, [Create("cars", "c2", {"code": 2}), Create("cars", "c3", {"code": 1})]),
        (AlreadyExists, [Create("cars", "c2", {}), Create("cars", "c3", {"code": 1}), Delete("cars", "missing")]),
        (DocumentNotFound, [Create("cars", "c2", {}), Delete("cars", "missing"), Create("cars", "c3", {"code": 1})]),
        (TooLarge, [Create("cars", "c2", {}), Create("cars", "c3", {"x": "x" * 1024 * 1024})]),
    ]
    for error, writes in cases:
        with pytest.raises(error) as refused:
            await documents.commit(writes)
        assert refused.value.number == 1
    assert [item["id"] for item in await everything(documents, "cars", Query())] == ["c1"]


async def test_writes_of_one_commit_see_each_other(documents: DocumentStore, changes: ChangeLog) -> None:
    start = changes.head()
    await documents.commit(
        [
            Create("cars", "c1", {"n": 1}), Update("cars", "c1", {"n": 2}), Delete("cars", "c1"),
            Create("cars", "c1", {"n": 3}), Delete("_collections", "cars"), Create("cars", "c1", {"n": 4}),
        ]
    )  # fmt: skip
    assert (await read(documents, "cars", "c1"))["n"] == 4
    assert (await documents.find("cars", Query(count=True))).total == 1
    entries = [(change.op, change.id) for change in await changes.read(start, 100) if change.collection == "cars"]
    assert entries == [("create", "c1"), ("update", "c1"), ("delete", "c1"), ("create", "c1"), ("create", "c1")]


async def test_too_many_entries_in_an_index_are_refused(documents: DocumentStore) -> None:
    await define(documents, "cars", Index((("a", 1), ("b", 1))))
    with pytest.raises(Invalid):
        await documents.commit([Create("cars", "c1", {"a": list(range(40)), "b": list(range(40))})])
    await documents.commit([Create("cars", "c1", {"a": list(range(20)), "b": list(range(20))})])


async def test_a_collection_that_is_removed_leaves_its_name_free(engine: Opener) -> None:
    async with engine() as (documents, _):
        for n in range(3):
            await declare(documents, "cars", Index((("n", 1),), unique=True))
            await documents.commit([Create("cars", f"c{n}", {"n": 1})])
            await documents.commit([Delete("_collections", "cars")])
        await documents.commit([Create("cars", "c9", {"n": 1})])
    async with engine() as (documents, _):
        assert [item["id"] for item in await everything(documents, "cars", Query())] == ["c9"]

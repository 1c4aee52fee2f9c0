"""The table cases of tests/cases: on the functions of the language alone, and through every `DocumentStore`."""

import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import orjson
import pytest

from tenancy.errors import BadFilter, BadPipeline, BadUpdate, Invalid
from tenancy.model.collection import Collection, Index
from tenancy.ports import DocumentStore
from tenancy.query.aggregate.parse import parse_pipeline
from tenancy.query.apply import apply_update
from tenancy.query.match import compile_filter
from tenancy.query.options import parse_fields, parse_sort
from tenancy.query.order import order_key
from tenancy.query.parse import parse_filter
from tenancy.query.project import compile_projection
from tenancy.query.tree import Query
from tenancy.query.update import parse_update
from tenancy.writes import Create, Update
from tests.support.cases import Group, as_pipeline, cases, groups, same

COUNTS: Counter[str] = Counter()
NAMES = itertools.count()
Case = dict[str, Any]
SERVER = {"createdAt", "updatedAt", "version", "owner"}
KINDS = ("filters", "updates", "sorts", "projections", "aggregations")


def _all(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("group", "case"), [pytest.param(group, case, id=name) for name, group, case in cases(kind)]
    )


def _groups(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("group", [pytest.param(group, id=group.about) for group in groups(kind)])


@pytest.fixture(scope="module", autouse=True)
def counts(request: pytest.FixtureRequest) -> Iterator[None]:
    """Say how many cases ran."""
    yield
    said = ", ".join(f"{count} {kind}" for kind, count in sorted(COUNTS.items()))
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        print(f"\ntable cases: {said}")  # noqa: T201


@_all("filters")
def test_a_filter_fits(group: Group, case: Case) -> None:
    COUNTS["filters"] += 1
    matches = compile_filter(parse_filter(case["filter"]))
    assert [document["id"] for document in group.stored if matches(document)] == in_order(group, case["matches"])


def in_order(group: Group, names: list[str]) -> list[str]:
    """The names as the group has them; each must be one of its documents."""
    assert set(names) <= set(group.documents)
    return [name for name in group.documents if name in names]


@_all("sorts")
def test_a_sort_orders(group: Group, case: Case) -> None:
    COUNTS["sorts"] += 1
    order = Query(sort=parse_sort(case["sort"])).total_order
    numbered = [{**document, "id": number} for document, number in zip(group.stored, _numbers(group), strict=True)]
    ordered = sorted(numbered, key=lambda document: order_key(document, order))
    assert [list(group.documents)[_numbers(group).index(document["id"])] for document in ordered] == case["order"]


def _numbers(group: Group) -> list[str]:
    """Ids in the order in which the group has its documents, so that it decides between equals."""
    return [f"d{number:03}" for number in range(len(group.documents))]


@_all("projections")
def test_a_projection_shows(group: Group, case: Case) -> None:
    COUNTS["projections"] += 1
    if "error" in case:
        with pytest.raises(Invalid):
            parse_fields(case["fields"])
        return
    projection = parse_fields(case["fields"])
    assert projection is not None
    document = {"id": "x", **group.document}
    assert same(compile_projection(projection)(document), {"id": "x", **case["shown"]})


@_all("updates")
def test_an_update_makes(group: Group, case: Case) -> None:
    COUNTS["updates"] += 1
    before = orjson.dumps(case["before"])
    document = orjson.loads(before)
    if "error" in case:
        with pytest.raises(BadUpdate):
            apply_update(document, parse_update(case["update"]))
    else:
        assert same(apply_update(document, parse_update(case["update"])), case["after"])
        assert same(case["before"], case["after"]) is case.get("unchanged", False)
    assert orjson.dumps(document) == before, "the document that was given has changed"


async def _store(documents: DocumentStore, contents: list[Any], *indexes: Index) -> str:
    name = f"cases{next(NAMES)}"
    definition = Collection(name, indexes=indexes).to_json()
    await documents.commit(
        [Update("_collections", name, definition, overwrite=True, otherwise=Create("_collections", name, definition))]
    )
    if contents:
        await documents.commit([Create(name, document["id"], _fields(document)) for document in contents])
    await documents.settle(name)
    return name


def _fields(document: Any) -> Any:
    return {name: value for name, value in document.items() if name not in SERVER and name != "id"}


def _without_server(document: Any) -> Any:
    return {name: value for name, value in document.items() if name not in SERVER}


def _paths_of(group: Group) -> list[tuple[str, ...]]:
    tops = sorted({tuple(key.split(".")) for case in group.cases for key in _named(case)} - {("id",)})
    return tops[:12]


def _named(case: Case) -> list[str]:
    if "sort" in case:
        return [entry.removeprefix("-") for entry in case["sort"].split(",")]
    return [name for name in case["filter"] if not name.startswith("$")] or ["x"]


def _index_sets(group: Group) -> list[list[Index]]:
    """None; one on each path; each descending, and all pairs with the next."""
    paths = _paths_of(group)
    names = [".".join(path) for path in paths]
    pairs = [Index(((one, 1), (other, -1))) for one, other in itertools.pairwise(names)][:8]
    return [[], [Index(((name, 1),)) for name in names], [*pairs, *(Index(((name, -1),)) for name in names[:8])]]


@_groups("filters")
async def test_a_store_finds_what_fits_with_and_without_indexes(documents: DocumentStore, group: Group) -> None:
    numbers = dict(zip(group.documents, _numbers(group), strict=True))
    stored = [{"id": numbers[name], **fields} for name, fields in group.documents.items()]
    for indexes in _index_sets(group):
        name = await _store(documents, stored, *indexes)
        for case in group.cases:
            query = Query(parse_filter(case["filter"]), ((("id",), 1),), limit=1000, count=True)
            page = await documents.find(name, query)
            expected = [numbers[known] for known in in_order(group, case["matches"])]
            assert [orjson.loads(text)["id"] for text in page.items] == expected, (case["name"], indexes)
            assert page.total == len(expected), (case["name"], indexes)
            COUNTS["filters in stores"] += 1


@_groups("sorts")
async def test_a_store_lists_in_order_with_and_without_indexes(documents: DocumentStore, group: Group) -> None:
    numbers = dict(zip(group.documents, _numbers(group), strict=True))
    stored = [{"id": numbers[name], **fields} for name, fields in group.documents.items()]
    for indexes in _index_sets(group):
        name = await _store(documents, stored, *indexes)
        for case in group.cases:
            found: list[str] = []
            after = None
            while True:
                page = await documents.find(name, Query(sort=parse_sort(case["sort"]), limit=3, after=after))
                found += [orjson.loads(text)["id"] for text in page.items]
                after = page.next
                if after is None:
                    break
            assert found == [numbers[known] for known in case["order"]], (case["name"], indexes)
            COUNTS["sorts in stores"] += 1


@_groups("projections")
async def test_a_store_shows_the_fields(documents: DocumentStore, group: Group) -> None:
    name = await _store(documents, [{"id": "x", **group.document}])
    for case in group.cases:
        if "error" not in case:
            page = await documents.find(name, Query(fields=parse_fields(case["fields"])))
            (shown,) = (_without_server(orjson.loads(text)) for text in page.items)
            assert same(shown, {"id": "x", **case["shown"]}), case["name"]
            COUNTS["projections in stores"] += 1


@_groups("updates")
async def test_a_store_updates(documents: DocumentStore, group: Group) -> None:
    contents = [{"id": f"d{number}", **case["before"]} for number, case in enumerate(group.cases)]
    paths = sorted({name for case in group.cases for name in case["before"] if name.isascii() and name.isalpha()})
    for indexes in ([], [Index(((name, 1),)) for name in paths[:8]]):
        name = await _store(documents, contents, *indexes)
        for number, case in enumerate(group.cases):
            id = f"d{number}"
            if "error" in case:
                with pytest.raises(BadUpdate):
                    await documents.commit([Update(name, id, operations=parse_update(case["update"]))])
            else:
                (done,) = await documents.commit([Update(name, id, operations=parse_update(case["update"]))])
                assert (done.op is None) is case.get("unchanged", False), case["name"]
            left = orjson.loads(await documents.get(name, id) or b"")
            assert same(_fields(left), case.get("after", case["before"])), case["name"]
            COUNTS["updates in stores"] += 1


@_groups("aggregations")
async def test_a_store_aggregates(documents: DocumentStore, group: Group) -> None:
    stored = group.stored or [{"id": "x", **group.document}]
    name = await _store(documents, stored)
    others = await _store(documents, group.joined)
    for case in group.cases:
        pipeline = orjson.loads(
            orjson.dumps(as_pipeline(case)).replace(b'"from":"others"', f'"from":"{others}"'.encode())
        )
        COUNTS["aggregations"] += 1
        if "error" in case:
            with pytest.raises((BadPipeline, BadFilter)):
                await documents.aggregate(name, parse_pipeline(pipeline))
            continue
        results = [_cleaned(orjson.loads(text)) for text in await documents.aggregate(name, parse_pipeline(pipeline))]
        assert same(results, expected(case)), case["name"]


def expected(case: Case) -> Any:
    """What the pipeline of a case gives."""
    if "results" in case:
        return case["results"]
    return [{"id": "x"} if "missing" in case else {"id": "x", "value": case["value"]}]


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _cleaned(member) for name, member in value.items() if name not in SERVER}
    return [_cleaned(member) for member in value] if isinstance(value, list) else value


def test_there_are_enough_cases_and_each_has_a_name_of_its_own() -> None:
    names = [f"{kind} {name}" for kind in KINDS for name, _, _ in cases(kind)]
    assert len(names) > 700
    assert len(names) == len(set(names))

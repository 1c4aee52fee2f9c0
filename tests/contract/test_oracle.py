"""The table cases, asked of another implementation of MongoDB's language in a process of its own.

A case with `oracle` is one where that implementation is known to be wrong, or where we differ from MongoDB on purpose;
it says why. When the two come to agree the test fails, so that the list stays true.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.test_cases import Case, expected, in_order
from tests.support.cases import Group, as_pipeline, cases
from tests.support.oracle import Oracle, canonical, running_oracle

pytestmark = pytest.mark.process


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    with running_oracle() as running:
        yield running


def _all(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("group", "case"), [pytest.param(group, case, id=name) for name, group, case in cases(kind)]
    )


def _compare(case: Case, ours: Any, theirs: Any) -> None:
    if "oracle" in case:
        assert canonical(ours) != canonical(theirs), "they agree now: remove `oracle` from the case"
    else:
        assert canonical(ours) == canonical(theirs)


@_all("filters")
def test_filters(oracle: Oracle, group: Group, case: Case) -> None:
    theirs = oracle.find(group.stored, case["filter"])
    _compare(case, in_order(group, case["matches"]), theirs and in_order(group, theirs))


@_all("sorts")
def test_sorts(oracle: Oracle, group: Group, case: Case) -> None:
    names = list(group.documents)
    numbered = [{**document, "id": f"d{number:03}"} for number, document in enumerate(group.stored)]
    theirs = [names[int(id[1:])] for id in oracle.find(numbered, {}, case["sort"]) or []]
    _compare(case, case["order"], theirs)


@_all("projections")
def test_projections(oracle: Oracle, group: Group, case: Case) -> None:
    if "error" not in case:  # what is refused is about our notation
        document = {"id": "x", **group.document}
        shown = oracle.show(document, case["fields"])
        _compare(case, case["shown"], {name: value for name, value in shown.items() if name != "id"})


@_all("updates")
def test_updates(oracle: Oracle, group: Group, case: Case) -> None:
    _compare(case, case.get("after"), oracle.update(case["before"], case["update"]))


@_all("aggregations")
def test_aggregations(oracle: Oracle, group: Group, case: Case) -> None:
    stored = group.stored or [{"id": "x", **group.document}]
    pipeline = as_pipeline(case)
    theirs = oracle.aggregate(stored, group.joined, pipeline)
    ours = None if "error" in case else expected(case)
    if not any("$group" in stage for stage in pipeline):
        ours, theirs = _without_ids(ours), _without_ids(theirs)
    _compare(case, ours, theirs)


def _without_ids(value: Any) -> Any:
    """Here a document's id is `id` and comes unasked, there it is `_id`."""
    if isinstance(value, dict):
        return {name: _without_ids(member) for name, member in value.items() if name not in {"id", "_id"}}
    return [_without_ids(member) for member in value] if isinstance(value, list) else value

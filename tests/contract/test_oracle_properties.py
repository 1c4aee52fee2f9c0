"""Documents, filters, sorts and updates that Hypothesis draws, compared with another implementation.

`KNOWN` is the one list of where that implementation is known to be wrong, with the reason. The examples are the same in
every run; more: BACKPACK_ORACLE_EXAMPLES=5000, others each time: EXAMPLES=drawn.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, assume, given, settings

from tenancy.errors import BadUpdate
from tenancy.query.apply import apply_update
from tenancy.query.match import compile_filter
from tenancy.query.options import parse_sort
from tenancy.query.order import order_key
from tenancy.query.parse import parse_filter
from tenancy.query.places import placed
from tenancy.query.tree import Query
from tenancy.query.update import parse_update
from tenancy.query.values import Missing
from tests.support import queries
from tests.support.oracle import Oracle, canonical, running_oracle
from tests.support.values import documents

pytestmark = pytest.mark.process
LOGIC: Final = frozenset({"$and", "$or", "$nor"})
EXAMPLES: Final = int(os.environ.get("BACKPACK_ORACLE_EXAMPLES", "100"))
compared = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    with running_oracle() as running:
        yield running


def _operators(value: Any) -> Iterator[tuple[str, Any]]:
    """Each operator with its operand, at any depth."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name.startswith("$"):
                yield name, member
            yield from _operators(member)
    elif isinstance(value, list):
        for member in value:
            yield from _operators(member)


def _has(*names: str) -> Callable[[Any], bool]:
    return lambda question: any(name in names for name, _ in _operators(question))


KNOWN: Final[Mapping[str, Callable[[Any], bool]]] = {
    "expression_leaf.cpp computes $mod in 64 bit integers, and has none for larger doubles": _has("$mod"),
    "the manual: $all is the same as an $and of equalities, of lists and null too": _has("$all"),
    "expression_array.cpp: $elemMatch takes any conditions on fields, and reads lists as objects": lambda question: any(
        name == "$elemMatch" and not all(key.startswith("$") and key not in LOGIC for key in operand)
        for name, operand in _operators(question)
    ),
    "pull_node.cpp: $and, $or and $nor make a filter of objects": lambda question: any(
        name == "$pull" and any(isinstance(part, dict) and LOGIC & set(part) for part in operand.values())
        for name, operand in _operators(question)
    ),
    "push_node.cpp: an element that is no object has null at every path": lambda question: any(
        name == "$sort" and isinstance(operand, dict) for name, operand in _operators(question)
    ),
    "path.cpp: a place that is not there, or lies in a scalar, is no value, not even null": lambda question: any(
        part.isdigit() for path in _paths(question) for part in path.split(".")[1:]
    ),
}
"""Questions that are not asked, for the reason: the table cases pin these corners one by one."""


def _paths(value: Any) -> Iterator[str]:
    """The paths of a filter."""
    if isinstance(value, dict):
        for name, member in value.items():
            if not name.startswith("$"):
                yield name
            yield from _paths(member)
    elif isinstance(value, list):
        for member in value:
            yield from _paths(member)


def _is_known(question: Any, *, paths: bool = True) -> bool:
    return any(differs(question) for reason, differs in KNOWN.items() if paths or not reason.startswith("path.cpp"))


@compared
@given(queries.collections, queries.filters)
def test_filters_find_the_same(oracle: Oracle, contents: Any, filter_: Any) -> None:
    assume(not _is_known(filter_))
    matches = compile_filter(parse_filter(filter_))
    assert [document["id"] for document in contents if matches(document)] == oracle.find(contents, filter_)


def _is_known_order(contents: Any, paths: list[tuple[str, ...]]) -> bool:
    """btree_key_generator.cpp: an element that is no object or lacks the field counts as null beside those that have
    it, paths through one list are taken together, and an empty list at a place is less than null."""
    if len({path[0] for path in paths}) < len(paths) or any(part.isdigit() for path in paths for part in path[1:]):
        return True
    found = [{type(end) for (end,) in placed(document, [path])} for document in contents for path in paths]
    return any(Missing in types and len(types) > 1 for types in found)


@compared
@given(queries.collections, queries.sorts)
def test_sorts_order_the_same(oracle: Oracle, contents: Any, sort: str) -> None:
    order = Query(sort=parse_sort(sort)).total_order
    ordered = [document["id"] for document in sorted(contents, key=lambda document: order_key(document, order))]
    assume(not _is_known_order(contents, [path for path, _ in order]))
    theirs = oracle.find(contents, {}, sort)
    # Paths through different lists, and names that are places too, are refused there; here they have an order.
    assert theirs is None or ordered == theirs


@compared
@given(documents, queries.updates)
def test_updates_make_the_same(oracle: Oracle, document: Any, update: Any) -> None:
    assume(not _is_known(update, paths=False))
    try:
        ours = canonical(apply_update(document, parse_update(update)))
    except BadUpdate:
        ours = "null"
        # update_array_node.cpp: the list of $[] must exist, and nothing else may write beside it
        assume("$[]" not in canonical(update))
    assert ours == canonical(oracle.update(document, update))

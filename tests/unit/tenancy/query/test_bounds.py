"""Large values, deep ones, exploding expressions and pipelines end: by their structure, not by a clock."""

from typing import Any

import pytest

from tenancy.errors import BadFilter, BadPipeline, BadUpdate, QueryTooExpensive
from tenancy.query.aggregate import meter
from tenancy.query.aggregate.parse import parse_pipeline
from tenancy.query.aggregate.run import run_pipeline, texts
from tenancy.query.apply import apply_update
from tenancy.query.match import compile_filter
from tenancy.query.options import parse_sort
from tenancy.query.order import order_key
from tenancy.query.parse import parse_filter
from tenancy.query.regex import BadPatternError, compile_pattern
from tenancy.query.update import parse_update


def _deep(levels: int, *, lists: bool) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value] if lists else {"a": value}
    return value


@pytest.mark.parametrize(
    "value",
    [
        {f"k{n}": n for n in range(100_000)}, "x" * 1_000_000, ["x"] * 100_000, _deep(99, lists=True), _deep(99, lists=False),
        [{"a": [{"b": n}]} for n in range(20_000)],
    ],
    ids=["100,000 fields", "1 MB of text", "100,000 elements", "nested lists", "nested objects", "20,000 objects"],
)  # fmt: skip
def test_large_values_are_compared_updated_and_ordered(value: Any) -> None:
    document = {"id": "x", "v": value}
    filters: list[Any] = [
        {"v": {"$eq": value}},
        {"v": {"$in": [value, 1]}},
        {"v": {"$gte": value}},
        {"v.a.a": None},
        {"v": {"$elemMatch": {"$eq": 1}}},
    ]
    for filter_ in filters:
        compile_filter(parse_filter(filter_))(document)
    assert compile_filter(parse_filter({"v": value}))(document)
    updates: list[Any] = [{"$set": {"w": value}}, {"$addToSet": {"l": value}}]
    for update in updates:
        if value != _deep(99, lists=True) and value != _deep(99, lists=False):
            apply_update(document, parse_update(update))
    for sort in ("v", "-v", "v.a,v.a.b", "v.0.a.0.b", "v.0,v.1"):
        order_key(document, parse_sort(sort))


@pytest.mark.parametrize(
    "filter_",
    [
        {f"k{n}": n for n in range(100_000)},
        {"$or": [{"a": n} for n in range(100_000)]},
        {"v": {"$in": list(range(100_000))}},
        {"v": {"$" + "x" * 1_000_000: 1}},
        {"$" + "x" * 1_000_000: 1},
        {".".join("a" * 100_000): 1},
        {"v": {f"$k{n}": n for n in range(100_000)}},
        {"v": {"$regex": "x" * 1_000_000}},
        {"v": {"$all": list(range(100_000))}},
        {"v": _deep(5, lists=False) | {"$gt": 1}},
    ],
    ids=lambda filter_: str(filter_)[:30],
)
def test_large_filters_are_refused(filter_: Any) -> None:
    with pytest.raises(BadFilter):
        parse_filter(filter_)


def test_numbers_of_any_length_are_names_in_paths() -> None:
    """Python reads no number of more than 4300 digits: such a path was an error of the server."""
    for digits in ("9" * 5000, "9" * 10, "0" * 5000, "٣"):
        matches = compile_filter(parse_filter({f"v.{digits}": None}))
        assert not matches({"v": [1, 2]})
        assert order_key({"v": [1], "id": "x"}, parse_sort(f"v.{digits}"))
        with pytest.raises(BadUpdate):
            apply_update({"v": [1]}, parse_update({"$set": {f"v.{digits}": 1}}))
        assert apply_update({"v": [1]}, parse_update({"$unset": {f"v.{digits}": 1}})) == {"v": [1]}


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|a)*$", "(a|aa)+$", "^(a?){50}a{50}$", "(.*)*b", "([a-zA-Z]+)*$", "(x{1,1000}){1,1000}", "(((a{30}){30}){30})", "((a*)*)*$", ".*" * 100 + "b",
     "(?i)" * 60 + "a", "[^a]" * 60, "\\pL{500}", "(?:(?:(?:a{0,9}){0,9}){0,9}){0,9}$", "a" * 256, "(" * 100 + "a" + ")" * 100, "\\C*", "(?P<n>a)+"],
)  # fmt: skip
def test_exploding_expressions_are_refused_or_linear(pattern: str) -> None:
    """A backtracking engine needs longer than the universe for some of these; the test's time limit is the bound."""
    try:
        found_in = compile_pattern(pattern, "")
    except BadPatternError:
        return
    for text in ("a" * 100_000 + "!", "x" * 50_000, "ab" * 20_000, ""):
        assert found_in(text) in {True, False}


@pytest.mark.parametrize(
    "stage", [{"$project": {"a": ["$a"] * 20}}, {"$project": {"a": {str(n): "$a" for n in range(20)}}}]
)
def test_a_pipeline_cannot_build_more_than_memory_holds(stage: Any) -> None:
    with pytest.raises(QueryTooExpensive):
        run_pipeline([{"a": "x" * 1000}], parse_pipeline([stage] * 20), lambda *_: [])


def test_a_text_does_not_grow_without_bound() -> None:
    stage: Any = {"$project": {"a": {"$concat": ["$a"] * 20}}}
    with pytest.raises(QueryTooExpensive):
        run_pipeline([{"a": "x"}], parse_pipeline([stage] * 20), lambda *_: [])


def test_lists_that_are_unwound_again_and_again_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "MAX_BUILT", 10_000_000)
    stages: list[Any] = [{"$project": {"a": 1, "b": "$a"}}, {"$unwind": "$b"}] * 5
    with pytest.raises(QueryTooExpensive):
        run_pipeline([{"a": list(range(1000))}], parse_pipeline([*stages, {"$count": "n"}]), lambda *_: [])


def test_results_that_are_nested_too_deeply_are_refused() -> None:
    stage: Any = {"$project": {"a": _deep(15, lists=True)}}
    value = stage["$project"]
    while isinstance(value["a"] if isinstance(value, dict) else value[0], list):
        value = value["a"] if isinstance(value, dict) else value[0]
    value[0] = "$a"
    with pytest.raises(BadPipeline):
        texts(run_pipeline([{"a": 1}], parse_pipeline([stage] * 20), lambda *_: []))

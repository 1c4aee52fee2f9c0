"""Whatever is sent: it is understood or refused with the documented error, and nothing explodes."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenancy.errors import BadFilter, BadPipeline, BadUpdate, QueryTooExpensive
from tenancy.model.json import JsonObject
from tenancy.query.aggregate import meter
from tenancy.query.aggregate.parse import parse_pipeline
from tenancy.query.aggregate.run import run_pipeline, texts
from tenancy.query.apply import apply_update
from tenancy.query.brackets import filter_from
from tenancy.query.match import compile_filter
from tenancy.query.options import parse_sort
from tenancy.query.order import order_key
from tenancy.query.parse import parse_filter
from tenancy.query.regex import BadPatternError, compile_pattern
from tenancy.query.tree import And, Compare
from tenancy.query.update import parse_update
from tests.support import queries
from tests.support.values import anything, documents, scalars


def _as_read(value: Any) -> bool:
    """Whether JSON's text gives the very same value: no NaN, no infinity, no integer beyond 64 bits."""
    return json.dumps(orjson.loads(orjson.dumps(value))) == json.dumps(value)


@given(anything | st.dictionaries(st.text(max_size=3), anything), documents)
def test_any_json_is_a_filter_or_refused(value: Any, document: JsonObject) -> None:
    try:
        matches = compile_filter(parse_filter(value))
    except BadFilter:
        pass
    else:
        assert matches(document) in {True, False}


@given(queries.filters, documents)
def test_filters_of_the_right_form_are_decided(filter_: Any, document: JsonObject) -> None:
    assert compile_filter(parse_filter(filter_))(document) in {True, False}
    assert compile_filter(parse_filter({"$nor": [filter_]}))(document) is not compile_filter(parse_filter(filter_))(
        document
    )


@given(st.dictionaries(st.sampled_from(["$set", "$inc", "$push", "$pull", "$rename", "$x", "a"]), anything), documents)
def test_any_json_is_an_update_or_refused(value: Any, document: JsonObject) -> None:
    try:
        after = apply_update(document, parse_update(value))
    except BadUpdate:
        pass
    else:
        assert _as_read(after)


@given(queries.updates, documents)
def test_updates_of_the_right_form_are_done_or_refused(update: Any, document: JsonObject) -> None:
    before = json.dumps(document)
    try:
        after = apply_update(document, parse_update(update))
    except BadUpdate:
        pass
    else:
        assert _as_read(after)
        assert json.dumps(after) != before or after == document
    assert json.dumps(document) == before


@given(
    anything
    | st.lists(
        st.dictionaries(
            st.sampled_from(["$match", "$group", "$project", "$sort", "$unwind", "$lookup"]), anything, max_size=1
        )
    ),
    queries.collections,
)
def test_any_json_is_a_pipeline_or_refused(value: Any, contents: Any) -> None:
    _run(value, contents)


@given(queries.pipelines, queries.collections)
def test_pipelines_of_the_right_form_are_run_or_refused(value: Any, contents: Any) -> None:
    _run(value, contents)


def _run(value: Any, contents: Any) -> None:
    before = json.dumps(contents)
    try:
        results = run_pipeline(contents, parse_pipeline(value), lambda *_: [])
        texts(results)
    except (BadPipeline, BadFilter, QueryTooExpensive):
        pass
    else:
        assert _as_read(results)
    assert json.dumps(contents) == before


def _hidden(value: Any) -> Any:
    """The value somewhere inside of plain data."""
    return st.recursive(
        st.just(value),
        lambda inner: (
            st.lists(inner, min_size=1, max_size=2)
            | st.dictionaries(st.sampled_from(["a", "b"]), inner, min_size=1, max_size=2)
        ),
        max_leaves=4,
    )


smuggled = st.sampled_from(["$gt", "$ne", "$where", "$in", "$function", "$regex"]).flatmap(
    lambda name: _hidden({name: ""}).filter(lambda value: name not in value)
)


@given(smuggled)
def test_operators_inside_of_values_are_plain_data_in_filters(value: Any) -> None:
    forms: list[Any] = [{"v": value}, {"v": {"$eq": value}}, {"v": {"$in": [value]}}]
    for form in forms:
        parsed = parse_filter(form)
        assert isinstance(parsed, Compare) or (isinstance(parsed, And) and len(parsed.parts) == 1)
        assert compile_filter(parsed)({"v": value}), "it is equal to itself and nothing is evaluated"
        assert not compile_filter(parsed)({"v": "x"})


@given(smuggled)
def test_operators_inside_of_values_are_refused_in_updates(value: Any) -> None:
    updates: list[Any] = [
        {"$set": {"v": value}},
        {"$push": {"v": {"$each": [value]}}},
        {"$max": {"v": value}},
        {"$addToSet": {"v": [value]}},
    ]
    for update in updates:
        with pytest.raises(BadUpdate):
            parse_update(update)


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


plain_names = st.text("abcXYZ$.äö ", min_size=1, max_size=5)
url_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(plain_names, inner, min_size=1, max_size=3),
    max_leaves=8,
)


def _parameters(value: Any, name: str, *, last: bool = False) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for key, member in value.items() for pair in _parameters(member, f"{name}[{key}]")]
    if isinstance(value, list):
        if last and not any(isinstance(member, dict | list) for member in value):
            return [(f"{name}[]", json.dumps(member)) for member in value]
        return [pair for n, member in enumerate(value) for pair in _parameters(member, f"{name}[{n}]")]
    return [(name, json.dumps(value, ensure_ascii=False))]


@given(st.dictionaries(plain_names, url_values, min_size=1, max_size=3), st.booleans())
def test_a_filter_in_parts_of_a_url_comes_back(filter_: Any, last: bool) -> None:
    parameters = [pair for name, value in filter_.items() for pair in _parameters(value, f"filter[{name}]", last=last)]
    assert json.dumps(filter_from(parameters)) == json.dumps(filter_)


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(["[a]", "[]", "[0]", "[1]", "[", "]", "[$or]", "[a.b]", ""]), max_size=5).map(
                lambda parts: "filter" + "".join(parts)
            ),
            st.text(max_size=5) | st.sampled_from(["1", "[1", "{", "null", "-", "1e999", "9" * 5000]),
        ),
        max_size=4,
    )
)
def test_any_parameters_are_a_filter_or_refused(pairs: Any) -> None:
    try:
        parsed = filter_from(pairs)
    except BadFilter:
        pass
    else:
        assert isinstance(parsed, dict)

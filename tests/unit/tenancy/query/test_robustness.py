"""Whatever is sent: it is understood or refused with the documented error, and nothing explodes."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenancy.errors import BadFilter, BadPipeline, BadUpdate, QueryTooExpensive
from tenancy.model.json import JsonObject
from tenancy.query.aggregate.parse import parse_pipeline
from tenancy.query.aggregate.run import run_pipeline, texts
from tenancy.query.apply import apply_update
from tenancy.query.brackets import filter_from
from tenancy.query.match import compile_filter
from tenancy.query.parse import parse_filter
from tenancy.query.tree import And, Compare
from tenancy.query.update import parse_update
from tests.support import queries
from tests.support.values import anything, documents, scalars

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
"""Machines that do other things meanwhile are slow; how much is done is bounded, not how long it takes."""


def _as_read(value: Any) -> bool:
    """Whether JSON's text gives the very same value: no NaN, no infinity, no integer beyond 64 bits."""
    return json.dumps(orjson.loads(orjson.dumps(value))) == json.dumps(value)


@patient
@given(anything | st.dictionaries(st.text(max_size=3), anything), documents)
def test_any_json_is_a_filter_or_refused(value: Any, document: JsonObject) -> None:
    try:
        matches = compile_filter(parse_filter(value))
    except BadFilter:
        pass
    else:
        assert matches(document) in {True, False}


@patient
@given(queries.filters, documents)
def test_filters_of_the_right_form_are_decided(filter_: Any, document: JsonObject) -> None:
    assert compile_filter(parse_filter(filter_))(document) in {True, False}
    assert compile_filter(parse_filter({"$nor": [filter_]}))(document) is not compile_filter(parse_filter(filter_))(
        document
    )


@patient
@given(st.dictionaries(st.sampled_from(["$set", "$inc", "$push", "$pull", "$rename", "$x", "a"]), anything), documents)
def test_any_json_is_an_update_or_refused(value: Any, document: JsonObject) -> None:
    try:
        after = apply_update(document, parse_update(value))
    except BadUpdate:
        pass
    else:
        assert _as_read(after)


@patient
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


@patient
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


@patient
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


@patient
@given(smuggled)
def test_operators_inside_of_values_are_plain_data_in_filters(value: Any) -> None:
    forms: list[Any] = [{"v": value}, {"v": {"$eq": value}}, {"v": {"$in": [value]}}]
    for form in forms:
        parsed = parse_filter(form)
        assert isinstance(parsed, Compare) or (isinstance(parsed, And) and len(parsed.parts) == 1)
        assert compile_filter(parsed)({"v": value}), "it is equal to itself and nothing is evaluated"
        assert not compile_filter(parsed)({"v": "x"})


@patient
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


@patient
@given(st.dictionaries(plain_names, url_values, min_size=1, max_size=3), st.booleans())
def test_a_filter_in_parts_of_a_url_comes_back(filter_: Any, last: bool) -> None:
    parameters = [pair for name, value in filter_.items() for pair in _parameters(value, f"filter[{name}]", last=last)]
    assert json.dumps(filter_from(parameters)) == json.dumps(filter_)


@patient
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

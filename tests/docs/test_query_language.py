"""Every example of docs/query-language.md is run, and everything that the language has is in one."""

import json
import re
from typing import Any, get_args

import pytest

from tenancy.errors import BadUpdate
from tenancy.model.collection import Collection, Index
from tenancy.query import apply, operands, options, parse, update
from tenancy.query.aggregate import expressions, meter, operators, run
from tenancy.query.aggregate import parse as pipelines
from tenancy.query.aggregate.parse import parse_pipeline
from tenancy.query.aggregate.run import run_pipeline
from tenancy.query.aggregate.tree import AccumulatorName, Lookup
from tenancy.query.brackets import filter_from
from tenancy.query.match import compile_filter
from tenancy.query.order import order_key
from tenancy.query.project import compile_projection
from tenancy.query.text import bind_text
from tenancy.query.tree import Compare, Query
from tests.docs.generate import DOCS
from tests.support.cases import same

PAGE = (DOCS / "query-language.md").read_text("utf-8")
EXAMPLES: list[dict[str, Any]] = [json.loads(text) for text in re.findall(r"^```json\n(.*?)^```", PAGE, re.M | re.S)]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def _of(kind: str) -> pytest.MarkDecorator:
    found = [example for example in EXAMPLES if kind in example]
    assert found
    return pytest.mark.parametrize("example", found, ids=lambda example: json.dumps(example[kind])[:80])


def _placed(example: dict[str, Any]) -> list[dict[str, Any]]:
    """The documents with their places as ids."""
    return [{**document, "id": f"{place:03}"} for place, document in enumerate(example["documents"])]


@_of("matches")
def test_filters(example: dict[str, Any]) -> None:
    searched = Index(tuple((path, 1) for path in example.get("text", ["unsearched"])), text=True)
    filter = bind_text(parse.parse_filter(example["filter"]), Collection("examples", indexes=(searched,)))
    matches = compile_filter(filter)
    assert [place for place, document in enumerate(example["documents"]) if matches(document)] == example["matches"]


@_of("parameters")
def test_filters_in_a_url(example: dict[str, Any]) -> None:
    assert filter_from((name, value) for name, value in example["parameters"]) == example["filter"]


@_of("order")
def test_sorts(example: dict[str, Any]) -> None:
    order = Query(sort=options.parse_sort(example["sort"])).total_order
    ordered = sorted(_placed(example), key=lambda document: order_key(document, order))
    assert [int(document["id"]) for document in ordered] == example["order"]


@_of("fields")
def test_projections(example: dict[str, Any]) -> None:
    projection = options.parse_fields(example["fields"])
    assert projection is not None
    assert same(compile_projection(projection)(example["document"]), example["shown"])


@_of("update")
def test_updates(example: dict[str, Any]) -> None:
    if example["after"] == "refused":
        with pytest.raises(BadUpdate):
            apply.apply_update(example["before"], update.parse_update(example["update"]))
        return
    after = apply.apply_update(example["before"], update.parse_update(example["update"]))
    assert same({name: _untimed(value) for name, value in after.items()}, example["after"])


def _untimed(value: Any) -> Any:
    return "<time>" if isinstance(value, str) and TIME.fullmatch(value) else value


@_of("pipeline")
def test_pipelines(example: dict[str, Any]) -> None:
    def joined(stage: Lookup, value: Any) -> Any:
        values = value if isinstance(value, list) else [value]
        fits = compile_filter(Compare(stage.foreign, "in", values))
        return sorted(filter(fits, example["others"]), key=lambda document: document["id"])

    assert same(run_pipeline(example["documents"], parse_pipeline(example["pipeline"]), joined), example["results"])


@_of("expressions")
def test_expressions(example: dict[str, Any]) -> None:
    for expression, expected in example["expressions"]:
        pipeline = parse_pipeline([{"$project": {"value": expression}}])
        assert same(run_pipeline([example["document"]], pipeline, lambda *_: []), [{"value": expected}]), expression


def test_every_example_is_of_a_known_kind() -> None:
    kinds = {"matches", "parameters", "order", "shown", "after", "results", "expressions"}
    assert [example for example in EXAMPLES if len(kinds & set(example)) != 1] == []


def _names(value: Any) -> set[str]:
    """Every name that begins with a dollar, at any depth."""
    if isinstance(value, dict):
        found = {name for name in value if name.startswith("$")}
        return found.union(*map(_names, value.values()))
    return set().union(*map(_names, value)) if isinstance(value, list) else set()


def _used(key: str) -> set[str]:
    return set().union(*(_names(example[key]) for example in EXAMPLES if key in example))


def test_every_operator_of_filters_has_an_example() -> None:
    assert {*operands.OPERANDS, *parse._ON_FIELD, *parse._ON_TOP, "$text"} - _used("filter") == set()


def test_every_operator_of_updates_has_an_example() -> None:
    modifiers = {"$each", "$position", "$sort", "$slice"}
    assert {*update.NAMES, *modifiers} - _used("update") == set()
    assert any("$[]" in path for example in EXAMPLES for paths in example.get("update", {}).values() for path in paths)


def test_every_stage_accumulator_and_expression_has_an_example() -> None:
    stages = {name for example in EXAMPLES for stage in example.get("pipeline", []) for name in stage}
    assert stages == set(pipelines._Parser()._stages)
    groups = [stage["$group"] for example in EXAMPLES for stage in example.get("pipeline", []) if "$group" in stage]
    collected = {name for group in groups for part in group.values() if isinstance(part, dict) for name in part}
    assert {f"${name}" for name in get_args(AccumulatorName)} - collected == set()
    assert {*operators.OPERATORS, "$literal"} - _used("expressions") == set()


def test_the_limits_on_the_page_are_those_of_the_code() -> None:
    words = " ".join(PAGE.split())
    for said in (
        f"Nested at most {parse.MAX_DEPTH} levels", f"at most {parse.MAX_CONDITIONS} conditions",
        f"at most {operands.MAX_IN} values in `$in`", f"At most {options.MAX_SORT_KEYS} paths",
        f"At most {options.MAX_FIELDS} paths", f"filled with null, by at most {apply.MAX_PADDING}",
        f"{update.MAX_OPERATIONS} operations, paths of {update.MAX_SEGMENTS} names",
        f"a list of 1 to {pipelines.MAX_STAGES} stages", f"{pipelines.MAX_ACCUMULATORS} fields in a group",
        f"expressions {expressions.MAX_DEPTH} deep and {expressions.MAX_NODES} in all", f"{operators.MANY} arguments",
        f"{run.MAX_GROUPS:,} groups", f"{run.MAX_SORTED:,} documents sorted", f"{run.MAX_RESULTS:,} results",
        f"{operators.MAX_TEXT:,} characters", f"about {meter.MAX_BUILT // 1024 ** 2} MiB of computed values",
    ):  # fmt: skip
        assert said in words, said

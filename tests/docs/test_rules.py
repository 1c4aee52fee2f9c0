"""Every example of docs/rules.md is run."""

import json
import re
from typing import Any

import pytest

from tenancy.errors import Forbidden
from tenancy.model.json import dumps
from tenancy.model.principal import ANONYMOUS, Kind, Principal
from tenancy.query.match import compile_filter
from tenancy.rules.bind import bind
from tenancy.rules.definition import parse_collection
from tenancy.rules.fields import sight
from tenancy.rules.terms import terms
from tests.docs.generate import DOCS

PAGE = (DOCS / "rules.md").read_text("utf-8")
EXAMPLES: list[dict[str, Any]] = [json.loads(text) for text in re.findall(r"^```json\n(.*?)^```", PAGE, re.M | re.S)]


def _of(kind: str) -> pytest.MarkDecorator:
    found = [example for example in EXAMPLES if kind in example]
    assert found
    return pytest.mark.parametrize("example", found, ids=json.dumps)


def _caller(example: dict[str, Any]) -> Principal:
    user = example["user"]
    return Principal(Kind.USER, user["id"], None, dumps(user)) if user is not None else ANONYMOUS


@_of("allows")
def test_rules(example: dict[str, Any]) -> None:
    collection = parse_collection("examples", {"rules": {"list": example["rule"]}})
    fits = compile_filter(bind(collection, "list", _caller(example)))
    assert [place for place, document in enumerate(example["documents"]) if fits(document)] == example["allows"]


@_of("allowed")
def test_changes(example: dict[str, Any]) -> None:
    rules = {"update": example["rule"]} if "rule" in example else {}
    collection = parse_collection("examples", {"rules": rules, "fields": example.get("fields")})
    held = terms(collection, "update", _caller(example))
    allowed = compile_filter(held.where)(example["old"]) and compile_filter(held.check)(example["new"])
    try:
        if held.judge is not None:
            held.judge.check(example["old"], example["new"])
    except Forbidden:
        allowed = False
    assert allowed is example["allowed"]


@_of("shown")
def test_fields(example: dict[str, Any]) -> None:
    unseen = sight(parse_collection("examples", {"fields": example["fields"]}), _caller(example))
    assert unseen is not None
    assert unseen.of(example["document"]) == example["shown"]


def test_every_example_is_one() -> None:
    assert all({"allows", "allowed", "shown"} & set(example) for example in EXAMPLES)

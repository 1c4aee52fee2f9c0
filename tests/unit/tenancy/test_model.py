"""Ids, slugs, documents, definitions."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenancy.errors import Invalid
from tenancy.model.document import client_fields, merge_patch
from tenancy.model.ids import IdMaker, check_id
from tenancy.model.slug import RESERVED, parse_slug
from tenancy.rules.definition import parse_collection


def test_ids_ascend_and_differ() -> None:
    make = IdMaker()
    ids = [make() for _ in range(2000)]
    assert ids == sorted(set(ids))
    assert all(len(id) == 24 and check_id(id) == id for id in ids)


@pytest.mark.parametrize("value", ["", "x" * 65, "a b", "a/b", "ä", "a\n", None, 5, ["a"]])
def test_ids_that_are_refused(value: Any) -> None:
    with pytest.raises(Invalid):
        check_id(value)


@pytest.mark.parametrize("text", ["shop", "a1b", "my-shop", "a" * 40, "pr-12"])
def test_slugs(text: str) -> None:
    assert parse_slug(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "ab",
        "a" * 41,
        "Shop",
        "1shop",
        "-shop",
        "shop-",
        "my--shop",
        "xn--abc",
        "my_shop",
        "shop.a",
        "shöp",
        "shop\n",
        None,
        5,
        *sorted(RESERVED),
    ],
)
def test_slugs_that_are_refused(text: Any) -> None:
    with pytest.raises(Invalid) as refused:
        parse_slug(text)
    assert refused.value.places[0].path == "/name"


@given(st.text(max_size=45))
def test_every_accepted_slug_is_one_label(text: str) -> None:
    try:
        slug = parse_slug(text)
    except Invalid:
        return
    assert slug.isascii() and slug == slug.lower() and "." not in slug and len(slug) <= 63


@pytest.mark.parametrize("name", ["$a", "a.b", "a\0", "__proto__", ""])
def test_field_names_that_are_refused_at_any_depth(name: str) -> None:
    bodies: list[Any] = [{name: 1}, {"x": {name: 1}}, {"x": [{"y": {name: 1}}]}]
    for body in bodies:
        with pytest.raises(Invalid):
            client_fields(body)


def test_server_fields_of_a_body_are_left_out() -> None:
    body: Any = {"id": 1, "createdAt": 1, "updatedAt": 1, "version": 1, "owner": 1, "a": {"id": 1}}
    assert client_fields(body) == {"a": {"id": 1}}


@pytest.mark.parametrize(
    ("target", "patch", "expected"),
    [  # RFC 7396 appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch(target: Any, patch: Any, expected: Any) -> None:
    before = repr(target)
    assert merge_patch(target, patch) == expected
    assert repr(target) == before


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"rules": []}, "/rules"),
        ({"rules": {"lst": "public"}}, "/rules/lst"),
        ({"rules": {"list": "everybody"}}, "/rules/list"),
        ({"rules": {"list": {"owner": "$usr.id"}}}, "/rules/list/owner"),
        ({"indexes": {}}, "/indexes"),
        ({"indexes": [{"fields": ["a"]}] * 17}, "/indexes"),
        ({"indexes": [{}]}, "/indexes/0"),
        ({"indexes": [{"fields": []}]}, "/indexes/0/fields"),
        ({"indexes": [{"fields": ["a"], "sparse": True}]}, "/indexes/0"),
        ({"indexes": [{"fields": ["a"], "unique": 1}]}, "/indexes/0/unique"),
        ({"indexes": [{"fields": ["a"], "where": {"a": {"$foo": 1}}}]}, "/indexes/0/where/a/$foo"),
        ({"indexes": [{"fields": ["a", "b"], "expireAfterSeconds": 5}]}, "/indexes/0/expireAfterSeconds"),
        ({"indexes": [{"fields": ["a"], "expireAfterSeconds": -5}]}, "/indexes/0/expireAfterSeconds"),
        ({"indexes": [{"fields": ["a"], "text": True, "unique": True}]}, "/indexes/0/text"),
        ({"schema": 5}, "/schema"),
        ({"schema": {"type": "nope"}}, "/schema/type"),
        ({"schema": {"$ref": "http://example.com/x"}}, "/schema"),
        ({"indexes": [{"fields": ["$a"]}]}, "/indexes/0/fields/0"),
        ({"indexes": [{"fields": ["a", "-a"]}]}, "/indexes/0/fields/1"),
        ({"indexes": [{"fields": [5]}]}, "/indexes/0/fields/0"),
        ({"indexes": [{"fields": ["a"]}, {"fields": ["a"]}]}, "/indexes/1"),
    ],
)
def test_definitions_that_are_refused(body: Any, place: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_collection("x", body)
    assert place in [known.path for known in refused.value.places]

"""What the language does not have is refused, with the place."""

from typing import Any

import pytest

from tenancy.errors import BadCursor, BadFilter, BadJson, BadSort, Invalid
from tenancy.model.json import Json, loads
from tenancy.query.cursor import make_cursor, read_cursor
from tenancy.query.options import parse_limit, parse_sort
from tenancy.query.parse import parse_filter, parse_filter_text
from tenancy.query.tree import NEWEST_FIRST, Compare, Query


def _nested(depth: int) -> Any:
    value: Any = {"a": 1}
    for _ in range(depth):
        value = {"$and": [value]}
    return value


@pytest.mark.parametrize(
    ("filter_", "place"),
    [
        (None, ""),
        ([], ""),
        ("x", ""),
        ({"$where": "1"}, "/$where"),
        ({"$expr": {}}, "/$expr"),
        ({"a": {"$where": "1"}}, "/a/$where"),
        ({"a": {"$regex": "(?=x)"}}, "/a/$regex"),
        ({"a": {"$regex": "x" * 257}}, "/a/$regex"),
        ({"a": {"$regex": "x{1000}{1000}"}}, "/a/$regex"),
        ({"a": {"$regex": 5}}, "/a/$regex"),
        ({"a": {"$regex": "x", "$options": "x"}}, "/a/$regex"),
        ({"a": {"$options": "i"}}, "/a/$options"),
        ({"a": {"$nin": 5}}, "/a/$nin"),
        ({"a": {"$size": -1}}, "/a/$size"),
        ({"a": {"$size": "1"}}, "/a/$size"),
        ({"a": {"$mod": [0, 1]}}, "/a/$mod"),
        ({"a": {"$mod": [2]}}, "/a/$mod"),
        ({"a": {"$mod": [1.5, 1]}}, "/a/$mod"),
        ({"a": {"$type": "date"}}, "/a/$type"),
        ({"a": {"$type": []}}, "/a/$type"),
        ({"a": {"$type": True}}, "/a/$type"),
        ({"a": {"$all": 5}}, "/a/$all"),
        ({"a": {"$all": [{"$gt": 5}]}}, "/a/$all/0"),
        ({"a": {"$elemMatch": 5}}, "/a/$elemMatch"),
        ({"a": {"$elemMatch": {"$gt": 1, "b": 2}}}, "/a/$elemMatch/b"),
        ({"a": {"$elemMatch": {"b": {"$foo": 2}}}}, "/a/$elemMatch/b/$foo"),
        ({"$nor": {}}, "/$nor"),
        ({"a": {"$gt": 1, "b": 2}}, "/a/b"),
        ({"a": {"$in": 1}}, "/a/$in"),
        ({"a": {"$in": [0] * 1001}}, "/a/$in"),
        ({"a": {"$exists": 1}}, "/a/$exists"),
        ({"a": {"$not": 1}}, "/a/$not"),
        ({"a": {"$not": {}}}, "/a/$not"),
        ({"a": {"$not": {"$where": 1}}}, "/a/$not/$where"),
        ({"$and": []}, "/$and"),
        ({"$or": {}}, "/$or"),
        ({"$or": [1]}, "/$or/0"),
        ({"$and": [{"a": 1}, {"b": {"$x": 1}}]}, "/$and/1/b/$x"),
        ({"a..b": 1}, "/a..b"),
        ({"": 1}, "/"),
        ({".a": 1}, "/.a"),
        ({"a\0": 1}, "/a\0"),
        ({"a.$b": 1}, "/a.$b"),
        ({".".join("a" * 21): 1}, "/" + ".".join("a" * 21)),
    ],
)
def test_a_bad_filter_is_refused_with_its_place(filter_: Json, place: str) -> None:
    with pytest.raises(BadFilter) as refused:
        parse_filter(filter_)
    assert refused.value.places[0].path == place


def test_limits_of_depth_and_number() -> None:
    parse_filter(_nested(20))
    with pytest.raises(BadFilter):
        parse_filter(_nested(21))
    parse_filter({f"f{n}": 1 for n in range(200)})
    with pytest.raises(BadFilter):
        parse_filter({f"f{n}": 1 for n in range(201)})
    deep: Any = {"$gt": 1}
    for _ in range(25):
        deep = {"$not": deep}
    with pytest.raises(BadFilter):
        parse_filter({"a": deep})


def test_an_unknown_operator_names_the_nearest() -> None:
    with pytest.raises(BadFilter, match=r"did you mean \$gte\?"):
        parse_filter({"a": {"$gtee": 1}})


def test_a_filter_in_a_url_is_json() -> None:
    assert parse_filter_text('{"a":1}') == Compare(("a",), "eq", 1)
    for text in ("{", "a", '{"a":NaN}', '{"a":"\ud800"}'):
        with pytest.raises(BadJson):
            parse_filter_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "{" * 200,
        "[" * 101 + "]" * 101,
        "18446744073709551615",
        "[-9223372036854775809]",
        '{"a":9223372036854775808}',
        "99999999999999999999",
        "\ufeff{}",
        "Infinity",
    ],
)
def test_json_that_is_refused(text: str) -> None:
    with pytest.raises(BadJson):
        loads(text.encode())


def test_sorts() -> None:
    assert parse_sort(None) == parse_sort("") == NEWEST_FIRST
    assert parse_sort("-a.b,c") == ((("a", "b"), -1), (("c",), 1))
    for text in (",", "a,", "$a", "a,a", "a,-a", "a..b", "a,b,c,d,e,f,g"):
        with pytest.raises(BadSort):
            parse_sort(text)


def test_the_id_ends_every_order_once() -> None:
    assert Query(sort=parse_sort("-a")).total_order[-1] == (("id",), -1)
    assert Query(sort=parse_sort("-id,a")).total_order == ((("id",), -1),)


@pytest.mark.parametrize("value", ["-1", "1001", "x", "", "1.5", "٣", "99999", True, 1.0, -1])
def test_limits_that_are_refused(value: Any) -> None:
    with pytest.raises(Invalid):
        parse_limit(value)


def test_a_cursor_belongs_to_its_query() -> None:
    query = Query(Compare(("a",), "eq", 1))
    text = make_cursor("epoch", "cars", query, b"key")
    assert read_cursor("epoch", "cars", Query(query.filter, after=text)) == b"key"
    assert read_cursor("epoch", "cars", query) is None
    for epoch, name, filter_ in (
        ("other", "cars", 1),
        ("epoch", "boats", 1),
        ("epoch", "cars", 1.0),
        ("epoch", "cars", True),
    ):
        with pytest.raises(BadCursor):
            read_cursor(epoch, name, Query(Compare(("a",), "eq", filter_), after=text))
    for broken in ("", "x", text[:-1], "ä", text.replace(text[0], "!")):
        with pytest.raises(BadCursor):
            read_cursor("epoch", "cars", Query(query.filter, after=broken))

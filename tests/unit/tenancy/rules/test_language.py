"""What a rule says of a caller, a document and a change, case by case."""

from typing import Any

import pytest

from tenancy.errors import BadFilter
from tenancy.model.json import Json, JsonObject, dumps
from tenancy.model.principal import ANONYMOUS, Kind, Principal
from tenancy.query.match import compile_filter
from tenancy.query.tree import And, Compare, is_nothing
from tenancy.rules.known import filter_of, holds, known_of
from tenancy.rules.parse import Use, parse_rule
from tenancy.rules.tree import Root

YES, NO = True, False
ANN = Principal(Kind.USER, "ann", "s", dumps({"email": "ann@x.test", "team": "red", "age": 30, "none": None}))
EVE = Principal(Kind.USER, "eve", "s", dumps({"roles": ["editor"], "groups": ["g1", None, "g2"], "tags": "g1"}))


@pytest.mark.parametrize(
    ("rule", "caller", "document", "expected"),
    [
        ({}, ANONYMOUS, {}, YES),
        ({"open": True}, ANONYMOUS, {"open": True}, YES),
        ({"open": True}, ANN, {"open": False}, NO),
        ({"owner": "$user.id"}, ANN, {"owner": "ann"}, YES),
        ({"owner": "$user.id"}, EVE, {"owner": "ann"}, NO),
        ({"owner": "$user.id"}, ANONYMOUS, {"owner": None}, NO),
        ({"owner": "$user.id"}, ANONYMOUS, {}, NO),
        ({"owner": {"$eq": "$user.id"}}, ANN, {"owner": "ann"}, YES),
        ({"owner": {"$ne": "$user.id"}}, ANN, {"owner": "eve"}, YES),
        ({"owner": {"$ne": "$user.id"}}, ANN, {"owner": "ann"}, NO),
        ({"owner": {"$ne": "$user.id"}}, ANONYMOUS, {"owner": "ann"}, NO),
        ({"owner": {"$not": {"$eq": "$user.id"}}}, ANONYMOUS, {"owner": "ann"}, NO),
        ({"$nor": [{"owner": "$user.id"}]}, ANONYMOUS, {"owner": "ann"}, NO),
        ({"$nor": [{"owner": "$user.id"}]}, ANN, {"owner": "eve"}, YES),
        ({"team": "$user.team"}, ANN, {"team": "red"}, YES),
        ({"team": "$user.team"}, EVE, {}, NO),
        ({"team": "$user.none"}, ANN, {}, NO),
        ({"team": {"$ne": "$user.none"}}, ANN, {"team": "red"}, NO),
        ({"members": "$user.id"}, ANN, {"members": ["eve", "ann"]}, YES),
        ({"members": "$user.id"}, ANN, {"members": ["eve"]}, NO),
        ({"team": {"$in": "$user.groups"}}, EVE, {"team": "g2"}, YES),
        ({"team": {"$in": "$user.groups"}}, EVE, {"team": "g3"}, NO),
        ({"team": {"$in": "$user.groups"}}, EVE, {}, NO),
        ({"team": {"$in": "$user.groups"}}, ANN, {"team": "g2"}, NO),
        ({"team": {"$in": "$user.groups"}}, ANONYMOUS, {"team": "g2"}, NO),
        ({"team": {"$in": "$user.tags"}}, EVE, {"team": "g1"}, NO),
        ({"team": {"$nin": "$user.groups"}}, EVE, {"team": "g3"}, YES),
        ({"team": {"$nin": "$user.groups"}}, EVE, {"team": "g2"}, NO),
        ({"team": {"$nin": "$user.groups"}}, ANONYMOUS, {"team": "g3"}, NO),
        ({"who": {"$in": ["$user.id", "all"]}}, ANN, {"who": "all"}, YES),
        ({"who": {"$in": ["$user.id", "all"]}}, ANN, {"who": "ann"}, YES),
        ({"who": {"$in": ["$user.id", "all"]}}, ANONYMOUS, {"who": "all"}, NO),
        ({"who": {"$nin": ["$user.id", "all"]}}, ANONYMOUS, {"who": "eve"}, NO),
        ({"$user.roles": "editor"}, EVE, {}, YES),
        ({"$user.roles": "editor"}, ANN, {}, NO),
        ({"$user.roles": "editor"}, ANONYMOUS, {}, NO),
        ({"$user.roles": {"$ne": "editor"}}, ANN, {}, YES),
        ({"$user.roles": {"$ne": "editor"}}, ANONYMOUS, {}, NO),
        ({"$nor": [{"$user.roles": "editor"}]}, ANONYMOUS, {}, NO),
        ({"$user.verified": True}, ANN, {}, NO),
        ({"$user.verified": False}, ANN, {}, YES),
        ({"$user.age": {"$gte": 18}}, ANN, {}, YES),
        ({"$user.age": {"$gte": 18}}, EVE, {}, NO),
        ({"$user.email": {"$regex": "@x[.]test$"}}, ANN, {}, YES),
        ({"$user.email": {"$regex": "@x[.]test$"}}, EVE, {}, NO),
        ({"$user.id": {"$exists": True}}, ANN, {}, YES),
        ({"$user.id": {"$exists": True}}, ANONYMOUS, {}, NO),
        ({"$user.id": {"$exists": False}}, ANONYMOUS, {}, NO),
        ({"$or": [{"open": True}, {"owner": "$user.id"}]}, ANONYMOUS, {"open": True}, YES),
        ({"$or": [{"open": True}, {"owner": "$user.id"}]}, ANONYMOUS, {"owner": None}, NO),
        ({"$or": [{"open": True}, {"owner": "$user.id"}]}, ANN, {"owner": "ann"}, YES),
        ({"$and": [{"open": True}, {"owner": "$user.id"}]}, ANN, {"owner": "ann"}, NO),
        ({"open": True, "owner": "$user.id"}, ANN, {"owner": "ann", "open": True}, YES),
        ({"min": {"$lte": "$user.age", "$gt": 5}}, ANN, {"min": 18}, YES),
        ({"min": {"$lte": "$user.age", "$gt": 5}}, ANN, {"min": 4}, NO),
        ({"min": {"$lte": "$user.age"}}, EVE, {"min": 4}, NO),
        ({"from": {"$lte": "$now"}}, ANONYMOUS, {"from": "2020-01-01T00:00:00.000Z"}, YES),
        ({"from": {"$lte": "$now"}}, ANONYMOUS, {"from": "2999-01-01T00:00:00.000Z"}, NO),
        ({"m": {"$elemMatch": {"user": "$user.id", "role": "w"}}}, ANN, {"m": [{"user": "ann", "role": "w"}]}, YES),
        ({"m": {"$elemMatch": {"user": "$user.id", "role": "w"}}}, ANN,
         {"m": [{"user": "ann", "role": "r"}, {"user": "eve", "role": "w"}]}, NO),
        ({"m": {"$elemMatch": {"user": "$user.id"}}}, ANONYMOUS, {"m": [{"user": None}, {}]}, NO),
        ({"m": {"$not": {"$elemMatch": {"user": "$user.id"}}}}, ANONYMOUS, {"m": []}, NO),
        ({"m": {"$elemMatch": {"$eq": "$user.id"}}}, ANN, {"m": ["ann"]}, YES),
        ({"m": {"$elemMatch": {"$eq": "$user.id"}}}, ANN, {"m": "ann"}, NO),
        ({"m": {"$elemMatch": {"$or": [{"u": "$user.id"}, {"u": "all"}]}}}, ANN, {"m": [{"u": "all"}]}, YES),
    ],
)  # fmt: skip
def test_reading(rule: Json, caller: Principal, document: JsonObject, expected: bool) -> None:
    """As a filter of documents, and where the document is known at once: the same."""
    parsed = parse_rule(rule, "read")
    known = known_of(caller)
    assert compile_filter(filter_of(parsed, known))(document) is expected
    assert holds(parsed, {**known, "document": document}) is expected


@pytest.mark.parametrize(
    ("rule", "old", "new", "changed", "expected"),
    [
        ({"$new.owner": "$old.owner"}, {"owner": "a"}, {"owner": "a"}, [], YES),
        ({"$new.owner": "$old.owner"}, {"owner": "a"}, {"owner": "b"}, [], NO),
        ({"$new.n": {"$gt": "$old.n"}}, {"n": 1}, {"n": 2}, [], YES),
        ({"$new.n": {"$gt": "$old.n"}}, {"n": 2}, {"n": 2}, [], NO),
        ({"$new.n": {"$gt": "$old.n"}}, {}, {"n": 2}, [], NO),
        ({"$new.n": {"$ne": "$old.n"}}, {}, {"n": 2}, [], NO),
        ({"$old.state": "draft"}, {"state": "draft"}, {"state": "sent"}, [], YES),
        ({"$old.state": "draft"}, {"state": "sent"}, {"state": "draft"}, [], NO),
        ({"$changed": {"$nin": ["role", "plan"]}}, {}, {}, ["name"], YES),
        ({"$changed": {"$nin": ["role", "plan"]}}, {}, {}, ["name", "plan"], NO),
        ({"$changed": "name"}, {}, {}, ["name", "plan"], YES),
        ({"$changed": {"$size": 1}}, {}, {}, ["name"], YES),
        ({"$nor": [{"$changed": "plan"}]}, {}, {}, ["name"], YES),
        ({"$or": [{"$user.roles": "editor"}, {"$changed": {"$nin": ["plan"]}}]}, {}, {}, ["plan"], YES),
        ({"by": "$user.id", "$new.by": "$user.id"}, {"by": "eve"}, {"by": "ann"}, [], NO),
    ],
)
def test_changes(rule: Json, old: JsonObject, new: JsonObject, changed: list[Json], expected: bool) -> None:
    parsed = parse_rule(rule, "update")
    known: dict[Root, JsonObject | None] = {**known_of(EVE), "old": old, "new": new}
    known["changed"] = {"changed": changed}
    assert holds(parsed, {**known, "document": old}) is expected


@pytest.mark.parametrize(
    ("rule", "nobody"),
    [
        ({"$new.a": 1}, False),
        ({"$new.a": {"$ne": 1}}, False),
        ({"$nor": [{"$changed": "a"}]}, False),
        ({"b": "$new.a"}, False),
        ({"b": {"$nin": ["$new.a"]}}, False),
        ({"$new.a": 1, "$user.roles": "none"}, True),
        ({"$new.a": "$user.team"}, True),
    ],
)
def test_hope(rule: Json, nobody: bool) -> None:
    """Before a change is known, only what no change could satisfy is refused."""
    assert is_nothing(filter_of(parse_rule(rule, "update"), known_of(EVE), hopeful=True)) is nobody


def test_what_remains_is_a_filter_that_an_index_serves() -> None:
    rule: Any = {
        "$and": [{"owner": "$user.id"}, {"$or": [{"$user.roles": "admin"}, {"open": True}]}, {"$user.age": 30}]
    }
    assert filter_of(parse_rule(rule, "read"), known_of(ANN)) == And(
        (Compare(("owner",), "eq", "ann"), Compare(("open",), "eq", True))
    )


def test_many_groups_deny() -> None:
    groups: Any = [str(number) for number in range(1001)]
    crowd = Principal(Kind.USER, "c", None, dumps({"groups": groups}))
    assert is_nothing(filter_of(parse_rule({"a": {"$in": "$user.groups"}}, "read"), known_of(crowd)))


@pytest.mark.parametrize(
    ("rule", "use", "place", "said"),
    [
        ([], "read", "", "must be an object"),
        ({"$or": []}, "read", "/$or", "at least one"),
        ({"$or": {}}, "read", "/$or", "at least one"),
        ({"a": "$usr.id"}, "read", "/a", "no variable; did you mean $user"),
        ({"a": "$100"}, "read", "/a", "no variable"),
        ({"a": "$user"}, "read", "/a", "must name a field"),
        ({"a": "$user..x"}, "read", "/a", "not a path"),
        ({"a": "$user.$x"}, "read", "/a", "not a path"),
        ({"a": "$new.b"}, "read", "/a", "not known in this rule"),
        ({"$old.a": 1}, "create", "/$old.a", "not known in this rule"),
        ({"$new.a": 1}, "delete", "/$new.a", "not known in this rule"),
        ({"$changed": "a"}, "read", "/$changed", "not known in this rule"),
        ({"$changed.x": "a"}, "update", "/$changed.x", "no fields"),
        ({"$now": 1}, "read", "/$now", "is a value"),
        ({"$text": {"$search": "x"}}, "read", "/$text", "cannot stand in a rule"),
        ({"$where": "x"}, "read", "/$where", "no variable"),
        ({"a": {"$where": "x"}}, "read", "/a/$where", "not an operator"),
        ({"a": {"$size": "$user.n"}}, "read", "/a/$size", "takes no variable"),
        ({"a": {"$all": ["$user.n"]}}, "read", "/a/$all", "takes no variable"),
        ({"a": {"b": "$user.id"}}, "read", "/a/b", "takes no variable"),
        ({"a": ["$user.id"]}, "read", "/a", "stands alone"),
        ({"a": {"$in": [["$user.id"]]}}, "read", "/a/$in/0", "stands alone"),
        ({"a": {"$gt": {"x": "$user.id"}}}, "read", "/a/$gt", "stands alone"),
        ({"a..b": 1}, "read", "/a..b", "not a path"),
        ({"$or": [{"$and": [{"a": {"$regex": "("}}]}]}, "read", "/$or/0/$and/0/a/$regex", ""),
        (
            {"a": {"$elemMatch": {"b": {"$gt": "$user.id", "$foo": 1}}}},
            "read",
            "/a/$elemMatch/b/$foo",
            "not an operator",
        ),
    ],
)
def test_mistakes(rule: Json, use: Use, place: str, said: str) -> None:
    with pytest.raises(BadFilter) as caught:
        parse_rule(rule, use)
    (found,) = caught.value.places
    assert (found.path, said in found.message) == (place, True), found


def test_depth_and_number_are_bounded() -> None:
    deep: Json = {"a": "$user.id"}
    for _ in range(25):
        deep = {"$or": [deep]}
    with pytest.raises(BadFilter):
        parse_rule(deep, "read")
    many: Any = [{"a": "$user.id"}] * 201
    with pytest.raises(BadFilter):
        parse_rule({"$or": many}, "read")
    parse_rule({"$or": many[1:]}, "read")

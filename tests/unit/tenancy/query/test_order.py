"""Keys compare as values do; the matcher and the keys agree."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenancy.model.json import Json
from tenancy.query.match import compile_filter
from tenancy.query.order import decode_text, encode, inverted
from tenancy.query.tree import Compare
from tests.support.values import EDGES, names, scalars

numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
edges = st.sampled_from(EDGES)
values: st.SearchStrategy[Any] = st.recursive(
    scalars | numbers,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _rank(value: Json) -> int:
    if value is None:
        return 0
    if isinstance(value, bool):
        return 5
    for rank, kind in ((1, (int, float)), (2, str), (3, dict), (4, list)):
        if isinstance(value, kind):
            return rank
    raise AssertionError(value)


def compare(a: Json, b: Json) -> int:
    """The order of values, written plainly: the oracle for the keys."""
    if _rank(a) != _rank(b):
        return -1 if _rank(a) < _rank(b) else 1
    if isinstance(a, dict) and isinstance(b, dict):
        for (name_a, value_a), (name_b, value_b) in zip(a.items(), b.items(), strict=False):
            for result in (
                _sign(_rank(value_a), _rank(value_b))
                if not isinstance(value_a, bool) or not isinstance(value_b, bool)
                else 0,
                _sign(name_a.encode(), name_b.encode()),
                compare(value_a, value_b),
            ):
                if result:
                    return result
        return _sign(len(a), len(b))
    if isinstance(a, list) and isinstance(b, list):
        for element_a, element_b in zip(a, b, strict=False):
            if result := compare(element_a, element_b):
                return result
        return _sign(len(a), len(b))
    if isinstance(a, str) and isinstance(b, str):
        return _sign(a.encode(), b.encode())
    return _sign(a, b)


def _sign(a: Any, b: Any) -> int:
    return 0 if a is None or a == b else -1 if a < b else 1


@patient
@given(numbers | edges, numbers | edges)
def test_numbers_compare_exactly(a: float, b: float) -> None:
    assert _sign(encode(a), encode(b)) == _sign(a, b)


@patient
@given(values, values)
def test_keys_compare_as_values_do(a: Json, b: Json) -> None:
    assert _sign(encode(a), encode(b)) == compare(a, b)


def _relabelled(value: Any, number: int) -> Any:
    """The same value with one leaf changed: values that nearly agree are where keys go wrong."""
    if isinstance(value, dict) and value:
        name = list(value)[number % len(value)]
        return {**value, name: _relabelled(value[name], number // 2)}
    if isinstance(value, list) and value:
        place = number % len(value)
        return [*value[:place], _relabelled(value[place], number // 2), *value[place + 1 :]]
    return [None, True, False, 1, 1.0, "", "a\0", [], {}][number % 9]


@patient
@given(values, st.integers(0, 500))
def test_keys_of_values_that_nearly_agree_compare_as_they_do(a: Json, number: int) -> None:
    b = _relabelled(a, number)
    assert _sign(encode(a), encode(b)) == compare(a, b)


@patient
@given(st.lists(values, max_size=3), st.lists(values, max_size=3))
def test_joined_keys_compare_as_lists_of_the_same_length_do(a: list[Json], b: list[Json]) -> None:
    shorter = min(len(a), len(b))
    one, other = b"".join(map(encode, a[:shorter])), b"".join(map(encode, b[:shorter]))
    assert _sign(one, other) == compare(a[:shorter], b[:shorter])


@patient
@given(values, values)
def test_keys_are_prefix_free_and_invert_exactly(a: Json, b: Json) -> None:
    first, second = encode(a), encode(b)
    if first != second:
        assert not first.startswith(second)
        assert not second.startswith(first)
    assert _sign(inverted(first), inverted(second)) == -_sign(first, second)


@patient
@given(st.text(max_size=6))
def test_a_text_comes_back_from_its_key(text: str) -> None:
    assert decode_text(encode(text)) == text


@patient
@given(values, values)
def test_equal_matches_what_has_the_same_key(stored: Json, wanted: Json) -> None:
    matches = compile_filter(Compare(("v",), "eq", wanted))({"v": stored})
    elements = stored if isinstance(stored, list) else []
    assert matches == (encode(wanted) in {encode(value) for value in [stored, *elements]})

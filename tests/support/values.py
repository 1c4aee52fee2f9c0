"""Strategies for JSON that is hard to compare: all types, nested, with the numbers at which types end."""

from typing import Any, Final

from hypothesis import strategies as st

EDGES: Final = (
    0, -0.0, 1, 1.0, -1, 2, 2**31 - 1, 2**31, -(2**31) - 1, 2**53 - 1, 2**53, 2**53 + 1, float(2**53), float(2**53 + 2),
    2**63 - 1, -(2**63), float(2**63), -float(2**63), 1e300, 5e-324, 0.5, -2.5,
)  # fmt: skip
TEXTS: Final = ("", "a", "A", "ab", "b", "ä", "\ue000", "😀", "1", "a\0", "\n")
NAMES: Final = ("a", "b", "x", "0", "1", "größe")
numbers = st.sampled_from(EDGES) | st.integers(-3, 3)
scalars: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | numbers | st.sampled_from(TEXTS) | st.text(st.characters(codec="utf-8"), max_size=3)
)
names = st.sampled_from(NAMES)
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=6
)
documents = st.dictionaries(names, values, max_size=4)
paths = st.lists(names, min_size=1, max_size=3).map(".".join)
anything: st.SearchStrategy[Any] = st.recursive(
    scalars | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63 - 1),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(codec="utf-8"), max_size=4)
            | names
            | st.sampled_from(("$gt", "$in", "$or", "$where")),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
"""Any JSON, with operators anywhere in it."""

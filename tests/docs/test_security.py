"""The table of threats names tests that are there, and leaves no threat out."""

import re
from typing import Final

import pytest

from tests.docs.generate import DOCS

PAGE: Final = (DOCS / "security.md").read_text()
ROWS: Final = dict(re.findall(r"^\| (T\d\d) \| (.*) \|$", PAGE, re.MULTILINE))
LINK: Final = re.compile(r"\[`(test_\w+)`\]\((\.\./tests/[\w/]+\.py)\)")
THREATS: Final = [f"T{number:02}" for number in (*range(1, 24), *range(25, 36), 37, 38, 39, 40, 58, 65, 67)]
"""Those that have to have a line; there may be more."""
WITHOUT_A_ROUTE: Final = frozenset[str]()


@pytest.mark.parametrize("threat", sorted({*THREATS, *ROWS}))
def test_a_threat_has_a_line_with_tests_that_exist(threat: str) -> None:
    cells = ROWS[threat].split(" | ")
    assert len(cells) == 3 and all(cells), cells
    links = LINK.findall(cells[2])
    assert LINK.sub("", cells[2]).strip() == ("no route yet" if threat in WITHOUT_A_ROUTE else "")
    assert bool(links) is (threat not in WITHOUT_A_ROUTE)
    for name, target in links:
        source = (DOCS / target).read_text()
        assert re.search(rf"^(async )?def {name}\(", source, re.MULTILINE), f"{target} has no {name}"


def test_every_level_of_trust_has_its_line() -> None:
    found = re.findall(r"^\| \*\*(.+?)\*\*", PAGE, re.MULTILINE)
    assert len(found) == 8
    for word in ("network", "sibling", "signed-in", "owner", "another tenant", "administrator", "disk", "process"):
        assert any(word in line for line in found), word

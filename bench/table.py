"""Tables in Markdown, and where they stand in a document."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.errors import BenchmarkError


def markdown(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column is text and whose others are numbers."""
    rule = ["---", *["---:"] * (len(titles) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (titles, rule, *rows))


def write_between_markers(path: Path, parts: Mapping[str, str]) -> None:
    """Replace what stands between `<!-- NAME -->` and `<!-- /NAME -->` for each part.

    Raises:
        BenchmarkError: a marker is missing.
    """
    text = path.read_text(encoding="utf-8")
    for name, part in parts.items():
        found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", text, re.DOTALL)
        if found is None:
            raise BenchmarkError(f"{path.name} has no markers for {name}.")
        text = f"{text[: found.start(1)]}{part}\n{text[found.end(1) :]}"
    path.write_text(text, encoding="utf-8")

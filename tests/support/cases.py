"""The table cases of the query language, in tests/cases: each group has its documents, each case its question.

A document's name is its id. `oracle` gives the reason why another implementation is known to answer differently.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "cases"


@dataclass(frozen=True)
class Group:
    """Cases about the same documents, given as `{name: fields}`."""

    kind: str
    about: str
    documents: dict[str, dict[str, Any]]
    others: dict[str, dict[str, Any]]
    document: dict[str, Any]
    cases: list[dict[str, Any]]

    @property
    def stored(self) -> list[dict[str, Any]]:
        """The documents with their ids."""
        return [{"id": name, **fields} for name, fields in self.documents.items()]

    @property
    def joined(self) -> list[dict[str, Any]]:
        """Those of the other collection, for `$lookup`."""
        return [{"id": name, **fields} for name, fields in self.others.items()]


def groups(kind: str) -> list[Group]:
    """All groups of a file; the documents are in it as JSON, so 1 and 1.0 differ."""
    return [
        Group(
            kind, given["about"], given.get("documents", {}), given.get("others", {}), given.get("document", {}),
            given["cases"],
        )
        for given in json.loads((FOLDER / f"{kind}.json").read_text("utf-8"))
    ]  # fmt: skip


def cases(kind: str, *, where: Callable[[Group], bool] = lambda _: True) -> Iterator[tuple[str, Group, dict[str, Any]]]:
    """Each case with its full name."""
    for group in groups(kind):
        if where(group):
            for case in group.cases:
                yield f"{group.about}: {case['name']}", group, case


def same(a: Any, b: Any) -> bool:
    """Whether two values are the same JSON: 1, 1.0 and true differ, so do fields in another order."""
    return json.dumps(a) == json.dumps(b)


def as_pipeline(case: dict[str, Any]) -> list[dict[str, Any]]:
    """A case about an expression, as the pipeline that computes it."""
    return case["pipeline"] if "pipeline" in case else [{"$project": {"value": case["expression"]}}]


def paths(filter_: Any) -> Iterator[str]:
    """The paths that a filter names, those inside of `$elemMatch` left out."""
    for name, value in filter_.items():
        if name in {"$and", "$or", "$nor"}:
            for part in value:
                yield from paths(part)
        elif not name.startswith("$"):
            yield name

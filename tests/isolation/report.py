"""The proof as a page, for whoever reviews an installation."""

from html import escape
from pathlib import Path

from tests.isolation.credentials import CREDENTIALS
from tests.isolation.hosts import SPELLINGS
from tests.isolation.matrix import Findings

_STYLE = "body{font:15px/1.5 system-ui;max-width:60rem;margin:3rem auto;padding:0 1rem}td,th{text-align:left;padding:.1rem 1rem .1rem 0}"


def write_report(path: Path, found: Findings, bugs: int) -> None:
    """Write the page; what it says of seeded bugs holds when the suite has passed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_page(found, bugs), encoding="utf-8")


def _page(found: Findings, bugs: int) -> str:
    tried = [(route, f"{count:,}") for route, count in sorted(found.by_route.items())]
    statuses = [(str(status), f"{count:,}") for status, count in sorted(found.by_status.items())]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Isolation</title><style>{_STYLE}</style>'
        f"<h1>Isolation between tenants</h1><p>{escape(found.summary())}; {bugs} seeded bugs, each of which the suite "
        "has to see.</p>"
        f"<p>Two tenants that are alike in every name and id, but for markers. One attacks the other: every route, with "
        f"{len(CREDENTIALS)} credentials, under {len(SPELLINGS)} spellings of the host. A marker of the other in any "
        "answer is a leak; afterwards the other holds what it held before.</p>"
        f"<h2>Attempts by route</h2>{_table(tried)}<h2>Answers by status</h2>{_table(statuses)}"
        f"<h2>Credentials</h2>{_list([one.title for one in CREDENTIALS])}"
        f"<h2>Spellings of the host</h2>{_list([one.title for one in SPELLINGS])}</html>"
    )


def _table(rows: list[tuple[str, str]]) -> str:
    return f"<table>{''.join(f'<tr><td>{escape(a)}</td><td>{escape(b)}</td></tr>' for a, b in rows)}</table>"


def _list(items: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"

"""What the command prints: for people, or as JSON for scripts."""

import json
import os
import sys
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from shutil import get_terminal_size
from typing import IO, Any, Final

import click
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

_READABLE: Final = 24
"""Columns that a text has at least before the terminal, and not the table, breaks lines."""
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")


def print_json(value: Any) -> None:
    """Print a value for scripts."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def private_file(path: Path) -> IO[bytes]:
    """A file to write to that nobody else on the machine reads: what comes from a tenant may be secret."""
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(opened, 0o600)  # it may have been there
    return os.fdopen(opened, "wb")


def counted(count: int, one: str) -> str:
    """A count and what is counted: `1 document`, `2 documents`."""
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


def print_table(
    titles: list[str], rows: Sequence[Sequence[str]], *, texts: Collection[str] = (), rare: Collection[str] = ()
) -> None:
    """Print rows for people.

    Nothing is cut. `texts`: columns that go on in the next line when the terminal is too narrow; all others stay whole.
    `rare`: columns that are left out while nothing is in them.
    """
    shown = [place for place, title in enumerate(titles) if title not in rare or any(row[place] for row in rows)]
    table = [[row[place] for place in shown] for row in [titles, *rows]]
    names = [titles[place] for place in shown]
    widths = _widths([max(map(cell_len, column)) for column in zip(*table, strict=True)], names, texts)
    for number, row in enumerate(table):
        cells = [_lines(cell, width) for cell, width in zip(row, widths, strict=True)]
        for line in zip_longest(*cells, fillvalue=""):
            padded = "  ".join(set_cell_size(part, width) for part, width in zip(line, widths, strict=True)).rstrip()
            click.echo(padded if number else click.style(padded, bold=True))


def _widths(longest: list[int], names: list[str], texts: Collection[str]) -> list[int]:
    """How wide each column is: as wide as it needs, but texts within what a terminal leaves them."""
    if not sys.stdout.isatty():
        return longest
    flexible = [place for place, name in enumerate(names) if name in texts]
    fixed = sum(longest) - sum(longest[place] for place in flexible) + 2 * (len(longest) - 1)
    room = (get_terminal_size().columns - fixed) // max(len(flexible), 1)
    return [min(width, max(room, _READABLE)) if place in flexible else width for place, width in enumerate(longest)]


def _lines(cell: str, width: int) -> list[str]:
    return [line.plain.rstrip() for line in Text(cell).wrap(Console(), max(width, 1))] or [""]


def progress() -> Progress:
    """How far something is; on a terminal alone, and apart from what is printed."""
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %")
    errors = Console(stderr=True)
    return Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal)


def size_text(count: int) -> str:
    """Bytes for people."""
    size, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"


def time_text(at: str | datetime) -> str:
    """A moment for people, in their own time zone and to the second. Tables show it as the API does."""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")

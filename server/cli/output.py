"""What the command prints: for people, or as JSON for scripts."""

import json
import os
from pathlib import Path
from typing import IO, Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

console = Console()
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


def print_table(titles: list[str], rows: list[list[str]]) -> None:
    """Print rows for people."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in titles:
        table.add_column(title)
    for row in rows:
        table.add_row(*row)
    console.print(table)


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

"""`python -m bench`: measure, print the tables, and write them down if asked to."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.errors import BenchmarkError
from bench.machine import describe, fsync_ms
from bench.parts import BY_ITSELF, PARTS, Amount
from bench.table import write_between_markers

_PAGE: Final = Path(__file__).parents[1] / "docs" / "performance.md"


def main() -> int:
    """Run; the exit code is 1 when something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    amount = parser.add_mutually_exclusive_group()
    amount.add_argument("--quick", action="store_true", help="less of everything, in about 90 seconds: a trial")
    amount.add_argument("--large", action="store_true", help="also 3,000,000 documents, which take a while to import")
    parser.add_argument(
        "--only", action="append", choices=PARTS, metavar="NAME", help=f"this part alone: {', '.join(PARTS)}"
    )
    parser.add_argument("--write", action="store_true", help=f"put the tables into {_PAGE.parent.name}/{_PAGE.name}")
    given = parser.parse_args()
    names = given.only or [name for name in PARTS if name not in BY_ITSELF]
    try:
        _report(names, "quick" if given.quick else "large" if given.large else "full", write=given.write)
    except BenchmarkError as error:
        print(f"Nothing more to report: {error}", file=sys.stderr)
        return 1
    return 0


def _report(names: Sequence[str], amount: Amount, *, write: bool) -> None:
    """Each table is printed and written as soon as it is there."""
    _tell("machine", f"{describe()}.", write=write)
    for name in names:
        with tempfile.TemporaryDirectory(prefix="backpack-bench-") as folder:
            disk = f"fsync of 4 KiB {fsync_ms(Path(folder)):.2f} ms"
            table = PARTS[name](Path(folder), amount)
        _tell(name, f"{table}\n\nMeasured on {datetime.now(UTC):%Y-%m-%d}; {disk}.", write=write)


def _tell(name: str, part: str, *, write: bool) -> None:
    print(f"{name}\n\n{part}", end="\n\n", flush=True)
    if write:
        write_between_markers(_PAGE, {name: part})


if __name__ == "__main__":
    sys.exit(main())

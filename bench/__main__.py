"""`python -m bench`: measure everything, print the tables, and write them down if asked to."""

import argparse
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench import against_pocketbase, tenants
from bench.errors import BenchmarkError
from bench.machine import describe
from bench.table import write_between_markers

_PAGE: Final = Path(__file__).parents[1] / "docs" / "performance.md"
_QUICK: Final = (
    against_pocketbase.Scale(documents=2000, seconds=1, warm_up=1, rounds=1),
    tenants.Scale(tenants=50, starts=3),
)
_FULL: Final = (against_pocketbase.Scale(), tenants.Scale())


def main() -> int:
    """Run; the exit code is 1 when something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything, in under a minute: a trial")
    parser.add_argument("--write", action="store_true", help=f"put the tables into {_PAGE.parent.name}/{_PAGE.name}")
    given = parser.parse_args()
    try:
        parts = _measure(quick=given.quick)
        for part in parts.values():
            print(part, end="\n\n")
        if given.write:
            write_between_markers(_PAGE, parts)
    except BenchmarkError as error:
        print(f"Nothing to report: {error}", file=sys.stderr)
        return 1
    return 0


def _measure(*, quick: bool) -> dict[str, str]:
    peers, making = _QUICK if quick else _FULL
    with tempfile.TemporaryDirectory(prefix="backpack-bench-") as name:
        folder = Path(name)
        machine = f"{datetime.now(UTC):%Y-%m-%d}: {describe(folder)}."
        return {
            "machine": machine,
            "tenants": tenants.measure(folder, making),
            "pocketbase": against_pocketbase.compare(folder, peers),
        }


if __name__ == "__main__":
    sys.exit(main())

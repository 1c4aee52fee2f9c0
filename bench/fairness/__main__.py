"""`python -m bench.fairness F7 F8`: some experiments, to look at them while changing what they measure."""

import argparse
import tempfile
from pathlib import Path

from bench.fairness import Scale, measure

parser = argparse.ArgumentParser(prog="python -m bench.fairness", description=__doc__)
parser.add_argument("names", nargs="*", metavar="NAME", help="F1 to F12; all by default")
parser.add_argument("--seconds", type=int, default=5)
parser.add_argument("--rounds", type=int, default=1)
parser.add_argument("--documents", type=int, default=20_000)
given = parser.parse_args()
with tempfile.TemporaryDirectory(prefix="backpack-bench-") as folder:
    print(measure(Path(folder), Scale(given.seconds, given.rounds, given.documents, tuple(given.names))))

"""How long the proof is: short with every `make test`, long where the environment says so (`make prove-long`)."""

import os
import random
from typing import Final

EXAMPLES: Final = int(os.environ.get("PROVE_DESCRIBED", "4"))
"""Requests that Schemathesis draws for each operation, beside those that cover the description."""
RUNS: Final = int(os.environ.get("PROVE_WORLDS", "12"))
"""Runs of the two worlds."""
STEPS: Final = 30
LONG: Final = EXAMPLES > 4 or RUNS > 12
SEED: Final = int(os.environ.get("PROVE_SEED", random.SystemRandom().randrange(2**32) if LONG else 1))
"""The short form does the same every time. The long one says which seed it had; PROVE_SEED repeats it."""

"""What is going on, for whoever waits."""

import sys


def tell(text: str) -> None:
    """Say it on standard error, so that standard output has the tables alone."""
    print(text, file=sys.stderr, flush=True)
